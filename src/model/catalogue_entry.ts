// What one code of the catalogue says, and the words that it may use.

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

export function entry(
  ...[message, outcome, ack, hint]: [string, Outcome, Nak, string]
): CatalogueEntry {
  return { message, outcome, ack, hint }
}
