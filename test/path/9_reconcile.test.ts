// Station 9: what is believed against what the target holds. Every difference gets a name and a
// place where a person sees it; what cannot be told yet is asked again.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { LedgerRow } from '../../src/model/intent.ts'
import { type DeliverContext, deliver } from '../../src/path/7_deliver.ts'
import { openReconciling, reconcile } from '../../src/path/9_reconcile.ts'
import {
  answer,
  diskFull,
  guarded,
  handClock,
  openLog,
  openStore,
  toyChart,
  toySteps,
  until,
} from './rooms.ts'
import { ears, GOVERNANCE, patient, TARGET, TENANT, writeIntent } from './toy.ts'

const at = { tenant: TENANT, target: TARGET }
const options = { every_ms: 60_000, age_ms_min: 60_000, rows_max: 100 }

async function world(t: TestContext) {
  const clock = handClock()
  const chart = toyChart()
  const signals = ears()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const context: DeliverContext = {
    ...at,
    steps: toySteps,
    transport: chart,
    store,
    log,
    clock,
    random: seededRandom(1),
    signals,
    settle_ms: 2_000,
    visible_ms: 0,
    on_unknown: 'verify',
    governance: GOVERNANCE,
  }
  /** A write that is through: surfaced, or committed only where the chart does not show it yet. */
  const written = async (intent = writeIntent()) => {
    const content = JSON.stringify(intent.resource)
    await store.admit(
      [{ intent, content, approvers: 0, state: 'accepted', reason: undefined, facts: {} }],
      clock.now(),
    )
    const [row] = await store.claim(at, { now_ms: clock.now(), lease_ms: 100_000, limit: 1 })
    await deliver(row as LedgerRow, context)
    return intent
  }
  const stateOf = async ({ intent_id }: { intent_id: string }) =>
    (await store.row(intent_id))?.state
  return { clock, chart, signals, store, context, written, stateOf }
}

describe('a round of reconciling', () => {
  it('leaves rows alone until they are old enough', async t => {
    const { written, context, stateOf, chart, clock } = await world(t)
    const intent = await written()
    const calls = chart.calls.length
    await clock.wind(59_999)
    assert.deepEqual(await reconcile(context, options), { checked: 0, same: 0, different: 0 })
    assert.equal(chart.calls.length, calls)
    assert.equal(await stateOf(intent), 'surfaced')
  })

  it('moves what the target still holds to reconciled, and checks it once (K03)', async t => {
    const { written, context, stateOf, clock, signals, chart } = await world(t)
    const intent = await written()
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 1, same: 1, different: 0 })
    assert.equal(await stateOf(intent), 'reconciled')
    const calls = chart.calls.length
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 0, same: 0, different: 0 })
    assert.equal(chart.calls.length, calls)
    assert.deepEqual(signals.said, [])
  })

  it('names what was changed there, in the row and aloud (K04, K10)', async t => {
    const { written, context, store, clock, signals, chart } = await world(t)
    const intent = await written()
    chart.held.set(`Patient/${intent.resource_id}`, '{"changed":true}')
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 1, same: 0, different: 1 })
    const row = await store.row(intent.intent_id)
    assert.equal(row?.state, 'conflict')
    assert.equal(row?.reason, 'target_mismatch')
    assert.deepEqual(row?.facts, { paths: 'Patient' })
    assert.deepEqual(signals.said, [
      {
        level: 'warn',
        what: 'the target differs from what was written',
        facts: { ...at, checked: 1, same: 0, different: 1 },
      },
    ])
  })

  it('names what is no longer there', async t => {
    const { written, context, store, clock, chart } = await world(t)
    const intent = await written()
    chart.held.clear()
    await clock.wind(60_000)
    assert.equal((await reconcile(context, options)).different, 1)
    const row = await store.row(intent.intent_id)
    assert.equal(row?.state, 'conflict')
    assert.equal(row?.reason, 'target_absent')
  })

  it('names what was acknowledged and never shown: it does not stay pending for ever (K07, K09)', async t => {
    const { written, context, store, clock, chart } = await world(t)
    chart.behave = ({ method }) => (method === 'PUT' ? answer(200) : undefined)
    const intent = await written()
    assert.equal((await store.row(intent.intent_id))?.state, 'committed')
    await clock.wind(60_000)
    assert.equal((await reconcile(context, options)).different, 1)
    const row = await store.row(intent.intent_id)
    assert.equal(row?.state, 'conflict')
    assert.equal(row?.reason, 'target_absent')
  })

  it('moves on what is shown later than the first reading expected (E07, K08)', async t => {
    const { written, context, stateOf, clock, chart } = await world(t)
    chart.behave = ({ method }) => (method === 'GET' ? answer(404) : undefined)
    const intent = await written()
    assert.equal(await stateOf(intent), 'committed')
    chart.behave = () => undefined
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 1, same: 1, different: 0 })
    assert.equal(await stateOf(intent), 'surfaced')
  })

  it('asks again what was not answered, and decides nothing for it', async t => {
    const { written, context, stateOf, clock, chart } = await world(t)
    const intent = await written()
    chart.behave = () => answer(503)
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 0, same: 0, different: 0 })
    assert.equal(await stateOf(intent), 'surfaced')
    chart.behave = () => undefined
    assert.equal((await reconcile(context, options)).same, 1)
  })

  it('reads only the newest write of a resource back; older ones go on as overtaken', async t => {
    const { written, context, store, clock, chart } = await world(t)
    const older = await written(writeIntent({ resource: patient('M1', { active: true }) }))
    const newer = await written(writeIntent({ resource: patient('M1', { active: false }) }))
    chart.calls.length = 0
    await clock.wind(60_000)
    assert.deepEqual(await reconcile(context, options), { checked: 2, same: 2, different: 0 })
    assert.equal(chart.calls.length, 1)
    const row = await store.row(older.intent_id)
    assert.equal(row?.state, 'reconciled')
    assert.deepEqual(row?.facts, { overtaken: true })
    assert.equal((await store.row(newer.intent_id))?.state, 'reconciled')
  })

  it('takes no write that is under way for somebody else’s change', async t => {
    const { written, context, store, clock, chart, stateOf } = await world(t)
    const older = await written(writeIntent({ resource: patient('M1', { active: true }) }))
    await clock.wind(60_000)
    const newer = writeIntent({ resource: patient('M1', { active: false }) })
    await store.admit(
      [
        {
          intent: newer,
          content: 'n',
          approvers: 0,
          state: 'accepted',
          reason: undefined,
          facts: {},
        },
      ],
      clock.now(),
    )
    await store.claim(at, { now_ms: clock.now(), lease_ms: 100_000, limit: 1 })
    chart.held.set('Patient/p-M1', JSON.stringify(newer.resource))
    assert.deepEqual(await reconcile(context, options), { checked: 0, same: 0, different: 0 })
    assert.equal(await stateOf(older), 'surfaced')
  })

  it('takes no more than its limit, oldest first', async t => {
    const { written, context, stateOf, clock } = await world(t)
    const intents = []
    for (let i = 0; i < 3; i++) {
      intents.push(await written())
      await clock.wind(10)
    }
    await clock.wind(60_000)
    assert.equal((await reconcile(context, { ...options, rows_max: 2 })).checked, 2)
    assert.deepEqual(await Promise.all(intents.map(stateOf)), [
      'reconciled',
      'reconciled',
      'surfaced',
    ])
  })

  it('ends after the row in hand when it is told to stop', async t => {
    const { written, context, clock, chart } = await world(t)
    await written()
    await written()
    await clock.wind(60_000)
    chart.calls.length = 0
    const stop = new AbortController()
    chart.behave = () => {
      stop.abort()
      return undefined
    }
    assert.equal((await reconcile(context, { ...options, stop: stop.signal })).checked, 1)
    assert.equal(chart.calls.length, 1)
  })
})

