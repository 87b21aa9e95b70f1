// What an operator sees first: what flows, how fast, what waits and since when. One picture of a
// running engine, the same for the command line, the API and the console.

import { limits } from '../model/limits.ts'
import type { PartitionInfo } from '../model/log.ts'
import type { Pause } from '../model/pause_store.ts'
import type { FeedStatus } from '../model/rooms.ts'
import type { SearchProgress } from '../model/search.ts'
import type { IntentState } from '../model/state.ts'
import { shown } from '../model/state.ts'
import type { LedgerCount } from '../model/store.ts'
import type { BreakerView } from '../path/breaker.ts'
import type { Alert } from './alerts.ts'
import { openLetters } from './dead_count.ts'
import type { Engine } from './engine.ts'
import { type GroupLine, groupLines } from './group_lines.ts'
import { type Kept, keptOf } from './keep_acts.ts'
import { type ProcessFacts, processFacts } from './process_facts.ts'
import type { Rates } from './rates.ts'
import { listReplays, type ReplayLine } from './replays.ts'
import type { Holder } from './retention_holders.ts'
import {
  type ChannelLine,
  channelLines,
  type LetterLine,
  letterLine,
  type OldestLine,
  oldestLines,
  searchLine,
} from './status_parts.ts'

export interface FeedLine extends FeedStatus {
  readonly tenant: string
  readonly channel: string
  readonly address: string
  /** Messages a second over the last minute. */
  readonly per_second: number
}

export interface TargetLine {
  readonly tenant: string
  readonly target: string
  readonly state: IntentState
  readonly shown: 'pending' | 'confirmed' | 'failed'
  readonly count: number
  readonly since_ms: number
  readonly paused_until_ms: number
  /** Code of the catalogue; undefined while the target is served. */
  readonly paused_for: string | undefined
  /** In front of the target's calls: `half_open` lets one of them through. */
  readonly breaker: BreakerView['state']
  readonly breaker_since_ms: number | undefined
  /** Calls in a second, where the target limits them. */
  readonly rate_per_second: number | undefined
  /** Until the rate lets the next write begin; 0 where it does. */
  readonly rate_wait_ms: number
}

/** Writes of a target that wait for a person. */
export interface PeopleLine {
  readonly tenant: string
  readonly target: string
  /** To be agreed to: `firth approve`. */
  readonly approvals: number
  /** May have landed, where the target says `on_unknown: hold`: `firth release`. */
  readonly unknown: number
  /** Dead, with the later writes of the patient behind them (`on_dead: hold`). */
  readonly dead: number
}

export interface Status {
  readonly pid: number
  readonly started_at_ms: number
  readonly now_ms: number
  readonly project: string
  readonly deployments: Readonly<Record<string, string>>
  readonly feeds: readonly FeedLine[]
  readonly groups: readonly GroupLine[]
  readonly writes: readonly TargetLine[]
  /** Only targets that have some. */
  readonly people: readonly PeopleLine[]
  /** Targets and channels that a person has paused, the oldest first. */
  readonly pauses: readonly Pause[]
  /** Those that have not ended. */
  readonly replays: readonly ReplayLine[]
  /** By `tenant.target`: how far ends differ from what is written to them. */
  readonly remarks: Readonly<Record<string, readonly string[]>>
  readonly channels: readonly ChannelLine[]
  /** One row a target that has something waiting. */
  readonly oldest: readonly OldestLine[]
  /** Undefined while the search index cannot be asked. */
  readonly letters: LetterLine | undefined
  /** Old records that cannot go, and for whom they stay. */
  readonly space: readonly Holder[]
  /** The last backup and the last restore of this data folder. */
  readonly kept?: Kept
  /** What needs somebody, the longest first. */
  readonly alerts: readonly Alert[]
  readonly search: SearchProgress
  /** Dead letters on which nobody has decided, by tenant. */
  readonly dead: Readonly<Record<string, number>>
  readonly log: {
    readonly records: number
    readonly bytes: number
    readonly waiting_bytes: number
    readonly trouble: string | undefined
  }
  readonly store: { readonly trouble: string | undefined }
  readonly process: ProcessFacts
}

