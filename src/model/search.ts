// The search index: what the log holds, by the names that a person knows. A reader of its own that
// trails the log in a file of its own (design: section 4, Search): it may lag and says so, it is
// never in the way of an acknowledgement, and deleting its file only costs the time to read again.
import type { Position } from './log.ts'

/** A batch of thousands is traced message by message. */
export const RECORDS_OF_MAX = 2_000

/** What became of a message that is written nowhere. */
export const fates = ['filtered', 'duplicate', 'no_event', 'unrouted'] as const

/**
 * What the log tells of a message: one of the fates, or it became an event, which was routed, or it
 * or one of its writes is dead. None of them yet: it is `waiting`; `mapped`: and not yet routed.
 */
export type End = 'event' | 'routed' | 'dead' | (typeof fates)[number]

/** Every field that is named must fit. Texts are compared whole and exactly. */
export interface MessageFilter {
  readonly tenant?: string | undefined
  readonly channel?: string | undefined
  /** MSH-10, also of a message in a batch. */
  readonly control_id?: string | undefined
  /** `system|value` of an event's patient, or a value alone: of any identifier of the patient. */
  readonly patient?: string | undefined
  /** The same of the visit. */
  readonly visit?: string | undefined
  /** `ADT^A01`; `ADT` for every event of it. */
  readonly type?: string | undefined
  readonly target?: string | undefined
  readonly raw_id?: string | undefined
  /** One of these; for what the ledger names. */
  readonly raw_ids?: readonly string[] | undefined
  readonly event_id?: string | undefined
  /** Stored at or after this moment, milliseconds since 1970. */
  readonly since_ms?: number | undefined
  /** Stored before this moment. */
  readonly until_ms?: number | undefined
  /** As the log tells it; what the ledger tells is asked of the store. */
  readonly ended?: 'waiting' | 'mapped' | End | undefined
}

export interface LetterFilter {
  readonly tenant?: string | undefined
  readonly channel?: string | undefined
  readonly target?: string | undefined
  readonly stage?: string | undefined
  readonly class?: string | undefined
  readonly code?: string | undefined
  readonly control_id?: string | undefined
  readonly patient?: string | undefined
  readonly raw_id?: string | undefined
  /** Of the letter, or its first characters. */
  readonly id?: string | undefined
  /** Failed last at or after this moment, milliseconds since 1970. */
  readonly since_ms?: number | undefined
  readonly until_ms?: number | undefined
}

export interface Page {
  /** `next` of the page before; '' for the first one. */
  readonly after: string
  readonly limit: number
}

export interface Paged<T> {
  /** Newest first. */
  readonly rows: readonly T[]
  /** Undefined: there is no more. */
  readonly next: string | undefined
}

/** A message, or one message of a batch (`index`); no content. */
export interface MessageRow {
  /** As `after`: the page that begins behind this row. */
  readonly place: string
  readonly raw_id: string
  readonly index: number | undefined
  readonly tenant: string
  readonly channel: string
  readonly control_id: string
  readonly message_type: string
  /** When it was stored, milliseconds since 1970. */
  readonly stored_at_ms: number
  /** Of the raw record; undefined where retention had taken it before it was read. */
  readonly position: Position | undefined
  readonly targets: readonly string[]
  readonly ended: readonly End[]
  /** The events of a message of a batch, to tell its writes from those of its neighbours. */
  readonly event_ids: readonly string[]
}

/** A dead letter under its newest reason; no content. */
export interface LetterRow {
  readonly id: string
  readonly tenant: string
  readonly channel: string
  readonly route: string
  readonly target: string
  readonly stage: string
  readonly class: string
  readonly code: string
  readonly path: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly attempts: number
  /** FHIR instants. */
  readonly first_failed_at: string
  readonly last_failed_at: string
  readonly raw_id: string | undefined
  readonly index: number | undefined
  readonly control_id: string | undefined
  readonly event_id: string | undefined
  readonly intent_id: string | undefined
  /** Where the record stands that it is about; undefined for refused input. */
  readonly origin: Position | undefined
  /** Where the letter itself stands. */
  readonly position: Position
}

export interface LetterCount {
  readonly tenant: string
  readonly channel: string
  readonly code: string
  readonly class: string
  readonly count: number
}

/** How far the index has read. */
export interface SearchProgress {
  readonly records: number
  /** Records of the log that it has yet to read. */
  readonly behind: number
  /** It reads the log from its beginning, because its file was missing or not to be used. */
  readonly rebuilding: boolean
  /** Code of the catalogue; undefined while it works. */
  readonly trouble: string | undefined
}

export interface Search {
  messages(filter: MessageFilter, page: Page): Promise<Paged<MessageRow>>
  letters(filter: LetterFilter, page: Page): Promise<Paged<LetterRow>>
  letterCounts(filter: LetterFilter): Promise<readonly LetterCount[]>
  /**
   * Where the records of a raw record stand, at most `RECORDS_OF_MAX`; of one message of a batch
   * (`index`) its own and the batch's.
   */
  recordsOf(raw_id: string, index?: number): Promise<readonly Position[]>
  /** Raw records that mend this one, oldest first. */
  repairsOf(raw_id: string): Promise<readonly string[]>
  progress(): Promise<SearchProgress>
  /** Resolves when everything that stood in the log at the call has been read. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}
