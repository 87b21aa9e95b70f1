// The store contract's cases about people and about what a row holds: approvals of one revision,
// the way to `accepted`, order by resource, dead rows that hold.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usualOnFailure, type WriteIntent } from '../../src/model/intent.ts'
import type { Decision } from '../../src/model/store.ts'
import { admission, claiming, ids, intent, type Lab } from './store_samples.ts'

export function approvalCases(lab: Lab): void {
  const { lane, admit, moveTo } = lab

  const ask = (of: WriteIntent, approvers: number, content = `content of ${of.intent_id}`) =>
    lab.store.admit([admission(of, { content, approvers, state: 'awaiting_approval' })], 500)
  const decide = (of: WriteIntent, by: string, change: Partial<Decision> = {}) =>
    lab.store.decide({
      intent_id: of.intent_id,
      word: 'approve',
      content: `content of ${of.intent_id}`,
      by,
      why: '',
      at_ms: 900,
      ...change,
    })
  const stateOf = async (of: WriteIntent) => (await lab.store.row(of.intent_id))?.state

  describe('approval', () => {
    it('keeps a row from being handed out until its people have agreed (I08)', async () => {
      const of = lane()
      const one = intent(of)
      assert.deepEqual(await ask(one, 2), ['new'])
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      assert.equal(await lab.store.nextDue(of), undefined)
      assert.equal(await decide(one, 'Ann', { why: 'seen' }), 'counted')
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      assert.equal(await decide(one, 'Bo'), 'approved')
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [one.intent_id])
      const content = `content of ${one.intent_id}`
      assert.deepEqual(await lab.store.approvals(one.intent_id), [
        { by: 'Ann', why: 'seen', content, at_ms: 900 },
        { by: 'Bo', why: '', content, at_ms: 900 },
      ])
      const facts = (await lab.store.history(one.intent_id)).map(move => move.facts)
      assert.deepEqual(facts[1], {
        by: 'Ann',
        word: 'approve',
        why: 'seen',
        content,
        approvals: 1,
        approvers: 2,
      })
    })

    it('asks more people where a move says that more are needed', async () => {
      const one = intent(lane())
      await admit(one)
      await lab.store.claim(one, claiming)
      const { epoch } = lab.store
      const move = { intent_id: one.intent_id, from: 'in_flight', to: 'accepted', epoch } as const
      assert.deepEqual(await lab.store.move([{ ...move, at_ms: 700, approvers: 1 }]), [true])
      const row = await lab.store.row(one.intent_id)
      assert.deepEqual([row?.state, row?.approvers], ['awaiting_approval', 1])
      assert.equal(await decide(one, 'Ann', { content: row?.content ?? '' }), 'approved')
    })

    it('counts one person once, however the name is written (F12)', async () => {
      const one = intent(lane())
      await ask(one, 2)
      assert.equal(await decide(one, 'Ann Bell'), 'counted')
      for (const again of ['Ann Bell', ' ann  bell ', 'ANN BELL', 'Ａnn Bell']) {
        assert.equal(await decide(one, again), 'already')
      }
      assert.equal(await stateOf(one), 'awaiting_approval')
    })

    it('takes no word on a content that has changed, and none on what does not wait', async () => {
      const of = lane()
      const [one, other] = [intent(of), intent(of)]
      await ask(one, 1)
      await admit(other)
      assert.equal(await decide(one, 'Ann', { content: 'another one' }), 'changed')
      assert.equal(await decide(one, 'Ann', { content: '' }), 'changed')
      assert.equal(await decide(other, 'Ann'), 'not_waiting')
      assert.equal(await decide(intent(of), 'Ann'), 'unknown')
      assert.equal(await stateOf(one), 'awaiting_approval')
    })

    it('begins anew with another content, also one that was agreed to before', async () => {
      const of = lane()
      const one = intent(of)
      await ask(one, 1)
      assert.equal(await decide(one, 'Ann'), 'approved')
      assert.deepEqual(await ask(one, 1, 'revised'), ['revision'])
      assert.equal(await stateOf(one), 'awaiting_approval')
      assert.deepEqual(await lab.store.approvals(one.intent_id), [])
      assert.deepEqual(await ask(one, 1), ['revision'])
      assert.equal(await stateOf(one), 'awaiting_approval')
      assert.deepEqual(await lab.store.claim(of, claiming), [])
    })

    it('asks again for a revision that came while a call was under way', async () => {
      const of = lane()
      const one = intent(of)
      await ask(one, 1)
      await decide(one, 'Ann')
      await lab.store.claim(of, claiming)
      await ask(one, 2, 'revised')
      assert.equal(await stateOf(one), 'in_flight')
      await moveTo(one, 'committed')
      assert.equal(await stateOf(one), 'awaiting_approval')
      const row = await lab.store.row(one.intent_id)
      assert.equal(row?.content, 'revised')
      assert.equal(row?.approvers, 2)
    })

    it('holds for a retry of the same content, and is never gone round by a move', async () => {
      const of = lane()
      const [agreed, asked] = [intent(of), intent(of)]
      await ask(agreed, 1)
      await ask(asked, 1)
      await decide(agreed, 'Ann')
      await lab.store.claim(of, claiming)
      await moveTo(agreed, 'dead', { reason: 'target_refused' })
      assert.equal(await moveTo(agreed, 'accepted'), true)
      assert.equal(await stateOf(agreed), 'accepted')
      assert.equal(await moveTo(asked, 'accepted'), true)
      assert.equal(await stateOf(asked), 'awaiting_approval')
      assert.equal(await moveTo(asked, 'in_flight'), false)
    })

    it('ends with a rejection; another content asks again', async () => {
      const of = lane()
      const [one, next] = [
        intent({ ...of, key: 'k', resource_id: 'r' }),
        intent({ ...of, key: 'k', resource_id: 'r' }),
      ]
      await ask(one, 1)
      await admit(next)
      assert.equal(await decide(one, 'Ann', { word: 'reject', why: 'wrong patient' }), 'rejected')
      assert.equal(await decide(one, 'Bo'), 'not_waiting')
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [next.intent_id])
      assert.deepEqual(await ask(one, 1), ['same'])
      assert.equal(await stateOf(one), 'rejected')
      assert.deepEqual(await ask(one, 1, 'mended'), ['revision'])
      assert.equal(await stateOf(one), 'awaiting_approval')
    })

    it('follows new rules while a write has not gone out: a redo governs it anew', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      assert.deepEqual(await ask(one, 1), ['same'])
      assert.equal(await stateOf(one), 'awaiting_approval')
      await admit(one)
      assert.equal(await stateOf(one), 'accepted')
      const denied = { state: 'denied', reason: 'policy_silent' } as const
      await lab.store.admit([admission(one, denied)], 600)
      assert.equal(await stateOf(one), 'denied')
      await admit(one)
      assert.equal(await stateOf(one), 'accepted')
      await lab.store.claim(of, claiming)
      await moveTo(one, 'denied', { reason: 'target_forbidden' })
      await admit(one)
      assert.equal(await stateOf(one), 'denied', 'what the target forbade, a person tries again')
    })

    it('keeps back the same resource only, and who refers to it while it is unknown (G4)', async () => {
      const of = lane()
      const asked = intent({ ...of, key: 'k', resource_id: 'shared' })
      const other = intent({ ...of, key: 'k' })
      const refers = intent({ ...of, key: 'k', waits_for: [asked.intent_id] })
      const same = intent({ ...of, key: 'k', resource_id: 'shared' })
      await ask(asked, 1)
      await admit(other, refers, same)
      const late = { ...claiming, now_ms: 9_000 }
      assert.deepEqual(ids(await lab.store.claim(of, late)), [other.intent_id])
      await moveTo(other, 'committed')
      assert.deepEqual(await lab.store.claim(of, late), [])
      const known = { ...of, resource_type: 'Patient', resource_id: 'shared', target_id: '7' }
      await lab.store.learn([known])
      assert.deepEqual(ids(await lab.store.claim(of, late)), [refers.intent_id])
      await moveTo(refers, 'committed')
      assert.deepEqual(await lab.store.claim(of, late), [])
      await decide(asked, 'Ann')
      assert.deepEqual(ids(await lab.store.claim(of, late)), [asked.intent_id])
    })
  })

  describe('a page of a state', () => {
    it('goes on behind the one before, each row once, the oldest change first', async () => {
      const of = lane()
      const all = Array.from({ length: 7 }, () => intent(of))
      await admit(...all)
      const pages: string[][] = []
      let after: string | undefined = ''
      while (after !== undefined) {
        const page = await lab.store.pageOfState(of, 'accepted', { after, limit: 3 })
        pages.push(ids(page.rows))
        after = page.next
      }
      assert.deepEqual(pages.flat(), ids(all.map(one => ({ intent: one }))))
      assert.deepEqual(
        pages.map(page => page.length),
        [3, 3, 1],
      )
    })
  })

  describe('what a row holds', () => {
    const by = (order: 'patient' | 'resource', on_dead: 'continue' | 'hold' = 'continue') => ({
      on_failure: { ...usualOnFailure, order, on_dead },
    })

    it('is its resource alone where its route orders by resource', async () => {
      const of = lane()
      const [one, other] = [1, 2].map(() => intent({ ...of, key: 'k', ...by('resource') }))
      assert.ok(one && other)
      const same = intent({ ...of, key: 'k', resource_id: one.resource_id, ...by('resource') })
      await admit(one, same, other)
      const taken = ids(await lab.store.claim(of, claiming))
      assert.deepEqual(taken.sort(), [one.intent_id, other.intent_id].sort())
      await moveTo(one, 'committed')
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [same.intent_id])
    })

    it('is the key behind a dead row that holds, until a person has decided', async () => {
      const of = lane()
      for (const end of ['accepted', 'withdrawn'] as const) {
        const key = `held ${end}`
        const dead = intent({ ...of, key, ...by('resource', 'hold') })
        const next = intent({ ...of, key, ...by('resource') })
        await admit(dead)
        await lab.store.claim(of, claiming)
        await moveTo(dead, 'dead', { reason: 'target_refused', at_ms: 700 })
        await admit(next)
        assert.deepEqual(await lab.store.claim(of, claiming), [])
        assert.deepEqual(ids(await lab.store.deadHolding(of, 10)), [dead.intent_id])
        await moveTo(dead, end, { due_at_ms: 0 })
        assert.deepEqual(await lab.store.deadHolding(of, 10), [])
        const taken = ids(await lab.store.claim(of, claiming))
        assert.ok(taken.includes(end === 'accepted' ? dead.intent_id : next.intent_id))
        for (const one of [dead, next]) await moveTo(one, 'committed')
      }
    })
  })
}
