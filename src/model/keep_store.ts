// What retention, backup and restore ask of the store.
import type { Outgoing } from './dead_store.ts'
import type { IntentState } from './state.ts'

/** States in which nothing more is to come for a write, by itself or by a person. */
export const finished = [
  'committed',
  'surfaced',
  'reconciled',
  'superseded',
  'rejected',
  'withdrawn',
  'compensated',
] as const satisfies readonly IntentState[]

/** A tenant's cursor: below this sequence the ledger has let rows go. */
export const wholeSince = (tenant: string) => `ledger.whole_since_sequence.${tenant}`

/** A partition's cursor: below this offset retention may have let records go between others. */
export const keptWholeFrom = (topic: string, partition: number) =>
  `retention.whole_from.${topic}.${partition}`

/** Who restored the folder, when and from what; JSON of `Restored`. Absent: it never was. */
export const RESTORED_CURSOR = 'restored'

/** The last backup, as JSON of its manifest without the files, and its folder. */
export const LAST_BACKUP_CURSOR = 'backup.last'

export interface Restored {
  /** When the backup was taken, and when it was put back. */
  readonly cut_at_ms: number
  readonly at_ms: number
  readonly by: string
  readonly why: string
}

export interface KeepStore {
  /** Canonical sequences of a tenant's writes that are not finished, each once, ascending. */
  unfinished(tenant: string, limit: number): Promise<readonly number[]>
  /**
   * Forgets finished writes that have not moved since, with their moves, at most `limit` of them;
   * answers how many. Merges stay, and who wrote a resource last. Moves the cursor `wholeSince`.
   */
  letGoFinished(tenant: string, before_ms: number, limit: number): Promise<number>
  /**
   * Says that the state is that of an earlier moment, behind which calls may have landed that it
   * knows nothing of: every write that is not finished, and every later one that comes from a
   * message received before that moment, becomes `unknown` instead of going out. `told` goes to the
   * outbox (`DeadStore.outbox`), which brings it into the log.
   */
  restored(of: Restored & { readonly told?: readonly Outgoing[] }): Promise<void>
  /**
   * Writes a copy of the state of this moment to a file that does not exist yet, beside whatever
   * else goes on. Absent where the driver's own tools do that.
   */
  readonly copyTo?: (file: string) => Promise<void>
}
