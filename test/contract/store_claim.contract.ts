// The store contract's cases about claiming: order, dependencies, shared resources, overtaken
// writes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import { claiming, ids, intent, type Lab } from './store_samples.ts'

export function claimCases(lab: Lab): void {
  const { lane, admit, moveTo } = lab

  describe('claiming', () => {
    it('moves a row to in_flight under this epoch with its lease', async () => {
      const of = lane()
      const one = intent(of)
      await admit(one)
      const [row] = await lab.store.claim(of, claiming)
      assert.equal(row?.state, 'in_flight')
      assert.equal(row?.epoch, lab.store.epoch)
      assert.equal(row?.lease_until_ms, 1_100)
      assert.deepEqual(await lab.store.row(one.intent_id), row)
      assert.deepEqual(await lab.store.claim(of, claiming), [])
    })

    it('gives each row to one of many claims made at once', async () => {
      const of = lane()
      const many = Array.from({ length: 40 }, () => intent(of))
      await admit(...many)
      const taken = await Promise.all(
        Array.from({ length: 8 }, () => lab.store.claim(of, { ...claiming, limit: 6 })),
      )
      const all = taken.flatMap(ids)
      assert.equal(all.length, 40)
      assert.equal(new Set(all).size, 40)
    })

    it('keeps the order of a key while other keys go on', async () => {
      const of = lane()
      const first = intent({ ...of, key: 'k', sequence: 1 })
      const second = intent({ ...of, key: 'k', sequence: 2 })
      const other = intent({ ...of, key: 'other', sequence: 3 })
      await admit(second, first, other)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)).sort(), ids3(first, other))
      await moveTo(first, 'accepted', { due_at_ms: 5_000 })
      assert.deepEqual(await lab.store.claim(of, { ...claiming, now_ms: 4_000 }), [])
      const again = await lab.store.claim(of, { ...claiming, now_ms: 5_000 })
      assert.deepEqual(ids(again), [first.intent_id])
      await moveTo(first, 'dead', { reason: 'target_refused' })
      const next = await lab.store.claim(of, { ...claiming, now_ms: 5_000 })
      assert.deepEqual(ids(next), [second.intent_id])
    })
    const ids3 = (...list: WriteIntent[]) => list.map(one => one.intent_id).sort()

    it('goes by ordinal inside an event', async () => {
      const of = lane()
      const event = { ...of, key: 'k', sequence: 1 }
      const second = intent({ ...event, ordinal: 1 })
      const first = intent({ ...event, ordinal: 0 })
      await admit(second, first)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [first.intent_id])
    })

    it('keeps back an earlier row that comes again while a later one is under way', async () => {
      const of = lane()
      const early = intent({ ...of, key: 'k', sequence: 1 })
      const late = intent({ ...of, key: 'k', sequence: 2 })
      await admit(early, late)
      await lab.store.claim(of, claiming)
      await moveTo(early, 'dead', { reason: 'target_refused' })
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [late.intent_id])
      await moveTo(early, 'accepted')
      assert.deepEqual(await lab.store.claim(of, { ...claiming, now_ms: 9_000 }), [])
      await moveTo(late, 'committed')
      const again = await lab.store.claim(of, { ...claiming, now_ms: 9_000 })
      assert.deepEqual(ids(again), [early.intent_id])
    })

    it('holds a row until what it waits for has come to its end', async () => {
      const of = lane()
      const patient = intent({ ...of, key: 'a', sequence: 1 })
      const visit = intent({
        ...of,
        key: 'b',
        sequence: 1,
        ordinal: 1,
        waits_for: [patient.intent_id],
      })
      await admit(patient, visit)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [patient.intent_id])
      await moveTo(patient, 'unknown')
      assert.deepEqual(await lab.store.claim(of, { ...claiming, now_ms: 9_000 }), [])
      await moveTo(patient, 'committed')
      const now = await lab.store.claim(of, { ...claiming, now_ms: 9_000 })
      assert.deepEqual(ids(now), [visit.intent_id])
    })

    it('does not hold a row for ever behind one that died', async () => {
      const of = lane()
      const patient = intent({ ...of, key: 'a' })
      const visit = intent({ ...of, key: 'b', waits_for: [patient.intent_id, 'never admitted'] })
      await admit(patient, visit)
      await lab.store.claim(of, claiming)
      await moveTo(patient, 'dead', { reason: 'target_refused' })
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [visit.intent_id])
    })

    it('never has two calls of one resource under way, whatever their keys', async () => {
      const of = lane()
      const shared = { ...of, resource_type: 'Location', resource_id: 'ward' }
      const one = intent({ ...shared, key: 'a', sequence: 1 })
      const two = intent({ ...shared, key: 'b', sequence: 2 })
      await admit(one, two)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [one.intent_id])
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      await moveTo(one, 'unknown')
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      await moveTo(one, 'committed')
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [two.intent_id])
    })

    it('hands out nothing of another target or tenant', async () => {
      const of = lane()
      const one = intent({ ...of, tenant: 'south' })
      await admit(one)
      assert.deepEqual(await lab.store.claim(of, claiming), [])
      assert.equal((await lab.store.claim({ ...of, tenant: 'south' }, claiming)).length, 1)
    })

    it('says when the next row is due', async () => {
      const of = lane()
      assert.equal(await lab.store.nextDue(of), undefined)
      const one = intent(of)
      await admit(one)
      assert.equal(await lab.store.nextDue(of), 500)
      await lab.store.claim(of, claiming)
      assert.equal(await lab.store.nextDue(of), undefined)
      await moveTo(one, 'accepted', { due_at_ms: 7_000 })
      assert.equal(await lab.store.nextDue(of), 7_000)
    })
  })

  describe('overtaken writes (G4)', () => {
    const same = { resource_type: 'Encounter', resource_id: 'e1' }

    it('supersedes an older whole write once a newer one is committed', async () => {
      const of = lane()
      const old = intent({ ...of, ...same, key: 'k', sequence: 1 })
      const next = intent({ ...of, ...same, key: 'k', sequence: 2 })
      await admit(old, next)
      await lab.store.claim(of, claiming)
      await moveTo(old, 'dead', { reason: 'target_refused' })
      await lab.store.claim(of, claiming)
      await moveTo(next, 'committed', { target_id: '1' })
      await moveTo(old, 'accepted')
      assert.deepEqual(await lab.store.claim(of, { ...claiming, now_ms: 9_000 }), [])
      assert.equal((await lab.store.row(old.intent_id))?.state, 'superseded')
      assert.equal(await lab.store.newest(old), next.intent_id)
    })

    it('sends the older first where both wait: the newer may still be refused', async () => {
      const of = lane()
      const old = intent({ ...of, ...same, key: 'k', sequence: 1 })
      const next = intent({ ...of, ...same, key: 'k', sequence: 2 })
      await admit(old, next)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [old.intent_id])
    })

    it('does not let a create overtake an update: it made what was missing', async () => {
      const of = lane()
      const update = intent({ ...of, ...same, key: 'a', sequence: 1 })
      const create = intent({ ...of, ...same, key: 'b', sequence: 2, operation: 'create' })
      await admit(create)
      await lab.store.claim(of, claiming)
      await moveTo(create, 'committed')
      assert.equal(await lab.store.newest(create), create.intent_id)
      await admit(update)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [update.intent_id])
      await moveTo(update, 'committed')
      assert.equal(await lab.store.newest(create), update.intent_id)
    })

    it('goes on behind a row that it supersedes', async () => {
      const of = lane()
      const newest = intent({ ...of, ...same, key: 'a', sequence: 9 })
      await admit(newest)
      await lab.store.claim(of, claiming)
      await moveTo(newest, 'committed')
      const stale = [3, 4, 5].map(sequence => intent({ ...of, ...same, key: 'b', sequence }))
      const behind = intent({ ...of, key: 'b', sequence: 6 })
      await admit(...stale, behind)
      const taken = await lab.store.claim(of, claiming)
      assert.deepEqual(ids(taken), [behind.intent_id])
    })
  })
}
