// Limits that have to fit each other, or the engine would refuse at one place what it took at
// another.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '../../src/model/limits.ts'

describe('the limits', () => {
  it('are all above nothing and whole', () => {
    for (const [name, limit] of Object.entries(limits)) {
      assert.ok(Number.isInteger(limit) && limit > 0, name)
    }
  })

  it('let the largest record into memory and into the log', () => {
    assert.ok(limits.record_bytes_max <= limits.unanswered_bytes_max)
    assert.ok(limits.record_bytes_max <= limits.log_waiting_bytes_max)
    assert.ok(limits.refused_bytes_kept <= limits.record_bytes_max)
  })

  it('give a conversation time for at least one whole call', () => {
    assert.ok(limits.call_ms_max <= limits.conversation_ms_max)
  })

  it('wait between tries for less than the time that is tried for', () => {
    assert.ok(limits.retry_wait_ms_min <= limits.retry_wait_ms_max)
    assert.ok(limits.retry_wait_ms_max < limits.retry_for_ms)
  })

  it('recognise a duplicate for longer than a write is tried', () => {
    assert.ok(limits.duplicate_window_ms > limits.retry_for_ms)
  })
})
