// What a station tells of records that it has worked: each since it was appended before it.
import type { Clock } from '../kit/clock.ts'
import type { LogRecord } from '../model/log.ts'
import type { Passage, Station } from '../model/signals.ts'

interface Of {
  readonly labels: Passage['labels']
  readonly began_ms: number
  readonly clock: Pick<Clock, 'now'>
}

export function passage(
  station: Station,
  records: readonly Pick<LogRecord, 'headers' | 'time_ms'>[],
  { labels, began_ms, clock }: Of,
): Passage {
  const messages = records.map(({ headers, time_ms }) => ({
    traceparent: headers.traceparent ?? '',
    since_ms: time_ms,
  }))
  return { station, labels, began_ms, ended_ms: clock.now(), messages }
}
