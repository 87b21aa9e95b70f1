// The store contract's cases about two patients who are one: the barrier over the lanes of both,
// what follows from the merge's commit, and what a parting gives back (design: section 2, Merges).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import type { Store } from '../../src/model/store.ts'
import { admission, claiming, ids, intent, type Lab } from './store_samples.ts'

type At = ReturnType<Lab['lane']>

/** A write of the patient `of` himself. */
const patient = (at: At, of: string, change: Partial<WriteIntent> = {}) =>
  intent({ ...at, key: of, resource_id: of, ...change })

/** A write that refers to the patient. */
const visit = (at: At, of: string, change: Partial<WriteIntent> = {}) =>
  intent({ ...at, key: of, resource_type: 'Encounter', ...change })

/** B goes into A: the write of B, in A's event. */
const merge = (at: At, change: Partial<WriteIntent> = {}) =>
  patient(at, 'B', {
    key: 'A',
    identities: [{ of: 'B', is: 'A' }],
    also_keys: ['B'],
    refers_to: { 'Patient/A': { system: 's', value: 'A' } },
    ...change,
  })

/** B is himself again. */
const parting = (at: At, change: Partial<WriteIntent> = {}) =>
  patient(at, 'B', { identities: [{ of: 'B', is: 'B' }], also_keys: [], ...change })

