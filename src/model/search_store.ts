// What a search asks of the ledger: where the writes of many messages stand, and which messages
// have writes in some state. Only where they stand, no contents, so that it is quick.
import type { IntentState } from './state.ts'

export interface WriteState {
  readonly raw_id: string
  readonly event_id: string
  readonly intent_id: string
  readonly target: string
  readonly state: IntentState
}

export interface SearchStore {
  /** The writes that these raw records have made or revised, in no order. */
  writesOf(raw_ids: readonly string[]): Promise<readonly WriteState[]>
  /** Of these intents, those that have no row. */
  unknownIntents(intent_ids: readonly string[]): Promise<readonly string[]>
  /**
   * Raw records with a write in one of the states, each once; undefined where there are more writes
   * than `limit`.
   */
  rawsInStates(of: {
    readonly states: readonly IntentState[]
    readonly tenant: string | undefined
    readonly target: string | undefined
    readonly limit: number
  }): Promise<readonly string[] | undefined>
}
