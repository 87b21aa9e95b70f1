// When trying ends; and a far end whose reads lag behind its writes: what it shows at first is not
// believed, and a version that it refuses is read again later, within what the adapter says of it.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import { type LedgerRow, usualOnFailure, type WriteIntent } from '../../src/model/intent.ts'
import { limits } from '../../src/model/limits.ts'
import { deliver } from '../../src/path/7_deliver.ts'
import { at, world } from './deliver_world.ts'
import { answer, handClock, openLog, openStore, recordsOf, toyChart, toySteps } from './rooms.ts'
import { ears, GOVERNANCE, TENANT, writeIntent } from './toy.ts'

const HOUR_MS = 3_600_000
const VISIBLE_MS = 1_000

/** One write at a target whose reads may lag. */
async function lagging(t: TestContext) {
  const clock = handClock()
  const chart = toyChart()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const intent = writeIntent()
  const content = JSON.stringify(intent.resource)
  const usual = { approvers: 0, state: 'accepted', reason: undefined, facts: {} } as const
  await store.admit([{ intent, content, ...usual }], clock.now())
  const context = {
    ...{ ...at, steps: toySteps, transport: chart, store, log, clock, signals: ears() },
    ...{ random: seededRandom(1), settle_ms: 2_000, visible_ms: VISIBLE_MS },
    ...{ on_unknown: 'verify' as const, governance: GOVERNANCE },
  }
  /** One try, when it is due; how the row stands then. */
  const once = async (): Promise<LedgerRow> => {
    await clock.wind(VISIBLE_MS)
    const claiming = { now_ms: clock.now(), lease_ms: 100_000, limit: 1 }
    const [row] = await store.claim(at, claiming)
    assert.ok(row, 'it is due')
    let done = false
    const delivering = deliver(row, context).then(() => {
      done = true
    })
    await clock.windUntil('the try is over', () => done)
    await delivering
    return (await store.row(intent.intent_id)) as LedgerRow
  }
  return { chart, once }
}

