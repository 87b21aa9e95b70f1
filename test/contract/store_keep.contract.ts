// The store contract's cases about letting go, copies, and what a restored ledger does not know.
// They come last: a store that was restored stays so.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { timeId } from '../../src/kit/ids.ts'
import { systemRandom } from '../../src/kit/random.ts'
import type { WriteIntent } from '../../src/model/intent.ts'
import { RESTORED_CURSOR, wholeSince } from '../../src/model/keep_store.ts'
import type { IntentState } from '../../src/model/state.ts'
import { admission, claiming, ids, intent, type Lab } from './store_samples.ts'

export function keepCases(lab: Lab): void {
  const { admit, moveTo } = lab
  let tenants = 0
  /** A tenant of its own: letting go is the tenant's. */
  const fresh = () => ({ tenant: `kept${++tenants}`, target: 'chart' })

  describe('letting go', () => {
    const ended = async (of: { tenant: string; target: string }, ...states: IntentState[]) => {
      const one = intent(of)
      await admit(one)
      for (const state of states) await moveTo(one, state)
      return one
    }
    const committed = ['in_flight', 'committed'] as const

    it('forgets finished writes of before a moment with their moves, and counts them no more', async () => {
      const of = fresh()
      const one = await ended(of, ...committed)
      const young = intent(of)
      await admit(young)
      await moveTo(young, 'in_flight')
      await moveTo(young, 'committed', { at_ms: 9_000 })
      assert.equal(await lab.store.letGoFinished(of.tenant, 5_000, 10), 1)
      assert.equal(await lab.store.row(one.intent_id), undefined)
      assert.deepEqual(await lab.store.history(one.intent_id), [])
      assert.equal((await lab.store.row(young.intent_id))?.state, 'committed')
      const counts = (await lab.store.counts()).filter(({ tenant }) => tenant === of.tenant)
      assert.deepEqual(
        counts.map(({ state, count }) => [state, count]),
        [['committed', 1]],
      )
    })

    it('says up to where the ledger is whole no more, and never less than before', async () => {
      const of = fresh()
      const one = await ended(of, ...committed)
      await lab.store.letGoFinished(of.tenant, 5_000, 10)
      assert.equal(await lab.store.getCursor(wholeSince(of.tenant)), String(one.sequence + 1))
      const older = intent({ ...of, sequence: 0 })
      await admit(older)
      for (const state of committed) await moveTo(older, state)
      assert.equal(await lab.store.letGoFinished(of.tenant, 5_000, 10), 1)
      assert.equal(await lab.store.getCursor(wholeSince(of.tenant)), String(one.sequence + 1))
    })

    it('keeps what waits, what a person has yet to see, and what another tenant has', async () => {
      const of = fresh()
      await ended(of)
      await ended(of, 'in_flight', 'dead')
      await ended(of, 'in_flight', 'unknown')
      await ended(of, 'denied')
      await ended(of, 'in_flight', 'conflict')
      await ended(fresh(), ...committed)
      assert.equal(await lab.store.letGoFinished(of.tenant, 5_000, 10), 0)
      assert.equal(await lab.store.getCursor(wholeSince(of.tenant)), undefined)
    })

    it('goes in steps', async () => {
      const of = fresh()
      for (let i = 0; i < 5; i++) await ended(of, ...committed)
      const gone: number[] = []
      for (let i = 0; i < 4; i++) gone.push(await lab.store.letGoFinished(of.tenant, 5_000, 2))
      assert.deepEqual(gone, [2, 2, 1, 0])
    })

    it('asks the target before it writes what it may have written and forgotten', async () => {
      const of = fresh()
      const one = await ended(of, ...committed)
      await lab.store.letGoFinished(of.tenant, 5_000, 10)
      const behind = intent(of)
      await admit(one, behind)
      const rows = await lab.store.claim(of, claiming)
      const stands = rows.map(({ intent, state }) => [intent.intent_id, state])
      const expected = [
        [one.intent_id, 'unknown'],
        [behind.intent_id, 'in_flight'],
      ]
      assert.deepEqual(stands, expected)
    })

    it('remembers who wrote a resource last: an older write of it is still overtaken', async () => {
      const of = fresh()
      const newer = intent({ ...of, resource_id: 'same' })
      await admit(newer)
      for (const state of committed) await moveTo(newer, state)
      await lab.store.letGoFinished(of.tenant, 5_000, 10)
      await admit(intent({ ...of, resource_id: 'same', sequence: newer.sequence - 1 }))
      assert.deepEqual(await lab.store.claim(of, claiming), [])
    })
  })

  describe('what is not finished', () => {
    it('is told by the order of its events, each once', async () => {
      const of = fresh()
      const rows = [7, 3, 3, 9, 5].map(sequence => intent({ ...of, sequence }))
      await admit(...rows)
      const [, , , nine] = rows
      assert.ok(nine)
      await moveTo(nine, 'in_flight')
      await moveTo(nine, 'committed')
      assert.deepEqual(await lab.store.unfinished(of.tenant, 10), [3, 5, 7])
      assert.deepEqual(await lab.store.unfinished(of.tenant, 2), [3, 5])
      assert.deepEqual(await lab.store.unfinished('nobody', 10), [])
    })
  })

  describe('a store that was restored', () => {
    const CUT_MS = Date.UTC(2026, 10, 21)
    const rawAt = (at_ms: number) => timeId({ now: () => at_ms }, systemRandom)
    const of = fresh()
    const asRow = (intent: WriteIntent) => ({ intent })

    it('sends nothing of before the backup before the target was asked', async () => {
      const waits = intent({ ...of, raw_id: rawAt(CUT_MS - 1) })
      const asks = intent({ ...of, raw_id: rawAt(CUT_MS - 1) })
      await admit(waits)
      const approved = admission(asks, { state: 'awaiting_approval', approvers: 1 })
      await lab.store.admit([approved], 500)
      // Calls that were under way, or had lost their answers, when the backup was taken.
      const [calling, lost] = [intent({ ...of }), intent({ ...of })]
      await admit(calling, lost)
      for (const one of [calling, lost]) await moveTo(one, 'in_flight')
      await moveTo(lost, 'unknown')
      const word = { cut_at_ms: CUT_MS, at_ms: CUT_MS + 1, by: 'R. Moss', why: 'the disk died' }
      await lab.store.restored(word)
      assert.deepEqual(JSON.parse((await lab.store.getCursor(RESTORED_CURSOR)) ?? ''), word)
      for (const { intent_id } of [calling, lost]) {
        const row = await lab.store.row(intent_id)
        assert.deepEqual([row?.state, row?.facts], ['unknown', { restored: true }])
      }
      const redone = intent({ ...of, raw_id: rawAt(CUT_MS - 5) })
      await admit(redone)
      const decision = { intent_id: asks.intent_id, word: 'approve', why: '' } as const
      await lab.store.decide({ ...decision, content: approved.content, by: 'R. Moss', at_ms: 900 })
      const doubtful = await lab.store.claim(of, claiming)
      assert.deepEqual(new Set(ids(doubtful)), new Set(ids([waits, asks, redone].map(asRow))))
      for (const row of doubtful) assert.equal(row.state, 'unknown')
      for (const one of [waits, asks, redone]) {
        assert.equal((await lab.store.row(one.intent_id))?.state, 'unknown')
        // The target does not have it: now it may go out.
        await moveTo(one, 'accepted', { due_at_ms: 900 })
      }
      const taken = ids(await lab.store.claim(of, claiming))
      assert.deepEqual(new Set(taken), new Set([waits, asks, redone].map(one => one.intent_id)))
    })

    it('asks about a call with the patients of now, and knows what it asks whatever comes', async () => {
      const [left, stays] = [`left ${of.target}`, `stays ${of.target}`]
      const merge = intent({
        ...of,
        resource_id: left,
        identities: [{ of: left, is: stays }],
        raw_id: rawAt(CUT_MS + 1),
      })
      await admit(merge)
      await lab.store.claim(of, claiming)
      await moveTo(merge, 'committed', { target_id: '1' })
      await lab.store.learn([
        { ...of, resource_type: 'Patient', resource_id: stays, target_id: '2' },
      ])
      const visit = intent({ ...of, resource_type: 'Encounter', raw_id: rawAt(CUT_MS - 3) })
      await admit(visit)
      await lab.store.claim(of, claiming)
      const known = await lab.store.known(visit, [`Patient/${left}`])
      assert.deepEqual(known.ids, { [`Patient/${left}`]: '2' })
      for (const content of ['other', `content of ${visit.intent_id}`]) {
        await lab.store.admit([admission(visit, { content })], 900)
      }
      const row = await lab.store.row(visit.intent_id)
      assert.deepEqual([row?.state, row?.facts.restored], ['unknown', true])
    })

    it('sends what was received after it as ever', async () => {
      const later = intent({ ...of, raw_id: rawAt(CUT_MS + 2) })
      await admit(later)
      assert.deepEqual(ids(await lab.store.claim(of, claiming)), [later.intent_id])
    })
  })
}
