// The side door: the record as it came, byte for byte, with the reason beside it under an id that a
// redo finds again (F20).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { limits } from '../../src/model/limits.ts'
import type { Refused } from '../../src/model/message.ts'
import {
  type DeadReason,
  deadRecord,
  refusedId,
  refusedRecord,
} from '../../src/path/dead_letter.ts'
import { rawRecord, START_MS } from './toy.ts'

const reason: DeadReason = {
  id: 'dead1',
  tenant: 'harbor',
  channel: 'adt_in',
  route: '',
  stage: 'transform',
  class: 'poison',
  code: 'mapping_failed',
  path: 'PID-3',
  facts: { place: 'PID-3' },
  attempts: 1,
  first_failed_at_ms: START_MS,
  last_failed_at_ms: START_MS + 5,
  origin: {
    topic: 'raw.harbor.adt_in',
    partition: 0,
    offset: 4,
    time_ms: START_MS - 1,
    group: 'transform.harbor.adt_in',
  },
  deployment: 'd1',
}

describe('deadRecord', () => {
  it('keeps key, headers and value of the record as they are, whatever they hold', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const headers = fc.dictionary(text, text, { maxKeys: 5 })
    fc.assert(
      fc.property(text, headers, fc.uint8Array(), (key, own, bytes) => {
        const value = Buffer.from(bytes)
        const dead = deadRecord(reason, { key, headers: own, value })
        assert.equal(dead.key, key)
        assert.equal(dead.value, value)
        for (const [name, header] of Object.entries(own)) assert.equal(dead.headers[name], header)
      }),
    )
  })

  it('adds the reason, each fact under a name of its own', () => {
    const { headers } = deadRecord(reason, { key: 'k', headers: {}, value: Buffer.alloc(0) })
    assert.deepEqual(headers, {
      'dlt.v': '1',
      'dlt.id': 'dead1',
      'dlt.tenant': 'harbor',
      'dlt.channel': 'adt_in',
      'dlt.route': '',
      'dlt.stage': 'transform',
      'dlt.class': 'poison',
      'dlt.error.code': 'mapping_failed',
      'dlt.error.path': 'PID-3',
      'dlt.error.message': 'The mapping threw an error.',
      'dlt.error.facts': '{"place":"PID-3"}',
      'dlt.attempts': '1',
      'dlt.first-failed-at': '2026-01-05T08:00:00.000Z',
      'dlt.last-failed-at': '2026-01-05T08:00:00.005Z',
      'dlt.config.version': 'd1',
      'dlt.origin.topic': 'raw.harbor.adt_in',
      'dlt.origin.partition': '0',
      'dlt.origin.offset': '4',
      'dlt.origin.timestamp': String(START_MS - 1),
      'dlt.origin.group': 'transform.harbor.adt_in',
    })
  })

  it('gives the reason of its own death to a dead letter that dies again', () => {
    const first = deadRecord(reason, rawRecord())
    const again = deadRecord({ ...reason, code: 'mapping_timeout', attempts: 2 }, first)
    assert.equal(again.headers['dlt.error.code'], 'mapping_timeout')
    assert.equal(again.headers['dlt.attempts'], '2')
    assert.equal(again.value, first.value)
  })

  it('names no origin for what was never a record', () => {
    const { headers } = deadRecord({ ...reason, origin: undefined }, rawRecord())
    assert.deepEqual(
      Object.keys(headers).filter(name => name.startsWith('dlt.origin')),
      [],
    )
  })
})

const refusal = (change: Partial<Refused> = {}): Refused => ({
  kind: 'refused',
  code: 'frame_not_hl7',
  msh: undefined,
  bytes: Buffer.from('GET / HTTP/1.1'),
  peer: { address: '10.0.0.7', port: 40_000 },
  door: '2575',
  received_at_ms: START_MS,
  ...change,
})

const where = { tenant: 'harbor', channel: 'adt_in', deployment: 'd1', repeats: 0 }

describe('refusedRecord', () => {
  it('keeps the bytes, who sent them and why they were refused', () => {
    const { key, headers, value } = refusedRecord(refusal(), where)
    assert.equal(key, '2575')
    assert.equal(value.toString(), 'GET / HTTP/1.1')
    assert.equal(headers.peer, '10.0.0.7')
    assert.equal(headers['dlt.stage'], 'decode')
    assert.equal(headers['dlt.class'], 'rejected')
    assert.equal(headers['dlt.error.code'], 'frame_not_hl7')
    assert.equal(headers['dlt.first-failed-at'], new Date(START_MS).toISOString())
  })

  it('keeps the first 64 KiB of a larger one and says how much there was', () => {
    const bytes = Buffer.alloc(limits.refused_bytes_kept + 10, 0x41)
    const { headers, value } = refusedRecord(refusal({ bytes }), { ...where, repeats: 9 })
    assert.equal(value.length, 65_536)
    assert.deepEqual(JSON.parse(headers['dlt.error.facts'] ?? ''), {
      bytes: 65_546,
      bytes_kept: 65_536,
      repeats: 9,
    })
  })
})

describe('refusedId', () => {
  it('is the same for the same bytes from the same place, at any time and port of the sender', () => {
    const later = refusal({ received_at_ms: START_MS + 1, peer: { address: '10.0.0.7', port: 1 } })
    assert.equal(refusedId(refusal(), where), refusedId(later, where))
    assert.equal(refusedRecord(refusal(), where).headers['dlt.id'], refusedId(later, where))
  })

  it('differs by place, reason, content and length', () => {
    const large = Buffer.alloc(limits.refused_bytes_kept + 1, 0x41)
    const ids = [
      refusedId(refusal(), where),
      refusedId(refusal(), { ...where, tenant: 'north' }),
      refusedId(refusal(), { ...where, channel: 'oru_in' }),
      refusedId(refusal({ door: '2576' }), where),
      refusedId(refusal({ peer: { address: '10.0.0.8', port: 1 } }), where),
      refusedId(refusal({ code: 'frame_cut_off' }), where),
      refusedId(refusal({ bytes: Buffer.from('GET /') }), where),
      refusedId(refusal({ bytes: large }), where),
      refusedId(refusal({ bytes: Buffer.concat([large, large]) }), where),
    ]
    assert.equal(new Set(ids).size, ids.length)
  })
})
