// What every state store promises, as tests: run for each driver of the table. A driver hands in
// how a store is opened; `reopen` opens the same state again after a close, under a new ownership.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Activation } from '../../src/model/activation.ts'
import type { Store } from '../../src/model/store.ts'
import { approvalCases } from './store_approval.contract.ts'
import { claimCases } from './store_claim.contract.ts'
import { deadCases } from './store_dead.contract.ts'
import { keepCases } from './store_keep.contract.ts'
import { ledgerCases } from './store_ledger.contract.ts'
import { mergeCases } from './store_merge.contract.ts'
import { pauseCases } from './store_pause.contract.ts'
import { replayCases } from './store_replay.contract.ts'
import { admission, at, base, claiming, intent, labOver } from './store_samples.ts'

export interface StoreUnderTest {
  open(): Promise<Store>
  /** Undefined where the state does not outlive its store. */
  readonly reopen: (() => Promise<Store>) | undefined
  cleanup(): Promise<void>
}

export function storeContract(name: string, prepare: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    let under: StoreUnderTest
    let store: Store
    before(async () => {
      under = await prepare()
      store = await under.open()
    })
    after(async () => {
      await store.close()
      await under.cleanup()
    })

    const lab = labOver(() => store)
    const { lane, admit, moveTo } = lab

    describe('marks', () => {
      const mark = (control_id: string, raw_id: string, marked_at_ms = 10) => ({
        tenant: 'north',
        channel: 'adt',
        feed: 'f',
        control_id,
        content: 'sha',
        raw_id,
        marked_at_ms,
      })

      it('finds marks in the order asked, and the earliest under a key stays', async () => {
        await store.putMarks([mark('1', 'a'), mark('2', 'b')])
        await store.putMarks([mark('1', 'later')])
        const found = await store.findMarks([mark('2', ''), mark('9', ''), mark('1', '')])
        assert.deepEqual(found, ['b', undefined, 'a'])
      })

      it('tells apart tenants, feeds and contents', async () => {
        await store.putMarks([mark('apart', 'a')])
        const other = [
          { ...mark('apart', ''), tenant: 'south' },
          { ...mark('apart', ''), feed: 'g' },
          { ...mark('apart', ''), content: 'other' },
        ]
        assert.deepEqual(await store.findMarks(other), [undefined, undefined, undefined])
      })

      it('drops marks before a time and no others', async () => {
        await store.putMarks([mark('old', 'a', 1), mark('new', 'b', 5)])
        assert.equal(await store.dropMarksBefore(5), 1)
        const found = await store.findMarks([mark('old', ''), mark('new', '')])
        assert.deepEqual(found, [undefined, 'b'])
      })
    })

    ledgerCases(lab)
    replayCases(lab)
    approvalCases(lab)
    claimCases(lab)
    mergeCases(lab)
    deadCases(lab)
    pauseCases(lab)

    describe('crosswalk and cursors', () => {
      it('answers the ids that it knows, and only those', async () => {
        const of = lane()
        const row = { ...of, resource_type: 'Patient', resource_id: 'p', target_id: '12' }
        await store.learn([row])
        await store.learn([{ ...row, target_id: '13' }])
        const known = await store.known(intent(of), ['Patient/p', 'Encounter/p', 'odd'])
        assert.deepEqual(known, { ids: { 'Patient/p': '13' }, names: {} })
        const elsewhere = await store.known(intent({ ...of, tenant: 'south' }), ['Patient/p'])
        assert.deepEqual(elsewhere.ids, {})
      })

      it('learns the id of a committed row with the commit itself', async () => {
        const of = lane()
        const one = intent({ ...of, resource_id: 'q' })
        await admit(one)
        await store.claim(of, claiming)
        await moveTo(one, 'committed', { target_id: '99' })
        const known = await store.known(intent(of), ['Patient/q'])
        assert.deepEqual(known.ids, { 'Patient/q': '99' })
      })

      it('keeps cursors by name', async () => {
        assert.equal(await store.getCursor('nobody'), undefined)
        await store.setCursor('c', '1')
        await store.setCursor('c', '2')
        assert.equal(await store.getCursor('c'), '2')
      })
    })

    describe('activations of deployments', () => {
      const activation = (tenant: string, deployment: string, at_ms: number): Activation => ({
        tenant,
        deployment,
        at_ms,
        by: 'ana',
        how: 'deploy',
        tests: 'passed',
        changes: ['~channels/north/adt.yaml'],
        positions: { adt: 7 },
      })

      it('keeps every one, and knows the newest of each tenant whatever their times (O05)', async () => {
        const [first, second, third] = [
          activation('active_a', 'one', 20),
          activation('active_b', 'two', 30),
          activation('active_a', 'three', 10),
        ] as const
        for (const one of [first, second, third]) await store.activate(one)
        const ours = (await store.active()).filter(({ tenant }) => tenant.startsWith('active_'))
        assert.deepEqual(ours, [third, second])
        const all = await store.activations({ limit: 10 })
        assert.deepEqual(
          all.filter(({ tenant }) => tenant.startsWith('active_')),
          [third, second, first],
        )
        assert.deepEqual(await store.activations({ tenant: 'active_a', limit: 1 }), [third])
        assert.deepEqual(await store.activations({ tenant: 'active_a', limit: 9 }), [third, first])
        assert.deepEqual(await store.activations({ tenant: 'nobody', limit: 9 }), [])
      })
    })

    describe('ownership', () => {
      it('answers what was asked before closing, and refuses what comes after', async () => {
        const other = await prepare()
        const brief = await other.open()
        const asked = brief.setCursor('last', 'words')
        const closed = brief.close()
        await asked
        await assert.rejects(brief.getCursor('last'), { code: 'store_closed' })
        await closed
        await brief.close()
        await other.cleanup()
      })

      it('keeps everything over a close, and fences what an earlier owner left', async t => {
        const other = await prepare()
        if (other.reopen === undefined) {
          await other.cleanup()
          return t.skip('this state does not outlive its store')
        }
        const first = await other.open()
        const one = intent()
        await first.admit([admission(one)], 500)
        const [claimed] = await first.claim(at, claiming)
        assert.ok(claimed)
        await first.close()
        const second = await other.reopen()
        assert.ok(second.epoch > first.epoch)
        const kept = await second.row(one.intent_id)
        const { lease_until_ms } = kept ?? claimed
        assert.deepEqual(kept, { ...claimed, lease_until_ms })
        // A store of one owner ends the leases of the one before; with many owners they run out.
        assert.ok(lease_until_ms === 0 || lease_until_ms === claimed.lease_until_ms)
        const left = { ...base(one, 'in_flight', 'unknown'), epoch: second.epoch }
        const verdict = { ...left, at_ms: 1_100, to: 'committed' as const }
        assert.deepEqual(await second.move([verdict]), [false])
        if (lease_until_ms > 0) {
          assert.deepEqual(await second.move([{ ...left, at_ms: lease_until_ms - 1 }]), [false])
        }
        assert.deepEqual(await second.move([{ ...left, at_ms: 1_100 }]), [true])
        await second.close()
        await other.cleanup()
      })
    })

    keepCases(lab)
  })
}
