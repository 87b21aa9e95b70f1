// Events of a mapping process as records: under the headers of their message, or refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MadeEvent } from '../../src/model/event.ts'
import { limits } from '../../src/model/limits.ts'
import type { Headers } from '../../src/model/log.ts'
import { madeOf } from '../../src/path/event_record.ts'
import { CHANNEL, DEPLOYMENT, rawRecord, TENANT } from './toy.ts'

const ID = '0'.repeat(32)
const named = { id: ID, kind: 'patient.updated', schema_version: 1, tenant: TENANT } as const

function event(text: object, key?: string): MadeEvent {
  const value = Buffer.from(JSON.stringify(text))
  return { id: ID, kind: 'patient.updated', key, value }
}

const context = (headers: Headers = {}) => {
  const record = rawRecord({ offset: 7 })
  const own = { ...record, headers: { ...record.headers, ...headers } }
  return { record: own, tenant: TENANT, channel: CHANNEL, deployment: DEPLOYMENT }
}

test('a record carries where its event comes from, and is kept in the order of its patient', () => {
  const of = context()
  const made = madeOf([event({ ...named, channel: CHANNEL, n: 1 }, 'urn:x|1')], of)
  assert('records' in made)
  const [record] = made.records
  assert.equal(record?.key, 'urn:x|1')
  assert.equal(record?.headers.raw_id, of.record.headers.raw_id)
  assert.equal(record?.headers.source_offset, '7')
  assert.equal(record?.headers.deployment, DEPLOYMENT)
  assert.equal(record?.headers.root_id, undefined)
})

test('without a patient an event is kept in the order of its feed', () => {
  const of = context()
  const made = madeOf([event({ ...named, channel: CHANNEL, n: 1 })], of)
  assert('records' in made)
  assert.equal(made.records[0]?.key, of.record.headers.feed)
})

test('an event of a repair says what it mends, and where it stood', () => {
  const headers = { root_id: 'r0', sequence: '41', index: '2' }
  const made = madeOf([event({ ...named, channel: CHANNEL, n: 1 })], context(headers))
  assert('records' in made)
  const { root_id, sequence, index } = made.records[0]?.headers ?? {}
  assert.deepEqual({ root_id, sequence, index }, headers)
})

test('an event of another tenant, channel or id is none of its message (G7)', () => {
  const others = [
    { ...named, tenant: 'other', channel: CHANNEL, n: 1 },
    { ...named, channel: 'other', n: 1 },
    { ...named, id: '1'.repeat(32), channel: CHANNEL, n: 1 },
    { n: 1, ...named, channel: CHANNEL },
  ]
  for (const other of others) {
    assert.deepEqual(madeOf([event(other)], context()), {
      code: 'event_invalid',
      facts: { path: '', what: 'is not of its message' },
    })
  }
})

test('an event larger than a record may be is refused by its size', () => {
  const { record_bytes_max } = limits
  const large = { ...event({}), value: Buffer.alloc(record_bytes_max + 1) }
  assert.deepEqual(madeOf([large], context()), {
    code: 'event_too_large',
    facts: { bytes: record_bytes_max + 1, record_bytes_max },
  })
})
