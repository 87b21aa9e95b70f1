// What holds records of a topic back from retention, beside the groups that have yet to read them
// (design: section 4): each pin says which span, why, and on whose behalf, so that a full disk can
// name what fills it.

export interface Pin {
  readonly topic: string
  readonly partition: number
  /** The first offset that must stay. */
  readonly from_offset: number
  /** Behind the last offset that must stay; undefined: everything from `from_offset` on. */
  readonly to_offset: number | undefined
  readonly why: 'open_dead_letter' | 'unfinished_intent' | 'replay' | 'backup'
  /** Of the replay or the backup, the tenant of the intents, the id of the dead letter. */
  readonly name: string
}

/**
 * Answers the pins of this moment. Whoever takes a pin makes it visible here first, then asks from
 * where on the partition is whole (cursor `keptWholeFrom`), and only then reads: a round of
 * retention writes that cursor before it asks the pins that it trims by, so one of the two always
 * sees the other.
 */
export type PinSource = () => Promise<readonly Pin[]>
