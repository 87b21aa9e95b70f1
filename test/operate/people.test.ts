// What waits for a person and the person's word, through a whole engine: asked by policy, approved,
// revised, restarted; and nothing but the ledger carries it.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import type { Plan, TargetPlan } from '../../src/model/plan.ts'
import type { IntentState } from '../../src/model/state.ts'
import { answerControl } from '../../src/operate/control.ts'
import {
  answerPeople,
  type Said,
  type ShownWrite,
  type WaitingWrite,
} from '../../src/operate/people.ts'
import { statusOf } from '../../src/operate/status.ts'
import { standsOf } from '../../src/operate/waits.ts'
import { adt } from '../harness/messages.ts'
import { answer, folder, until } from '../path/rooms.ts'
import { START_MS, TARGET } from '../path/toy.ts'
import { type Running, settled, startToy, toyPlan } from './world.ts'

const POLICY = { demographics: 'two_approvers', other: 'automatic' } as const
const rates = { perSecond: () => 0, close: async () => {} }

function planWith(change: Partial<TargetPlan>): Plan {
  const plan = toyPlan()
  const tenants = plan.tenants.map(tenant => ({
    ...tenant,
    targets: tenant.targets.map(target => ({ ...target, ...change })),
  }))
  return { ...plan, tenants }
}

const admission = (n: number, revision = 1) =>
  adt('A01', {
    control_id: `C${n}-${revision}`,
    patient: n,
    visit: n,
    at: '20260105080000+0000',
    revision,
  })

const ask = (toy: Running, args: Readonly<Record<string, string>>) =>
  answerPeople({ store: toy.engine.store, stands: standsOf(toy.engine) }, args, START_MS)
const approvals = async (toy: Running) =>
  (await ask(toy, { ask: 'approvals' })) as readonly WaitingWrite[]
const approve = async (toy: Running, id: string, by: string) => {
  const [said] = (await ask(toy, { ask: 'approve', ids: id, by })) as readonly Said[]
  for (const delivery of toy.engine.deliveries.values()) delivery.wake()
  return said?.outcome
}
const patients = ({ chart }: Running) =>
  chart.calls.filter(({ method, path }) => method === 'PUT' && path.startsWith('Patient/')).length

async function waiting(t: TestContext, data?: string) {
  const toy = await startToy(t, data, planWith({ policy: POLICY }))
  await toy.send(admission(1))
  await until('it waits', async () => (await approvals(toy)).length === 1)
  const [write] = await approvals(toy)
  assert.ok(write)
  return { toy, write }
}

