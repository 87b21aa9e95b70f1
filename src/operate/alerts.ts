// What an operator has to be told without asking (design: section 8): each once as it begins and
// once as it is over, in a line; while it stands also in `firth status` and in the metrics. Where
// the engine cannot be judged, what stood stays.
import type { Clock } from '../kit/clock.ts'
import { failureOf } from '../model/errors.ts'
import type { Log } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { AlertLimits } from '../model/plan.ts'
import type { IntentState } from '../model/state.ts'
import type { LedgerCount, Store } from '../model/store.ts'
import type { Delivery } from '../path/delivery.ts'
import type { Unit } from '../path/unit.ts'
import { type GroupLine, groupLines } from './group_lines.ts'
import type { OpenChannel } from './open_channel.ts'
import type { Counter, KeptSignals } from './signals.ts'

/**
 * `silent_feed`: nothing comes from who sent before. `oldest_waiting`: a station does not read on.
 * `error_rate`: much of what comes is refused or dead. `target_down`: by its own fault it is not
 * served. `ledger_stuck`: it is served, and yet writes stand.
 */
export type AlertKind =
  | 'silent_feed'
  | 'oldest_waiting'
  | 'error_rate'
  | 'target_down'
  | 'ledger_stuck'

export interface Alert {
  readonly alert: AlertKind
  /** '' where it is not one tenant's. */
  readonly tenant: string
  /** Of the channel, the target or the reader that it is about. */
  readonly name: string
  /** Since when it is as it is, milliseconds since 1970. */
  readonly since_ms: number
}

export interface Alerts {
  /** The longest first. */
  readonly standing: readonly Alert[]
  /** Judges now, whatever the hour. */
  judge(): Promise<void>
  close(): Promise<void>
}

/** What is watched of an engine. */
export interface Watched {
  readonly log: Pick<Log, 'partitions' | 'groups' | 'read'>
  readonly store: Pick<Store, 'counts'>
  readonly signals: KeptSignals
  readonly clock: Clock
  readonly limits: AlertLimits
  readonly channels: () => readonly OpenChannel[]
  readonly units: () => readonly Unit[]
  readonly deliveries: () => ReadonlyMap<string, Delivery>
}

const EVERY_MS = 5_000
/** Over which errors are counted, and how many messages make a share of them worth a word. */
const ERRORS = { samples_max: 120, messages_min: 20 } as const
/** A sender of fewer messages tried the door; its silence is no news. */
const FEED_MESSAGES_MIN = 10

export function openAlerts(watched: Watched): Alerts {
  const alerts = new Standing(watched)
  const stop = new AbortController()
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await watched.clock.sleep(EVERY_MS, stop.signal)
      if (!stop.signal.aborted) await alerts.judge()
    }
  })()
  return {
    get standing() {
      return alerts.list
    },
    judge: () => alerts.judge(),
    async close() {
      stop.abort()
      await ended
    },
  }
}

class Standing {
  readonly #watched: Watched
  readonly #held = new Map<string, Alert>()
  readonly #samples: ReadonlyMap<string, Tally>[] = []

  constructor(watched: Watched) {
    this.#watched = watched
  }

