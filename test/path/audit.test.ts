// Audit lines of the path: what ended here on purpose, found by its message and never with its
// content.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fateRecord } from '../../src/path/audit.ts'
import { rawRecord } from './toy.ts'

const decision = { fate: 'duplicate', facts: { of: 'raw1' }, deployment: 'd1' } as const

describe('fateRecord', () => {
  it('names the record, the decision and who made it (M14)', () => {
    const raw = rawRecord({ offset: 4 })
    const { key, headers, value } = fateRecord(raw, decision)
    assert.equal(key, 'raw4')
    assert.deepEqual(headers, {
      fate: 'duplicate',
      tenant: 'harbor',
      channel: 'adt_in',
      raw_id: 'raw4',
      source_topic: 'raw.harbor.adt_in',
      source_partition: '0',
      source_offset: '4',
      traceparent: raw.headers.traceparent,
      deployment: 'd1',
    })
    assert.deepEqual(JSON.parse(value.toString()), { fate: 'duplicate', facts: { of: 'raw1' } })
  })

  it('names the event where the record is one', () => {
    const event = rawRecord({ headers: { event_id: 'event1' } })
    const { headers } = fateRecord(event, { ...decision, fate: 'unrouted', facts: {} })
    assert.equal(headers.event_id, 'event1')
  })

  it('holds no content of the message (N09)', () => {
    const raw = rawRecord({ note: 'CANARY' })
    assert.doesNotMatch(JSON.stringify(fateRecord(raw, decision)), /CANARY/)
    assert.doesNotMatch(String(fateRecord(raw, decision).value), /CANARY/)
  })

  it('is the same for the same record and decision: a redo writes no other', () => {
    assert.deepEqual(fateRecord(rawRecord(), decision), fateRecord(rawRecord(), decision))
  })
})
