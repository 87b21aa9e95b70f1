// Synthetic intents for tests of the stores, and the few words in which the contract's cases speak.
import assert from 'node:assert/strict'
import { usualOnFailure, type WriteIntent } from '../../src/model/intent.ts'
import type { IntentState } from '../../src/model/state.ts'
import type { Admission, Move, Store } from '../../src/model/store.ts'

export const at = { tenant: 'north', target: 'chart' } as const
let made = 0

/** A synthetic intent; each has a key, an event and a resource of its own unless told otherwise. */
export function intent(change: Partial<WriteIntent> = {}): WriteIntent {
  made += 1
  const resource_id = change.resource_id ?? `r${made}`
  return {
    ...at,
    intent_id: `intent_${made}`,
    route: 'chart',
    event_id: `event_${made}`,
    event_kind: 'patient.updated',
    channel: 'adt',
    traceparent: '',
    raw_id: `raw_${made}`,
    deployment: 'd1',
    key: `key_${made}`,
    sequence: made,
    ordinal: 0,
    operation: 'update',
    resource_type: 'Patient',
    resource_id,
    identifier: { system: 'urn:test', value: resource_id },
    resource: { resourceType: 'Patient', id: resource_id, active: true },
    waits_for: [],
    refers_to: {},
    approval: undefined,
    on_failure: usualOnFailure,
    ...change,
  }
}

export function admission(of: WriteIntent, change: Partial<Admission> = {}): Admission {
  return {
    intent: of,
    content: `content of ${of.intent_id}`,
    approvers: 0,
    state: 'accepted',
    reason: undefined,
    facts: {},
    ...change,
  }
}

export const claiming = { now_ms: 1_000, lease_ms: 100, limit: 10 }
export const ids = (rows: readonly { intent: WriteIntent }[]) =>
  rows.map(row => row.intent.intent_id)

/** What cases share: the store under test, and short words for what they do with it. */
export interface Lab {
  readonly store: Store
  /** A target of its own for each test, so that tests do not see each other's rows. */
  lane(): { readonly tenant: string; readonly target: string }
  admit(...list: readonly WriteIntent[]): Promise<readonly string[]>
  /** Moves from whatever state the row has. */
  moveTo(of: WriteIntent, to: IntentState, change?: Partial<Move>): Promise<boolean | undefined>
}

export function labOver(current: () => Store): Lab {
  let lanes = 0
  return {
    get store() {
      return current()
    },
    lane: () => ({ tenant: at.tenant, target: `t${++lanes}` }),
    admit: (...list) =>
      current().admit(
        list.map(one => admission(one)),
        500,
      ),
    async moveTo(of, to, change = {}) {
      const row = await current().row(of.intent_id)
      assert.ok(row)
      const move = { ...base(of, row.state, to), epoch: current().epoch, ...change }
      return (await current().move([move]))[0]
    },
  }
}

export const base = (of: WriteIntent, from: IntentState, to: IntentState) => ({
  intent_id: of.intent_id,
  from,
  to,
  at_ms: 2_000,
})
