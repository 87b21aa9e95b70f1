// What a corrected mapping no longer makes is proposed to be taken back, never taken back by itself
// (G3). On the real store.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import type { IntentState } from '../../src/model/state.ts'
import { release } from '../../src/operate/people_words.ts'
import { type Governance, govern } from '../../src/path/6_govern.ts'
import { proposeRetractions, toRetract } from '../../src/path/retract.ts'
import { openStore } from './rooms.ts'
import { encounter, TARGET, TENANT, writeIntent } from './toy.ts'

const at = { tenant: TENANT, target: TARGET }
const governance: Governance = {
  profile: [
    {
      resource: 'Encounter',
      operations: ['update', 'retract'],
      source: 'this test',
      date: '2026-11-21',
      proof: 'observed',
    },
  ],
  policy: undefined,
}

const visit = (value: string, change: Partial<WriteIntent> = {}) =>
  writeIntent({ raw_id: 'raw', resource: encounter(value), ...change })

async function world(t: TestContext) {
  const store = await openStore(t)
  const admit = (...list: readonly WriteIntent[]) =>
    store.admit(
      list.map(one => govern(one, governance)),
      1,
    )
  const stateOf = async (id: string) => (await store.row(id))?.state
  const claim = () => store.claim(at, { now_ms: 1_000, lease_ms: 10, limit: 10 })
  const end = async (of: WriteIntent, to: IntentState, target_id?: string) => {
    const { epoch } = store
    const move = { intent_id: of.intent_id, from: 'in_flight', to, at_ms: 2, epoch } as const
    assert.deepEqual(await store.move([{ ...move, target_id }]), [true])
  }
  const context = {
    store,
    now_ms: 3,
    governanceOf: (target: string) => (target === TARGET ? governance : undefined),
  }
  const gone = (made: readonly WriteIntent[] = []) => ({
    raw_id: 'raw',
    lacks: (one: WriteIntent) => !made.some(({ intent_id }) => intent_id === one.intent_id),
    replay: 'corrected',
  })
  return { store, admit, stateOf, claim, end, context, gone }
}

describe('what a corrected mapping no longer makes', () => {
  it('is proposed to be taken back where it stands at the target, and people decide', async t => {
    const { store, admit, claim, end, context, gone } = await world(t)
    const [kept, lost] = [visit('V1'), visit('V2')]
    await admit(kept, lost)
    await claim()
    await end(kept, 'committed', '1')
    await end(lost, 'committed', '2')
    const expected = [{ intent_id: lost.intent_id, target: TARGET, proposal: 'proposed' }]
    assert.deepEqual(await toRetract(gone([kept]), context), expected)
    assert.deepEqual(await store.rowsInState(at, 'awaiting_approval', 10), [])
    assert.deepEqual(await proposeRetractions(gone([kept]), context), expected)
    const [row, ...others] = await store.rowsInState(at, 'awaiting_approval', 10)
    assert.deepEqual(others, [])
    assert.equal(row?.intent.operation, 'retract')
    assert.equal(row?.intent.resource_id, lost.resource_id)
    assert.equal(row?.approvers, 1)
    assert.equal(row?.facts.replay, 'corrected')
    assert.deepEqual(await claim(), [])
    const { intent_id } = row?.intent ?? assert.fail()
    const word = { word: 'approve', by: 'Ann', why: '', at_ms: 4 } as const
    await store.decide({ ...word, intent_id, content: row?.content ?? '' })
    assert.deepEqual(
      (await claim()).map(one => one.intent.intent_id),
      [intent_id],
    )
  })

  it('is proposed once, however often the replay is redone', async t => {
    const { store, admit, claim, end, context, gone } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    await claim()
    await end(lost, 'committed', '1')
    for (let i = 0; i < 3; i++) await proposeRetractions(gone(), context)
    assert.equal((await store.rowsInState(at, 'awaiting_approval', 10)).length, 1)
    assert.equal((await store.rowsOfRaw('raw')).length, 2)
  })

  it('is withdrawn where it has not gone out', async t => {
    const { store, admit, stateOf, context, gone } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    const [found] = await proposeRetractions(gone(), context)
    assert.equal(found?.proposal, 'withdrawn')
    assert.equal(await stateOf(lost.intent_id), 'withdrawn')
    assert.deepEqual(await store.rowsInState(at, 'awaiting_approval', 10), [])
  })

  it('once withdrawn goes again by the word of a person alone: the correction may have been wrong', async t => {
    const { store, admit, stateOf, claim, context, gone } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    await proposeRetractions(gone(), context)
    const again = { ...lost, resource: { ...lost.resource, status: 'finished' } }
    await admit(lost, again)
    assert.equal(await stateOf(lost.intent_id), 'withdrawn')
    const [row] = await store.rowsOfRaw('raw')
    assert.ok(row)
    const said = { word: 'retry', by: 'Ann', why: '', at_ms: 4 } as const
    assert.equal(await release(store, row, said), 'released')
    assert.deepEqual(
      (await claim()).map(one => one.intent.resource),
      [again.resource],
    )
  })

  it('is proposed where nobody knows whether it landed, and waits for that', async t => {
    const { store, admit, claim, end, context, gone, stateOf } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    await claim()
    await end(lost, 'unknown')
    await proposeRetractions(gone(), context)
    assert.equal(await stateOf(lost.intent_id), 'unknown')
    const [row] = await store.rowsInState(at, 'awaiting_approval', 10)
    const { intent_id } = row?.intent ?? assert.fail()
    const word = { word: 'approve', by: 'Ann', why: '', at_ms: 4 } as const
    await store.decide({ ...word, intent_id, content: row?.content ?? '' })
    assert.deepEqual(await claim(), [])
  })

  it('is left where a newer write of the same resource stands', async t => {
    const { admit, claim, end, context, gone, stateOf } = await world(t)
    const lost = visit('V1', { key: 'k' })
    const newer = visit('V1', { key: 'k', raw_id: 'later' })
    await admit(lost)
    await claim()
    await end(lost, 'committed', '1')
    await admit(newer)
    await claim()
    await end(newer, 'committed', '1')
    const [found, ...others] = await proposeRetractions(gone(), context)
    assert.deepEqual([found?.proposal, others], ['newer', []])
    assert.equal(await stateOf(lost.intent_id), 'committed')
  })

  it('is seen as denied where the target takes nothing back', async t => {
    const { store, admit, claim, end, context, gone } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    await claim()
    await end(lost, 'committed', '1')
    const [row] = governance.profile
    const profile = row === undefined ? [] : [{ ...row, operations: ['update'] as const }]
    await proposeRetractions(gone(), {
      ...context,
      governanceOf: () => ({ ...governance, profile }),
    })
    const [denied] = await store.rowsInState(at, 'denied', 10)
    assert.equal(denied?.reason, 'operation_undeclared')
    assert.equal(denied?.intent.operation, 'retract')
  })

  it('is left alone at a target that the replay does not name', async t => {
    const { admit, context, gone, stateOf } = await world(t)
    const lost = visit('V1')
    await admit(lost)
    const nowhere = { ...context, governanceOf: () => undefined }
    assert.deepEqual(await proposeRetractions(gone(), nowhere), [])
    assert.equal(await stateOf(lost.intent_id), 'accepted')
  })
})
