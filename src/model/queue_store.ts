// What keeps ledger rows back at the moment, and the rows of one patient among those that wait or
// need a person. Asked by whoever explains a queue; nothing is decided by it.
import type { LedgerRow } from './intent.ts'

/** What the ledger itself knows of why a row has not gone on. */
export interface HeldBack {
  readonly intent_id: string
  /** The write before whose end it has no turn: an earlier one, or one under way. */
  readonly behind: string | undefined
  /** `behind` says who patients are: a merge or a parting. */
  readonly merge?: boolean
  /** The write of something that it refers to, which has to come first. */
  readonly reference: string | undefined
  /** How many people have agreed to what it would write now. */
  readonly approvals: number
}

/** Rows that one look at a patient answers. */
export const PATIENT_ROWS_MAX = 500

export interface QueueStore {
  /** In the order asked; an id that there is not is left out. */
  heldBack(intent_ids: readonly string[]): Promise<readonly HeldBack[]>
  /**
   * Rows of a patient that wait, or stand as conflict, denied, rejected or dead, in the order of
   * his events; at most `PATIENT_ROWS_MAX`. `patient` is `system|value`, or a value of any system.
   */
  rowsOfPatient(
    target: { readonly tenant: string; readonly target: string },
    patient: string,
  ): Promise<readonly LedgerRow[]>
}
