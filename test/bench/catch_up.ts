// How fast a target is served after it was down, against how fast it is served in quiet: the real
// loop and the real store on disk, a far end that answers after a fixed while. In one run, in turn.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../src/kit/clock.ts'
import { systemRandom } from '../../src/kit/random.ts'
import type { Answer, WriteIntent } from '../../src/model/intent.ts'
import { silentSignals } from '../../src/model/signals.ts'
import type { Store } from '../../src/model/store.ts'
import { openDelivery } from '../../src/path/delivery.ts'
import { sqlite } from '../../src/stores/sqlite/sqlite.ts'
import { openLogIn, toyChart, toySteps } from '../path/rooms.ts'
import { GOVERNANCE, patient, TARGET, TENANT, writeIntent } from '../path/toy.ts'
import { type Spread, spreadOf } from './spread.ts'

const at = { tenant: TENANT, target: TARGET }
const ANSWER_MS = 5

export interface CatchUp {
  /** Writes a second while they come. */
  readonly normal_per_second: Spread
  /** Writes a second of those that waited, from the first success on. */
  readonly catch_up_per_second: Spread
  readonly ratio: Spread
}

export async function measureCatchUp(of: {
  readonly rounds: number
  readonly writes: number
}): Promise<CatchUp> {
  const rows = []
  for (let i = 0; i < of.rounds; i++) rows.push(await round(of.writes))
  return {
    normal_per_second: spreadOf(rows.map(({ normal }) => normal)),
    catch_up_per_second: spreadOf(rows.map(({ after }) => after)),
    ratio: spreadOf(rows.map(({ normal, after }) => after / normal)),
  }
}

async function round(writes: number): Promise<{ normal: number; after: number }> {
  const data = await mkdtemp(join(tmpdir(), 'firth-bench-'))
  const log = await openLogIn(data)
  const store = await sqlite.open({ file: 'state.db' }, { data, signals: silentSignals })
  await log.createTopic(`dead.${TENANT}`)
  const chart = toyChart()
  const down: Answer = { kind: 'not_sent', code: 'target_down', facts: {} }
  let isDown = false
  chart.behave = async () => {
    await delay(ANSWER_MS)
    return isDown ? down : undefined
  }
  const delivery = openDelivery({
    ...{ ...at, steps: toySteps, transport: chart, store, log },
    ...{ clock: systemClock, random: systemRandom, signals: silentSignals },
    ...{ settle_ms: 2_000, visible_ms: 1_000, in_flight_max: 8, on_unknown: 'verify' as const },
    governance: GOVERNANCE,
    onBug(cause) {
      throw cause
    },
  })
  try {
    await admit(store, writes)
    delivery.wake()
    const normal = await rateUntil(store, { surfaced: writes, since: 0 })
    isDown = true
    await admit(store, writes)
    delivery.wake()
    while (delivery.breaker.state === 'closed') await delay(5)
    isDown = false
    delivery.tryNow()
    const after = await rateUntil(store, { surfaced: writes * 2, since: writes })
    return { normal, after }
  } finally {
    await delivery.close()
    await store.close()
    await log.close()
    await rm(data, { recursive: true, force: true })
  }
}

async function admit(store: Store, count: number): Promise<void> {
  const intents: WriteIntent[] = Array.from({ length: count }, () =>
    writeIntent({ resource: patient(`B${Math.random()}`) }),
  )
  for (let i = 0; i < count; i += 500) {
    const admissions = intents.slice(i, i + 500).map(intent => ({
      ...{ intent, content: JSON.stringify(intent.resource), approvers: 0 },
      ...{ state: 'accepted' as const, reason: undefined, facts: {} },
    }))
    await store.admit(admissions, Date.now())
  }
}

/** Writes a second from the first that is through to the last. */
async function rateUntil(
  store: Store,
  of: { readonly surfaced: number; readonly since: number },
): Promise<number> {
  const through = async () =>
    (await store.counts()).find(({ state }) => state === 'surfaced')?.count ?? 0
  let first: { readonly at_ms: number; readonly count: number } | undefined
  for (;;) {
    const count = await through()
    if (first === undefined && count > of.since) first = { at_ms: performance.now(), count }
    if (first !== undefined && count >= of.surfaced) {
      return ((count - first.count) * 1_000) / (performance.now() - first.at_ms)
    }
    await delay(5)
  }
}
