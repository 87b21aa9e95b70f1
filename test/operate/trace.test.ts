// One message's life, found by its control id or raw_id: every record it left and every write that
// came of it, with their moves; no content.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Engine } from '../../src/operate/engine.ts'
import { trace } from '../../src/operate/trace.ts'
import { standsOf } from '../../src/operate/waits.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { settled, startToy } from './world.ts'

const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
const levels = (records: readonly { topic: string }[]) =>
  records.map(({ topic }) => topic.split('.')[0])

const RAW = 'raw.harbor.adt_in'
const CANONICAL = 'canonical.harbor'

/** With the index read up to the end of the log. */
async function roomsOf(engine: Engine) {
  await engine.search.caughtUp()
  const { log, store, search } = engine
  return { log, store, search, stands: standsOf(engine), now_ms: Date.now() }
}

const traced = async (engine: Engine, id: string) => trace(await roomsOf(engine), { id })

describe('trace', () => {
  it('shows every station and every write of a message (M13)', async t => {
    const { engine, send } = await startToy(t)
    const raw_id = await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await until('it is through', () => settled(engine))
    const [found, ...others] = await traced(engine, 'MSG1')
    assert.ok(found)
    assert.deepEqual(others, [])
    assert.equal(found.raw_id, raw_id)
    assert.equal(found.control_id, 'MSG1')
    const writes = found.writes.length
    assert.deepEqual(levels(found.records), ['raw', 'canonical', ...Array(writes).fill('outbound')])
    assert.ok(writes >= 2)
    for (const write of found.writes) {
      const known = ['Patient', 'Encounter'].includes(write.resource.split('/')[0] ?? '')
      assert.equal(write.state, known ? 'surfaced' : 'denied')
      assert.equal(write.shown, known ? 'confirmed' : 'failed')
      assert.equal(write.moves[0]?.from, undefined)
      assert.equal(write.moves.at(-1)?.to, write.state)
    }
    assert.deepEqual(await traced(engine, raw_id), [found])
  })

  it('shows no content of the message or its resources (N09)', async t => {
    const { engine, send } = await startToy(t)
    await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await until('it is through', () => settled(engine))
    const text = JSON.stringify(await traced(engine, 'MSG1'))
    for (const word of ['Hazel7', 'Quay Street', '555-0']) assert.ok(!text.includes(word), word)
  })

  it('shows what was filtered, died or came twice by the reason', async t => {
    const { engine, send } = await startToy(t)
    await send(message({ type: 'ORU^R01', control_id: 'FILTERED' }))
    await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
    for (const at of ['1', '2']) {
      await send(adt('A01', { ...facts, at: `2026010508000${at}+0000`, control_id: 'TWICE' }))
    }
    await until('all is through', () => settled(engine))
    const fateOf = async (id: string) =>
      (await traced(engine, id)).map(({ records }) => {
        const headers = records[1]?.headers
        return headers?.fate ?? headers?.['dlt.error.code'] ?? headers?.kind
      })
    assert.deepEqual(await fateOf('FILTERED'), ['filtered'])
    assert.deepEqual(await fateOf('DEAD'), ['message_type_unmapped'])
    assert.equal((await fateOf('TWICE')).length, 2)
  })

  it('shows one message of a batch: its record, its events and its writes, by its control id', async t => {
    const { engine, send } = await startToy(t)
    const inner = ['IN0', 'IN1'].map((control_id, i) =>
      adt('A01', { ...facts, patient: i + 1, visit: i + 1, control_id }),
    )
    const filtered = message({ type: 'ORU^R01', control_id: 'IN2' })
    const frame = ['BHS|^~\\&|HIS|HARBOR|||||||B1\r', 'BTS|3\r'].map(text => Buffer.from(text))
    const [head, tail] = frame as [Buffer, Buffer]
    const raw_id = await send(Buffer.concat([head, ...inner, filtered, tail]))
    await until('it is through', () => settled(engine))
    const [whole] = await traced(engine, 'B1')
    const [one, ...others] = await traced(engine, 'IN1')
    assert.ok(whole && one)
    assert.deepEqual(others, [])
    assert.deepEqual([one.raw_id, one.control_id, whole.control_id], [raw_id, 'IN1', 'B1'])
    const writes = one.writes.length
    assert.equal(whole.writes.length, 2 * writes)
    assert.deepEqual(levels(one.records), ['raw', 'canonical', ...Array(writes).fill('outbound')])
    assert.equal(one.records[1]?.headers.index, '1')
    const [gone] = await traced(engine, 'IN2')
    assert.deepEqual(levels(gone?.records ?? []), ['raw', 'audit'])
    assert.deepEqual(await traced(engine, 'IN'), [])
  })

  it('finds nothing where there is nothing', async t => {
    const { engine, send } = await startToy(t)
    await send(message({ control_id: '' }))
    for (const id of ['NOBODY', '01jd3v5s0e8w9q4x7k2m6n8p1r', '']) {
      assert.deepEqual(await traced(engine, id), [], id)
    }
  })

  it('finds a control id that looks like one of our own ids', async t => {
    const { engine, send } = await startToy(t)
    for (const control_id of ['20261121132758000000000001', '01jd3v5s0e8w9q4x7k2m6n8p1r']) {
      const raw_id = await send(message({ type: 'ORU^R01', control_id }))
      const found = await traced(engine, control_id)
      assert.deepEqual(
        found.map(one => one.raw_id),
        [raw_id],
      )
    }
  })

  it('finds a message by its event, by each of its writes, by its dead letter and by its patient', async t => {
    const { engine, send } = await startToy(t)
    const raw_id = await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    const dead_id = await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
    await until('it is through', () => settled(engine))
    const [whole] = await traced(engine, 'MSG1')
    const [dead] = await traced(engine, 'DEAD')
    assert.ok(whole && dead)
    const event_id = whole.records[1]?.headers.event_id ?? ''
    const letter = dead.letters[0]?.id ?? ''
    for (const id of [event_id, ...whole.writes.map(({ intent_id }) => intent_id)]) {
      assert.deepEqual(await traced(engine, id), [whole], id)
    }
    for (const id of [letter, letter.slice(0, 12), dead_id]) {
      assert.deepEqual(await traced(engine, id), [dead], id)
    }
    assert.deepEqual(await traced(engine, letter.slice(0, 5)), [])
    const [record] = await engine.log.read(CANONICAL, 0, 0, { records_max: 1, bytes_max: 1 })
    const found = await trace(await roomsOf(engine), { patient: record?.key ?? '' })
    assert.deepEqual(
      found.map(one => one.raw_id),
      [raw_id],
    )
  })

  it('shows a dead letter with what a person did about it', async t => {
    const { engine, send } = await startToy(t)
    await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
    await until('it is through', () => settled(engine))
    const [before] = await traced(engine, 'DEAD')
    const letter = before?.letters[0]
    assert.equal(letter?.state, 'open')
    assert.equal(letter.code, 'message_type_unmapped')
    const said = { by: 'R. Moss', why: 'a test message', at_ms: 7, state: 'dropped' as const }
    const act = { letter_id: letter.id, tenant: 'harbor', raw_id: undefined, intent_id: undefined }
    await engine.store.closeLetters([{ ...act, ...said, move: undefined, outgoing: [] }])
    const [after] = await traced(engine, 'DEAD')
    const { by, why, at_ms, state } = after?.letters[0] ?? {}
    assert.deepEqual({ by, why, at_ms, state }, said)
  })

  it('names what a message mends and what mends it', async t => {
    const { engine, send } = await startToy(t)
    const raw_id = await send(message({ type: 'ORU^R01', control_id: 'FIRST' }))
    const [raw] = await engine.log.read(RAW, 0, 0, { records_max: 1, bytes_max: 1 })
    assert.ok(raw)
    const headers = { ...raw.headers, raw_id: 'mended', repairs: raw_id, root_id: raw_id }
    await engine.log.append(RAW, 0, [{ ...raw, headers: { ...headers, control_id: 'SECOND' } }])
    const [first] = await traced(engine, 'FIRST')
    const [second] = await traced(engine, 'SECOND')
    assert.deepEqual(first?.repaired_by, ['mended'])
    assert.equal(second?.repairs, raw_id)
    assert.equal(second.root_id, raw_id)
  })

  it('says what a write waits for, and shows contents only when asked', async t => {
    const { engine, send } = await startToy(t)
    await engine.store.pause({
      ...{ tenant: 'harbor', kind: 'target', name: 'chart' },
      ...{ by: 'R. Moss', why: '', at_ms: Date.now() },
    })
    await engine.pauses.refresh()
    const bytes = adt('A01', { ...facts, control_id: 'MSG1' })
    await send(bytes)
    await until('its writes wait', async () => {
      const [found] = await traced(engine, 'MSG1')
      return found?.writes.some(({ waits }) => waits?.for === 'target_paused') ?? false
    })
    const [closed] = await traced(engine, 'MSG1')
    assert.ok(closed?.records.every(record => record.payload === undefined))
    const [open] = await trace(await roomsOf(engine), { id: 'MSG1', payload: true })
    assert.equal(open?.records[0]?.payload?.value, bytes.toString())
  })
})