describe('the end of trying', () => {
  const retry = { wait_ms_min: HOUR_MS, wait_ms_max: 2 * HOUR_MS, for_ms: 24 * HOUR_MS }
  const hourly = () => writeIntent({ on_failure: { ...usualOnFailure, retry } })

  /** Delivers whenever it is due, until the row is no longer waiting; says after how many tries. */
  async function tryOn(part: Awaited<ReturnType<typeof world>>, intent: WriteIntent) {
    const { clock, claim, context, store } = part
    for (let tries = 1; tries < 100; tries++) {
      const row = await store.row(intent.intent_id)
      if (row?.state !== 'accepted') return { row, tries }
      await clock.wind(Math.max(0, row.due_at_ms - clock.now()))
      await deliver(await claim(), context)
    }
    assert.fail('it is tried for ever')
  }

  it('comes after its time, as exhausted, with the last reason (F19)', async t => {
    const part = await world(t)
    part.chart.behave = () => answer(503)
    const { intent } = await part.once(hourly())
    const { row } = await tryOn(part, intent)
    assert.equal(row?.state, 'dead')
    const [dead] = await recordsOf(part.log, `dead.${TENANT}`)
    assert.equal(dead?.headers['dlt.class'], 'exhausted')
    assert.equal(dead?.headers['dlt.error.code'], 'target_transient')
    const lasted = part.clock.now() - Date.parse(dead?.headers['dlt.first-failed-at'] ?? '')
    assert.ok(lasted > retry.for_ms && lasted < retry.for_ms + 3 * HOUR_MS)
  })

  it('does not come for a row that only waited for its turn', async t => {
    const { admit, claim, chart, clock, context, store } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    await clock.wind(48 * HOUR_MS)
    chart.behave = () => answer(503)
    await deliver(await claim(), context)
    assert.equal((await store.row(intent.intent_id))?.state, 'accepted')
  })

  for (const halt of ['a pause', 'the breaker', 'Firth being off']) {
    it(`is not brought nearer by ${halt}: its clock stands still (design: section 7)`, async t => {
      const part = await world(t)
      const { chart, clock, claim, context, store } = part
      chart.behave = () => answer(503)
      const { intent } = await part.once(hourly())
      for (let days = 0; days < 3; days++) {
        await clock.wind(24 * HOUR_MS)
        chart.behave = () => answer(halt === 'a pause' ? 401 : 503)
        if (halt === 'Firth being off') continue
        await deliver(await claim(), { ...context, probe: halt === 'the breaker' })
        assert.equal((await store.row(intent.intent_id))?.attempts, 1)
      }
      chart.behave = () => answer(429)
      const { row, tries } = await tryOn(part, intent)
      assert.equal(row?.state, 'dead')
      assert.ok(tries > 10, `${tries} tries after the halt`)
    })
  }

  it('comes at last for a row that fails whenever an open breaker lets it through', async t => {
    const part = await world(t)
    const { chart, clock, claim, context, store } = part
    chart.behave = () => answer(503)
    const wait_ms = limits.breaker_wait_ms_max
    const short = { wait_ms_min: wait_ms, wait_ms_max: 2 * wait_ms, for_ms: 30 * wait_ms }
    const on_failure = { ...usualOnFailure, retry: short }
    const { intent } = await part.once(writeIntent({ on_failure }))
    const state = async () => (await store.row(intent.intent_id))?.state
    const begun_ms = clock.now()
    while ((await state()) === 'accepted') {
      // Others take their turns between: that time is not this row's.
      await clock.wind(3 * wait_ms)
      await deliver(await claim(), { ...context, probe: true })
      assert.ok(clock.now() < begun_ms + 5 * short.for_ms, 'it is let through for ever')
    }
    assert.equal(await state(), 'dead')
    assert.ok(clock.now() - begun_ms > 2 * short.for_ms)
  })

  it('gives a dead row that a person tries again all of its time', async t => {
    const part = await world(t)
    const { chart, clock, store } = part
    chart.behave = () => answer(503)
    const { intent } = await part.once(hourly())
    const { tries } = await tryOn(part, intent)
    const again = { from: 'dead', to: 'accepted', at_ms: clock.now(), epoch: store.epoch } as const
    const move = { intent_id: intent.intent_id, ...again, due_at_ms: 0, attempts: 0 }
    assert.deepEqual(await store.move([move]), [true])
    assert.ok((await tryOn(part, intent)).tries > tries - 3)
  })
})

describe('a write whose target shows late what it took', () => {
  it('is asked for once more, and is no conflict', async t => {
    const { chart, once } = await lagging(t)
    let reads = 0
    chart.behave = ({ method }) => {
      if (method !== 'GET') return undefined
      reads += 1
      return reads > 1 ? undefined : { kind: 'answer', status: 200, headers: {}, body: '{}' }
    }
    assert.equal((await once()).state, 'surfaced')
    assert.equal(reads, 2)
  })

  it('is a conflict where it still shows something else then', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = ({ method }) =>
      method === 'GET' ? { kind: 'answer', status: 200, headers: {}, body: '{}' } : undefined
    const row = await once()
    assert.deepEqual([row.state, row.reason], ['conflict', 'target_mismatch'])
  })

  it('is tried again twice where its version is refused, and then is for a person', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = () => answer(409)
    assert.equal((await once()).state, 'accepted')
    assert.equal((await once()).state, 'accepted')
    const row = await once()
    assert.deepEqual([row.state, row.reason], ['conflict', 'target_version_conflict'])
  })

  it('goes through where the refused version was one that reading had not caught up with', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = () => (chart.calls.length === 1 ? answer(409) : undefined)
    assert.equal((await once()).state, 'accepted')
    assert.equal((await once()).state, 'surfaced')
  })
})