describe('people', () => {
  it('are told what waits for them, with its class, its people and no content', async t => {
    const { toy, write } = await waiting(t)
    assert.equal(write.waits, 'approval')
    assert.equal(write.risk, 'demographics')
    assert.equal(write.approvers, 2)
    assert.match(write.resource, /^Patient\//)
    assert.doesNotMatch(JSON.stringify(write), /Birch1|Quay Street/)
    const { people } = await statusOf(toy.engine, rates, START_MS)
    assert.deepEqual(people, [
      { tenant: 'harbor', target: 'chart', approvals: 1, unknown: 0, dead: 0 },
    ])
  })

  it('let a write out by two different names, and what waited for it after it', async t => {
    const { toy, write } = await waiting(t)
    assert.equal(await approve(toy, write.intent_id.slice(0, 12), 'Ann'), 'counted')
    assert.equal(await approve(toy, write.intent_id, 'ann'), 'already')
    assert.equal(patients(toy), 0)
    assert.equal(
      await approve(toy, `${write.intent_id}@${write.content.slice(0, 6)}`, 'Bo'),
      'approved',
    )
    await until('it is through', () => settled(toy.engine))
    assert.equal(patients(toy), 1)
    assert.deepEqual(toy.bugs, [])
  })

  it('agree to what they saw: another content is refused', async t => {
    const { toy, write } = await waiting(t)
    assert.equal(await approve(toy, `${write.intent_id}@ffffffff`, 'Ann'), 'changed')
    assert.equal(await approve(toy, 'nothing', 'Ann'), 'unknown')
    const [shown] = (await ask(toy, { ask: 'show', ids: write.intent_id })) as readonly [
      { intent: { resource: object } },
    ]
    assert.match(JSON.stringify(shown.intent.resource), /Birch1|Quay Street/)
  })

  it('are asked by the ledger: approvals outlive the engine', async t => {
    const data = await folder(t)
    const { toy, write } = await waiting(t, data)
    assert.equal(await approve(toy, write.intent_id, 'Ann'), 'counted')
    await toy.engine.stop()
    const next = await startToy(t, data, planWith({ policy: POLICY }))
    const [again] = await approvals(next)
    assert.deepEqual(
      again?.approvals.map(({ by }) => by),
      ['Ann'],
    )
    assert.equal(patients(next), 0)
    assert.equal(await approve(next, write.intent_id, 'Bo'), 'approved')
    await until('it is through', () => settled(next.engine))
    assert.equal(patients(next), 1)
  })

  it('say whether a call landed, and what becomes of a dead write', async t => {
    const toy = await startToy(t, undefined, planWith({ on_unknown: 'hold' }))
    toy.chart.behave = ({ method }) =>
      method === 'PUT' ? { kind: 'no_answer', code: 'target_transient', facts: {} } : answer(404)
    await toy.send(admission(2))
    const held = async () => (await ask(toy, { ask: 'releases' })) as readonly WaitingWrite[]
    await until('it is held', async () => (await held()).length === 1)
    const [write] = await held()
    assert.equal(write?.waits, 'unknown')
    const { people } = await statusOf(toy.engine, rates, START_MS)
    assert.equal(people[0]?.unknown, 1)
    const saying = { ids: write?.intent_id ?? '', by: 'Ann', why: 'looked it up' }
    const wrong = (await ask(toy, { ask: 'retry', ...saying })) as readonly Said[]
    assert.equal(wrong[0]?.outcome, 'not_waiting')
    toy.chart.behave = () => undefined
    const right = (await ask(toy, { ask: 'landed', ...saying })) as readonly Said[]
    assert.deepEqual(right[0], {
      asked: saying.ids,
      intent_id: saying.ids,
      outcome: 'released',
      state: 'committed',
    })
    await until('it is through', () => settled(toy.engine))
  })
})

describe('exceptions have a way on', () => {
  const rows = async ({ engine }: Running, state: IntentState) =>
    engine.store.rowsInState({ tenant: 'harbor', target: TARGET }, state, 10)
  const control = (toy: Running, args: Readonly<Record<string, string>>) =>
    answerControl(toy.engine, rates, { clock: systemClock })({ command: 'people', args })
  const tell = async (toy: Running, word: string, ids: string) =>
    ((await control(toy, { ask: word, ids, by: 'Ann', why: '' })) as readonly Said[])[0]

  /** An admission whose patient comes back from the chart with this status. */
  async function refused(t: TestContext, status: number, state: IntentState) {
    const toy = await startToy(t)
    toy.chart.behave = ({ method, resource }) =>
      method === 'PUT' && resource.startsWith('Patient/') ? answer(status) : undefined
    await toy.send(admission(3))
    await until('it is refused', async () => {
      return (await rows(toy, state)).some(({ intent }) => intent.resource_type === 'Patient')
    })
    const [row] = (await rows(toy, state)).filter(
      ({ intent }) => intent.resource_type === 'Patient',
    )
    assert.ok(row)
    return { toy, row, id: row.intent.intent_id }
  }

  it('a conflict is shown place by place against what the target holds now', async t => {
    const { toy, row, id } = await refused(t, 409, 'conflict')
    const [listed] = (await control(toy, { ask: 'releases' })) as readonly WaitingWrite[]
    assert.deepEqual([listed?.waits, listed?.waiting?.for], ['conflict', 'person'])
    assert.deepEqual(listed?.words, ['retry', 'accept_theirs', 'drop'])
    const theirs = { ...row.intent.resource, gender: 'other' }
    toy.chart.held.set(`Patient/${row.intent.resource_id}`, JSON.stringify(theirs))
    const [shown] = (await control(toy, { ask: 'show', ids: id })) as readonly ShownWrite[]
    assert.deepEqual(
      shown?.look?.differences.map(({ path, theirs: there }) => [path, there]),
      [['Patient.gender', 'other']],
    )
    await pause(toy)
    const [unasked] = (await control(toy, { ask: 'show', ids: id })) as readonly ShownWrite[]
    assert.equal(unasked?.look, undefined, 'a paused target is not called')
  })

  it('a conflict is written again, or theirs is accepted, or it is dropped', async t => {
    for (const [word, state] of [
      ['retry', 'surfaced'],
      ['accept_theirs', 'reconciled'],
      ['drop', 'withdrawn'],
    ] as const) {
      const { toy, id } = await refused(t, 409, 'conflict')
      toy.chart.behave = () => undefined
      assert.equal((await tell(toy, word, id))?.outcome, 'released')
      await until(`it is ${state}`, async () => (await toy.engine.store.row(id))?.state === state)
      const moves = await toy.engine.store.history(id)
      assert.ok(moves.some(({ facts }) => facts.by === 'Ann' && facts.word === word))
    }
  })

  it('what the target denied is tried again; what our own rules deny is not', async t => {
    const { toy, id } = await refused(t, 403, 'denied')
    const governed = (await rows(toy, 'denied')).find(
      ({ reason }) => reason === 'operation_undeclared',
    )
    if (governed !== undefined) {
      const said = await tell(toy, 'retry', governed.intent.intent_id)
      assert.equal(said?.outcome, 'governed')
    }
    toy.chart.behave = () => undefined
    assert.equal((await tell(toy, 'retry', id))?.outcome, 'released')
    await until('it is there', async () => (await toy.engine.store.row(id))?.state === 'surfaced')
  })

  it('a person parks a write, with what stands behind it, and lets it go again', async t => {
    const toy = await startToy(t)
    toy.chart.behave = () => answer(503)
    await toy.send(admission(4))
    let id = ''
    await until('it waits', async () => {
      const waiting = await rows(toy, 'accepted')
      const found = waiting.find(({ intent }) => intent.resource_type === 'Patient')
      id = found?.intent.intent_id ?? ''
      return id !== ''
    })
    await until('it is parked', async () => (await tell(toy, 'park', id))?.outcome === 'released')
    toy.chart.behave = () => undefined
    assert.equal((await toy.engine.store.row(id))?.state, 'parked')
    assert.equal((await rows(toy, 'surfaced')).length, 0)
    assert.equal((await tell(toy, 'retry', id))?.outcome, 'released')
    await until('all is there', () => settled(toy.engine))
    assert.equal((await toy.engine.store.row(id))?.state, 'surfaced')
  })
})

const pause = async (toy: Running) => {
  const word = { tenant: 'harbor', kind: 'target', name: TARGET, by: 'Ann', why: '' } as const
  await toy.engine.store.pause({ ...word, at_ms: START_MS })
  await toy.engine.pauses.refresh()
}
