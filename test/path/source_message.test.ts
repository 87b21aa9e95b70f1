// The bytes behind an event, for targets that forward them: read from the raw topic, of a batch the
// one message, and nothing where they are gone or another record stands in their place.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogRecord } from '../../src/model/log.ts'
import { forwards, SourceMessages } from '../../src/path/source_message.ts'
import { openLog } from './rooms.ts'
import { channelPlan, routePlan, targetPlan, tenantPlan } from './toy.ts'

const message = (id: string) => `MSH|^~\\&|A|B|C|D|20260101||ADT^A01|${id}|P|2.5\rPID|1||${id}\r`
const batch = `BHS|^~\\&\r${message('B1')}${message('B2')}BTS|2\r`
const RAW = 'raw.north.adt'

async function world(t: Parameters<typeof openLog>[0]) {
  const log = await openLog(t, [RAW])
  const records = [message('C1'), batch, message('B2, mended')].map((text, i) => ({
    key: 'feed',
    headers: { raw_id: `raw${i}`, ...(i === 2 ? { index: '1' } : {}) },
    value: Buffer.from(text, 'latin1'),
  }))
  await log.append(RAW, 0, records)
  const reads: number[] = []
  const counted = {
    read: ((topic, partition, offset, options) => {
      reads.push(offset)
      return log.read(topic, partition, offset, options)
    }) as typeof log.read,
  }
  return { messages: new SourceMessages(counted), reads }
}

const from = (offset: number, more: LogRecord['headers'] = {}) => ({
  headers: {
    source_topic: RAW,
    source_partition: '0',
    source_offset: String(offset),
    raw_id: `raw${offset}`,
    ...more,
  },
})

describe('messages of events', () => {
  it('are the bytes of the raw record, and of a batch those of one message', async t => {
    const { messages, reads } = await world(t)
    assert.equal((await messages.of(from(0)))?.toString('latin1'), message('C1'))
    assert.equal((await messages.of(from(1, { index: '1' })))?.toString('latin1'), message('B2'))
    assert.equal((await messages.of(from(1, { index: '0' })))?.toString('latin1'), message('B1'))
    assert.deepEqual(reads, [0], 'neighbours are read together')
  })

  it('are of a mended message of a batch the bytes of the message that mends it', async t => {
    const { messages } = await world(t)
    const mended = (await messages.of(from(2, { index: '1' })))?.toString('latin1')
    assert.equal(mended, message('B2, mended'))
  })

  it('are none where the record is gone, is another one, or was never named', async t => {
    const { messages } = await world(t)
    assert.equal(await messages.of(from(7)), undefined)
    assert.equal(await messages.of(from(0, { raw_id: 'other' })), undefined)
    assert.equal(await messages.of(from(1, { index: '2' })), undefined)
    assert.equal(await messages.of({ headers: {} }), undefined)
  })
})

describe('forwards', () => {
  it('only of channels with a route to a target that takes messages', () => {
    const targets = [targetPlan({ name: 'chart' }), targetPlan({ name: 'copy', takes: 'message' })]
    const plan = (to: string) =>
      tenantPlan({ targets, channels: [channelPlan({ routes: [routePlan({ to })] })] })
    const { channel } = channelPlan()
    assert.equal(forwards(plan('copy'), channel), true)
    assert.equal(forwards(plan('chart'), channel), false)
    assert.equal(forwards(plan('copy'), 'another'), false)
  })
})
