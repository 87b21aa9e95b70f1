// One message's life, found by its control id or raw_id: every record it left and every write that
// came of it, with their moves; no content.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trace } from '../../src/operate/trace.ts'
import { adt } from '../harness/messages.ts'
import { openLog, openStore, until } from '../path/rooms.ts'
import { message, rawRecord } from '../path/toy.ts'
import { settled, startToy } from './world.ts'

const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
const levels = (records: readonly { topic: string }[]) =>
  records.map(({ topic }) => topic.split('.')[0])

describe('trace', () => {
  it('shows every station and every write of a message (M13)', async t => {
    const { engine, send } = await startToy(t)
    const raw_id = await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await until('it is through', () => settled(engine))
    const [found, ...others] = await trace(engine.log, engine.store, 'MSG1')
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
    assert.deepEqual(await trace(engine.log, engine.store, raw_id), [found])
  })

  it('shows no content of the message or its resources (N09)', async t => {
    const { engine, send } = await startToy(t)
    await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await until('it is through', () => settled(engine))
    const text = JSON.stringify(await trace(engine.log, engine.store, 'MSG1'))
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
      (await trace(engine.log, engine.store, id)).map(({ records }) => {
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
    const [whole] = await trace(engine.log, engine.store, 'B1')
    const [one, ...others] = await trace(engine.log, engine.store, 'IN1')
    assert.ok(whole && one)
    assert.deepEqual(others, [])
    assert.deepEqual([one.raw_id, one.control_id, whole.control_id], [raw_id, 'IN1', 'B1'])
    const writes = one.writes.length
    assert.equal(whole.writes.length, 2 * writes)
    assert.deepEqual(levels(one.records), ['raw', 'canonical', ...Array(writes).fill('outbound')])
    assert.equal(one.records[1]?.headers.index, '1')
    const [gone] = await trace(engine.log, engine.store, 'IN2')
    assert.deepEqual(levels(gone?.records ?? []), ['raw', 'audit'])
    assert.deepEqual(await trace(engine.log, engine.store, 'IN'), [])
  })

  it('finds nothing where there is nothing', async t => {
    const { engine, send } = await startToy(t)
    await send(message({ control_id: '' }))
    for (const id of ['NOBODY', '01jd3v5s0e8w9q4x7k2m6n8p1r', '']) {
      assert.deepEqual(await trace(engine.log, engine.store, id), [], id)
    }
  })

  it('finds a control id that looks like one of our own ids', async t => {
    const topic = 'raw.harbor.adt_in'
    const log = await openLog(t, [topic])
    const store = await openStore(t)
    for (const control_id of [
      '20261121132758000000000001',
      '01jd3v5s0e8w9q4x7k2m6n8p1r',
      'z'.repeat(26),
    ]) {
      await log.append(topic, 0, [rawRecord({ control_id, raw_id: `raw of ${control_id}` })])
      const found = await trace(log, store, control_id)
      assert.deepEqual(
        found.map(({ raw_id }) => raw_id),
        [`raw of ${control_id}`],
      )
    }
  })
})
