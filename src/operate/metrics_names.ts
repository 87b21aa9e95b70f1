// What the numbers of /metrics are called and what they mean, for Prometheus and for readers.

/** Counters as the path counts them; they begin with `firth_` and end in `_total`. */
export const COUNTERS: Readonly<Record<string, string>> = {
  stored: 'Messages stored durably, and so acknowledged.',
  refused: 'Input that was refused before it was stored, by code.',
  transformed: 'Messages that came through their mapping, by what became of them.',
  codes_unmapped: 'Codes that neither a table nor the official map knows, by slot.',
  governed: 'Writes as they were admitted to the ledger, by state.',
  delivered: 'Conversations with a target, by outcome.',
  log_groups_failed: 'Groups of appends that did not become durable, by code.',
  mapping_process_deaths: 'Mapping processes that ended or were ended, by cause.',
  mllp_connections_refused: 'Connections refused at a listener.',
  mllp_answers_undelivered: 'Acknowledgements that the sender did not take.',
  trace_spans_dropped: 'Spans that were not sent, because the collector was too slow or not there.',
  signals_suppressed: 'Log lines that were left out because the same had just been said.',
}

export const GAUGES = {
  started: { name: 'firth_started_seconds', help: 'When the engine was started, since 1970.' },
  log_trouble: { name: 'firth_log_trouble', help: '1 while the log cannot be written.' },
  store_trouble: {
    name: 'firth_store_trouble',
    help: '1 while the state store cannot be written.',
  },
  log_waiting: { name: 'firth_log_waiting_bytes', help: 'Bytes that wait to become durable.' },
  disk_free: {
    name: 'firth_disk_free_bytes',
    help: 'Bytes that may still be written to the disk.',
  },
  alert: { name: 'firth_alert', help: '1 while an alert stands.' },
  connections: { name: 'firth_channel_connections', help: 'Senders connected to a channel.' },
  last_message: {
    name: 'firth_channel_last_message_seconds',
    help: 'When a channel was sent something last, since 1970.',
  },
  breaker: { name: 'firth_target_breaker', help: '0 closed, 1 half open, 2 open.' },
  paused: { name: 'firth_target_paused', help: '1 while a person has paused the target.' },
  target_down: {
    name: 'firth_target_down_seconds',
    help: 'For how long a target has not been served by its own fault.',
  },
  topic_records: { name: 'firth_topic_records', help: 'Records that a topic holds, about.' },
  topic_bytes: { name: 'firth_topic_bytes', help: 'Space of a topic on disk, about.' },
  waiting: { name: 'firth_waiting_records', help: 'Records that a reader has yet to read.' },
  waiting_seconds: {
    name: 'firth_waiting_seconds',
    help: 'For how long the oldest of them has waited.',
  },
  search_behind: {
    name: 'firth_search_behind_records',
    help: 'Records that the search index has yet to read.',
  },
  writes: { name: 'firth_writes', help: 'Writes in the ledger, by state.' },
  writes_oldest: {
    name: 'firth_writes_oldest_seconds',
    help: 'For how long one has stood in its state, at most.',
  },
  dead: { name: 'firth_dead_letters_open', help: 'Dead letters on which nobody has decided.' },
  unreadable: {
    name: 'firth_metrics_unreadable',
    help: '1 where this part of the numbers could not be read and is left out.',
  },
} as const

export type GaugeName = keyof typeof GAUGES
