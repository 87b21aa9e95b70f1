// The store contract's cases about rows of the ledger: how they are made, revised and moved.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import { mayMove } from '../../src/model/state.ts'
import { admission, base, claiming, ids, intent, type Lab } from './store_samples.ts'

export function ledgerCases(lab: Lab): void {
  const { lane, admit, moveTo } = lab

  describe('admission', () => {
    it('makes a row once: the same id with the same content changes nothing', async () => {
      const one = intent(lane())
      assert.deepEqual(await admit(one), ['new'])
      assert.deepEqual(await admit(one), ['same'])
      assert.equal((await lab.store.history(one.intent_id)).length, 1)
      const row = await lab.store.row(one.intent_id)
      assert.deepEqual(row?.intent, one)
      assert.equal(row?.state, 'accepted')
      assert.equal(row?.first_at_ms, 500)
      assert.equal(row?.attempts, 0)
    })

    it('knows the same intent twice in one list', async () => {
      const one = intent(lane())
      assert.deepEqual(await admit(one, one), ['new', 'same'])
    })

    it('keeps an intent without a business identifier as it is', async () => {
      const one = intent({ ...lane(), identifier: undefined })
      await admit(one)
      assert.deepEqual((await lab.store.row(one.intent_id))?.intent, one)
    })

    it('takes the whole list or none of it', async () => {
      const of = lane()
      const good = intent(of)
      const bad = { ...intent(of), key: undefined } as unknown as WriteIntent
      await assert.rejects(admit(good, bad))
      assert.equal(await lab.store.row(good.intent_id), undefined)
    })

    it('fails a bad call alone: what was asked beside it stands', async () => {
      const of = lane()
      const good = intent(of)
      const bad = { ...intent(of), key: undefined } as unknown as WriteIntent
      const [first, second, third] = await Promise.allSettled([
        admit(good),
        admit(bad),
        lab.store.setCursor('beside', 'x'),
      ])
      assert.equal(first?.status, 'fulfilled')
      assert.equal(second?.status, 'rejected')
      assert.equal(third?.status, 'fulfilled')
      assert.equal((await lab.store.row(good.intent_id))?.state, 'accepted')
      assert.equal(await lab.store.getCursor('beside'), 'x')
    })

    it('records a denied intent with its reason and never hands it out', async () => {
      const of = lane()
      const one = intent(of)
      const facts = { resource_type: 'Patient' }
      await lab.store.admit(
        [admission(one, { state: 'denied', reason: 'operation_undeclared', facts })],
        500,
      )
      const row = await lab.store.row(one.intent_id)
      assert.equal(row?.state, 'denied')
      assert.equal(row?.reason, 'operation_undeclared')
      assert.deepEqual(row?.facts, facts)
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      assert.equal(await lab.store.nextDue(of), undefined)
    })
  })

  describe('revision', () => {
    const revised = (one: WriteIntent) => ({
      ...admission({ ...one, sequence: one.sequence + 1_000, raw_id: `${one.raw_id}_again` }),
      content: 'other content',
    })

    it('sends other content under an id that was committed, once, as the same row', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      assert.equal(await moveTo(one, 'committed', { target_id: '7' }), true)
      assert.deepEqual(await lab.store.admit([revised(one)], 3_000), ['revision'])
      assert.deepEqual(await lab.store.admit([revised(one)], 3_001), ['same'])
      const [row, ...others] = await lab.store.claim(of, { ...claiming, now_ms: 4_000 })
      assert.deepEqual(others, [])
      assert.equal(row?.content, 'other content')
      assert.equal(row?.target_id, '7')
      assert.equal(row?.intent.sequence, one.sequence)
    })

    it('waits for the end of a call that is under way', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      assert.deepEqual(await lab.store.admit([revised(one)], 1_500), ['revision'])
      const under_way = await lab.store.row(one.intent_id)
      assert.equal(under_way?.state, 'in_flight')
      assert.equal(under_way?.content, `content of ${one.intent_id}`)
      assert.equal(await moveTo(one, 'unknown', { reason: 'target_answer_unknown' }), true)
      assert.deepEqual(await lab.store.claim(of, { ...claiming, now_ms: 9_000 }), [])
      assert.equal(await moveTo(one, 'committed'), true)
      const [row] = await lab.store.claim(of, { ...claiming, now_ms: 9_000 })
      assert.equal(row?.content, 'other content')
    })

    it('gives a dead row another chance with its new content', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      await moveTo(one, 'dead', { reason: 'target_refused', attempts: 4 })
      await lab.store.admit([revised(one)], 3_000)
      const [row] = await lab.store.claim(of, { ...claiming, now_ms: 3_000 })
      assert.equal(row?.attempts, 0)
      assert.equal(row?.content, 'other content')
    })

    it('is found by the raw records of both contents', async () => {
      const one = intent(lane())
      await admit(one)
      await lab.store.admit([revised(one)], 3_000)
      assert.deepEqual(ids(await lab.store.rowsOfRaw(one.raw_id)), [one.intent_id])
      assert.deepEqual(ids(await lab.store.rowsOfRaw(`${one.raw_id}_again`)), [one.intent_id])
    })
  })

  describe('moves', () => {
    it('refuses alone a move that does not fit the row, and an illegal one', async () => {
      const of = lane()
      const one = intent(of)
      const two = intent(of)
      await admit(one, two)
      const epoch = lab.store.epoch
      const answers = await lab.store.move([
        { ...base(one, 'in_flight', 'committed'), epoch },
        { ...base(one, 'accepted', 'committed'), epoch },
        { ...base(two, 'accepted', 'parked'), epoch },
        { ...base({ ...one, intent_id: 'nobody' }, 'accepted', 'parked'), epoch },
      ])
      assert.deepEqual(answers, [false, false, true, false])
      assert.equal((await lab.store.row(one.intent_id))?.state, 'accepted')
      assert.equal((await lab.store.row(two.intent_id))?.state, 'parked')
    })

    it('refuses a move under another epoch', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      assert.equal(await moveTo(one, 'committed', { epoch: lab.store.epoch - 1 }), false)
      assert.equal((await lab.store.row(one.intent_id))?.state, 'in_flight')
    })

    it('keeps what a move says and what it leaves out', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      const reason = 'target_throttled' as const
      await moveTo(one, 'accepted', { reason, facts: { status: 429 }, attempts: 3, due_at_ms: 8 })
      await lab.store.claim(of, claiming)
      await moveTo(one, 'committed', { target_id: '42', target_version: 'v1' })
      await moveTo(one, 'surfaced', { target_version: 'v2' })
      const row = await lab.store.row(one.intent_id)
      assert.equal(row?.target_id, '42')
      assert.equal(row?.target_version, 'v2')
      assert.equal(row?.attempts, 3)
      assert.equal(row?.reason, undefined)
      const history = await lab.store.history(one.intent_id)
      assert.deepEqual(
        history.map(({ from, to }) => [from, to]),
        [
          [undefined, 'accepted'],
          ['accepted', 'in_flight'],
          ['in_flight', 'accepted'],
          ['accepted', 'in_flight'],
          ['in_flight', 'committed'],
          ['committed', 'surfaced'],
        ],
      )
      assert.deepEqual(history[2]?.facts, { status: 429 })
      assert.equal(history[2]?.reason, reason)
      for (const { from, to } of history) assert.ok(from === undefined || mayMove(from, to))
    })

    it('finds rows whose lease has passed', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      await lab.store.claim(of, claiming)
      assert.deepEqual(await lab.store.overdue(of, 1_099, 10), [])
      assert.deepEqual(ids(await lab.store.overdue(of, 1_100, 10)), [one.intent_id])
      await moveTo(one, 'unknown')
      assert.deepEqual(await lab.store.overdue(of, 1_100, 10), [])
    })

    it('lists a state by its oldest change, and counts every state', async () => {
      const of = lane()
      const list = [intent(of), intent(of), intent(of)] as const
      await admit(...list)
      await moveTo(list[1], 'parked', { at_ms: 700 })
      await moveTo(list[0], 'parked', { at_ms: 900 })
      const parked = await lab.store.rowsInState(of, 'parked', 10)
      assert.deepEqual(ids(parked), [list[1].intent_id, list[0].intent_id])
      assert.equal((await lab.store.rowsInState(of, 'parked', 1)).length, 1)
      const counts = (await lab.store.counts()).filter(row => row.target === of.target)
      assert.deepEqual(counts, [
        { ...of, state: 'accepted', count: 1, since_ms: 500 },
        { ...of, state: 'parked', count: 2, since_ms: 700 },
      ])
    })
  })
}
