// The state beside the log: duplicate marks, the ledger, the crosswalk. What any driver promises
// (SQLite, PostgreSQL). Every method is one transaction and durable when it resolves; calls made at
// the same time may share one commit.
import type { ActivationStore } from './activation.ts'
import type { DeadStore } from './dead_store.ts'
import type { Code, Facts } from './errors.ts'
import type { BusinessId } from './event.ts'
import type { LedgerRow, WriteIntent } from './intent.ts'
import type { KeepStore } from './keep_store.ts'
import type { PauseStore } from './pause_store.ts'
import type { QueueStore } from './queue_store.ts'
import type { ReplayStore } from './replay_store.ts'
import type { SearchStore } from './search_store.ts'
import type { IntentState } from './state.ts'

/** A message whose events stand appended (design: section 2, Duplicates). */
export interface Mark {
  readonly tenant: string
  readonly channel: string
  readonly feed: string
  readonly control_id: string
  /** sha256 of the bytes without MSH-7. */
  readonly content: string
  readonly raw_id: string
  readonly marked_at_ms: number
}

export type MarkKey = Pick<Mark, 'tenant' | 'channel' | 'feed' | 'control_id' | 'content'>

export interface Admission {
  readonly intent: WriteIntent
  readonly content: string
  /** How many different people must agree to this content before it goes out. */
  readonly approvers: number
  /** Where govern put it: `denied` with its code, else by whether anybody has to agree. */
  readonly state: 'accepted' | 'awaiting_approval' | 'denied'
  readonly reason: Code | undefined
  readonly facts: Facts
}

/** `new`: a row was made. `same`: nothing changed. `revision`: other content under the same id. */
export type Admitted = 'new' | 'same' | 'revision'

export interface Move {
  readonly intent_id: string
  readonly from: IntentState
  readonly to: IntentState
  readonly at_ms: number
  /** The owner that believes it holds the row; a move by another epoch is refused. */
  readonly epoch: number
  readonly reason?: Code | undefined
  readonly facts?: Facts
  readonly due_at_ms?: number
  readonly lease_until_ms?: number
  readonly attempts?: number
  /** How many people its content needs from now on. */
  readonly approvers?: number
  readonly target_id?: string | undefined
  readonly target_version?: string | undefined
}

/** A person's word on a write that waits for it. */
export interface Decision {
  readonly intent_id: string
  readonly word: 'approve' | 'reject'
  /** What the person saw: an answer to another content is none. */
  readonly content: string
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
  readonly at_ms: number
}

/**
 * `approved`: it goes out now. `counted`: more people have to agree. `already`: this person had.
 * `rejected`: it stays; only another content can bring it back. `changed`: the content is not the
 * one that was seen. `not_waiting`, `unknown`: there is nothing to decide.
 */
export type Decided =
  | 'approved'
  | 'counted'
  | 'already'
  | 'rejected'
  | 'changed'
  | 'not_waiting'
  | 'unknown'

export interface GivenApproval {
  readonly by: string
  readonly why: string
  /** What was agreed to. */
  readonly content: string
  readonly at_ms: number
}

export interface CrosswalkRow {
  readonly tenant: string
  readonly target: string
  readonly resource_type: string
  /** Canonical id. */
  readonly resource_id: string
  readonly target_id: string
}

export interface Known {
  /** Canonical `Type/id` → the id at the target; what is not known is left out. */
  readonly ids: Readonly<Record<string, string>>
  /** Of patients who went into another one: the business identifier of the one who stays. */
  readonly names: Readonly<Record<string, BusinessId>>
}

export interface LedgerCount {
  readonly tenant: string
  readonly target: string
  readonly state: IntentState
  readonly count: number
  /** The oldest `changed_at_ms` among them. */
  readonly since_ms: number
}

export interface LedgerMove {
  readonly intent_id: string
  readonly at_ms: number
  /** Not to be delivered before; what it waits is a part of its time (`on_failure.retry.for`). */
  readonly due_at_ms: number
  readonly from: IntentState | undefined
  readonly to: IntentState
  readonly reason: Code | undefined
  readonly facts: Facts
}

