// A batch is one raw record; each message in it goes its own way under (raw_id, index).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '../../src/model/limits.ts'
import { transform } from '../../src/path/3_transform.ts'
import { canonical } from '../../src/path/4_canonical.ts'
import { accepts } from '../../src/path/accept.ts'
import { indexOf, partsOf, unitOf } from '../../src/path/batch.ts'
import { openLog, openStore, recordsOf } from './rooms.ts'
import {
  CHANNEL,
  channelPlan,
  DEPLOYMENT,
  mappedEvent,
  message,
  rawRecord,
  START_MS,
  TENANT,
  tenantPlan,
  toyMapper,
} from './toy.ts'

const batchOf = (messages: readonly Buffer[], trailer = `BTS|${messages.length}`) =>
  Buffer.concat([
    Buffer.from('BHS|^~\\&|HIS|HARBOR|||||||B1|\r'),
    ...messages,
    Buffer.from(`${trailer}\r`),
  ])

const headers = { control_id: 'B1', message_type: '', hl7_version: '' }
const batch = (messages: readonly Buffer[], trailer?: string) =>
  rawRecord({ value: batchOf(messages, trailer), headers })

describe('the parts of a record', () => {
  it('are the record itself where it is a lone message', () => {
    const record = rawRecord()
    const parts = partsOf(record)
    assert('messages' in parts)
    assert.equal(parts.messages[0]?.record, record)
    assert.equal(unitOf(record.headers), 'raw0')
    assert.equal(indexOf(record.headers), 0)
  })

  it('are as if each message of a batch had come alone, with its index', () => {
    const inner = [message({ control_id: 'A' }), message({ control_id: 'B', type: 'ADT^A03' })]
    const parts = partsOf(batch(inner))
    assert('messages' in parts)
    assert.deepEqual(
      parts.messages.map(({ record }) => [
        record.headers.control_id,
        record.headers.message_type,
        record.headers.hl7_version,
        unitOf(record.headers),
        indexOf(record.headers),
      ]),
      [
        ['A', 'ADT^A01', '2.5.1', 'raw0#0', 0],
        ['B', 'ADT^A03', '2.5.1', 'raw0#1', 1],
      ],
    )
    assert.deepEqual(
      parts.messages.map(({ record }) => record.value),
      inner,
    )
  })
})

const plan = { name: 'base', module: '/toy/base.ts' }

async function world(t: Parameters<typeof openLog>[0]) {
  const topics = [`canonical.${TENANT}`, `dead.${TENANT}`, `audit.${TENANT}`]
  const log = await openLog(t, topics)
  const store = await openStore(t)
  const mapper = toyMapper(({ raw, facts }) => {
    if (raw.includes('broken')) return { code: 'segment_missing', facts: { segment: 'PID' } }
    const subject = { system: 'urn:oid:2.999.1', value: `V-${facts.raw_id}` }
    return { events: [mappedEvent({ subject })], findings: [] }
  })
  const context = {
    log,
    store,
    tenant: TENANT,
    channel: CHANNEL,
    deployment: DEPLOYMENT,
    group: 'transform',
    now_ms: START_MS,
    standing: new Map(),
  }
  const channel = channelPlan({ accept: { messages: ['ADT^A01'], when: undefined } })
  const run = async (record: ReturnType<typeof rawRecord>, standing = context.standing) => {
    const plans = { tenant: tenantPlan(), channel, transform: plan, mapper }
    return canonical(await transform([record], plans), { ...context, standing })
  }
  const read = (topic: string) => recordsOf(log, `${topic}.${TENANT}`)
  return { run, read, mapper }
}

describe('a batch on its way', () => {
  const mixed = [
    message({ control_id: 'A' }),
    message({ control_id: 'B', type: 'ORU^R01' }),
    message({ control_id: 'C', note: 'broken' }),
    message({ control_id: 'D' }),
  ]

  it('gives each message its own fate, its own events and its own dead letter', async t => {
    const { run, read } = await world(t)
    const counts = await run(batch(mixed))
    assert.deepEqual([counts.transformed, counts.filtered, counts.dead], [2, 1, 1])
    const events = await read('canonical')
    const sources = events.map(({ value }) => JSON.parse(value.toString()).source)
    assert.deepEqual(
      sources.map(({ raw_id, index, control_id }) => [raw_id, index, control_id]),
      [
        ['raw0', 0, 'A'],
        ['raw0', 3, 'D'],
      ],
    )
    assert.equal(new Set(events.map(event => event.headers.event_id)).size, 2)
    const [letter] = await read('dead')
    assert.equal(letter?.headers.index, '2')
    assert.equal(letter?.headers['dlt.error.code'], 'segment_missing')
    assert.deepEqual(letter?.value, mixed[2])
    const [line] = await read('audit')
    assert.deepEqual([line?.headers.fate, line?.headers.index], ['filtered', '1'])
  })

  it('is not done twice where a part of it stands (G9)', async t => {
    const { run, read } = await world(t)
    const standing = new Map([
      ['raw0#0', 'transformed'],
      ['raw0#2', 'dead'],
    ] as const)
    const counts = await run(batch(mixed), standing)
    assert.deepEqual([counts.transformed, counts.filtered, counts.dead], [2, 1, 1])
    assert.deepEqual(
      (await read('canonical')).map(event => event.headers.index),
      ['3'],
    )
    assert.equal((await read('dead')).length, 0)
  })

  it('that is sent again is a duplicate, message by message', async t => {
    const { run } = await world(t)
    await run(batch([message({ control_id: 'A' }), message({ control_id: 'D' })]))
    const again = rawRecord({ value: batchOf(mixed), headers, offset: 9 })
    const counts = await run(again)
    assert.deepEqual([counts.duplicate, counts.filtered, counts.dead], [2, 1, 1])
  })

  it('that counts wrongly says so in every event', async t => {
    const { run, read } = await world(t)
    await run(batch([message()], 'BTS|7'))
    const [event] = await read('canonical')
    assert.deepEqual(
      JSON.parse(event?.value.toString() ?? '{}').warnings.map(
        ({ code }: { code: string }) => code,
      ),
      ['batch_count'],
    )
  })

  it('leaves a trace where it is empty, and a dead letter where it should not be', async t => {
    const { run, read } = await world(t)
    assert.equal((await run(batch([]))).no_event, 1)
    assert.equal((await run(batch([], 'BTS|3'))).dead, 1)
    const [letter] = await read('dead')
    assert.equal(letter?.headers['dlt.error.code'], 'batch_incomplete')
  })

  it('with more messages than the limit is one dead letter', async t => {
    const { run, read, mapper } = await world(t)
    const many = Array.from({ length: limits.batch_messages_max + 1 }, () => message())
    assert.equal((await run(batch(many))).dead, 1)
    assert.equal((await read('dead'))[0]?.headers['dlt.error.code'], 'batch_too_large')
    assert.equal(mapper.asked.length, 0)
  })

  it('is filtered message by message by what the channel accepts', () => {
    const parts = partsOf(batch(mixed))
    assert('messages' in parts)
    const channel = channelPlan({ accept: { messages: ['ORU'], when: undefined } })
    assert.deepEqual(
      parts.messages.map(({ record }) => accepts(channel, record)),
      [false, true, false, false],
    )
  })
})
