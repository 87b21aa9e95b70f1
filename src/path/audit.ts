// Lines of the audit topic that the path itself writes: what became of a record that made no event
// or no write. With the canonical and the dead topic they make the sums of G5 provable from the
// log.
import type { Facts } from '../model/errors.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'

/** Why a record ends here, on purpose and not as a failure. */
export type Fate = 'filtered' | 'duplicate' | 'no_event' | 'unrouted'

/** No content: ids, the decision and the deployment that made it. */
export function fateRecord(
  record: LogRecord,
  decision: { fate: Fate; facts: Facts; deployment: string },
): NewRecord {
  const { tenant = '', channel = '', raw_id = '', event_id, index } = record.headers
  return {
    key: raw_id,
    headers: {
      fate: decision.fate,
      tenant,
      channel,
      raw_id,
      ...(index === undefined ? {} : { index }),
      ...(event_id === undefined ? {} : { event_id }),
      source_topic: record.topic,
      source_partition: String(record.partition),
      source_offset: String(record.offset),
      traceparent: record.headers.traceparent ?? '',
      deployment: decision.deployment,
    },
    value: Buffer.from(JSON.stringify({ fate: decision.fate, facts: decision.facts })),
  }
}