export async function statusOf(engine: Engine, rates: Rates, now_ms: number): Promise<Status> {
  const { plan, log, store } = engine
  const [partitions, counts] = await Promise.all([log.partitions(), store.counts()])
  const feeds = feedLines(engine, rates)
  const lines = await groupLines(log, engine.units)
  const sum = (of: (info: PartitionInfo) => number) =>
    partitions.reduce((n, info) => n + of(info), 0)
  return {
    pid: process.pid,
    started_at_ms: engine.started_at_ms,
    now_ms,
    project: plan.project,
    deployments: Object.fromEntries(
      plan.tenants.map(({ tenant, deployment }) => [tenant, deployment]),
    ),
    feeds,
    groups: lines,
    channels: channelLines(engine, { feeds, groups: lines }),
    oldest: await oldestLines(engine, { counts, now_ms }),
    letters: await letterLine(engine),
    space: engine.retention.holders,
    kept: await keptOf(store),
    alerts: engine.alerts.standing,
    search: await searchLine(engine),
    writes: counts.map(count => ({
      ...count,
      shown: shown(count.state),
      ...pauseOf(engine, count),
    })),
    people: await peopleLines(engine, counts),
    pauses: await store.paused(),
    replays: (await listReplays(store, engine.replays)).filter(isOpen),
    remarks: Object.fromEntries([...engine.remarks].filter(([, said]) => said.length > 0)),
    dead: await openLetters(engine),
    log: {
      records: sum(info => info.next_offset - info.first_offset),
      bytes: sum(info => info.bytes),
      waiting_bytes: log.waiting_bytes,
      trouble: log.trouble,
    },
    store: { trouble: store.trouble },
    process: processFacts(),
  }
}

const isOpen = ({ state }: ReplayLine) => state === 'running' || state === 'paused'

function pauseOf(engine: Engine, { tenant, target }: { tenant: string; target: string }) {
  const delivery = engine.deliveries.get(`${tenant}.${target}`)
  return {
    paused_until_ms: delivery?.breaker.next_ms ?? 0,
    paused_for: delivery?.breaker.code,
    breaker: delivery?.breaker.state ?? 'closed',
    breaker_since_ms: delivery?.breaker.since_ms,
    rate_per_second: delivery?.rate_per_second,
    rate_wait_ms: delivery?.rate_wait_ms ?? 0,
  }
}

async function peopleLines(
  { plan, store }: Engine,
  counts: readonly LedgerCount[],
): Promise<PeopleLine[]> {
  const targets = plan.tenants.flatMap(({ tenant, targets: list }) =>
    list.map(({ name, on_unknown }) => ({ tenant, target: name, on_unknown })),
  )
  const lines = targets.map(async ({ tenant, target, on_unknown }) => {
    const count = (state: IntentState) =>
      counts.find(row => row.tenant === tenant && row.target === target && row.state === state)
        ?.count ?? 0
    const unknown = on_unknown === 'hold' ? count('unknown') : 0
    const holding = await store.deadHolding({ tenant, target }, limits.batch_records_max)
    const approvals = count('awaiting_approval')
    return { tenant, target, approvals, unknown, dead: holding.length }
  })
  const all = await Promise.all(lines)
  return all.filter(({ approvals, unknown, dead }) => approvals + unknown + dead > 0)
}

function feedLines(engine: Engine, rates: Rates): FeedLine[] {
  return engine.channels.flatMap(({ plan, source }) =>
    source.feeds().map(feed => ({
      ...feed,
      tenant: plan.tenant,
      channel: plan.channel,
      address: source.address,
      per_second: rates.perSecond(`${plan.tenant} ${plan.channel} ${feed.feed}`),
    })),
  )
}