describe('reconciling', () => {
  it('goes in rounds until it is closed', async t => {
    const { written, context, stateOf, clock, chart } = await world(t)
    const bugs: unknown[] = []
    const rounds = openReconciling({ ...context, onBug: cause => bugs.push(cause) }, options)
    const first = await written()
    await clock.windUntil(
      'the first is reconciled',
      async () => (await stateOf(first)) === 'reconciled',
    )
    const second = await written()
    await clock.windUntil('the second too', async () => (await stateOf(second)) === 'reconciled')
    await rounds.close()
    const calls = chart.calls.length
    await written()
    await clock.wind(300_000)
    assert.equal(chart.calls.length, calls + 2)
    assert.deepEqual(bugs, [])
  })

  it('says a round that the world fails, and tries again', async t => {
    const { written, context, stateOf, clock, signals, store } = await world(t)
    let fails = true
    const failing = guarded(store, method => {
      if (fails && method === 'rowsInState') throw diskFull()
    })
    const intent = await written()
    const onBug = (cause: unknown) => assert.fail(String(cause))
    const rounds = openReconciling({ ...context, store: failing, onBug }, options)
    await clock.windUntil('it was said', () =>
      signals.said.some(
        ({ what, facts }) => what === 'reconciling waits' && facts.code === 'log_disk_full',
      ),
    )
    fails = false
    await clock.windUntil('it is reconciled', async () => (await stateOf(intent)) === 'reconciled')
    await rounds.close()
  })

  it('hands a bug over and hides it from nobody', async t => {
    const { context, clock, store } = await world(t)
    const broken = guarded(store, () => {
      throw new Bug('a broken invariant')
    })
    const bugs: unknown[] = []
    const rounds = openReconciling(
      { ...context, store: broken, onBug: cause => bugs.push(cause) },
      options,
    )
    await clock.wind(60_000)
    await until('the bug was handed over', () => bugs.length > 0)
    assert.ok(bugs[0] instanceof Bug)
    await rounds.close()
  })
})
