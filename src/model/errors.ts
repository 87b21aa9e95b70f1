// The one catalogue of failures: each code, what a person reads, what happens next, and what a sender
// is answered. Decisions read `outcome`, never the text (STYLE.md 15). Messages hold no patient data:
// what varies is a count, a position or a name from configuration.

/** The only vocabulary of failure (design: section 7). */
export type Outcome =
  | 'ok'
  | 'already_applied'
  | 'fix'
  | 'conflict'
  | 'denied'
  | 'throttled'
  | 'transient'
  | 'missing_dependency'
  | 'auth'
  | 'config'
  | 'target_down'
  | 'unknown'

/** HL7 table 0008, the refusing half. The enhanced codes (CE, CR) follow from these. */
export type Nak = 'AE' | 'AR'

export interface CatalogueEntry {
  /** One sentence, without data of the message. */
  readonly message: string
  readonly outcome: Outcome
  readonly ack: Nak
  /** What the reader can do. */
  readonly hint: string
}

const entry = (message: string, outcome: Outcome, ack: Nak, hint: string): CatalogueEntry => ({
  message,
  outcome,
  ack,
  hint,
})

export const catalogue = {
  // --- what cannot be a message (station 1) ---
  frame_empty: entry(
    'The frame holds no bytes.',
    'fix',
    'AR',
    'Look at the sender: it frames nothing.',
  ),
  frame_not_hl7: entry(
    'The frame does not begin with MSH, FHS or BHS.',
    'fix',
    'AR',
    'Check that the sender speaks HL7 v2 on this port, and its character set (UTF-16 is refused).',
  ),
  frame_too_large: entry(
    'The frame is larger than frame_bytes_max.',
    'fix',
    'AR',
    'Raise frame_bytes_max of the source, or let the sender leave large documents out.',
  ),
  frame_abandoned: entry(
    'The frame ended without its end block: a new start block came.',
    'fix',
    'AR',
    'The sender or something between cut the message; it was never acknowledged, so it is sent again.',
  ),
  frame_cut_off: entry(
    'The connection ended or stalled in the middle of a frame.',
    'fix',
    'AR',
    'It was never acknowledged, so the sender sends it again. If it repeats, look at the network.',
  ),
  bytes_outside_frame: entry(
    'Bytes came outside of any frame.',
    'fix',
    'AR',
    'The sender does not frame by MLLP: each message needs 0x0B before it and 0x1C 0x0D after it.',
  ),
  msh_unreadable: entry(
    'MSH declares no usable delimiters.',
    'fix',
    'AR',
    'MSH-1 and MSH-2 must hold the field separator and the encoding characters, all different.',
  ),
  intake_failed: entry(
    'The message could not be taken in, so it is not acknowledged.',
    'transient',
    'AE',
    'This is an error of Firth itself; report it with the name of the error in the signal.',
  ),
  intake_full: entry(
    'More unfinished input waits in memory than unanswered_bytes_max allows.',
    'transient',
    'AE',
    'Many large messages come at once, or senders leave theirs unfinished. They are sent again.',
  ),
  // --- the log ---
  log_disk_full: entry(
    'There is no room on the disk of the log, so nothing is acknowledged.',
    'transient',
    'AE',
    'Free space on the volume of the data folder; intake goes on by itself. See what holds space: firth log topics.',
  ),
  log_read_only: entry(
    'The disk of the log cannot be written, so nothing is acknowledged.',
    'transient',
    'AE',
    'Mount the volume of the data folder writable; intake goes on by itself.',
  ),
  log_io_error: entry(
    'The disk of the log failed to write, so nothing is acknowledged.',
    'transient',
    'AE',
    'Check the disk and the limits of the process (ulimit -f); intake goes on by itself when writing works.',
  ),
  log_overloaded: entry(
    'More waits for the log than log_waiting_bytes_max allows.',
    'transient',
    'AE',
    'The disk is slower than the senders. They are asked to wait and to send again.',
  ),
  log_closed: entry(
    'The log is closing.',
    'transient',
    'AE',
    'Firth is stopping; send again later.',
  ),
  log_corrupt: entry(
    'A stored record does not match its checksum.',
    'fix',
    'AE',
    'The disk altered what was stored. Keep the file, restore from a backup, and replay.',
  ),
  log_newer: entry(
    'The log was written by a newer Firth.',
    'config',
    'AE',
    'Start the version that wrote it, or a later one.',
  ),
  log_fenced: entry(
    'The partition has a newer owner in this group, so nothing is committed for the older one.',
    'transient',
    'AE',
    'The newer owner goes on from the committed offset; nothing is lost.',
  ),
  topic_unknown: entry(
    'There is no such topic.',
    'config',
    'AE',
    'firth log topics lists the topics that exist.',
  ),
  // --- mapping and canonical events (stations 3 and 4) ---
  message_type_unmapped: entry(
    'No mapping is known for this message type.',
    'fix',
    'AE',
    'Add it to the mapping, or leave it out with accept.messages in the channel.',
  ),
  message_unreadable: entry(
    'The message cannot be read as HL7 v2.',
    'fix',
    'AE',
    'See the place named in the dead letter; mend the message or the sender.',
  ),
  segment_missing: entry(
    'The message lacks a segment that its type requires.',
    'fix',
    'AE',
    'The dead letter names the segment; mend the sender, or map this type in a module of your own.',
  ),
  mapping_failed: entry(
    'The mapping threw an error.',
    'fix',
    'AE',
    'Mend the mapping, deploy it, and retry the dead letter.',
  ),
  mapping_timeout: entry(
    'The mapping took longer than mapping_ms_max.',
    'fix',
    'AE',
    'Look for a loop in the mapping.',
  ),
  mapping_died: entry(
    'The process of the mapping ended while this message was in hand.',
    'fix',
    'AE',
    'Look for memory that grows without end in the mapping.',
  ),
  event_invalid: entry(
    'The mapping made an event that its schema refuses.',
    'fix',
    'AE',
    'The path in the dead letter names the element; mend the mapping.',
  ),
  // --- write-back (stations 6 to 9) ---
  operation_undeclared: entry(
    'The target does not declare this operation on this resource.',
    'denied',
    'AE',
    "See the target's profile; only what is declared there is ever sent.",
  ),
  target_refused: entry(
    'The target refused the record as wrong.',
    'fix',
    'AE',
    'The status and the issue codes of the answer stand in the dead letter.',
  ),
  target_version_conflict: entry(
    'The target holds a newer version than the one this write was based on.',
    'conflict',
    'AE',
    'Compare both, then retry or drop.',
  ),
  target_ambiguous: entry(
    'More than one resource of the target carries this identifier.',
    'fix',
    'AE',
    'Merge the doubled records at the target, then retry the dead letter.',
  ),
  target_reference_missing: entry(
    'A resource that this one refers to is not at the target.',
    'missing_dependency',
    'AE',
    'It waits until the other resource has been written.',
  ),
  target_throttled: entry(
    'The target asks to slow down.',
    'throttled',
    'AE',
    'It is tried again later.',
  ),
  target_transient: entry(
    'The target failed for now.',
    'transient',
    'AE',
    'It is tried again later.',
  ),
  target_auth: entry(
    'The target does not accept our credentials.',
    'auth',
    'AE',
    "Renew the target's credentials; nothing expires meanwhile.",
  ),
  target_misconfigured: entry(
    'The target cannot be used as it is configured.',
    'config',
    'AE',
    "Check the target's address and settings in tenant.yaml.",
  ),
  target_down: entry(
    'The target cannot be reached.',
    'target_down',
    'AE',
    'It is tried again by itself.',
  ),
  target_answer_unknown: entry(
    'The call may have reached the target, but no answer came.',
    'unknown',
    'AE',
    'It is verified by reading back before anything is sent again.',
  ),
  target_absent: entry(
    'The target does not hold what was written.',
    'conflict',
    'AE',
    'It never landed, or somebody removed it there; write it again, or drop it.',
  ),
  target_forbidden: entry(
    'The target does not allow this write.',
    'denied',
    'AE',
    'The scopes granted to us, or a rule of the target, forbid it; retry when that has changed.',
  ),
  target_answer_too_large: entry(
    'The answer of the target is larger than answer_bytes_max.',
    'fix',
    'AE',
    'Raise answer_bytes_max of the target.',
  ),
  target_mismatch: entry(
    'What the target holds differs from what was written.',
    'conflict',
    'AE',
    'The paths that differ are named; compare, then accept or write again.',
  ),
  delivery_exhausted: entry(
    'The write did not succeed within its time.',
    'fix',
    'AE',
    'See the last reason; retry the dead letter when it is mended.',
  ),
  adapter_failed: entry(
    'The adapter could not make a call of this intent.',
    'fix',
    'AE',
    'This is an error of the adapter; report it with the code and the resource type.',
  ),
  // --- the state beside the log ---
  store_disk_full: entry(
    'There is no room on the disk of the state store.',
    'transient',
    'AE',
    'Free space on the volume of the data folder; work goes on by itself.',
  ),
  store_read_only: entry(
    'The disk of the state store cannot be written.',
    'transient',
    'AE',
    'Mount the volume of the data folder writable; work goes on by itself.',
  ),
  store_io_error: entry(
    'The disk of the state store failed.',
    'transient',
    'AE',
    'Check the data folder, its disk and the limits of the process; work goes on when they do.',
  ),
  store_locked: entry(
    'Another program keeps the state store locked.',
    'transient',
    'AE',
    'Close the tool that has state.db open for writing; work goes on by itself.',
  ),
  store_corrupt: entry(
    'The file of the state store is damaged.',
    'config',
    'AE',
    'Keep the file, and restore the data folder from a backup.',
  ),
  store_newer: entry(
    'The state store was written by a newer Firth.',
    'config',
    'AE',
    'Start the version that wrote it, or a later one.',
  ),
  store_overloaded: entry(
    'More calls wait for the state store than it can take.',
    'transient',
    'AE',
    'The disk is slower than the work. It is tried again.',
  ),
  store_closed: entry(
    'The state store is closed.',
    'transient',
    'AE',
    'Firth is stopping; it goes on at the next start.',
  ),
  sender_closed: entry(
    'The sender is closing, so the message was not sent.',
    'transient',
    'AE',
    'It is sent after the next start.',
  ),
  sender_full: entry(
    'More messages wait for the connection than waiting_max allows.',
    'throttled',
    'AE',
    'The far end answers more slowly than messages come. They are sent later.',
  ),
  // --- people and programs at the command line ---
  data_in_use: entry(
    'Another Firth owns this data folder.',
    'config',
    'AE',
    'Stop it first, or give --data another folder.',
  ),
  config_invalid: entry('The configuration has errors.', 'config', 'AE', 'See the findings above.'),
  engine_not_running: entry(
    'No Firth is running on this data folder.',
    'config',
    'AE',
    'Start it with: firth run --project DIR --data DIR',
  ),
  command_unknown: entry(
    'The running engine does not know this command.',
    'config',
    'AE',
    'The engine and the command are of different versions; use those of one installation.',
  ),
  listen_failed: entry(
    'A listener could not take its address.',
    'config',
    'AE',
    'Another program may hold the port, or the address is not of this machine.',
  ),
} as const satisfies Record<string, CatalogueEntry>

export type Code = keyof typeof catalogue

/** Facts of one failure: names, counts, positions. Never content of a message. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/** A failure of the world, by its code. `cause` stays inside the process; `facts` may be shown. */
export class Failure extends Error {
  override name = 'Failure'
  readonly code: Code
  readonly facts: Facts

  constructor(code: Code, facts: Facts = {}, cause?: unknown) {
    super(`${code}: ${catalogue[code].message}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.facts = facts
  }

  get outcome(): Outcome {
    return catalogue[this.code].outcome
  }
}

/** The failure inside anything thrown, or undefined where it is a bug that must end the process. */
export function failureOf(thrown: unknown): Failure | undefined {
  return thrown instanceof Failure ? thrown : undefined
}