export interface Store
  extends ActivationStore,
    ReplayStore,
    DeadStore,
    PauseStore,
    QueueStore,
    SearchStore,
    KeepStore {
  /** Number of this ownership: larger than every earlier one. Fences what an earlier owner left. */
  readonly epoch: number

  /** The raw_id of the earliest mark under each key, or undefined; in the order asked. */
  findMarks(keys: readonly MarkKey[]): Promise<readonly (string | undefined)[]>
  /** An earlier mark under the same key stays. */
  putMarks(marks: readonly Mark[]): Promise<void>
  dropMarksBefore(marked_at_ms: number): Promise<number>

  /**
   * Makes ledger rows; the whole list or none of it. Answers in its order. The same content under
   * other rules (more people, or none, or denied) is governed anew while it has not gone out.
   */
  admit(admissions: readonly Admission[], at_ms: number): Promise<readonly Admitted[]>
  /**
   * Takes up to `limit` rows of a target that may be delivered at `now_ms` (accepted and due, in
   * their turn as the routes' `order` says, nothing they wait for outstanding, not superseded by a
   * newer write of the same resource) and moves them to `in_flight` under this epoch. Rows that a
   * newer one has overtaken move to `superseded` in the same transaction and are not returned.
   * After a restore, a row that may have been sent moves to `unknown` instead, and is returned so.
   */
  claim(
    target: { tenant: string; target: string },
    options: ClaimOptions,
  ): Promise<readonly LedgerRow[]>
  /**
   * Applies legal moves, each refused alone (false) where the row is not as the move says. A move
   * to `accepted` of a content that people have not agreed to ends in `awaiting_approval`.
   */
  move(moves: readonly Move[]): Promise<readonly boolean[]>
  /** Approves or rejects, and records it with the move. */
  decide(decision: Decision): Promise<Decided>
  /** Who has agreed to the present content of an intent, the first one first. */
  approvals(intent_id: string): Promise<readonly GivenApproval[]>
  /** Dead rows behind which later writes wait for a person (`on_dead: hold`), oldest first. */
  deadHolding(
    target: { tenant: string; target: string },
    limit: number,
  ): Promise<readonly LedgerRow[]>
  /**
   * Rows `in_flight` whose lease has passed. A store of one owner ends the leases of an earlier
   * owner when it is opened, because that one calls nobody any more.
   */
  overdue(
    target: { tenant: string; target: string },
    now_ms: number,
    limit: number,
  ): Promise<readonly LedgerRow[]>
  /** When the next row of the target becomes due; undefined where none waits. */
  nextDue(target: { tenant: string; target: string }): Promise<number | undefined>
  row(intent_id: string): Promise<LedgerRow | undefined>
  rowsOfRaw(raw_id: string): Promise<readonly LedgerRow[]>
  /** Rows in a state, oldest change first. */
  rowsInState(
    target: { tenant: string; target: string },
    state: IntentState,
    limit: number,
  ): Promise<readonly LedgerRow[]>
  /** The same, page by page: `after` is the `next` of the page before, '' for the first one. */
  pageOfState(
    target: { tenant: string; target: string },
    state: IntentState,
    page: { readonly after: string; readonly limit: number },
  ): Promise<{ readonly rows: readonly LedgerRow[]; readonly next: string | undefined }>
  /**
   * The intent whose write of this resource is the newest by sequence among those committed or
   * later.
   */
  newest(
    of: Pick<WriteIntent, 'tenant' | 'target' | 'resource_type' | 'resource_id'>,
  ): Promise<string | undefined>
  history(intent_id: string): Promise<readonly LedgerMove[]>
  counts(): Promise<readonly LedgerCount[]>

  /**
   * How an intent's target knows what it refers to (`canonical`: `Type/id`), as the intent meant it
   * when it went out last: its own resource is itself, and a patient whose merge had been committed
   * there is the one who stays.
   */
  known(
    of: Pick<WriteIntent, 'intent_id' | 'tenant' | 'target' | 'resource_type' | 'resource_id'>,
    canonical: readonly string[],
  ): Promise<Known>
  learn(rows: readonly CrosswalkRow[]): Promise<void>

  /** Small positions and flags of parts of the engine, by name. */
  getCursor(name: string): Promise<string | undefined>
  setCursor(name: string, value: string): Promise<void>

  readonly trouble: string | undefined
  close(): Promise<void>
}

export interface ClaimOptions {
  readonly now_ms: number
  readonly lease_ms: number
  readonly limit: number
}
