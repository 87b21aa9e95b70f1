// What an audit says: the sums of G5, and every record that does not balance, by its place.
import type { LedgerCount } from '../model/store.ts'

/**
 * One channel: `received` is the sum of all that follow, messages of batches counted one by one.
 */
export interface ChannelSums {
  readonly tenant: string
  readonly channel: string
  received: number
  filtered: number
  duplicate: number
  /** Mapped to nothing. */
  no_event: number
  transformed: number
  dead: number
  /** Not mapped yet, or of a channel that only stores. */
  waiting: number
  /** Older than what is kept of the topics that would tell. */
  let_go: number
  /** Read by the mapping, and nothing tells what became of it. */
  lost: number
}

/** One tenant's events: `events` is the sum of the next five. */
export interface EventSums {
  readonly tenant: string
  events: number
  routed: number
  unrouted: number
  /** Its intents were too large, or could not be made. */
  dead: number
  waiting: number
  let_go: number
  lost: number
  /** Appended again by a replay; in no other sum. */
  replayed: number
  /** Records of the outbound topics. */
  intents: number
  /** Of these, not yet in the ledger, and no longer to be proved. */
  intents_waiting: number
  /** Of these, set aside before they became rows: a dead letter tells of each. */
  intents_dead: number
  /** Of replays; in no other sum. */
  intents_replayed: number
  /** Inputs that were refused, with their repeats; never received. */
  refused: number
}

/** What people did, as the topic of the audit tells it. */
export interface ActSum {
  readonly tenant: string
  /** `dead_retry`, `replay_start`, `backup` … */
  readonly act: string
  count: number
}

export type ProblemKind =
  | 'record_missing'
  | 'raw_missing'
  | 'raw_altered'
  | 'outcome_missing'
  | 'outcome_twice'
  | 'outcome_foreign'
  | 'event_unrouted'
  | 'event_altered'
  | 'intent_foreign'
  | 'intent_unknown'

export const problemWords: Readonly<Record<ProblemKind, string>> = {
  record_missing: 'the log has no record here, and retention did not take it',
  raw_missing: 'it came of a raw record that is not there',
  raw_altered: 'the bytes are not those that were received: sha256 differs',
  outcome_missing: 'it was read by the mapping, and nothing tells what became of it',
  outcome_twice: 'it ended in two different ways',
  outcome_foreign: 'it names a raw record whose raw_id is another',
  event_unrouted: 'the event was read by its routes, and no intent or decision tells of it',
  event_altered: 'the event and its headers do not name the same thing',
  intent_foreign: 'it names an event that is not there',
  intent_unknown: 'it was read by governance, and the ledger has no row of it',
}

export interface Problem {
  readonly kind: ProblemKind
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** raw_id, event_id or intent_id; '' where none is known. */
  readonly id: string
}

export interface AuditReport {
  readonly at_ms: number
  /** Records that were read. */
  readonly records: number
  readonly channels: readonly ChannelSums[]
  readonly events: readonly EventSums[]
  readonly acts: readonly ActSum[]
  /** Where the intents stand: ended, or in a queue that people see. */
  readonly ledger: readonly LedgerCount[]
  /** The first of them. */
  readonly problems: readonly Problem[]
  readonly problem_count: number
}

/** Problems that are named one by one; the rest are counted. */
const NAMED_MAX = 1_000

export class Problems {
  readonly named: Problem[] = []
  count = 0

  add(problem: Problem): void {
    this.count += 1
    if (this.named.length < NAMED_MAX) this.named.push(problem)
  }
}
