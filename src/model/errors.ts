// The one catalogue of failures: each code, what a person reads, what happens next, and what a
// sender is answered. Decisions read `outcome`, never the text (STYLE.md 15). Messages hold no
// patient data: what varies is a count, a position or a name from configuration.
import { commandErrors } from './catalogue_commands.ts'
import { durableErrors } from './catalogue_durable.ts'
import type { CatalogueEntry, Outcome } from './catalogue_entry.ts'
import { keepErrors } from './catalogue_keep.ts'
import { mappingErrors } from './catalogue_mapping.ts'
import { messageErrors } from './catalogue_messages.ts'
import { replayErrors } from './catalogue_replays.ts'
import { writeErrors } from './catalogue_writes.ts'

export type { CatalogueEntry, Nak, Outcome } from './catalogue_entry.ts'

export const catalogue = {
  ...messageErrors,
  ...mappingErrors,
  ...durableErrors,
  ...keepErrors,
  ...writeErrors,
  ...replayErrors,
  ...commandErrors,
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
