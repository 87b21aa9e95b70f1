// Events as records of the canonical topic: what a mapping process made, under the headers and the
// key of the message that it is of.
import type { Facts } from '../model/errors.ts'
import type { MadeEvent } from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'

/** The records of one message's events, or why they cannot be stored. */
export type Made =
  | { readonly records: readonly NewRecord[] }
  | { readonly code: 'event_invalid' | 'event_too_large'; readonly facts: Facts }

export interface RecordContext {
  /** The raw record, or one message of its batch (batch.ts). */
  readonly record: LogRecord
  readonly tenant: string
  readonly channel: string
  readonly deployment: string
}

export function madeOf(events: readonly MadeEvent[], context: RecordContext): Made {
  const { record_bytes_max } = limits
  for (const event of events) {
    // Every station behind counts on it, and a log may refuse more for ever.
    const bytes = event.value.length
    if (bytes > record_bytes_max) {
      return { code: 'event_too_large', facts: { bytes, record_bytes_max } }
    }
    if (!isOf(event, context)) {
      return { code: 'event_invalid', facts: { path: '', what: 'is not of its message' } }
    }
  }
  return { records: events.map(event => eventRecord(event, context)) }
}

/** An event begins with what it is and whose. */
function isOf({ id, kind, value }: MadeEvent, { tenant, channel }: RecordContext): boolean {
  const named = JSON.stringify({ id, kind, schema_version: 1, tenant, channel })
  const begins = `${named.slice(0, -1)},`
  return value.toString('latin1', 0, begins.length) === begins
}

function eventRecord(event: MadeEvent, context: RecordContext): NewRecord {
  const { record: raw, tenant, channel, deployment } = context
  const { headers } = raw
  return {
    key: event.key ?? headers.feed ?? '',
    headers: {
      event_id: event.id,
      kind: event.kind,
      tenant,
      channel,
      raw_id: headers.raw_id ?? '',
      ...(headers.index === undefined ? {} : { index: headers.index }),
      ...(headers.root_id === undefined ? {} : { root_id: headers.root_id }),
      control_id: headers.control_id ?? '',
      source_topic: raw.topic,
      source_partition: String(raw.partition),
      source_offset: String(raw.offset),
      traceparent: headers.traceparent ?? '',
      deployment,
      // Of a repair: it takes its place in the order where what it mends stood.
      ...(headers.sequence === undefined ? {} : { sequence: headers.sequence }),
      ...(headers.rank === undefined ? {} : { rank: headers.rank }),
    },
    value: event.value,
  }
}
