// What a write waits for, for every state and every reason: on the real store, with the target's
// standing given.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LedgerRow, WriteIntent } from '../../src/model/intent.ts'
import type { Pause } from '../../src/model/pause_store.ts'
import { type IntentState, moves } from '../../src/model/state.ts'
import type { Admission } from '../../src/model/store.ts'
import {
  type DeliveryStands,
  type TargetStands,
  waitingOf,
  waitingOfRows,
} from '../../src/operate/waits.ts'
import { openStore } from '../path/rooms.ts'
import { encounter, patient, TARGET, TENANT, writeIntent } from '../path/toy.ts'

const NOW = 1_000_000
const at = { tenant: TENANT, target: TARGET }
const served: DeliveryStands = {
  breaker: { state: 'closed', since_ms: undefined, next_ms: undefined, code: undefined },
  rate_wait_ms: 0,
  on_unknown: 'verify',
  verify_after_ms: 3_000,
}
const pause: Pause = { ...at, kind: 'target', name: TARGET, by: 'R. Moss', why: '', at_ms: 900 }

async function world(t: TestContext) {
  const store = await openStore(t)
  const admit = (intent: WriteIntent, change: Partial<Admission> = {}) => {
    const usual = { approvers: 0, state: 'accepted', reason: undefined, facts: {} } as const
    const content = JSON.stringify(intent.resource)
    return store.admit([{ intent, content, ...usual, ...change }], NOW)
  }
  const waits = async (intent: WriteIntent, target: Partial<TargetStands> = {}) => {
    const row = await store.row(intent.intent_id)
    assert.ok(row)
    const stands = () => ({ paused: undefined, delivery: served, ...target })
    return (await waitingOfRows([row], { store, stands, now_ms: NOW + 10 }))[0]
  }
  const move = async (intent: WriteIntent, to: IntentState, due_at_ms = NOW) => {
    const row = await store.row(intent.intent_id)
    assert.ok(row)
    const { epoch } = store
    const step = { intent_id: intent.intent_id, from: row.state, to, at_ms: NOW, epoch, due_at_ms }
    assert.deepEqual(await store.move([{ ...step, reason: 'target_transient' }]), [true])
  }
  return { store, admit, waits, move }
}

describe('a write waits', () => {
  it('for its turn behind an earlier one of its patient, by name', async t => {
    const { admit, waits } = await world(t)
    const [first, second] = [writeIntent({ key: 'a' }), writeIntent({ key: 'a' })]
    await admit(first)
    await admit(second)
    const told = await waits(second)
    assert.equal(told?.for, 'turn')
    assert.equal(told?.behind, first.intent_id)
    assert.equal(told?.since_ms, NOW)
    assert.equal((await waits(first))?.for, 'delivery')
  })

  it('for an earlier one of the same resource, and for a call under way from another lane', async t => {
    const { admit, waits, store } = await world(t)
    const order = { on_failure: { ...writeIntent().on_failure, order: 'resource' as const } }
    const first = writeIntent({ key: 'a', resource: patient('S1'), ...order })
    const second = writeIntent({ key: 'a', resource: patient('S1'), ...order })
    const elsewhere = writeIntent({ key: 'b', resource: patient('S1'), ...order })
    for (const intent of [first, second, elsewhere]) await admit(intent)
    assert.equal((await waits(second))?.behind, first.intent_id)
    await store.claim(at, { now_ms: NOW, lease_ms: 100, limit: 1 })
    assert.equal((await waits(elsewhere))?.behind, first.intent_id)
    assert.equal((await waits(first))?.for, 'answer')
  })

  it('for what it refers to', async t => {
    const { admit, waits } = await world(t)
    const subject = writeIntent({ key: 'a', resource: patient('R1') })
    const visit = writeIntent({
      key: 'b',
      resource: encounter('V1', 'R1'),
      waits_for: [subject.intent_id],
    })
    await admit(subject)
    await admit(visit)
    const told = await waits(visit)
    assert.equal(told?.for, 'reference')
    assert.equal(told?.behind, subject.intent_id)
  })

  it('for its next try after a failure, and until when', async t => {
    const { admit, waits, move, store } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    await store.claim(at, { now_ms: NOW, lease_ms: 100, limit: 1 })
    await move(intent, 'accepted', NOW + 5_000)
    const told = await waits(intent)
    assert.equal(told?.for, 'retry')
    assert.equal(told?.until_ms, NOW + 5_000)
    assert.match(told?.words ?? '', /^retry at 1970-.*Z after target_transient$/)
  })

  it('for people, and says how many have agreed', async t => {
    const { admit, waits, store } = await world(t)
    const intent = writeIntent()
    await admit(intent, { approvers: 2, state: 'awaiting_approval' })
    assert.equal((await waits(intent))?.words, 'approval of 2')
    const content = JSON.stringify(intent.resource)
    const word = {
      intent_id: intent.intent_id,
      word: 'approve',
      content,
      by: 'Ann',
      why: '',
    } as const
    await store.decide({ ...word, at_ms: NOW })
    assert.equal((await waits(intent))?.words, 'approval of 1, 1 agreed')
  })

  it('for its target: paused, behind an open breaker, out of rate, or without an engine', async t => {
    const { admit, waits } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    const open = { state: 'open', since_ms: 500, next_ms: NOW + 60, code: 'target_down' } as const
    const cases = [
      [{ paused: pause }, 'target_paused', 900],
      [{ delivery: { ...served, breaker: open } }, 'breaker', 500],
      [{ delivery: { ...served, rate_wait_ms: 40 } }, 'rate', NOW],
      [{ delivery: undefined }, 'engine', NOW],
    ] as const
    for (const [target, wanted, since_ms] of cases) {
      const told = await waits(intent, target)
      assert.deepEqual([told?.for, told?.since_ms], [wanted, since_ms])
    }
  })

  it('for verification, or for a person where the target says so', async t => {
    const { admit, waits, move, store } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    await store.claim(at, { now_ms: NOW, lease_ms: 100, limit: 1 })
    await move(intent, 'unknown')
    assert.equal((await waits(intent))?.until_ms, NOW + 3_000)
    const hold = await waits(intent, { delivery: { ...served, on_unknown: 'hold' } })
    assert.equal(hold?.for, 'person')
  })

  it('for something in every state that is no end, and says so without a patient', () => {
    const intent = writeIntent({ key: 'CANARY', resource: patient('CANARY') })
    for (const state of Object.keys(moves) as IntentState[]) {
      const row = { intent, state, changed_at_ms: 1, due_at_ms: 0, approvers: 1 } as LedgerRow
      const told = waitingOf(row, undefined, {
        target: { paused: undefined, delivery: served },
        now_ms: NOW,
      })
      const isEnd = moves[state].length === 0
      const isDone = ['surfaced', 'reconciled', 'rejected', 'withdrawn'].includes(state)
      assert.equal(told === undefined, isEnd || isDone, state)
      assert.doesNotMatch(JSON.stringify(told ?? ''), /CANARY/)
    }
  })
})
