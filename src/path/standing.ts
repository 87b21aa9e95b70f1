// After a crash the last batch of a unit may stand although its offset was not committed. What
// stands is learned from the ends of the topics that the unit writes, so that a redo makes nothing
// twice and decides nothing again: the mapping may have been changed in between.
import { limits } from '../model/limits.ts'
import type { Headers, Log, LogRecord } from '../model/log.ts'
import { isReplayed } from './again.ts'
import type { Fate } from './audit.ts'
import { unitOf } from './batch.ts'

/**
 * How far back from the end the search goes. A unit commits after at most `batch_records_max`
 * records, each of which may be a batch.
 */
const SEARCH_RECORDS_MAX = 100_000
const STEP = 1_000

export interface StandingOptions {
  /** The topic that the unit reads, and where it begins. */
  readonly source_topic: string
  readonly from_offset: number
  /** The topics that it writes. */
  readonly topics: readonly string[]
  /** What is accounted for; a message (`unitOf`) unless told. */
  readonly keyOf?: (headers: Headers) => string
}

export type Standing = ReadonlyMap<string, Ended>

/** What a raw record came to. */
export type Ended = Fate | 'transformed' | 'dead'

/**
 * Records at or behind `from_offset`, or messages of their batches, that left something in one of
 * the topics, and what.
 */
export async function standing(log: Log, options: StandingOptions): Promise<Standing> {
  const found = new Map<string, Ended>()
  for (const topic of options.topics) await searchBack(log, topic, { ...options, found })
  return found
}

async function searchBack(
  log: Log,
  topic: string,
  options: StandingOptions & { readonly found: Map<string, Ended> },
): Promise<void> {
  const info = (await log.partitions()).find(row => row.topic === topic)
  let end = info?.next_offset ?? 0
  const floor = Math.max(info?.first_offset ?? 0, end - SEARCH_RECORDS_MAX)
  while (end > floor) {
    const start = Math.max(floor, end - STEP)
    const records = await readSpan(log, topic, { start, end })
    for (const record of records) {
      const offset = sourceOffset(record, options.source_topic)
      if (offset !== undefined && offset >= options.from_offset) {
        const { keyOf = unitOf } = options
        options.found.set(keyOf(record.headers), endedAs(record))
      }
    }
    // One of ours from before the committed offset: everything older is older still.
    if (
      records.some(
        record => (sourceOffset(record, options.source_topic) ?? Infinity) < options.from_offset,
      )
    ) {
      return
    }
    end = start
  }
}

async function readSpan(
  log: Log,
  topic: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<LogRecord[]> {
  const span: LogRecord[] = []
  let offset = start
  const bounds = { records_max: STEP, bytes_max: limits.batch_bytes_max }
  while (offset < end) {
    const records = await log.read(topic, 0, offset, bounds)
    const last = records.at(-1)
    if (last === undefined) break
    span.push(...records.filter(record => record.offset < end))
    offset = last.offset + 1
  }
  return span
}

function endedAs({ headers }: LogRecord): Ended {
  if (headers['dlt.id'] !== undefined) return 'dead'
  return (headers.fate as Fate | undefined) ?? 'transformed'
}

/** Where in the unit's source this output came from; undefined for another unit's. */
function sourceOffset(record: LogRecord, source_topic: string): number | undefined {
  const { headers } = record
  // A replay's records name the same source, and stand among those of the unit in another order.
  if (isReplayed(headers)) return undefined
  if (headers.source_topic === source_topic) return Number(headers.source_offset)
  if (headers['dlt.origin.topic'] === source_topic) return Number(headers['dlt.origin.offset'])
  return undefined
}
