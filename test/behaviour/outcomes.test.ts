// What a route says of failing and a target of its limits, at run time: how long a write is tried,
// what a waiting or dead one holds, what becomes of a call that may have landed, how many calls
// begin, and that people come before the call. Real store and log, a toy chart, a wound clock.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../src/kit/random.ts'
import { openRate } from '../../src/kit/rate.ts'
import { usualOnFailure, type WriteIntent } from '../../src/model/intent.ts'
import type { OnFailure } from '../../src/model/plan.ts'
import type { Admission } from '../../src/model/store.ts'
import { say } from '../../src/operate/people.ts'
import { type DeliveryOptions, openDelivery } from '../../src/path/delivery.ts'
import {
  answer,
  atEnd,
  good,
  handClock,
  openLog,
  openStore,
  recordsOf,
  toyChart,
  toySteps,
  withContext,
} from '../path/rooms.ts'
import { ears, encounter, GOVERNANCE, patient, TARGET, TENANT, writeIntent } from '../path/toy.ts'

const at = { tenant: TENANT, target: TARGET }
const lost = { kind: 'no_answer', code: 'target_transient', facts: {} } as const

async function world(t: TestContext, change: Partial<DeliveryOptions> = {}) {
  const clock = handClock()
  const chart = toyChart()
  const signals = ears()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const bugs: unknown[] = []
  const options: DeliveryOptions = {
    ...at,
    steps: toySteps,
    transport: clock.watch(chart),
    store: clock.watch(store),
    log: clock.watch(log),
    clock,
    random: seededRandom(1),
    signals,
    settle_ms: 2_000,
    visible_ms: 1_000,
    in_flight_max: 4,
    on_unknown: 'verify',
    governance: GOVERNANCE,
    onBug: cause => bugs.push(cause),
    ...change,
  }
  const admit = (intents: readonly WriteIntent[], more: Partial<Admission> = {}) =>
    store.admit(
      intents.map(intent => {
        const content = JSON.stringify(intent.resource)
        const usual = { approvers: 0, state: 'accepted', reason: undefined, facts: {} } as const
        return { intent, content, ...usual, ...more }
      }),
      clock.now(),
    )
  const open = (more: Partial<DeliveryOptions> = {}) => {
    const delivery = openDelivery({ ...options, ...more })
    atEnd(t, () => {
      let closed = false
      const closing = delivery.close().then(() => {
        closed = true
      })
      return Promise.race([closing, clock.windUntil('it is closed', () => closed)])
    })
    return delivery
  }
  const stateOf = async ({ intent_id }: WriteIntent) => (await store.row(intent_id))?.state
  const become = (intent: WriteIntent, state: string) =>
    clock.windUntil(
      `${intent.intent_id} is ${state}`,
      async () => (await stateOf(intent)) === state,
    )
  const tell = (
    word: Parameters<typeof say>[1]['word'],
    { intent_id }: WriteIntent,
    by = 'R. Moss',
  ) => say(store, { word, ids: [intent_id], by, why: '', at_ms: clock.now() })
  const puts = () =>
    chart.calls.filter(({ method }) => method === 'PUT').map(({ resource }) => resource)
  return { clock, chart, signals, store, log, bugs, admit, open, stateOf, become, tell, puts }
}

const failing = (change: Partial<OnFailure>): OnFailure => ({ ...usualOnFailure, ...change })
const refOf = ({ resource }: WriteIntent) => `${resource.resourceType}/${resource.id}`
const MINUTE_MS = 60_000

