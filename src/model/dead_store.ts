// What people did about dead letters, as the store keeps it. A letter without a row is open. An act
// and the records that it appends to the log stand in one transaction; a record leaves the outbox
// when it stands in the log, so that a death in between neither loses nor doubles a repair.
import { derivedId } from '../kit/ids.ts'
import type { NewRecord } from './log.ts'
import type { Move } from './store.ts'

/** `replayed`: a replay brought its message through. */
export type LetterWord = 'retried' | 'edited' | 'dropped' | 'replayed'

export interface LetterState {
  readonly letter_id: string
  readonly tenant: string
  readonly state: LetterWord
  /** Who; '' where a newer message of the sender revised the write. */
  readonly by: string
  readonly why: string
  readonly at_ms: number
  /** The raw record that it made. */
  readonly raw_id: string | undefined
  /** The write that it moved. */
  readonly intent_id: string | undefined
}

/** A record on its way to the log; its header `act_id` is the letter's id. */
export interface Outgoing {
  readonly topic: string
  /** The topic's next offset before the act: nowhere before it the record can stand. */
  readonly from_offset: number
  readonly record: NewRecord
}

export interface LetterAct extends LetterState {
  /** Of the ledger, where a write died. */
  readonly move: Pick<Move, 'to' | 'facts'> | undefined
  readonly outgoing: readonly Outgoing[]
}

/** `not_open`: somebody has decided. `not_dead`: its write has gone on without this letter. */
export type Closed = 'closed' | 'not_open' | 'not_dead'

export interface OutboxRow extends Outgoing {
  readonly n: number
}

/** A bulk act under way or ended. */
export interface DeadJob {
  readonly job: string
  readonly word: 'retry' | 'drop'
  /** JSON of the letters' filter. */
  readonly filter: string
  readonly by: string
  readonly why: string
  /** Letters a second. */
  readonly rate: number
  readonly at_ms: number
  readonly state: 'running' | 'stopped' | 'done'
  /** JSON: by topic, the next offset to be looked at, and behind which it ends. */
  readonly spans: string
  /** JSON: how many letters came to what. */
  readonly counts: string
}

export interface DeadStore {
  /** Of those that somebody has decided on; the others are open. */
  letterStates(ids: readonly string[]): Promise<readonly LetterState[]>
  /** Each taken or refused alone. */
  closeLetters(acts: readonly LetterAct[]): Promise<readonly Closed[]>
  /** How many letters of each tenant are not open any more. */
  closedLetters(): Promise<Readonly<Record<string, number>>>
  /** Oldest first. */
  outbox(limit: number): Promise<readonly OutboxRow[]>
  clearOutbox(rows: readonly number[]): Promise<void>
  /** Makes a job or replaces what is known of it. */
  putDeadJob(job: DeadJob): Promise<void>
  /** The newest first. */
  deadJobs(limit: number): Promise<readonly DeadJob[]>
}

/** The letter of a write's death: the same in every redo of it, another one for the next death. */
export function deathId(intent_id: string, deaths_before: number): string {
  return derivedId(intent_id, 'death', deaths_before)
}
