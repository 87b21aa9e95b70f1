// Alerts: each begins once and ends once, and nothing is told that is not so.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Failure } from '../../src/model/errors.ts'
import type { LedgerCount } from '../../src/model/store.ts'
import { openAlerts, type Watched } from '../../src/operate/alerts.ts'
import { channelPlan, START_MS } from '../path/toy.ts'
import { keptEars } from './world.ts'

const MINUTE_MS = 60_000
const limits = {
  silent_feed_ms: 60 * MINUTE_MS,
  oldest_waiting_ms: 5 * MINUTE_MS,
  target_down_ms: MINUTE_MS,
  ledger_stuck_ms: 15 * MINUTE_MS,
  error_percent: 5,
}

function world(t: TestContext) {
  let now_ms = START_MS
  const state = {
    feeds: [{ feed: 'HIS', connections: 1, received: 50, last_at_ms: START_MS }],
    waiting: 0,
    appended_ms: START_MS,
    counts: [] as LedgerCount[],
    breaker_since_ms: undefined as number | undefined,
    paused: false,
    stored: 0,
    dead: 0,
    unreadable: false,
  }
  const ears = keptEars()
  const labels = { tenant: 'harbor', channel: 'feed' }
  const signals = {
    ...ears,
    counters: () => [
      { name: 'stored', labels, value: state.stored },
      { name: 'transformed', labels: { ...labels, fate: 'dead' }, value: state.dead },
    ],
  }
  const topic = 'raw.harbor.feed'
  const at = { topic, partition: 0 }
  const watched = {
    ...{ signals, limits },
    clock: {
      now: () => now_ms,
      elapsed: () => now_ms,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>(done => signal?.addEventListener('abort', () => done())),
      after: () => () => {},
    },
    log: {
      async partitions() {
        if (state.unreadable) throw new Failure('log_io_error')
        return [{ ...at, first_offset: 0, next_offset: 9, bytes: 1 }]
      },
      groups: async () => [
        { ...at, group: 'transform.harbor.feed', committed_offset: 9 - state.waiting },
      ],
      read: async () => [{ ...at, offset: 0, key: '', headers: {}, time_ms: state.appended_ms }],
    },
    store: { counts: async () => state.counts },
    channels: () => [
      {
        plan: { ...channelPlan(), ...labels },
        source: { address: '', feeds: () => state.feeds, drain: async () => {} },
      },
    ],
    units: () => [],
    deliveries: () =>
      new Map([
        [
          'harbor.chart',
          {
            breaker: { state: 'closed', since_ms: state.breaker_since_ms },
            paused: state.paused ? {} : undefined,
            on_unknown: 'verify',
          },
        ],
      ]),
  } as unknown as Watched
  const alerts = openAlerts(watched)
  t.after(() => alerts.close())
  const judged = async () => {
    await alerts.judge()
    return alerts.standing.map(({ alert, name }) => `${alert} ${name}`)
  }
  const later = (by_ms: number) => {
    now_ms += by_ms
    return judged()
  }
  const told = () => ears.said.map(({ what, facts }) => `${what}: ${facts.alert}`)
  return { state, judged, later, told, now: () => now_ms, ears }
}

describe('an alert', () => {
  it('is told once as it begins and once as it is over', async t => {
    const { state, later, told } = world(t)
    state.breaker_since_ms = START_MS
    assert.deepEqual(await later(30_000), [])
    assert.deepEqual(await later(31_000), ['target_down chart'])
    assert.deepEqual(await later(31_000), ['target_down chart'])
    state.breaker_since_ms = undefined
    assert.deepEqual(await later(1_000), [])
    assert.deepEqual(await later(1_000), [])
    assert.deepEqual(told(), ['alert: target_down', 'alert is over: target_down'])
  })

  it('of a silent sender begins by its own last message', async t => {
    const { state, later, now } = world(t)
    assert.deepEqual(await later(59 * MINUTE_MS), [])
    assert.deepEqual(await later(2 * MINUTE_MS), ['silent_feed feed'])
    state.feeds = [{ feed: 'HIS', connections: 1, received: 51, last_at_ms: now() }]
    assert.deepEqual(await later(1_000), [])
  })

  it('of one silent sender among several is told, of who only tried the door it is not', async t => {
    const { state, later, now } = world(t)
    const second = { feed: 'LAB', connections: 0, received: 3, last_at_ms: START_MS }
    const busy = () => ({ feed: 'HIS', connections: 1, received: 99, last_at_ms: now() })
    await later(61 * MINUTE_MS)
    state.feeds = [busy(), second]
    assert.deepEqual(await later(1), [])
    state.feeds = [busy(), { ...second, received: 30 }]
    assert.deepEqual(await later(1), ['silent_feed feed'])
  })

  it('of a silent channel is also told after a start, by what the log holds', async t => {
    const { state, later } = world(t)
    state.feeds = []
    assert.deepEqual(await later(61 * MINUTE_MS), ['silent_feed feed'])
    state.appended_ms = START_MS + 61 * MINUTE_MS
    assert.deepEqual(await later(1), [])
  })

  it('of records that wait names their reader', async t => {
    const { state, later } = world(t)
    state.waiting = 3
    assert.deepEqual(await later(6 * MINUTE_MS), ['oldest_waiting transform.harbor.feed'])
    state.waiting = 0
    assert.deepEqual(await later(1), [])
  })

  it('of errors is a share of what came, and no word about a handful', async t => {
    const { state, judged } = world(t)
    await judged()
    Object.assign(state, { stored: 10, dead: 10 })
    assert.deepEqual(await judged(), [])
    Object.assign(state, { stored: 300, dead: 14 })
    assert.deepEqual(await judged(), [])
    Object.assign(state, { stored: 300, dead: 16 })
    assert.deepEqual(await judged(), ['error_rate feed'])
  })

  it('of a stuck ledger is none while the target is paused by a person or down', async t => {
    const { state, later, judged } = world(t)
    const row = { tenant: 'harbor', target: 'chart', count: 2, since_ms: START_MS }
    state.counts = [{ ...row, state: 'accepted' }]
    assert.deepEqual(await later(16 * MINUTE_MS), ['ledger_stuck chart'])
    state.paused = true
    assert.deepEqual(await judged(), [])
    state.paused = false
    state.counts = [{ ...row, state: 'awaiting_approval' }]
    assert.deepEqual(await judged(), [])
  })

  it('stands while the engine cannot be judged', async t => {
    const { state, later, judged, told } = world(t)
    state.waiting = 3
    await later(6 * MINUTE_MS)
    state.unreadable = true
    assert.deepEqual(await judged(), ['oldest_waiting transform.harbor.feed'])
    assert.equal(told().length, 1)
  })
})
