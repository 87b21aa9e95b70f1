// Reads the topics of an audit from a place to a cut, tells how far it is, and notes the holes:
// what retention has let go of, and what is missing.
import { Failure } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord, PartitionInfo } from '../model/log.ts'
import type { Problems } from './audit_report.ts'

export interface AuditReading {
  readonly log: LogReader
  readonly problems: Problems
  /** Records below this age cannot have been let go of. */
  readonly kept_since_ms: number
  readonly signal: AbortSignal | undefined
  readonly onRecords: (count: number) => void
}

/** Of one partition: what the audit reads. */
export interface Stretch {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly end: number
}

interface Hole {
  readonly from: number
  readonly to: number
}

/** What is no longer there, and rightly so. */
export class LetGo {
  readonly #holes: Hole[] = []
  /** Everything of this age may have left traces that are gone. */
  until_ms = 0

  add(hole: Hole, next_ms: number): void {
    this.#holes.push(hole)
    this.until_ms = Math.max(this.until_ms, next_ms)
  }

  has(offset: number): boolean {
    return this.#holes.some(({ from, to }) => offset >= from && offset < to)
  }
}

/** Every record of a stretch in order. Failure `audit_stopped` where the person has had enough. */
export async function readStretch(
  { topic, partition, from, end }: Stretch,
  reading: AuditReading,
  take: (record: LogRecord) => void | Promise<void>,
): Promise<LetGo> {
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  const gone = new LetGo()
  let next = from
  while (next < end) {
    if (reading.signal?.aborted) throw new Failure('audit_stopped')
    const records = await reading.log.read(topic, partition, next, bounds)
    const here = records.filter(({ offset }) => offset < end)
    for (const record of here) {
      if (record.offset > next) note({ from: next, to: record.offset }, record, { gone, reading })
      await take(record)
      next = record.offset + 1
    }
    reading.onRecords(here.length)
    if (here.length === 0 || here.length < records.length) break
  }
  if (next < end) missing({ topic, partition, offset: next }, reading)
  return gone
}

function note(
  hole: Hole,
  behind: LogRecord,
  { gone, reading }: { readonly gone: LetGo; readonly reading: AuditReading },
): void {
  const { topic, partition, time_ms } = behind
  if (time_ms < reading.kept_since_ms) gone.add(hole, time_ms)
  else
    for (let offset = hole.from; offset < hole.to; offset++)
      missing({ topic, partition, offset }, reading)
}

function missing(
  at: { readonly topic: string; readonly partition: number; readonly offset: number },
  { problems }: AuditReading,
): void {
  problems.add({ kind: 'record_missing', ...at, id: '' })
}

/** From the first record that is kept, or from a time, to the cut. */
export async function stretchOf(
  info: PartitionInfo,
  log: LogReader,
  span: { readonly since_ms: number | undefined; readonly until_ms: number | undefined },
): Promise<Stretch> {
  const { topic, partition, first_offset, next_offset } = info
  const at = async (time_ms: number | undefined, otherwise: number) =>
    time_ms === undefined ? otherwise : log.offsetOfTime(topic, partition, time_ms)
  const from = Math.max(first_offset, await at(span.since_ms, first_offset))
  const end = Math.min(next_offset, await at(span.until_ms, next_offset))
  return { topic, partition, from, end }
}

/** When the oldest record that is kept was appended, where older ones were let go. */
export async function keptFrom(info: PartitionInfo, log: LogReader): Promise<number> {
  if (info.first_offset === 0) return 0
  const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
  const [first] = await log.read(info.topic, info.partition, info.first_offset, bounds)
  return first?.time_ms ?? Number.POSITIVE_INFINITY
}
