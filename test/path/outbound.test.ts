// What becomes of an intent that no log would take: a dead letter with its size, made of the event.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/model/limits.ts'
import { outbound } from '../../src/path/outbound.ts'
import { canonicalEvent, START_MS, TARGET, TENANT, writeIntent } from './toy.ts'

const from = {
  topic: `canonical.${TENANT}`,
  partition: 0,
  offset: 3,
  time_ms: START_MS,
  key: 'patient',
  headers: { event_id: 'event', raw_id: 'raw' },
  value: Buffer.from('{}'),
}

test('an intent goes to the outbound topic of its target', () => {
  const { topic, output } = outbound(writeIntent(), from, { now_ms: START_MS })
  assert.equal(topic, `outbound.${TENANT}.${TARGET}`)
  assert.equal(output.headers.target, TARGET)
})

test('one whose message is gone is dead, so that what was sent before stays as it is', () => {
  const { source, occurred_at, recorded_at, patient, visit } = canonicalEvent()
  const event = { source, occurred_at, recorded_at, patient, visit, message: null }
  const { topic, output } = outbound(writeIntent({ event }), from, { now_ms: START_MS })
  assert.equal(topic, `dead.${TENANT}`)
  assert.equal(output.headers['dlt.error.code'], 'source_message_gone')
})

test('one that is larger than a record may be is dead, with its event and its size', () => {
  const resource = { resourceType: 'Binary', id: 'b', data: 'x'.repeat(limits.record_bytes_max) }
  const intent = writeIntent({ resource })
  const { topic, output } = outbound(intent, from, { now_ms: START_MS })
  assert.equal(topic, `dead.${TENANT}`)
  assert.equal(output.headers['dlt.error.code'], 'intent_too_large')
  assert.equal(output.headers['dlt.stage'], 'route')
  assert.equal(output.headers['dlt.origin.offset'], '3')
  assert.deepEqual(output.value, from.value)
  const again = outbound(intent, from, { now_ms: START_MS + 1 }).output
  assert.equal(again.headers['dlt.id'], output.headers['dlt.id'])
})