export function mergeCases(lab: Lab): void {
  const { lane, admit, moveTo } = lab
  const claim = async (at: At, now_ms = 9_000) =>
    ids(await lab.store.claim(at, { ...claiming, now_ms })).sort()
  const names = (...list: readonly WriteIntent[]) => list.map(one => one.intent_id).sort()
  const stateOf = async (of: WriteIntent) => (await lab.store.row(of.intent_id))?.state
  const reach = (of: WriteIntent): ReturnType<Store['known']> =>
    lab.store.known(of, ['Patient/A', 'Patient/B'])

  /** Admits, claims and commits one write after another. */
  const commit = async (at: At, ...list: readonly WriteIntent[]) => {
    for (const one of list) {
      await admit(one)
      assert.deepEqual(await claim(at), [one.intent_id])
      await moveTo(one, 'committed', { target_id: `at-${one.resource_id}` })
    }
  }
  const merged = async (at: At) => {
    const one = merge(at)
    await commit(at, patient(at, 'A'), patient(at, 'B'), one)
    return one
  }

  describe('a merge as a barrier', () => {
    it('waits for what may have landed of both patients, and later writes of both wait for it', async () => {
      const at = lane()
      const busy = [visit(at, 'A'), visit(at, 'B')]
      await admit(...busy)
      assert.deepEqual(await claim(at), names(...busy))
      const one = merge(at)
      const later = [visit(at, 'A'), visit(at, 'B')]
      await admit(one, ...later)
      assert.deepEqual(await claim(at), [])
      await moveTo(busy[0] as WriteIntent, 'committed')
      await moveTo(busy[1] as WriteIntent, 'unknown')
      assert.deepEqual(await claim(at), [])
      await moveTo(busy[1] as WriteIntent, 'committed')
      assert.deepEqual(await claim(at), [one.intent_id])
      assert.deepEqual(await claim(at), [])
      await moveTo(one, 'unknown')
      assert.deepEqual(await claim(at), [])
      await moveTo(one, 'committed', { target_id: 'at-B' })
      // From here on both patients are one lane.
      assert.deepEqual(await claim(at), names(later[0] as WriteIntent))
    })

    it('goes before what waits of the other patient without a call under way', async () => {
      const at = lane()
      const early = visit(at, 'B')
      await admit(early)
      await claim(at)
      await moveTo(early, 'accepted', { due_at_ms: 50_000 })
      const one = merge(at)
      await admit(one)
      assert.deepEqual(await claim(at), [one.intent_id])
      // Its own time has come, but nobody writes to a patient while it is said who he is.
      assert.deepEqual(await claim(at, 60_000), [])
      await moveTo(one, 'committed')
      assert.deepEqual(await claim(at, 60_000), [early.intent_id])
    })

    it('is named by what waits for it, and names what it waits for itself', async () => {
      const at = lane()
      const early = visit(at, 'B')
      await admit(early)
      await claim(at)
      const [one, later] = [merge(at), visit(at, 'B')]
      await admit(one, later)
      const held = async (of: WriteIntent) => {
        const [row] = await lab.store.heldBack([of.intent_id])
        return [row?.behind, row?.merge]
      }
      assert.deepEqual(await held(one), [early.intent_id, false])
      await moveTo(early, 'committed')
      assert.deepEqual(await held(later), [one.intent_id, true])
      await claim(at)
      assert.deepEqual(await held(later), [one.intent_id, true])
    })

    it('is taken alone where it and a write of the other patient may go in one claim', async () => {
      const at = lane()
      const [early, one] = [visit(at, 'B'), merge(at)]
      await admit(early, one)
      assert.equal((await claim(at)).length, 1)
      assert.deepEqual(await claim(at), [])
    })

    it('holds nobody while people have to agree to it, nor when it has ended otherwise', async () => {
      const at = lane()
      const one = merge(at)
      const list = [admission(one, { approvers: 1, state: 'awaiting_approval' })]
      await lab.store.admit(list, 500)
      const later = visit(at, 'B')
      await admit(later)
      assert.deepEqual(await claim(at), [later.intent_id])
    })

    it('is a barrier also where its route orders by resource only', async () => {
      const at = lane()
      const on_failure = { ...merge(at).on_failure, order: 'resource' } as const
      const one = merge(at, { on_failure })
      await admit(one, visit(at, 'A', { on_failure }), visit(at, 'B', { on_failure }))
      assert.deepEqual(await claim(at), [one.intent_id])
    })
  })

  describe('the commit of a merge', () => {
    it('makes whatever refers to who went refer to who stays, by id and by name', async () => {
      const at = lane()
      const before = visit(at, 'B')
      await commit(at, before)
      const one = await merged(at)
      const name = { system: 's', value: 'A' }
      const both = { 'Patient/A': 'at-A', 'Patient/B': 'at-A' }
      assert.deepEqual(await reach(visit(at, 'B')), { ids: both, names: { 'Patient/B': name } })
      // Who writes the patient himself means himself.
      assert.equal((await reach(one)).ids['Patient/B'], 'at-B')
      // What went out before still means what it meant.
      assert.equal((await reach(before)).ids['Patient/B'], 'at-B')
    })

    it('puts what waits of who went into the lane of who stays, without its approvals', async () => {
      const at = lane()
      const [asked, agreed] = [visit(at, 'B'), visit(at, 'B')]
      await lab.store.admit(
        [asked, agreed].map(of => admission(of, { approvers: 1, state: 'awaiting_approval' })),
        500,
      )
      const word = { word: 'approve', by: 'Ann', why: '', at_ms: 600 } as const
      const { intent_id } = agreed
      const content = `content of ${intent_id}`
      assert.equal(await lab.store.decide({ ...word, intent_id, content }), 'approved')
      const one = merge(at)
      await admit(one)
      await moveTo(agreed, 'parked')
      await moveTo(agreed, 'accepted', { due_at_ms: 50_000 })
      assert.deepEqual(await claim(at), [one.intent_id])
      await moveTo(one, 'committed')
      for (const row of [asked, agreed]) {
        const now = await lab.store.row(row.intent_id)
        assert.deepEqual([now?.state, now?.intent.key], ['awaiting_approval', 'A'])
        assert.deepEqual(await lab.store.approvals(row.intent_id), [])
        const [last] = (await lab.store.history(row.intent_id)).slice(-1)
        assert.deepEqual(last?.facts, { moved_by: one.intent_id })
      }
    })

    it('asks people again for what died before it and is tried again after it', async () => {
      const at = lane()
      const dead = visit(at, 'B')
      await lab.store.admit([admission(dead, { approvers: 1, state: 'awaiting_approval' })], 500)
      const { intent_id } = dead
      const word = { word: 'approve', by: 'Ann', why: '', at_ms: 600 } as const
      await lab.store.decide({ ...word, intent_id, content: `content of ${intent_id}` })
      await claim(at)
      await moveTo(dead, 'dead', { reason: 'target_refused' })
      await merged(at)
      await moveTo(dead, 'accepted')
      const row = await lab.store.row(intent_id)
      assert.deepEqual([row?.state, row?.intent.key], ['awaiting_approval', 'A'])
    })

    it('leads later writes of who went into the lane of who stays', async () => {
      const at = lane()
      await merged(at)
      const [first, second] = [visit(at, 'A'), visit(at, 'B')]
      await admit(first, second)
      assert.deepEqual(await claim(at), [first.intent_id])
      assert.equal((await lab.store.row(second.intent_id))?.intent.key, 'A')
    })

    it('lets nothing be written to who went: made is he no more, and the rest is for a person', async () => {
      const at = lane()
      const late = patient(at, 'B', { sequence: 1 })
      const one = await merged(at)
      const made = patient(at, 'B', { operation: 'create' })
      const newer = patient(at, 'B')
      await admit(late, made, newer)
      for (let i = 0; i < 3; i++) assert.deepEqual(await claim(at), [])
      const ends = await Promise.all([late, made, newer].map(stateOf))
      assert.deepEqual(ends, ['superseded', 'superseded', 'denied'])
      const denied = await lab.store.row(newer.intent_id)
      assert.equal(denied?.reason, 'patient_merged')
      assert.deepEqual(denied?.facts, { merged_into: 'A', merge: one.intent_id })
    })

    it('lets its own write be sent again, with other content', async () => {
      const at = lane()
      const one = await merged(at)
      await lab.store.admit([admission(one, { content: 'corrected' })], 700)
      assert.deepEqual(await claim(at), [one.intent_id])
      await moveTo(one, 'committed', { target_id: 'at-B' })
      assert.equal((await reach(one)).ids['Patient/B'], 'at-B')
      assert.equal((await reach(visit(at, 'B'))).ids['Patient/B'], 'at-A')
    })

    it('gives what is found under the name of who went to who stays', async () => {
      const at = lane()
      await merged(at)
      const found = { ...at, resource_type: 'Patient', resource_id: 'B', target_id: 'moved' }
      await lab.store.learn([found])
      const { ids } = await reach(visit(at, 'A'))
      assert.deepEqual(ids, { 'Patient/A': 'moved', 'Patient/B': 'moved' })
    })

    it("is one target's alone", async () => {
      const [at, other] = [lane(), lane()]
      await merged(at)
      await lab.store.learn([
        { ...other, resource_type: 'Patient', resource_id: 'B', target_id: 'there' },
      ])
      assert.deepEqual((await reach(visit(other, 'B'))).ids, { 'Patient/B': 'there' })
    })
  })

  describe('merges of merges', () => {
    it('lead from the first to the last', async () => {
      const at = lane()
      await merged(at)
      const next = patient(at, 'A', {
        key: 'C',
        identities: [{ of: 'A', is: 'C' }],
        also_keys: ['A'],
      })
      await commit(at, patient(at, 'C'), next)
      assert.equal((await reach(visit(at, 'B'))).ids['Patient/B'], 'at-C')
      const later = visit(at, 'B')
      await admit(later)
      assert.equal((await lab.store.row(later.intent_id))?.intent.key, 'C')
    })

    it('that go round in a circle are for a person', async () => {
      const at = lane()
      await merged(at)
      const back = patient(at, 'A', {
        key: 'B',
        identities: [{ of: 'A', is: 'B' }],
        also_keys: ['A'],
      })
      await admit(back)
      assert.deepEqual(await claim(at), [])
      assert.equal((await lab.store.row(back.intent_id))?.reason, 'merge_in_circle')
    })

    it('wait for each other in the lane that they share, the earlier one first', async () => {
      const at = lane()
      const first = merge(at)
      const second = patient(at, 'B', {
        key: 'C',
        identities: [{ of: 'B', is: 'C' }],
        also_keys: ['B'],
      })
      await admit(second, first)
      assert.deepEqual(await claim(at), [first.intent_id])
      assert.deepEqual(await claim(at), [])
      await moveTo(first, 'committed', { target_id: 'at-B' })
      assert.deepEqual(await claim(at), [second.intent_id])
    })

    it('are not overtaken by a newer plain write of who goes, but by a newer parting', async () => {
      const at = lane()
      const [late, later] = [merge(at), merge(at)]
      await commit(at, patient(at, 'A'), patient(at, 'B'), late)
      assert.equal((await reach(visit(at, 'B'))).ids['Patient/B'], 'at-A')
      assert.equal(await lab.store.newest(late), late.intent_id)
      await commit(at, parting(at))
      await admit(later)
      assert.deepEqual(await claim(at), [])
      assert.equal(await stateOf(later), 'superseded')
    })
  })

  describe('a parting', () => {
    it('makes who went himself again, in his own lane', async () => {
      const at = lane()
      await merged(at)
      const between = visit(at, 'B')
      await commit(at, between)
      const apart = parting(at)
      const later = visit(at, 'B')
      await admit(apart, later, visit(at, 'A', { sequence: 1 }))
      // Both patients' lanes are one until it is committed.
      await moveTo((await lab.store.claim(at, claiming))[0]?.intent as WriteIntent, 'committed')
      assert.deepEqual(await claim(at), [apart.intent_id])
      await moveTo(apart, 'committed', { target_id: 'at-B' })
      assert.equal((await lab.store.row(later.intent_id))?.intent.key, 'B')
      assert.equal((await reach(later)).ids['Patient/B'], 'at-B')
      assert.equal((await reach(between)).ids['Patient/B'], 'at-A')
    })

    it('frees a write that was denied because of the merge, when a person tries it again', async () => {
      const at = lane()
      await merged(at)
      const one = patient(at, 'B')
      await admit(one)
      assert.deepEqual(await claim(at), [])
      await commit(at, parting(at, { sequence: one.sequence - 1 }))
      await moveTo(one, 'accepted')
      assert.deepEqual(await claim(at), [one.intent_id])
    })

    it('of two who never were one changes nothing', async () => {
      const at = lane()
      await commit(at, patient(at, 'A'), patient(at, 'B'), parting(at))
      assert.deepEqual((await reach(visit(at, 'A'))).ids, {
        'Patient/A': 'at-A',
        'Patient/B': 'at-B',
      })
    })
  })

  describe('what an earlier event is about to make', () => {
    const refers = { refers_to: { 'Patient/A': { system: 's', value: 'A' } } }

    it('is waited for until the target knows it, whatever the lanes', async () => {
      const at = lane()
      const [first, second] = [patient(at, 'A', { key: 'x' }), patient(at, 'A', { key: 'x' })]
      const result = visit(at, 'other', refers)
      await admit(first, second, result)
      assert.deepEqual(await claim(at), [first.intent_id])
      assert.deepEqual(await claim(at), [])
      await moveTo(first, 'committed', { target_id: 'at-A' })
      assert.deepEqual(await claim(at), names(second, result))
    })

    it('is waited for no longer than it has a chance, nor where it comes later', async () => {
      const at = lane()
      const maker = patient(at, 'A', { key: 'x' })
      const result = visit(at, 'other', refers)
      const early = visit(at, 'third', { ...refers, sequence: 0 })
      await admit(maker, result, early)
      assert.deepEqual(await claim(at), names(maker, early))
      await moveTo(maker, 'dead', { reason: 'target_refused' })
      assert.deepEqual(await claim(at), [result.intent_id])
    })

    it('is not waited for where the target knows it already', async () => {
      const at = lane()
      await commit(at, patient(at, 'A', { key: 'x' }))
      const [next, result] = [patient(at, 'A', { key: 'x' }), visit(at, 'other', refers)]
      await admit(next, result)
      assert.deepEqual(await claim(at), names(next, result))
    })

    it('is what the newest content refers to: waits of another content are over', async () => {
      const at = lane()
      const maker = patient(at, 'A', { key: 'x' })
      const result = visit(at, 'other', refers)
      await admit(maker, result)
      await lab.store.admit([admission({ ...result, refers_to: {} }, { content: 'other' })], 600)
      assert.deepEqual(await claim(at), names(maker, result))
    })
  })
}
