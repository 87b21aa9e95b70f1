// Station 3: what the channel accepts is mapped, the rest is filtered, and the order of the raw
// topic stays. A mapping knows its message and what is recorded beside it, nothing else (F08).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import type { LogRecord } from '../../src/model/log.ts'
import { transform } from '../../src/path/3_transform.ts'
import { accepts } from '../../src/path/accept.ts'
import {
  channelPlan,
  mappedEvent,
  message,
  rawRecord,
  START_MS,
  type ToyResult,
  tenantPlan,
  toyMapper,
} from './toy.ts'

const mapped: ToyResult = { events: [mappedEvent()], findings: [] }
const lineage = ({ headers }: LogRecord) => {
  const { raw_id, control_id, message_type, hl7_version, sha256 } = headers
  return { raw_id, control_id, message_type, hl7_version, sha256 }
}
const only = (messages: readonly string[]) => ({ accept: { messages, when: undefined } })
const plan = { name: 'base', module: '/toy/base.ts' }
const contextOf = (mapper = toyMapper(() => mapped), messages?: readonly string[]) => ({
  tenant: tenantPlan(),
  channel: channelPlan({ accept: { messages, when: undefined } }),
  transform: plan,
  mapper,
})

describe('transform', () => {
  it('filters what the channel does not accept, without mapping it', async () => {
    const mapper = toyMapper(() => mapped)
    const records = ['ADT^A01', 'ORU^R01', 'ADT^A08', 'ACK'].map((type, offset) =>
      rawRecord({ type, offset }),
    )
    const results = await transform(records, contextOf(mapper, ['ADT^A01', 'ACK']))
    assert.deepEqual(
      results.map(({ fate }) => fate),
      ['mapped', 'filtered', 'filtered', 'mapped'],
    )
    assert.equal(mapper.asked.length, 2)
  })

  it('answers in raw order, each with its own record', async () => {
    const records = Array.from({ length: 50 }, (_, offset) =>
      rawRecord({ offset, type: offset % 3 === 0 ? 'ORU^R01' : 'ADT^A01' }),
    )
    const mapper = toyMapper(({ facts }) => ({
      events: [],
      findings: [{ code: 'seen', place: 'MSH', text: facts.raw_id }],
    }))
    const results = await transform(records, contextOf(mapper, ['ADT']))
    assert.deepEqual(
      results.map(({ record }) => record.offset),
      records.map(({ offset }) => offset),
    )
    for (const result of results) {
      if (result.fate === 'mapped')
        assert.equal(result.findings[0]?.text, result.record.headers.raw_id)
    }
  })

  it('hands a mapping the bytes and what was recorded with them, and no clock (G6)', async () => {
    const mapper = toyMapper(() => mapped)
    const record = rawRecord({ offset: 3 })
    await transform([record], contextOf(mapper))
    assert.deepEqual(mapper.asked, [
      {
        module: '/toy/base.ts',
        job: {
          raw: record.value,
          facts: {
            raw_id: 'raw3',
            tenant: 'harbor',
            channel: 'adt_in',
            received_at: new Date(START_MS + 3).toISOString(),
            time_zone: 'America/Los_Angeles',
            assigning_authorities: { HARBOR: 'urn:oid:2.999.1' },
          },
          origin: {
            topic: record.topic,
            headers: lineage(record),
            deployment: 'd'.repeat(64),
            findings: [],
          },
        },
      },
    ])
  })

  it('hands on the word of the channel on the character set', async () => {
    const mapper = toyMapper(() => mapped)
    const context = contextOf(mapper)
    const channel = { ...context.channel, charset: 'windows-1252' }
    await transform([rawRecord()], { ...context, channel })
    assert.equal(mapper.asked[0]?.job.facts.charset, 'windows-1252')
  })

  it('hands a failed mapping on with its code and facts', async () => {
    const mapper = toyMapper(() => ({ code: 'mapping_failed', facts: { place: 'PID-3' } }))
    const record = rawRecord()
    assert.deepEqual(await transform([record], contextOf(mapper)), [
      { record, fate: 'failed', code: 'mapping_failed', facts: { place: 'PID-3' } },
    ])
  })

  it('takes a mapper that leaves a message unanswered for a bug, and never for a filter (G5)', async () => {
    const short = { ...toyMapper(() => mapped), map: async () => [{ events: [], findings: [] }] }
    await assert.rejects(transform([rawRecord(), rawRecord({ offset: 1 })], contextOf(short)), Bug)
  })
})

describe('the mark of a message', () => {
  const markOf = async (change: Parameters<typeof rawRecord>[0]) => {
    const [result] = await transform([rawRecord(change)], contextOf())
    assert.ok(result?.fate === 'mapped')
    return result.mark
  }

  it('is the same when a message is sent again with a newer MSH-7 alone (F05)', async () => {
    const first = await markOf({ at: '20260105080000', offset: 0 })
    const again = await markOf({ at: '20260105080500', offset: 9 })
    assert.ok(first)
    assert.deepEqual(first, again)
  })

  it('differs by content, control id, feed, channel and tenant', async () => {
    const marks = await Promise.all([
      markOf({}),
      markOf({ note: 'other' }),
      markOf({ control_id: 'C2' }),
      markOf({ headers: { feed: '2576|HIS|HARBOR' } }),
      markOf({ headers: { channel: 'adt_two' } }),
      markOf({ headers: { tenant: 'north' } }),
    ])
    assert.equal(new Set(marks.map(mark => JSON.stringify(mark))).size, marks.length)
  })

  it('is none without a control id: no other message can be its double', async () => {
    assert.equal(await markOf({ control_id: '' }), undefined)
  })
})

describe('accepts', () => {
  const type = (name: string) => rawRecord({ type: name, value: message() })

  it('lets everything in where the channel names nothing', () => {
    for (const name of ['ADT^A01', '']) assert.ok(accepts({ accept: undefined }, type(name)))
  })

  it('lets nothing in where the channel names an empty list', () => {
    assert.equal(accepts(only([]), type('ADT^A01')), false)
  })

  it('reads a code as all of its events, and never as the beginning of another code', () => {
    assert.ok(accepts(only(['ADT']), type('ADT^A01')))
    assert.ok(accepts(only(['ADT']), type('ADT')))
    assert.equal(accepts(only(['AD']), type('ADT^A01')), false)
    assert.equal(accepts(only(['ADT^A0']), type('ADT^A01')), false)
  })
})