describe('a route says how long a write is tried', () => {
  it('within its bounds, and is dead when its time is over (F16, F17)', async t => {
    const { chart, clock, admit, open, become, log } = await world(t)
    const retry = { wait_ms_min: 100, wait_ms_max: 400, for_ms: 5_000 }
    const intent = writeIntent({ on_failure: failing({ retry }) })
    const times: number[] = []
    chart.behave = () => {
      times.push(clock.now())
      return answer(503)
    }
    await admit([intent])
    open()
    await become(intent, 'dead')
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    assert.ok(waits.length >= 10, `tried ${times.length} times`)
    for (const wait of waits) assert.ok(wait >= 50 && wait <= 1_000, `waited ${wait}`)
    const spent_ms = (times.at(-1) ?? 0) - (times[0] ?? 0)
    assert.ok(spent_ms >= 4_000 && spent_ms <= 7_000, `tried for ${spent_ms}`)
    const [dead] = await recordsOf(log, `dead.${TENANT}`)
    assert.equal(dead?.headers['dlt.class'], 'exhausted')
  })

  it('does not count the time of a paused target', async t => {
    const { chart, clock, admit, open, become } = await world(t)
    const retry = { wait_ms_min: 100, wait_ms_max: 400, for_ms: 5_000 }
    const intent = writeIntent({ on_failure: failing({ retry }) })
    chart.behave = () => ({ kind: 'not_sent', code: 'target_down', facts: {} })
    await admit([intent])
    open()
    await clock.wind(1)
    for (let i = 0; i < 30; i++) await clock.wind(MINUTE_MS)
    chart.behave = () => undefined
    await become(intent, 'surfaced')
  })
})

describe('what a write that waits holds', () => {
  const first = (order: OnFailure['order']) =>
    writeIntent({ key: 'a', resource: patient('M1'), on_failure: failing({ order }) })
  const other = () => writeIntent({ key: 'a', resource: encounter('V1', 'M1') })
  const again = () => writeIntent({ key: 'a', resource: patient('M1', { active: true }) })

  it('is every later write of the patient with order: patient (G4)', async t => {
    const { chart, clock, admit, open, puts } = await world(t)
    const [held, next] = [first('patient'), other()]
    chart.behave = ({ resource }) => (resource === refOf(held) ? answer(503) : undefined)
    await admit([held, next])
    open()
    await clock.wind(10 * MINUTE_MS)
    assert.ok(!puts().includes(refOf(next)))
  })

  it('is the same resource only with order: resource', async t => {
    const { chart, clock, admit, open, become, puts } = await world(t)
    const [held, next, same] = [first('resource'), other(), again()]
    let well = false
    chart.behave = ({ resource }) => (resource === refOf(held) && !well ? answer(503) : undefined)
    await admit([held, next, same])
    open()
    await become(next, 'surfaced')
    await clock.wind(MINUTE_MS)
    assert.equal(new Set(puts()).size, 2)
    assert.equal(chart.held.has(refOf(held)), false)
    well = true
    await become(same, 'surfaced')
    assert.equal(chart.held.get(refOf(same)), JSON.stringify(same.resource))
  })

  it('is nothing once it is dead and its route goes on', async t => {
    const { chart, admit, open, become } = await world(t)
    const [dead, next] = [first('patient'), other()]
    chart.behave = ({ resource }) => (resource === refOf(dead) ? answer(400) : undefined)
    await admit([dead, next])
    open()
    await become(next, 'surfaced')
  })

  for (const word of ['retry', 'drop'] as const) {
    it(`is the patient for a person with on_dead: hold, until the ${word}`, async t => {
      const { chart, clock, store, admit, open, become, stateOf, tell, signals } = await world(t)
      const dead = writeIntent({
        key: 'a',
        resource: patient('M1'),
        on_failure: failing({ on_dead: 'hold' }),
      })
      const [next, elsewhere] = [other(), writeIntent({ key: 'b' })]
      let well = false
      chart.behave = ({ resource }) => (resource === refOf(dead) && !well ? answer(400) : undefined)
      await admit([dead, next, elsewhere])
      const delivery = open()
      await become(dead, 'dead')
      await become(elsewhere, 'surfaced')
      await clock.wind(60 * MINUTE_MS)
      assert.equal(await stateOf(next), 'accepted')
      const [waiting] = await store.deadHolding(at, 10)
      assert.equal(waiting?.intent.intent_id, dead.intent_id)
      assert.ok(signals.said.some(({ facts }) => facts.holds === true))
      well = true
      const [said] = await tell(word, dead)
      assert.equal(said?.outcome, 'released')
      delivery.wake()
      await become(dead, word === 'retry' ? 'surfaced' : 'withdrawn')
      await become(next, 'surfaced')
      assert.deepEqual(await store.deadHolding(at, 10), [])
    })
  }
})

