// A replay at work: reads its span batch by batch, appends what its maker makes, and steps on in
// the store. It is finite and goes on after a crash where it was, with nothing doubled; it follows
// behind the live path and gives way to it.
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import type { Random } from '../kit/random.ts'
import { openRate, type Rate } from '../kit/rate.ts'
import { type Code, failureOf } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Log, LogRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { ReplayCounts, ReplayRow } from '../model/replay_store.ts'
import type { Signals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import { appendAll } from './4_canonical.ts'
import type { Governance } from './6_govern.ts'
import type { Editions } from './editions.ts'
import { actRecord, closings, standingOf } from './replay_acts.ts'
import { type Again, eventMaker, intentMaker, type Maker } from './replay_make.ts'
import { rawMaker } from './replay_raw.ts'
import { assertInReach, wholeSince } from './replay_reach.ts'
import { proposeLost } from './replay_retract.ts'
import { livePressure, mappedUpTo } from './replay_yield.ts'

export interface ReplayContext {
  readonly log: Log
  readonly store: Store
  readonly editions: Editions
  /** What rules over a target of the tenant; undefined where there is none. */
  governanceOf(target: string): Governance | undefined
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  /** It will not be worked on any more in this process. */
  onEnd(): void
  onBug(cause: unknown): void
}

export interface WorkingReplay {
  /** What it waits for, in a word of `Waits`; undefined while it works. */
  readonly waits: Waits | undefined
  /** Records a second over the last steps. */
  readonly per_second: number
  /** A person has spoken: look at the state again. */
  wake(): void
  close(): Promise<void>
}

/**
 * `live`: the live path is behind. `mapping`: its records are not mapped yet. `target`: it has
 * enough to send.
 */
export type Waits = 'live' | 'mapping' | 'target' | 'trouble'

const LOOK_MS = 200
const AGAIN = { wait_ms_min: 200, wait_ms_max: 10_000 }

export function workReplay(name: string, context: ReplayContext): WorkingReplay {
  const work = new Work(name, context)
  void work
    .run()
    .catch(context.onBug)
    .finally(() => context.onEnd())
  return work
}

class Work implements WorkingReplay {
  waits: Waits | undefined
  #pace: readonly { readonly at_ms: number; readonly read: number }[] = []
  #failures = 0
  #rate: Rate | undefined
  #alarm = new AbortController()
  readonly #stop = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #name: string
  readonly #context: ReplayContext

  constructor(name: string, context: ReplayContext) {
    this.#name = name
    this.#context = context
  }

  get per_second(): number {
    const [first, last] = [this.#pace[0], this.#pace.at(-1)]
    if (first === undefined || last === undefined || last.at_ms <= first.at_ms) return 0
    return ((last.read - first.read) * 1_000) / (last.at_ms - first.at_ms)
  }

  wake(): void {
    this.#alarm.abort()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.wake()
    await this.#ended.promise
  }

  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted && (await this.#once())) this.waits = undefined
    } finally {
      this.#ended.resolve()
    }
  }

  /** From one start to the failure, the word or the end that stops it; true: begin again. */
  async #once(): Promise<boolean> {
    const { random, signals, store } = this.#context
    try {
      const row = await store.replay(this.#name)
      if (row?.state !== 'running') return false
      return await this.#span(row)
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      this.waits = 'trouble'
      this.#failures += 1
      const facts = { replay: this.#name, code: failure.code, ...failure.facts }
      signals.say('error', 'a replay waits', facts)
      if (LASTING.includes(failure.code)) return this.#pause(failure.code)
      await this.#rest(backoff(AGAIN, this.#failures, random))
      return true
    }
  }

  async #span(begun: ReplayRow): Promise<boolean> {
    const { store, log, clock } = this.#context
    let row = begun
    if (row.counts.read === 0) await this.#act(row, 'start')
    const stands = await standingOf(row, log)
    const maker = await this.#maker(row)
    this.#rate =
      row.rate_per_second === undefined ? undefined : openRate(row.rate_per_second, clock)
    while (row.position < row.to_offset) {
      if (this.#stop.signal.aborted) return false
      const began_ms = clock.elapsed()
      const batch = await this.#next(row)
      if (batch === 'turned') return true
      if (batch === 'wait') continue
      const again = await maker.make(batch.records)
      assertInReach(again, row, await wholeSince(row.tenant, store))
      failpoint('replay.made')
      const next = await this.#write(row, { ...batch, again, maker, stands })
      this.#failures = 0
      if (!(await store.stepReplay(this.#name, next))) return true
      failpoint('replay.stepped')
      row = { ...row, ...next }
      this.#tell(row.counts)
      if (this.#rate === undefined) {
        const worked_ms = clock.elapsed() - began_ms
        await this.#rest(worked_ms * (100 / limits.replay_share_percent - 1))
      }
    }
    await this.#act(row, 'end')
    const turn = { word: 'end', by: 'firth', why: '', at_ms: clock.now() } as const
    return !(await store.turnReplay(this.#name, turn))
  }

  async #maker(row: ReplayRow): Promise<Maker> {
    const { log, store, editions, clock } = this.#context
    const context = { log, store, editions, now: () => clock.now() }
    if (row.topic.startsWith('canonical.')) return eventMaker(row, context)
    if (row.topic.startsWith('outbound.')) return intentMaker(row, context)
    const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
    const [first] = await log.read(row.topic, 0, row.position, bounds)
    return rawMaker(row, { ...context, first_time_ms: first?.time_ms ?? row.at_ms })
  }

  /** The next records of the span, in their turn; `turned`: a person has spoken. */
  async #next(row: ReplayRow): Promise<Span | 'wait' | 'turned'> {
    const { log, store } = this.#context
    if ((await store.replay(this.#name))?.state !== 'running') return 'turned'
    const pressure = await livePressure(row, { log, store })
    const mapped = row.topic.startsWith('raw.') ? await mappedUpTo(row, log) : row.to_offset
    const end = Math.min(mapped, row.to_offset)
    this.waits = pressure ?? (row.position >= end ? 'mapping' : undefined)
    const allowed = this.#rate?.available() ?? limits.replay_batch_records_max
    if (this.waits !== undefined || allowed < 1) {
      await this.#rest(this.waits === undefined ? (this.#rate?.wait_ms() ?? 0) : LOOK_MS)
      return 'wait'
    }
    const records_max = Math.min(allowed, limits.replay_batch_records_max)
    const bounds = { records_max, bytes_max: limits.batch_bytes_max }
    const read = await log.read(row.topic, 0, row.position, bounds)
    const records = read.filter(({ offset }) => offset < end)
    this.#rate?.spend(records.length)
    return { records, end }
  }

  /** Appends what does not stand already, and says how far it has come. */
  async #write(row: ReplayRow, step: Step) {
    const { log, store, clock } = this.#context
    const { again, maker, records, stands } = step
    const output = again.flatMap(one => one.output).filter(one => !stands.has(one))
    const letters = again.flatMap(one => one.letter ?? []).filter(one => !stands.has(one))
    await appendAll(log, topicOf.dead(row.tenant), letters)
    const offsets = await appendAll(log, maker.sink, output)
    failpoint('replay.appended')
    const marks = again.flatMap(one => one.mark ?? [])
    if (marks.length > 0) await store.putMarks(marks)
    failpoint('replay.marked')
    const closed = closings(row, again, clock.now())
    if (closed.length > 0) await store.closeLetters(closed)
    const governanceOf = (target: string) =>
      row.targets.includes(target) ? this.#context.governanceOf(target) : undefined
    const retract = { store, now_ms: clock.now(), governanceOf }
    const retractions = await proposeLost(again, row.name, retract)
    const counts = counted(row.counts, step)
    const last = records.at(-1)
    return {
      position: last === undefined ? step.end : last.offset + 1,
      sink_offset: Math.max(row.sink_offset, (offsets.at(-1) ?? -1) + 1),
      counts: { ...counts, retractions: counts.retractions + retractions },
      lost: again.flatMap(one => one.lost),
      at_ms: clock.now(),
    }
  }

  #tell({ read }: ReplayCounts): void {
    const at_ms = this.#context.clock.elapsed()
    this.#pace = [...this.#pace.slice(-PACE_STEPS), { at_ms, read }]
  }

  /** The audit's line of its begin and its end, once. */
  async #act(row: ReplayRow, word: 'start' | 'end'): Promise<void> {
    const { log, signals, clock } = this.#context
    const { name, tenant, counts } = row
    const said = { word, by: word === 'start' ? row.by : 'firth', why: row.why, at_ms: clock.now() }
    const { stood, record } = await actRecord(row, said, log)
    if (!stood) await log.append(topicOf.audit(tenant), 0, [record])
    const { read, events } = counts
    signals.say('info', `replay: ${word}`, { replay: name, tenant, read, events })
  }

  /** What no waiting mends is left to a person. */
  async #pause(reason: Code): Promise<boolean> {
    const { store, clock } = this.#context
    const turn = { word: 'pause', by: 'firth', why: '', at_ms: clock.now(), reason } as const
    await store.turnReplay(this.#name, turn)
    return false
  }

  async #rest(wait_ms: number): Promise<void> {
    this.#alarm = new AbortController()
    const either = AbortSignal.any([this.#stop.signal, this.#alarm.signal])
    if (wait_ms > 0) await this.#context.clock.sleep(wait_ms, either)
  }
}

/** Failures that only a person ends. */
const LASTING: readonly Code[] = [
  'deployment_unknown',
  'topic_unknown',
  'replay_too_wide',
  'replay_beyond_ledger',
]
const PACE_STEPS = 20

interface Span {
  readonly records: readonly LogRecord[]
  /** Behind the last offset whose turn it is; where nothing is read, nothing stands before it. */
  readonly end: number
}

interface Step extends Span {
  readonly again: readonly Again[]
  readonly maker: Maker
  readonly stands: Awaited<ReturnType<typeof standingOf>>
}

export function counted(
  before: ReplayCounts,
  { records, again }: Pick<Step, 'records' | 'again'>,
): ReplayCounts {
  const counts = { ...before }
  counts.read += records.length
  counts.chosen += again.length
  for (const { fate, output, lost } of again) {
    if (fate === 'again') counts.events += output.length
    else counts[fate] += 1
    counts.lost += lost.length
  }
  return counts
}
