// firth diff without its words: a recorded span of a raw topic through two deployments, side by
// side, and what would differ. Nothing is written and nothing is sent; memory is bounded by a
// batch.
import type { Tables } from '../declare/room.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'
import type { EnginePlan, Plan, TenantPlan } from '../model/plan.ts'
import { ABSENT, type Change, compareResults, type Made } from './diff_results.ts'
import { type DryRun, openDryRun } from './dry_run.ts'

export interface DiffSpan {
  readonly topic: string
  readonly partition: number
  /** First offset, and the one behind the last. */
  readonly from: number
  readonly to: number
}

export interface DiffOptions {
  readonly tenant: string
  readonly channel: string
  readonly before: TenantPlan
  readonly after: TenantPlan
  readonly tables: Tables
  readonly engine: EnginePlan
  readonly signal: AbortSignal
  /** A record that the two make something different of. */
  onRecord?(record: DiffRecord): void
  /** Records done so far. */
  onProgress?(done: number): void
}

export interface DiffRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly raw_id: string
  readonly control_id: string
  readonly message_type: string
  readonly changes: readonly Change[]
}

export interface DiffSummary {
  readonly records: number
  readonly differing: number
  /** By kind and place, the most frequent first. */
  readonly counts: readonly DiffCount[]
  /** Differences of more places than are counted one by one. */
  readonly others: number
}

export interface DiffCount {
  readonly kind: Change['kind']
  readonly at: string
  /** Records in which it occurs. */
  readonly records: number
  /** Of the first of them. */
  readonly first_offset: number
}

/** Places that are counted one by one. */
const COUNTS_MAX = 2_000
/** Records that go through both at a time. */
const BATCH = { records_max: 64, bytes_max: limits.batch_bytes_max }

export async function diff(
  log: Pick<LogReader, 'read'>,
  span: DiffSpan,
  options: DiffOptions,
): Promise<DiffSummary> {
  const tally = new Tally()
  const runs = [options.before, options.after].map(plan => openSide(plan, options))
  try {
    let offset = span.from
    while (offset < span.to && !options.signal.aborted) {
      const read = await log.read(span.topic, span.partition, offset, BATCH)
      const last = read.at(-1)
      if (last === undefined) break
      const records = read.filter(record => record.offset < span.to)
      const [before = [], after = []] = await Promise.all(runs.map(run => run.make(records)))
      for (const [i, record] of records.entries()) {
        const changes = compareResults(before[i] ?? ABSENT, after[i] ?? ABSENT)
        tally.add(record, changes)
        if (changes.length > 0) options.onRecord?.({ ...nameOf(record), changes })
      }
      options.onProgress?.(tally.records)
      offset = last.offset + 1
    }
    return tally.summary()
  } finally {
    await Promise.all(runs.map(run => run.close()))
  }
}

interface Side {
  make(records: readonly LogRecord[]): Promise<readonly Made[]>
  close(): Promise<void>
}

function openSide(tenant: TenantPlan, options: DiffOptions): Side {
  const { tables, engine, channel } = options
  const plan: Plan = { project: '', tenants: [tenant], engine }
  const known = tenant.channels.some(one => one.channel === channel)
  const dry: DryRun = openDryRun(plan, tables)
  return {
    async make(records) {
      if (!known) return records.map(() => ABSENT)
      return dry.runAll(
        { tenant: options.tenant, channel },
        records.map(({ value, headers }) => {
          return { bytes: value, received_at: headers.received_at, raw_id: headers.raw_id }
        }),
      )
    },
    close: () => dry.close(),
  }
}

const nameOf = ({ topic, partition, offset, headers }: LogRecord) => {
  const { raw_id = '', control_id = '', message_type = '' } = headers
  return { topic, partition, offset, raw_id, control_id, message_type }
}

/** Differences of many records, counted by kind and place. */
export class Tally {
  records = 0
  #differing = 0
  #others = 0
  readonly #counts = new Map<string, DiffCount & { records: number }>()

  add({ offset }: LogRecord, changes: readonly Change[]): void {
    this.records += 1
    if (changes.length > 0) this.#differing += 1
    const places = new Map(changes.map(one => [`${one.kind} ${one.at}`, one]))
    for (const [name, { kind, at }] of places) {
      const count = this.#counts.get(name)
      if (count !== undefined) count.records += 1
      else if (this.#counts.size >= COUNTS_MAX) this.#others += 1
      else this.#counts.set(name, { kind, at, records: 1, first_offset: offset })
    }
  }

  summary(): DiffSummary {
    const counts = [...this.#counts.values()].sort((a, b) => b.records - a.records)
    return { records: this.records, differing: this.#differing, counts, others: this.#others }
  }
}
