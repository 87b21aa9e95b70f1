// A process that appends as fast as it can and writes down, after each acknowledgement and not
// before, what was acknowledged: `ACK topic offset number`, or `NAK number code`. The tests kill
// it, trace it and take its disk away.
//   node appending_child.ts DATA CALLERS FIRST_NUMBER APPENDS(0: no end) SEGMENT_BYTES
import { embedded } from '../../../src/logs/embedded/embedded.ts'
import { failureOf } from '../../../src/model/errors.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { bodyOf, topicsOfChild } from './appending.ts'
import { config } from './setup.ts'

const [data = '', callers = '1', first = '0', appends = '0', segment = '268435456'] =
  process.argv.slice(2)
const log = await embedded.open(config({ segment_bytes_max: Number(segment) }), {
  data,
  signals: silentSignals,
})
for (const topic of topicsOfChild) await log.createTopic(topic)
process.stdout.write('READY\n')

let number = Number(first)
const end = Number(appends) === 0 ? Number.POSITIVE_INFINITY : number + Number(appends)

const [upTo = '', which] = (process.env.TRIM ?? '').split(' ')
const trimmed = which === 'some' ? topicsOfChild.slice(0, 2) : topicsOfChild
const trims = trimmed.map(topic => ({ topic, partition: 0, offset: Number(upTo) }))

async function call(): Promise<void> {
  while (number < end) {
    const mine = number++
    const topic = topicsOfChild[mine % topicsOfChild.length] as string
    const record = { key: String(mine), headers: { number: String(mine) }, value: bodyOf(mine) }
    try {
      const offset = await log.append(topic, 0, [record])
      process.stdout.write(`ACK ${topic} ${offset} ${mine}\n`)
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      process.stdout.write(`NAK ${mine} ${failure.code}\n`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    // Tests of retention by process death: what is old goes while others append.
    if (mine % 200 === 199 && upTo !== '') {
      await log.trim(trims)
      await log.compact(remove => remove())
    }
  }
}

await Promise.all(Array.from({ length: Number(callers) }, call))
await log.close()
