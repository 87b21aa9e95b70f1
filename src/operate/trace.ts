// One message's life so far: every record that it left in the log, station by station, and every
// write that came of it with its moves. Found by its control id or its raw_id.
import { timeOfId } from '../kit/ids.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'
import { shown } from '../model/state.ts'
import type { LedgerMove, Store } from '../model/store.ts'

export interface TraceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly time_ms: number
  readonly headers: Readonly<Record<string, string>>
}

export interface TraceWrite {
  readonly intent_id: string
  readonly target: string
  readonly resource: string
  readonly operation: string
  readonly state: string
  readonly shown: string
  readonly attempts: number
  readonly reason: string | undefined
  readonly target_id: string | undefined
  readonly moves: readonly LedgerMove[]
}

export interface Trace {
  readonly raw_id: string
  readonly control_id: string
  readonly records: readonly TraceRecord[]
  readonly writes: readonly TraceWrite[]
}

/** Every message with this control id or raw_id, in the order in which they were stored. */
export async function trace(log: LogReader, store: Store, id: string): Promise<readonly Trace[]> {
  if (id === '') return []
  const time_ms = timeOfId(id)
  const near =
    time_ms === undefined ? [] : await collect(log, { id, after_ms: time_ms - CLOCK_SLACK_MS })
  // A sender's control id may look like one of ours.
  const records = near.length > 0 ? near : await collect(log, { id, after_ms: 0 })
  const raw_ids = [...new Set(records.map(record => record.headers.raw_id ?? ''))]
  return Promise.all(raw_ids.map(raw_id => traceOf(raw_id, records, store)))
}

/**
 * An id is drawn a moment before its record is appended, by another clock where the log is remote.
 */
const CLOCK_SLACK_MS = 60_000

async function traceOf(
  raw_id: string,
  records: readonly LogRecord[],
  store: Store,
): Promise<Trace> {
  const own = records.filter(record => record.headers.raw_id === raw_id)
  const rows = await store.rowsOfRaw(raw_id)
  const writes = rows.map(async row => ({
    intent_id: row.intent.intent_id,
    target: row.intent.target,
    resource: `${row.intent.resource_type}/${row.intent.resource_id}`,
    operation: row.intent.operation,
    state: row.state,
    shown: shown(row.state),
    attempts: row.attempts,
    reason: row.reason,
    target_id: row.target_id,
    moves: await store.history(row.intent.intent_id),
  }))
  return {
    raw_id,
    control_id: own[0]?.headers.control_id ?? '',
    records: own.map(({ topic, partition, offset, time_ms, headers }) => ({
      topic,
      partition,
      offset,
      time_ms,
      headers,
    })),
    writes: await Promise.all(writes),
  }
}

const LEVELS = ['raw.', 'canonical.', 'outbound.', 'dead.', 'audit.']

/**
 * Reads every topic of the path, raw first, so that later ones are known by the raw_ids found
 * there.
 */
async function collect(
  log: LogReader,
  wanted: { readonly id: string; readonly after_ms: number },
): Promise<LogRecord[]> {
  const raw_ids = new Set([wanted.id])
  const found: LogRecord[] = []
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  const partitions = await log.partitions()
  for (const level of LEVELS) {
    for (const info of partitions.filter(({ topic }) => topic.startsWith(level))) {
      let offset = await log.offsetOfTime(info.topic, info.partition, wanted.after_ms)
      while (offset < info.next_offset) {
        const records = await log.read(info.topic, info.partition, offset, bounds)
        const last = records.at(-1)
        if (last === undefined) break
        for (const record of records) {
          const { raw_id = '', control_id } = record.headers
          if (control_id === wanted.id) raw_ids.add(raw_id)
          if (raw_id !== '' && raw_ids.has(raw_id)) found.push(record)
        }
        offset = last.offset + 1
      }
    }
  }
  return found
}
