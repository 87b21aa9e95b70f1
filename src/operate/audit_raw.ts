// The first half of an audit: every message that was received, and the one end that each has.
import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { sha256 } from '../kit/ids.ts'
import type { LogRecord } from '../model/log.ts'
import { type AuditReading, type LetGo, readStretch, type Stretch } from './audit_read.ts'
import type { ChannelSums, ProblemKind } from './audit_report.ts'
import { OffsetTable } from './audit_table.ts'

/** States of a message; 0: there is none at this offset. */
const READ = 1
const BATCH = 2
const ends = { filtered: 3, duplicate: 4, no_event: 5, transformed: 6, dead: 7 } as const
export type End = keyof typeof ends

export interface RawOptions {
  readonly tenant: string
  readonly channel: string
  readonly stretch: Stretch
  /** Below it everything has been mapped; undefined: nothing reads this channel. */
  readonly mapped_to: number | undefined
}

/** What an outcome says of where it comes from. */
export interface Outcome {
  readonly record: LogRecord
  readonly offset: number
  readonly end: End
}

export class RawLedger {
  readonly sums: ChannelSums
  readonly #options: RawOptions
  readonly #reading: AuditReading
  readonly #table = new OffsetTable()
  /** Messages of batches, by the offset of their batch. */
  readonly #batches = new Map<number, Uint8Array>()
  #gone: LetGo | undefined

  constructor(options: RawOptions, reading: AuditReading) {
    const { tenant, channel } = options
    this.#options = options
    this.#reading = reading
    const ends = { filtered: 0, duplicate: 0, no_event: 0, transformed: 0, dead: 0 }
    this.sums = { tenant, channel, received: 0, ...ends, waiting: 0, let_go: 0, lost: 0 }
  }

  async read(): Promise<void> {
    this.#gone = await readStretch(this.#options.stretch, this.#reading, record => {
      const { offset, headers, value } = record
      this.#table.name(offset, headers.raw_id ?? '')
      if (headers.sha256 !== undefined && headers.sha256 !== sha256(value)) {
        this.#problem('raw_altered', record, headers.raw_id)
      }
      const { isBatch, messages } = splitBatch(value)
      this.#table.set(offset, isBatch ? BATCH : READ)
      // A batch of no message is accounted for as a whole.
      if (isBatch)
        this.#batches.set(offset, new Uint8Array(Math.max(1, messages.length)).fill(READ))
    })
  }

  settle({ record, offset, end }: Outcome): void {
    const { from, end: cut } = this.#options.stretch
    if (offset < from || offset >= cut || this.#gone?.has(offset)) return
    const { raw_id = '', index } = record.headers
    const state = this.#table.state(offset)
    if (state === 0) {
      this.#problem('raw_missing', record, raw_id)
      return
    }
    if (!this.#table.isOf(offset, raw_id)) {
      this.#problem('outcome_foreign', record, raw_id)
      return
    }
    const units = state === BATCH ? this.#batches.get(offset) : undefined
    if (units === undefined) this.#table.set(offset, this.#ended(state, end, record))
    else this.#settleBatch(units, index, { record, offset, end })
  }

  #settleBatch(units: Uint8Array, index: string | undefined, { record, end }: Outcome): void {
    // What became of the batch as a whole became of each of its messages.
    const [first, last] =
      index === undefined ? [0, units.length - 1] : [Number(index), Number(index)]
    if (last >= units.length) {
      this.#problem('outcome_foreign', record, record.headers.raw_id)
      return
    }
    for (let i = first; i <= last; i++) units[i] = this.#ended(units[i] ?? READ, end, record)
  }

  /** A message has one end; after a crash it may be told twice. */
  #ended(state: number, end: End, record: LogRecord): number {
    if (state !== READ && state !== ends[end]) {
      this.#problem('outcome_twice', record, record.headers.raw_id)
    }
    return ends[end]
  }

  /** `provable_ms`: what was stored before may have left traces that are gone. */
  async close(provable_ms: number): Promise<void> {
    const { topic, partition, from, end } = this.#options.stretch
    const provable =
      provable_ms === 0 ? 0 : await this.#reading.log.offsetOfTime(topic, partition, provable_ms)
    for (let offset = from; offset < end; offset++) {
      const state = this.#table.state(offset)
      if (state === 0) continue
      for (const unit of this.#batches.get(offset) ?? [state]) this.#count(unit, offset, provable)
    }
  }

  #count(state: number, offset: number, provable: number): void {
    const { sums } = this
    sums.received += 1
    const end = (Object.keys(ends) as End[]).find(name => ends[name] === state)
    if (end !== undefined) sums[end] += 1
    else if (offset >= (this.#options.mapped_to ?? 0)) sums.waiting += 1
    else if (offset < provable) sums.let_go += 1
    else {
      sums.lost += 1
      const { topic, partition } = this.#options.stretch
      this.#reading.problems.add({ kind: 'outcome_missing', topic, partition, offset, id: '' })
    }
  }

  #problem(kind: ProblemKind, { topic, partition, offset }: LogRecord, id: string | undefined) {
    this.#reading.problems.add({ kind, topic, partition, offset, id: id ?? '' })
  }
}