  get list(): readonly Alert[] {
    return [...this.#held.values()].toSorted((a, b) => a.since_ms - b.since_ms)
  }

  async judge(): Promise<void> {
    try {
      this.#tell(await this.#found())
    } catch (cause) {
      // The log or the store cannot be read at the moment, which they say themselves.
      if (failureOf(cause) === undefined) throw cause
    }
  }

  #tell(found: readonly Alert[]): void {
    const { signals, clock } = this.#watched
    const now = new Map(found.map(one => [keyOf(one), one]))
    for (const [key, one] of now) {
      if (this.#held.has(key)) continue
      this.#held.set(key, one)
      const { alert, tenant, name, since_ms } = one
      const since = new Date(since_ms).toISOString()
      signals.say('error', 'alert', { alert, tenant, name, since })
    }
    for (const [key, { alert, tenant, name, since_ms }] of [...this.#held]) {
      if (now.has(key)) continue
      this.#held.delete(key)
      const lasted_ms = clock.now() - since_ms
      signals.say('info', 'alert is over', { alert, tenant, name, lasted_ms })
    }
  }

  async #found(): Promise<readonly Alert[]> {
    const { log, store, clock, limits, units, deliveries, signals } = this.#watched
    const now_ms = clock.now()
    const sample = tallies(signals.counters())
    this.#samples.push(sample)
    if (this.#samples.length > ERRORS.samples_max) this.#samples.shift()
    const errors = errorRates(this.#samples[0] ?? sample, sample, limits)
    return [
      ...(await this.#silent(now_ms)),
      ...oldest(await groupLines(log, units()), { now_ms, limits }),
      ...errors.map(one => ({ ...one, since_ms: this.#held.get(keyOf(one))?.since_ms ?? now_ms })),
      ...targets(await store.counts(), { deliveries: deliveries(), now_ms, limits }),
    ]
  }

  async #silent(now_ms: number): Promise<readonly Alert[]> {
    const { channels, log, limits } = this.#watched
    const partitions = await log.partitions()
    const found: Alert[] = []
    for (const { plan, source } of channels()) {
      const { tenant, channel } = plan
      const lasts = source
        .feeds()
        .filter(feed => feed.received >= FEED_MESSAGES_MIN)
        .flatMap(({ last_at_ms }) => last_at_ms ?? [])
      const topic = topicOf.raw(tenant, channel)
      const info = partitions.find(one => one.topic === topic)
      // Since the start nothing came: then the log knows when something came last.
      if (lasts.length === 0 && info !== undefined && info.next_offset > info.first_offset) {
        const bounds = { records_max: 1, bytes_max: 1 }
        const [last] = await log.read(topic, info.partition, info.next_offset - 1, bounds)
        if (last !== undefined) lasts.push(last.time_ms)
      }
      const since_ms = Math.min(...lasts)
      if (now_ms - since_ms > limits.silent_feed_ms)
        found.push({ alert: 'silent_feed', tenant, name: channel, since_ms })
    }
    return found
  }
}

const keyOf = ({ alert, tenant, name }: Omit<Alert, 'since_ms'>) => `${alert} ${tenant} ${name}`

interface At {
  readonly now_ms: number
  readonly limits: AlertLimits
}

function oldest(lines: readonly GroupLine[], { now_ms, limits }: At): readonly Alert[] {
  return lines.flatMap(({ group, since_ms }) =>
    since_ms === undefined || now_ms - since_ms <= limits.oldest_waiting_ms
      ? []
      : [{ alert: 'oldest_waiting', tenant: group.split('.')[1] ?? '', name: group, since_ms }],
  )
}

/** Where a served target lets a write stand, and no person has to speak first. */
const MOVING: readonly IntentState[] = ['accepted', 'in_flight', 'unknown']

function targets(
  counts: readonly LedgerCount[],
  { deliveries, now_ms, limits }: At & { readonly deliveries: ReadonlyMap<string, Delivery> },
): readonly Alert[] {
  return [...deliveries].flatMap(([key, { breaker, paused, on_unknown }]): readonly Alert[] => {
    const [tenant = '', name = ''] = key.split('.')
    if (breaker.since_ms !== undefined) {
      const down = now_ms - breaker.since_ms > limits.target_down_ms
      return down ? [{ alert: 'target_down', tenant, name, since_ms: breaker.since_ms }] : []
    }
    const own = counts.filter(
      ({ state, count, ...of }) =>
        of.tenant === tenant && of.target === name && count > 0 && MOVING.includes(state),
    )
    const moving = own.filter(({ state }) => state !== 'unknown' || on_unknown !== 'hold')
    const since_ms = Math.min(...moving.map(one => one.since_ms))
    const stuck = paused === undefined && now_ms - since_ms > limits.ledger_stuck_ms
    return stuck ? [{ alert: 'ledger_stuck', tenant, name, since_ms }] : []
  })
}

interface Tally {
  readonly tenant: string
  readonly channel: string
  readonly messages: number
  readonly failed: number
}

/** Of each channel, since the engine was started. */
function tallies(counters: readonly Counter[]): ReadonlyMap<string, Tally> {
  const found = new Map<string, Tally>()
  for (const { name, labels, value } of counters) {
    const { tenant = '', channel = '', fate } = labels
    const failed = name === 'refused' || (name === 'transformed' && fate === 'dead')
    const came = name === 'refused' || name === 'stored'
    if (!failed && !came) continue
    const key = `${tenant} ${channel}`
    const held = found.get(key) ?? { tenant, channel, messages: 0, failed: 0 }
    found.set(key, {
      ...held,
      messages: held.messages + (came ? value : 0),
      failed: held.failed + (failed ? value : 0),
    })
  }
  return found
}

function errorRates(
  before: ReadonlyMap<string, Tally>,
  now: ReadonlyMap<string, Tally>,
  { error_percent }: AlertLimits,
): readonly Omit<Alert, 'since_ms'>[] {
  return [...now].flatMap(([key, { tenant, channel, messages, failed }]) => {
    const earlier = before.get(key)
    const came = messages - (earlier?.messages ?? 0)
    const bad = failed - (earlier?.failed ?? 0)
    const many = came >= ERRORS.messages_min && bad * 100 > came * error_percent
    return many ? [{ alert: 'error_rate' as const, tenant, name: channel }] : []
  })
}
