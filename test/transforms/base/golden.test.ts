// Golden cases: synthetic messages and what the base mappings make of them, byte for byte. Each
// also meets the canonical schema, in itself and through the whole of a mapping process in another
// time zone.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { messageType } from '../../../src/codecs/hl7v2/mapping.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { eventText } from '../../../src/declare/event_text.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import type { CanonicalEvent, EventOrigin, MappedEvent } from '../../../src/model/event.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { referencesOf } from '../../../src/path/5_route.ts'
import { openMapper } from '../../../src/path/mapping/mapper.ts'
import { triggers } from '../../../transforms/base/adt_triggers.ts'
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

const origin: EventOrigin = {
  topic: 'raw.harbor.adt_in',
  headers: { raw_id: facts.raw_id, sha256: '0'.repeat(64) },
  deployment: '0123456789ab',
  findings: [],
}

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
    for (const event of events) {
      const { resources } = event
      const written = eventText({ ...canonical(event), resources })
      assert.deepEqual(written, { text: JSON.stringify(canonical(event)) })
    }
  })

  test(`maps ${name} alike in the mapping process, twice (F08)`, async () => {
    const raw = readFileSync(join(folder, `${name}.hl7`))
    const job = { raw, facts, origin }
    const [first, second] = await mapper.map(module, [job, job])
    assert.deepEqual(first, second)
    assert(first !== undefined && 'events' in first)
    const here = JSON.parse(JSON.stringify(mapped(raw)))
    const there = first.events.map(({ value }) => JSON.parse(value.toString()) as CanonicalEvent)
    assert.deepEqual(
      there.map(resourcesOf),
      here.events.map(({ resources }: MappedEvent) => resources),
    )
    assert.deepEqual(there.map(identityOf), here.events.map(identityOf))
    assert.deepEqual(first.findings, here.findings)
  })
}

const resourcesOf = ({ resources }: CanonicalEvent) =>
  resources.entry.map(({ resource }) => resource)
const identityOf = ({ kind, patient, visit }: CanonicalEvent | MappedEvent) => ({
  kind,
  patient,
  visit,
})

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

test('every kind of event that the base makes has a golden case', () => {
  const cases = names.map(name => readMessage(readFileSync(join(folder, `${name}.hl7`))))
  const golden = new Set(cases.map(message => likeness(messageType(message))))
  const missing = base.types.filter(type => !golden.has(likeness(type)))
  assert.deepEqual(missing, [])
})

/** Types that the mapping treats alike are alike. */
function likeness(type: string): string {
  const trigger = triggers[type.slice('ADT^'.length)]
  return type.startsWith('ADT^') && trigger !== undefined ? JSON.stringify(trigger) : type
}

test('every reference of a golden case resolves in its event, or says whom it means', () => {
  for (const name of names) {
    for (const { resources } of mapped(readFileSync(join(folder, `${name}.hl7`))).events) {
      const ids = new Set(resources.map(({ resourceType, id }) => `${resourceType}/${id}`))
      assert.equal(ids.size, resources.length, `${name} has each resource once`)
      for (const resource of resources) {
        const contained = (resource.contained ?? []) as readonly { id: string }[]
        const inside = new Set(contained.map(({ id }) => `#${id}`))
        const unknown = referencesOf(resource).filter(to => !ids.has(to) && !inside.has(to))
        assert.deepEqual(unknown, [], `${name} ${resource.resourceType}`)
        const used = new Set(referencesOf(resource))
        assert.deepEqual(
          [...inside].filter(id => !used.has(id)),
          [],
          `${name} contains no orphan`,
        )
      }
    }
  }
})
