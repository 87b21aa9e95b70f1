// A replay that writes nothing: which events would be the same, changed, new or no longer made, and
// what would become of their writes at each target. It stands on the makers of the replay itself,
// so what it tells is what would be appended; memory is bounded by a batch.
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import type { CanonicalEvent } from '../model/event.ts'
import { readIntent, type WriteIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import type { TenantPlan } from '../model/plan.ts'
import {
  type LostEvent,
  NO_COUNTS,
  type ReplayCounts,
  type ReplayPlan,
} from '../model/replay_store.ts'
import type { Store } from '../model/store.ts'
import { route } from '../path/5_route.ts'
import { type Governance, govern } from '../path/6_govern.ts'
import { mayReach, routedBy, sequenceOf } from '../path/again.ts'
import type { Editions } from '../path/editions.ts'
import { counted } from '../path/replay.ts'
import { type Again, eventMaker, intentMaker, type Maker } from '../path/replay_make.ts'
import { Newer } from '../path/replay_newer.ts'
import { rawMaker } from '../path/replay_raw.ts'
import { wouldRetract } from '../path/replay_retract.ts'
import { mappedUpTo } from '../path/replay_yield.ts'
import { SourceMessages } from '../path/source_message.ts'
import { type DiffCount, Tally } from './diff.ts'
import { ABSENT, type Change, compareResults, type Made } from './diff_results.ts'
import { type Judgement, judge } from './replay_judge.ts'

export interface DryReplayContext {
  readonly log: Log
  readonly store: Store
  readonly editions: Editions
  /** As it runs now: it governs. */
  readonly current: TenantPlan
  readonly tables: Tables
  readonly signal: AbortSignal
  readonly now: () => number
  /** Records done so far. */
  onProgress(done: number): void
}

export interface DryReplay {
  readonly plan: ReplayPlan
  readonly counts: ReplayCounts
  /** Records at the end of the span that have not been mapped the first time: not looked at. */
  readonly unmapped: number
  readonly events: Readonly<Record<'same' | 'changed' | 'new' | 'lost', number>>
  /** By target, what would become of its writes. */
  readonly writes: Readonly<Record<string, Readonly<Partial<Record<Judgement, number>>>>>
  /** Differences of events by kind and place, the most frequent first. */
  readonly changes: readonly DiffCount[]
  readonly others: number
  /** Values in them are patient data. */
  readonly samples: readonly DrySample[]
  /** The first of those that are no longer made. */
  readonly lost: readonly LostEvent[]
}

export interface DrySample {
  readonly offset: number
  readonly raw_id: string
  readonly changes: readonly Change[]
}

const SAMPLES_MAX = 20
const SAMPLE_CHANGES_MAX = 50
const LOST_MAX = 100

export async function dryReplay(plan: ReplayPlan, context: DryReplayContext): Promise<DryReplay> {
  const { log, signal, onProgress } = context
  const raw = plan.topic.startsWith('raw.')
  const end = raw ? Math.min(plan.to_offset, await mappedUpTo(plan, log)) : plan.to_offset
  const maker = await makerOf(plan, context)
  const report = new Report(plan, context, await earlierForms(plan, context))
  const batch = { records_max: limits.replay_batch_records_max, bytes_max: limits.batch_bytes_max }
  let position = plan.from_offset
  while (position < end && !signal.aborted) {
    const read = await log.read(plan.topic, 0, position, batch)
    const records = read.filter(({ offset }) => offset < end)
    const last = records.at(-1)
    if (last === undefined) break
    await report.add(records, await maker.make(records))
    onProgress(report.counts.read)
    position = last.offset + 1
  }
  return report.result(plan.to_offset - Math.max(end, plan.from_offset))
}

async function makerOf(plan: ReplayPlan, context: DryReplayContext): Promise<Maker> {
  if (plan.topic.startsWith('canonical.')) return eventMaker(plan, context)
  if (plan.topic.startsWith('outbound.')) return intentMaker(plan, context)
  return rawMaker(plan, { ...context, first_time_ms: await timeOfFirst(plan, context) })
}

async function timeOfFirst(plan: ReplayPlan, { log }: DryReplayContext): Promise<number> {
  const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
  const [first] = await log.read(plan.topic, 0, plan.from_offset, bounds)
  return first?.time_ms ?? plan.at_ms
}

/** Events that were made anew since: what a replay changes is their newest form. */
async function earlierForms(
  plan: ReplayPlan,
  context: DryReplayContext,
): Promise<Newer | undefined> {
  if (!plan.topic.startsWith('raw.')) return undefined
  const { log } = context
  const topic = `canonical.${plan.tenant}`
  const from_offset = await log.offsetOfTime(topic, 0, await timeOfFirst(plan, context))
  const replaces = ({ headers }: LogRecord) =>
    headers.sequence === undefined ? undefined : headers.event_id
  const newer = new Newer({ log, topic, from_offset, replaces })
  await newer.readOn()
  return newer
}

class Report {
  counts = NO_COUNTS
  readonly #events = { same: 0, changed: 0, new: 0, lost: 0 }
  readonly #writes = new Map<string, Map<Judgement, number>>()
  readonly #tally = new Tally()
  readonly #samples: DrySample[] = []
  readonly #lost: LostEvent[] = []
  readonly #plan: ReplayPlan
  readonly #context: DryReplayContext
  readonly #newer: Newer | undefined
  readonly #messages: SourceMessages

  constructor(plan: ReplayPlan, context: DryReplayContext, newer: Newer | undefined) {
    this.#plan = plan
    this.#context = context
    this.#newer = newer
    this.#messages = new SourceMessages(context.log)
    for (const target of plan.targets) this.#writes.set(target, new Map())
  }

  async add(records: readonly LogRecord[], again: readonly Again[]): Promise<void> {
    this.counts = counted(this.counts, { records, again })
    for (const one of again) {
      await this.#retract(one)
      if (one.first !== undefined) await this.#compare(one)
      else if (one.fate === 'again') this.#events.same += 1
      this.#lost.push(...one.lost.slice(0, LOST_MAX - this.#lost.length))
      for (const output of one.output) await this.#judge(output, one.record)
    }
  }

  result(unmapped: number): DryReplay {
    const { counts, others } = this.#tally.summary()
    const writes = [...this.#writes].map(([target, by]) => [target, Object.fromEntries(by)])
    return {
      plan: this.#plan,
      counts: this.counts,
      unmapped,
      events: { ...this.#events, lost: this.counts.lost },
      writes: Object.fromEntries(writes),
      changes: counts,
      others,
      samples: this.#samples,
      lost: this.#lost,
    }
  }

  /** A message by what came of it until now, and by what would. */
  async #compare({ record, output, first, fate, letter, lost }: Again): Promise<void> {
    if (fate === 'newer' || fate === 'duplicate' || first === undefined) return
    const forms = [...first.events].map(async ([id, one]) => {
      return ((await this.#newer?.of(id, one)) ?? one).value
    })
    const before = (await Promise.all(forms)).map(eventOf)
    const after = output.map(({ value }) => eventOf(value))
    const known = new Map(before.map(event => [event.id, contentOf(event)]))
    for (const event of after) {
      const was = known.get(event.id)
      const kind = was === undefined ? 'new' : was === contentOf(event) ? 'same' : 'changed'
      this.#events[kind] += 1
    }
    const dead = letter && { code: letter.headers['dlt.error.code'] as never, facts: {} }
    // What died keeps the events that it had.
    const kept = fate === 'dead' || fate === 'still_dead'
    const changes = compareResults(madeOf(before, undefined), madeOf(kept ? before : after, dead))
    this.#tally.add(record, changes)
    const wanted = changes.length > 0 || lost.length > 0
    if (!wanted || this.#samples.length >= SAMPLES_MAX) return
    const { offset, headers } = record
    const sample = changes.slice(0, SAMPLE_CHANGES_MAX)
    this.#samples.push({ offset, raw_id: headers.raw_id ?? '', changes: sample })
  }

  async #retract(one: Again): Promise<void> {
    const { current, tables, store, now } = this.#context
    const { targets, name } = this.#plan
    const rules = governanceIn(current, tables)
    const governanceOf = (target: string) => (targets.includes(target) ? rules(target) : undefined)
    const context = { store, now_ms: now(), governanceOf }
    for (const target of await wouldRetract(one, name, context)) this.#count(target, 'to_retract')
  }

  #count(target: string, judgement: Judgement): void {
    const counts = this.#writes.get(target)
    counts?.set(judgement, (counts.get(judgement) ?? 0) + 1)
  }

  async #judge(output: NewRecord, record: LogRecord): Promise<void> {
    const { current, tables, store } = this.#context
    const rules = governanceIn(current, tables)
    for (const intent of await this.#intentsOf(output, record)) {
      const governance = rules(intent.target)
      if (governance === undefined) continue
      this.#count(intent.target, await judge(govern(intent, governance), store))
    }
  }

  /** As station 5 would, but that nothing is appended. */
  async #intentsOf(output: NewRecord, record: LogRecord): Promise<readonly WriteIntent[]> {
    if (this.#plan.topic.startsWith('outbound.')) return [readIntent(output.value.toString())]
    if (this.#plan.targets.length === 0) return []
    const event = eventOf(output.value)
    const plan = await this.#context.editions.planOf(routedBy(output.headers))
    const channel = plan.channels.find(one => one.channel === event.channel)
    if (channel === undefined) return []
    const offset = sequenceOf({ headers: output.headers, offset: record.offset })
    const message = await this.#messages.of(output)
    const ways = { ...channel, targets: plan.targets }
    const { intents } = route(event, ways, { ...output, offset, message })
    const may = mayReach(output.headers)
    return intents.filter(({ target }) => may(target))
  }
}

/** What rules over the targets of a tenant. */
export function governanceIn(
  tenant: TenantPlan,
  tables: Tables,
): (target: string) => Governance | undefined {
  return name => {
    const target = tenant.targets.find(one => one.name === name)
    if (target === undefined) return undefined
    const adapter = present(tables.adapters[target.adapter], 'a planned adapter is in the table')
    return { profile: adapter.profile, policy: target.policy }
  }
}

const eventOf = (value: Uint8Array): CanonicalEvent =>
  JSON.parse(Buffer.from(value).toString()) as CanonicalEvent

/** The deployment that made it says nothing of what happened. */
const contentOf = ({ deployment: _, ...event }: CanonicalEvent) => JSON.stringify(event)

function madeOf(events: readonly CanonicalEvent[], dead: Made['dead']): Made {
  return { ...ABSENT, fate: 'mapped', events, dead }
}
