// One message's life so far: every record that it left in the log, station by station, and every
// write that came of it with its moves. Found by its control id, also inside a batch, or by its
// raw_id.
import { timeOfId } from '../kit/ids.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'
import { shown } from '../model/state.ts'
import type { LedgerMove, Store } from '../model/store.ts'
import { indexOf, partsOf } from '../path/batch.ts'

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

/**
 * Every message with this control id or raw_id, in the order in which they were stored. Of a batch
 * that holds the control id of a message: its own record, and what came of that message alone.
 */
export async function trace(log: LogReader, store: Store, id: string): Promise<readonly Trace[]> {
  if (id === '') return []
  const time_ms = timeOfId(id)
  const near =
    time_ms === undefined ? [] : await collect(log, { id, after_ms: time_ms - CLOCK_SLACK_MS })
  // A sender's control id may look like one of ours.
  const found = near.length > 0 ? near : await collect(log, { id, after_ms: 0 })
  return Promise.all(found.map(one => traceOf(one, id, store)))
}

/**
 * An id is drawn a moment before its record is appended, by another clock where the log is remote.
 */
const CLOCK_SLACK_MS = 60_000

async function traceOf(
  { raw_id, inner, records }: Found,
  id: string,
  store: Store,
): Promise<Trace> {
  const events = new Set(records.map(({ headers }) => headers.event_id))
  const rows = (await store.rowsOfRaw(raw_id)).filter(
    ({ intent }) => inner === undefined || events.has(intent.event_id),
  )
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
    control_id: inner === undefined ? (records[0]?.headers.control_id ?? '') : id,
    records: records.map(({ topic, partition, offset, time_ms, headers }) => ({
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

/** What one raw record came to. */
interface Found {
  readonly raw_id: string
  /** Where it is a batch and messages in it were asked for: their indexes. */
  readonly inner: ReadonlySet<number> | undefined
  readonly records: LogRecord[]
}

/**
 * Reads every topic of the path, raw first, so that later ones are known by the raw_ids found
 * there.
 */
async function collect(
  log: LogReader,
  wanted: { readonly id: string; readonly after_ms: number },
): Promise<readonly Found[]> {
  const found = new Map<string, Found>()
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  const partitions = await log.partitions()
  for (const level of LEVELS) {
    for (const info of partitions.filter(({ topic }) => topic.startsWith(level))) {
      let offset = await log.offsetOfTime(info.topic, info.partition, wanted.after_ms)
      while (offset < info.next_offset) {
        const records = await log.read(info.topic, info.partition, offset, bounds)
        const last = records.at(-1)
        if (last === undefined) break
        for (const record of records) keep(record, wanted.id, found)
        offset = last.offset + 1
      }
    }
  }
  return [...found.values()]
}

function keep(record: LogRecord, id: string, found: Map<string, Found>): void {
  const { raw_id = '' } = record.headers
  if (raw_id === '') return
  const known = found.get(raw_id) ?? wantedOf(record, id)
  if (known === undefined) return
  found.set(raw_id, known)
  if (isOf(known, record)) known.records.push(record)
}

function isOf({ inner, records }: Found, { topic, headers }: LogRecord): boolean {
  if (inner === undefined || topic.startsWith('raw.')) return true
  if (headers.intent_id === undefined) return inner.has(indexOf(headers))
  // A write says of which event it comes, not of which message.
  return records.some(one => one.headers.event_id === headers.event_id)
}

function wantedOf(record: LogRecord, id: string): Found | undefined {
  const { raw_id = '', control_id, index } = record.headers
  const one = { raw_id, inner: undefined, records: [] }
  if (raw_id === id || (control_id === id && index === undefined)) return one
  // The bytes of the id stand in a batch that holds it; most records are told by that alone.
  if (!record.topic.startsWith('raw.') || !record.value.includes(id, 0, 'latin1')) {
    // What retention has taken the raw record of.
    return control_id === id ? { ...one, inner: new Set([indexOf(record.headers)]) } : undefined
  }
  const parts = partsOf(record)
  if ('too_many' in parts) return undefined
  const inner = parts.messages
    .filter(part => part.record.headers.control_id === id)
    .map(part => indexOf(part.record.headers))
  return inner.length === 0 ? undefined : { ...one, inner: new Set(inner) }
}