describe('a call that may have landed', () => {
  it('waits for a person with on_unknown: hold, and nobody asks or sends meanwhile', async t => {
    const { chart, clock, admit, open, become, stateOf, signals } = await world(t)
    const intent = writeIntent()
    chart.behave = () => lost
    await admit([intent])
    open({ on_unknown: 'hold' })
    await become(intent, 'unknown')
    await clock.wind(48 * 60 * MINUTE_MS)
    assert.equal(await stateOf(intent), 'unknown')
    assert.equal(chart.calls.length, 1)
    assert.ok(signals.said.some(({ what }) => what === 'calls without an answer wait for a person'))
  })

  for (const landed of [true, false]) {
    it(`goes on by the person's word that it ${landed ? 'landed' : 'did not land'}`, async t => {
      const { chart, admit, open, become, tell, store, puts } = await world(t)
      const intent = writeIntent()
      chart.behave = ({ method }) =>
        method === 'PUT' && chart.calls.length === 1 ? lost : undefined
      await admit([intent])
      const delivery = open({ on_unknown: 'hold' })
      await become(intent, 'unknown')
      const [said] = await tell(landed ? 'landed' : 'not_landed', intent)
      assert.equal(said?.outcome, 'released')
      delivery.wake()
      await become(intent, landed ? 'committed' : 'surfaced')
      assert.equal(puts().length, landed ? 1 : 2)
      const moves = await store.history(intent.intent_id)
      assert.ok(moves.some(({ facts }) => facts.by === 'R. Moss'))
      const [late] = await tell('not_landed', intent)
      assert.equal(late?.outcome, 'not_waiting')
    })
  }

  it('is sent again under the same id with on_unknown: resend_same_id, and is not read first', async t => {
    const { chart, admit, open, become, puts } = await world(t)
    const intent = writeIntent()
    chart.behave = call => {
      if (chart.calls.length > 1) return undefined
      good(chart, call)
      return lost
    }
    await admit([intent])
    open({ on_unknown: 'resend_same_id' })
    await become(intent, 'surfaced')
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['PUT', 'PUT', 'GET'],
    )
    assert.equal(puts().length, 2)
  })

  it('is not sent again for ever', async t => {
    const { chart, admit, open, become } = await world(t)
    const retry = { wait_ms_min: 1_000, wait_ms_max: 1_000, for_ms: MINUTE_MS }
    const intent = writeIntent({ on_failure: failing({ retry }) })
    chart.behave = () => lost
    await admit([intent])
    open({ on_unknown: 'resend_same_id' })
    await become(intent, 'dead')
    assert.ok(chart.calls.length > 3)
  })
})

