// What station 4 and a dry run share: ids, lineage, and the schema's word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MappedEvent } from '../../src/model/event.ts'
import { complete, type Origin } from '../../src/path/completion.ts'

const origin: Origin = {
  record: {
    topic: 'raw.harbor.adt_in',
    headers: {
      raw_id: 'r1',
      received_at: '2026-03-01T16:15:00.000Z',
      control_id: 'C1',
      message_type: 'ADT^A01',
      hl7_version: '2.5.1',
      sha256: 'a'.repeat(64),
    },
  },
  tenant: 'harbor',
  channel: 'adt_in',
  deployment: 'd',
}

const mapped: MappedEvent = {
  kind: 'patient.updated',
  occurred_at: undefined,
  patient: { system: 'urn:a', value: '1' },
  visit: null,
  subject: { system: 'urn:a', value: '1' },
  resources: [{ resourceType: 'Patient', id: 'p1' }],
}

const events = (events: readonly MappedEvent[], from = origin) => {
  const completed = complete({ events, findings: [] }, from)
  assert('events' in completed)
  return completed.events
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
  const inner = { ...origin.record, headers: { ...origin.record.headers, index: '1' } }
  const [second] = events([mapped], { ...origin, record: inner })
  assert.notEqual(second?.id, alone?.id)
  assert.equal(second?.source.index, 1)
  const headers = { ...origin.record.headers, raw_id: 'r2', root_id: 'r1' }
  const [repair] = events([mapped], { ...origin, record: { topic: 't', headers } })
  assert.equal(repair?.id, alone?.id)
})

test('one event that the schema refuses fails its message, named by its place', () => {
  const bad = { ...mapped, resources: [{ resourceType: 'Patient', id: 'p1', gender: 'x' }] }
  assert.deepEqual(complete({ events: [mapped, bad], findings: [] }, origin), {
    code: 'event_invalid',
    facts: {
      path: '/resources/entry/0/resource/gender',
      what: 'must be equal to one of the allowed values',
    },
  })
})
