// What station 4 and a dry run share: ids, lineage, and the schema's word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanonicalEvent, EventOrigin, MappedEvent } from '../../src/model/event.ts'
import type { Headers } from '../../src/model/log.ts'
import { complete } from '../../src/path/completion.ts'

const facts = { tenant: 'harbor', channel: 'adt_in', received_at: '2026-03-01T16:15:00.000Z' }
const headers: Headers = {
  raw_id: 'r1',
  control_id: 'C1',
  message_type: 'ADT^A01',
  hl7_version: '2.5.1',
  sha256: 'a'.repeat(64),
}
const origin: EventOrigin = {
  topic: 'raw.harbor.adt_in',
  headers,
  deployment: 'd',
  findings: [],
}

const mapped: MappedEvent = {
  kind: 'patient.updated',
  occurred_at: undefined,
  patient: { system: 'urn:a', value: '1' },
  visit: null,
  subject: { system: 'urn:a', value: '1' },
  resources: [{ resourceType: 'Patient', id: 'p1' }],
}

const events = (events: readonly unknown[], own = headers) => {
  const of = { facts, origin: { ...origin, headers: own } }
  const completed = complete({ events, findings: [] }, of)
  assert('events' in completed, JSON.stringify(completed))
  return completed.events.map(event => JSON.parse(event.text) as CanonicalEvent)
}

test('an event that says no time happened when it was received', () => {
  const [event] = events([mapped])
  assert.equal(event?.occurred_at, '2026-03-01T16:15:00.000Z')
  assert.equal(event?.source.raw_id, 'r1')
})

test('two events of one subject get two ids, the same at every run', () => {
  const ids = events([mapped, mapped]).map(({ id }) => id)
  assert.equal(new Set(ids).size, 2)
  assert.deepEqual(
    events([mapped, mapped]).map(({ id }) => id),
    ids,
  )
})

test('a message of a batch has ids of its own; a repair has those of what it mends', () => {
  const [alone] = events([mapped])
  const [second] = events([mapped], { ...headers, index: '1' })
  assert.notEqual(second?.id, alone?.id)
  assert.equal(second?.source.index, 1)
  const [repair] = events([mapped], { ...headers, raw_id: 'r2', root_id: 'r1' })
  assert.equal(repair?.id, alone?.id)
})

test('one event that the schema refuses fails its message, named by its place', () => {
  const bad = { ...mapped, resources: [{ resourceType: 'Patient', id: 'p1', gender: 'x' }] }
  assert.deepEqual(complete({ events: [mapped, bad], findings: [] }, { facts, origin }), {
    code: 'event_invalid',
    facts: {
      path: '/resources/entry/0/resource/gender',
      what: 'must be equal to one of the allowed values',
    },
  })
})

test('what is no event is refused by its place', () => {
  const wrong = [null, 'text', {}, { ...mapped, kind: 'x' }, { ...mapped, patient: 'p' }]
  for (const one of [...wrong, { ...mapped, resources: {} }, { ...mapped, occurred_at: 5 }]) {
    assert.deepEqual(complete({ events: [mapped, one], findings: [] }, { facts, origin }), {
      code: 'event_invalid',
      facts: { path: '/events/1', what: 'is not what a mapping returns' },
    })
  }
})

test('events that are too much together are refused as such', () => {
  const told = { ...mapped, resources: [{ resourceType: 'Patient', id: 'p', x: 'x'.repeat(900) }] }
  const of = { facts, origin, characters_max: 2_000 }
  assert('events' in complete({ events: [told], findings: [] }, of))
  const both = complete({ events: [told, told], findings: [] }, of)
  assert('code' in both && both.code === 'mapping_result_too_large')
})