describe('a rate', () => {
  it('bounds the calls in every span, loses nothing and keeps the order (F26)', async () => {
    const many = fc.record({
      per_second: fc.integer({ min: 1, max: 20 }),
      keys: fc.integer({ min: 1, max: 3 }),
      script: fc.array(fc.constantFrom('good', 'busy', 'lost'), { maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(many, async ({ per_second, keys, script }) => {
        await withContext(async t => {
          const { chart, clock, admit, open, store, bugs } = await world(t)
          const intents = Array.from({ length: 8 }, (_, n) => writeIntent({ key: `k${n % keys}` }))
          const times: number[] = []
          const left = [...script]
          chart.behave = call => {
            times.push(clock.now())
            const turn = call.method === 'PUT' ? left.shift() : 'good'
            return turn === 'busy' ? answer(503) : turn === 'lost' ? lost : undefined
          }
          await admit(intents)
          open({ rate: openRate(per_second, clock) })
          await clock.windUntil('all are there', async () => {
            const rows = await Promise.all(intents.map(({ intent_id }) => store.row(intent_id)))
            return rows.every(row => row?.state === 'surfaced')
          })
          // Two calls a write, four writes at a time: what may begin before the debt is seen.
          const ahead = 8 + Math.max(1, per_second / 10)
          times.forEach((from, i) => {
            times.slice(i).forEach((to, n) => {
              const income = ((to - from) * per_second) / 1_000
              assert.ok(n + 1 <= income + ahead, `${n + 1} calls in ${to - from} ms`)
            })
          })
          const order = chart.calls.filter(({ method }) => method === 'PUT')
          for (let k = 0; k < keys; k++) {
            const wanted = intents.filter(({ key }) => key === `k${k}`).map(refOf)
            const firsts = [...new Set(order.map(({ resource }) => resource))]
            assert.deepEqual(
              firsts.filter(ref => wanted.includes(ref)),
              wanted,
            )
          }
          assert.deepEqual(bugs, [])
        })
      }),
      { numRuns: 12 },
    )
  })

  it('is told: how many a second, and how long until the next', async t => {
    const { clock, admit, open, become } = await world(t)
    const delivery = open({ rate: openRate(0.5, clock) })
    assert.equal(delivery.rate_per_second, 0.5)
    assert.equal(delivery.rate_wait_ms, 0)
    const intent = writeIntent()
    await admit([intent])
    delivery.wake()
    await become(intent, 'surfaced')
    assert.ok(delivery.rate_wait_ms > 0)
  })
})

describe('people come before the call', () => {
  it('and hold the same resource only; what refers to it goes on where it is known (G4, I08)', async t => {
    const { clock, admit, open, store, become, stateOf, tell, puts } = await world(t)
    const asked = writeIntent({ key: 'a', resource: patient('M1') })
    const visit = writeIntent({
      key: 'a',
      resource: encounter('V1', 'M1'),
      waits_for: [asked.intent_id],
    })
    const later = writeIntent({ key: 'a', resource: patient('M1', { active: true }) })
    await admit([asked], { approvers: 2, state: 'awaiting_approval' })
    await admit([visit, later])
    const delivery = open()
    await clock.wind(10 * MINUTE_MS)
    assert.deepEqual(puts(), [], 'the visit refers to a patient who is not there yet')
    await store.learn([
      { ...at, resource_type: 'Patient', resource_id: 'p-M1', target_id: 'at-Patient/p-M1' },
    ])
    await become(visit, 'surfaced')
    await clock.wind(10 * MINUTE_MS)
    assert.equal(await stateOf(later), 'accepted')
    assert.equal((await tell('approve', asked, 'Ann'))[0]?.outcome, 'counted')
    assert.equal((await tell('approve', asked, ' ANN '))[0]?.outcome, 'already')
    await clock.wind(10 * MINUTE_MS)
    assert.deepEqual(puts(), [refOf(visit)])
    assert.equal((await tell('approve', asked, 'Bo'))[0]?.outcome, 'approved')
    delivery.wake()
    await become(asked, 'surfaced')
    await become(later, 'surfaced')
    assert.deepEqual(puts(), [refOf(visit), refOf(asked), refOf(later)])
  })

  it('and a person who rejects lets the others go on', async t => {
    const { admit, open, become, tell, stateOf } = await world(t)
    const asked = writeIntent({ key: 'a', resource: patient('M1') })
    const later = writeIntent({ key: 'a', resource: patient('M1', { active: true }) })
    await admit([asked], { approvers: 1, state: 'awaiting_approval' })
    await admit([later])
    const delivery = open()
    assert.equal((await tell('reject', asked))[0]?.outcome, 'rejected')
    delivery.wake()
    await become(later, 'surfaced')
    assert.equal(await stateOf(asked), 'rejected')
  })
})
