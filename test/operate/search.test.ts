// Messages as an operator looks for them, over a whole engine: what the index names, with where the
// ledger says that each stands.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Question, searchMessages } from '../../src/operate/search.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { message, TARGET } from '../path/toy.ts'
import { settled, startToy } from './world.ts'

const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
const all = { after: '', limit: 50 }

describe('a search', () => {
  it('finds every message by what became of it, in its words', async t => {
    const { engine, send } = await startToy(t)
    await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await send(message({ type: 'ORU^R01', control_id: 'FILTERED' }))
    await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
    await until('all is through', () => settled(engine))
    await engine.search.caughtUp()
    const ids = async (question: Question) =>
      (await searchMessages(engine, question, all)).rows.map(({ control_id }) => control_id)
    assert.deepEqual(await ids({}), ['DEAD', 'FILTERED', 'MSG1'])
    assert.deepEqual(await ids({ state: 'filtered' }), ['FILTERED'])
    assert.deepEqual(await ids({ state: 'dead' }), ['DEAD'])
    assert.deepEqual(await ids({ state: 'waiting' }), [])
    // The toy chart takes patients and encounters; what else the event holds is denied.
    for (const state of ['confirmed', 'surfaced', 'failed', 'denied']) {
      assert.deepEqual(await ids({ state, target: TARGET }), ['MSG1'], state)
      assert.deepEqual(await ids({ state, target: 'elsewhere' }), [], state)
    }
    assert.deepEqual(await ids({ state: 'pending' }), [])
    assert.deepEqual(await ids({ type: 'ADT', state: 'confirmed' }), ['MSG1'])
    const { rows } = await searchMessages(engine, { control_id: 'MSG1' }, all)
    const writes = rows[0]?.writes ?? []
    assert.ok(writes.length >= 2)
    assert.ok(writes.every(write => write.target === TARGET))
    assert.deepEqual(rows[0]?.states.toSorted(), ['confirmed', 'failed'])
  })

  it('finds the patient of a message, also of one that died before it was mapped', async t => {
    const { engine, send } = await startToy(t)
    const whole = adt('A01', { ...facts, control_id: 'MSG1' })
    await send(whole)
    const bad = whole.toString('latin1').replace('MSG1', 'BAD1').replaceAll('A01', 'A99')
    await send(Buffer.from(bad, 'latin1'))
    await until('all is through', () => settled(engine))
    await engine.search.caughtUp()
    const value = /\rPID\|[^\r]*/.exec(bad)?.[0].split('|')[3]?.split('^')[0] ?? ''
    assert.notEqual(value, '')
    const { rows } = await searchMessages(engine, { patient: value }, all)
    assert.deepEqual(
      rows.map(({ control_id }) => control_id),
      ['BAD1', 'MSG1'],
    )
  })

  it('goes through pages of a state without leaving anything out', async t => {
    const { engine, send } = await startToy(t)
    const sent = Array.from({ length: 7 }, (_, i) => `MSG${i}`)
    for (const [i, control_id] of sent.entries()) {
      await send(adt('A01', { ...facts, patient: i + 1, visit: i + 1, control_id }))
    }
    await until('all is through', () => settled(engine))
    await engine.search.caughtUp()
    for (const state of ['confirmed', undefined]) {
      const seen: string[] = []
      let after: string | undefined = ''
      while (after !== undefined) {
        const page = await searchMessages(engine, { state }, { after, limit: 3 })
        assert.ok(page.rows.length <= 3)
        seen.push(...page.rows.map(({ control_id }) => control_id))
        after = page.next
      }
      assert.deepEqual(seen, sent.toReversed())
    }
  })

  it('shows no content', async t => {
    const { engine, send } = await startToy(t)
    await send(adt('A01', { ...facts, control_id: 'MSG1' }))
    await until('all is through', () => settled(engine))
    await engine.search.caughtUp()
    const text = JSON.stringify(await searchMessages(engine, {}, all))
    for (const word of ['Hazel7', 'Quay Street', '555-0']) assert.ok(!text.includes(word), word)
  })
})
