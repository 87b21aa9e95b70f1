// The second half of an audit: every event, and the intents or the decision that each led to.
import type { LogRecord } from '../model/log.ts'
import { isReplayed } from '../path/again.ts'
import { type AuditReading, type LetGo, readStretch, type Stretch } from './audit_read.ts'
import type { EventSums, ProblemKind } from './audit_report.ts'
import { OffsetTable } from './audit_table.ts'

const READ = 1
/** Appended again by a replay. */
const AGAIN = 2
const ends = { routed: 3, unrouted: 4, dead: 5 } as const
export type EventEnd = keyof typeof ends

export interface EventOptions {
  readonly tenant: string
  readonly stretch: Stretch
  /** Below it everything has been routed; undefined: nothing was yet. */
  readonly routed_to: number | undefined
}

export class EventLedger {
  readonly sums: EventSums
  readonly #options: EventOptions
  readonly #reading: AuditReading
  readonly #table = new OffsetTable()
  /** Events that stand elsewhere than in their place of the order: those of repairs and replays. */
  readonly #elsewhere = new Map<string, number[]>()
  #gone: LetGo | undefined

  constructor(options: EventOptions, reading: AuditReading) {
    this.#options = options
    this.#reading = reading
    const { tenant } = options
    const own = { events: 0, routed: 0, unrouted: 0, dead: 0, waiting: 0, let_go: 0, lost: 0 }
    const intents = { intents: 0, intents_waiting: 0, intents_dead: 0, intents_replayed: 0 }
    this.sums = { tenant, ...own, ...intents, replayed: 0, refused: 0 }
  }

  /** Until when what is kept cannot tell of older events. */
  get gone_ms(): number {
    return this.#gone?.until_ms ?? 0
  }

  async read(take: (record: LogRecord) => void): Promise<void> {
    this.#gone = await readStretch(this.#options.stretch, this.#reading, record => {
      const { offset, headers } = record
      const { event_id = '', raw_id = '' } = headers
      const again = isReplayed(headers)
      this.#table.name(offset, event_id)
      this.#table.set(offset, again ? AGAIN : READ)
      if (headers.sequence !== undefined) {
        this.#elsewhere.set(event_id, [...(this.#elsewhere.get(event_id) ?? []), offset])
      }
      if (again) this.sums.replayed += 1
      if (!sayTheSame(record, { event_id, raw_id }))
        this.#problem('event_altered', record, event_id)
      if (!again) take(record)
    })
  }

  /** An intent of an event, told by its place in the order; those of replays count apart. */
  routed(record: LogRecord): void {
    const { event_id = '', intent_id } = record.headers
    if (isReplayed(record.headers)) {
      this.sums.intents_replayed += 1
      return
    }
    this.sums.intents += 1
    const sequence = sequenceIn(record.value)
    const here = sequence !== undefined && this.#table.isOf(sequence, event_id)
    const offsets = [...(here ? [sequence] : []), ...(this.#elsewhere.get(event_id) ?? [])]
    for (const offset of offsets) this.#end(offset, 'routed')
    if (offsets.length > 0 || !this.#isCovered(sequence)) return
    this.#problem('intent_foreign', record, intent_id)
  }

  /** A decision, or a dead letter, that names the event by where it stands. */
  settle(record: LogRecord, { offset, end }: { readonly offset: number; readonly end: EventEnd }) {
    if (!this.#isCovered(offset)) return
    const { event_id = '' } = record.headers
    if (this.#table.isOf(offset, event_id)) this.#end(offset, end)
    else this.#problem('intent_foreign', record, event_id)
  }

  #isCovered(offset: number | undefined): boolean {
    const { from, end } = this.#options.stretch
    return offset !== undefined && offset >= from && offset < end && !this.#gone?.has(offset)
  }

  /** An event with several routes may be routed by one and die by another: routed stands. */
  #end(offset: number, end: EventEnd): void {
    const state = this.#table.state(offset)
    if (state === READ || end === 'routed') {
      if (state !== AGAIN) this.#table.set(offset, ends[end])
    }
  }

  async close(provable_ms: number): Promise<void> {
    const { stretch, routed_to = 0 } = this.#options
    const { topic, partition, from, end } = stretch
    const provable =
      provable_ms === 0 ? 0 : await this.#reading.log.offsetOfTime(topic, partition, provable_ms)
    const { sums } = this
    for (let offset = from; offset < end; offset++) {
      const state = this.#table.state(offset)
      if (state === 0 || state === AGAIN) continue
      sums.events += 1
      const ended = (Object.keys(ends) as EventEnd[]).find(name => ends[name] === state)
      if (ended !== undefined) sums[ended] += 1
      else if (offset >= routed_to) sums.waiting += 1
      else if (offset < provable) sums.let_go += 1
      else {
        sums.lost += 1
        this.#reading.problems.add({ kind: 'event_unrouted', topic, partition, offset, id: '' })
      }
    }
  }

  #problem(kind: ProblemKind, { topic, partition, offset }: LogRecord, id: string | undefined) {
    this.#reading.problems.add({ kind, topic, partition, offset, id: id ?? '' })
  }
}

/**
 * Whether the text of an event begins with its own id and tells of the raw record of its headers.
 */
function sayTheSame(
  { value }: LogRecord,
  { event_id, raw_id }: { readonly event_id: string; readonly raw_id: string },
): boolean {
  const begins = value.subarray(0, event_id.length + 16).toString('latin1')
  return begins.startsWith(`{"id":"${event_id}"`) && value.includes(`"raw_id":"${raw_id}"`)
}

/** Of an intent's text, without reading the rest of it. A quote inside of a text is escaped. */
function sequenceIn(value: Buffer): number | undefined {
  const name = '"sequence":'
  const at = value.indexOf(name)
  if (at < 0) return undefined
  const digits = /^\d+/.exec(value.toString('latin1', at + name.length, at + name.length + 20))
  return digits === null ? undefined : Number(digits[0])
}
