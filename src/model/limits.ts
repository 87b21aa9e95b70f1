// Every limit of the engine by name, with its default. A limit that an operator may set is also a
// field of the room or of firth.yaml that reads its default from here (STYLE.md 14: each has a
// name).

export const limits = {
  /**
   * One message, frame or record, in bytes; the same number at every station (design: section 5).
   */
  record_bytes_max: 20_971_520,
  /** How much of a refused input a dead letter keeps. */
  refused_bytes_kept: 65_536,
  /** Bytes received and not yet answered, over all connections of the process. */
  unanswered_bytes_max: 268_435_456,
  /** Messages in one batch (FHS, BHS). */
  batch_messages_max: 10_000,
  /** Records that one call of a consumer is handed. */
  batch_records_max: 500,
  batch_bytes_max: 8_388_608,
  /** Appends waiting for the log's writer; above it the log refuses. */
  log_waiting_bytes_max: 268_435_456,
  /** One mapping of one message. */
  mapping_ms_max: 5_000,
  mapping_memory_mb_max: 512,
  /** One call to a far end. */
  call_ms_max: 30_000,
  /** All calls of one try to deliver or to verify; the lease of a row in flight is longer. */
  conversation_ms_max: 60_000,
  /** How long duplicates are recognised. */
  duplicate_window_ms: 7 * 24 * 3_600_000,
  /** Waiting between the tries of a delivery, and its end. */
  retry_wait_ms_min: 1_000,
  retry_wait_ms_max: 300_000,
  retry_for_ms: 24 * 3_600_000,
  /** Writes of several rows that fail in a row before the breaker of their target opens. */
  breaker_failures_max: 5,
  breaker_rows_min: 3,
  /** Between two calls that an open breaker lets through. */
  breaker_wait_ms_max: 60_000,
  /** The longest wait that a target may ask for (Retry-After). */
  target_wait_ms_max: 24 * 3_600_000,
  /** After a death, how long a target waits for what was in hand before it works at full width. */
  careful_ms_max: 600_000,
  /** Calls that one step function may ask for before it must come to an outcome. */
  adapter_steps_max: 20,
  /** Records that a replay takes at a time. */
  replay_batch_records_max: 100,
  /** A replay without a rate works so much of the time, in hundredths, and rests for the other. */
  replay_share_percent: 50,
  /** Records that wait at the units of the tenant; above it its replays wait. */
  replay_live_waiting_max: 1_000,
  /** Writes that wait to go out at a target of a replay; above it the replay waits. */
  replay_unsent_max: 1_000,
  /** Replays that run at the same time. */
  replays_max: 8,
} as const
