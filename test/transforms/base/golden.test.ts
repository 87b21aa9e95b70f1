// Golden cases: synthetic messages and what the base mappings make of them, byte for byte. Each
// also meets the canonical schema, in itself and through the whole of a mapping process in another
// time zone.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { checkEvent } from '../../../src/declare/check_event.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { openMapper } from '../../../src/path/mapping/mapper.ts'
import base from '../../../transforms/base/index.ts'
import { canonical, facts, mapped } from './mapped.ts'

const folder = join(import.meta.dirname, '../../corpus/base')
const module = join(import.meta.dirname, '../../../transforms/base/index.ts')
const names = readdirSync(folder)
  .filter(name => name.endsWith('.hl7'))
  .map(name => name.slice(0, -4))

const mapper = openMapper({
  tenant: 'harbor',
  transforms: undefined,
  mapping_ms_max: 30_000,
  mapping_memory_mb_max: 256,
  clock: systemClock,
  signals: silentSignals,
})
after(() => mapper.close())

for (const name of names) {
  test(`maps ${name} as its golden file says`, () => {
    const raw = readFileSync(join(folder, `${name}.hl7`))
    const made = `${JSON.stringify(mapped(raw), null, 2)}\n`
    const golden = join(folder, `${name}.json`)
    if (process.env.FIRTH_UPDATE_GOLDEN === '1') writeFileSync(golden, made)
    assert.equal(made, readFileSync(golden, 'utf8'))
  })

  test(`makes events of ${name} that the canonical schema takes`, () => {
    const { events } = mapped(readFileSync(join(folder, `${name}.hl7`)))
    assert(events.length > 0)
    for (const event of events) assert.equal(checkEvent(canonical(event)), undefined)
  })

  test(`maps ${name} alike in the mapping process, twice (F08)`, async () => {
    const raw = readFileSync(join(folder, `${name}.hl7`))
    const results = await mapper.map(module, [
      { raw, facts },
      { raw, facts },
    ])
    const expected = JSON.parse(JSON.stringify(mapped(raw)))
    assert.deepEqual(results, [expected, expected])
  })
}

test("no event depends on the machine's zone", () => {
  const zone = process.env.TZ
  const events = () =>
    names.map(name => JSON.stringify(mapped(readFileSync(join(folder, `${name}.hl7`)))))
  process.env.TZ = 'Pacific/Kiritimati'
  const there = events()
  process.env.TZ = 'America/Adak'
  const here = events()
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
  assert.deepEqual(here, there)
})

test('every type that the base names has a golden case', () => {
  const types = new Set(
    names.map(name => {
      const message = readMessage(readFileSync(join(folder, `${name}.hl7`)))
      return `${message.text('MSH-9.1')}^${message.text('MSH-9.2')}`
    }),
  )
  assert.deepEqual([...types].sort(), [...base.types].sort())
})
