// Rows as SQLite holds them and as they cross to the worker, and their way to and from the model's
// shapes. Intents cross as JSON text: the main loop never clones a resource.
import type { Code, Facts } from '../../model/errors.ts'
import { type LedgerRow, readIntent, type WriteIntent } from '../../model/intent.ts'
import type { IntentState } from '../../model/state.ts'
import type { Admission, LedgerMove } from '../../model/store.ts'

/**
 * One row of `ledger`, with the text of the intent's current content where a query asked for it.
 */
export interface LedgerRecord {
  readonly intent_id: string
  readonly tenant: string
  readonly target: string
  readonly key: string
  readonly sequence: number
  readonly ordinal: number
  readonly resource_type: string
  readonly resource_id: string
  readonly state: IntentState
  readonly barrier: number
  readonly by_resource: number
  readonly hold_dead: number
  /** 1: it says who patients are (identities.ts). */
  readonly identity: number
  /** How many merges and partings had been committed when it went out last. */
  readonly identity_seen: number
  /** How many people must agree to the content, and which content of the intent it is. */
  readonly approvers: number
  readonly revision: number
  /** 1: a call may have landed that this ledger knows nothing of. */
  readonly doubt: number
  readonly content: string
  readonly next_content: string | null
  readonly attempts: number
  readonly due_at_ms: number
  readonly lease_until_ms: number
  readonly epoch: number
  readonly first_at_ms: number
  readonly changed_at_ms: number
  readonly reason: Code | null
  readonly facts: string
  readonly target_id: string | null
  readonly target_version: string | null
  readonly moves: number
}

export type FullRecord = LedgerRecord & { readonly intent: string }

/** An admission on its way to the worker: what becomes columns, and the intent as text. */
export type AdmissionRecord = Pick<
  WriteIntent,
  | 'intent_id'
  | 'tenant'
  | 'target'
  | 'key'
  | 'sequence'
  | 'ordinal'
  | 'operation'
  | 'resource_type'
  | 'resource_id'
  | 'raw_id'
  | 'waits_for'
> & {
  readonly by_resource: number
  readonly hold_dead: number
  readonly identity: number
  readonly also_keys: readonly string[]
  /** What it refers to, `Type/id`, where not all of it stands in `waits_for`. */
  readonly references: readonly string[]
  readonly intent: string
  readonly content: string
  readonly state: 'accepted' | 'awaiting_approval' | 'denied'
  readonly approvers: number
  readonly reason: Code | null
  readonly facts: string
}

export interface MoveRecord {
  readonly at_ms: number
  readonly due_at_ms: number
  readonly from_state: IntentState | null
  readonly to_state: IntentState
  readonly reason: Code | null
  readonly facts: string
}

export interface ApprovalRecord {
  readonly by_name: string
  readonly why: string
  readonly content: string
  readonly at_ms: number
}

export function toAdmissionRecord(admission: Admission): AdmissionRecord {
  const { intent, content, state, approvers, reason, facts } = admission
  const references = Object.keys(intent.refers_to)
  return {
    intent_id: intent.intent_id,
    tenant: intent.tenant,
    target: intent.target,
    key: intent.key,
    sequence: intent.sequence,
    ordinal: intent.ordinal,
    operation: intent.operation,
    resource_type: intent.resource_type,
    resource_id: intent.resource_id,
    raw_id: intent.raw_id,
    waits_for: intent.waits_for,
    by_resource: intent.on_failure.order === 'resource' ? 1 : 0,
    hold_dead: intent.on_failure.on_dead === 'hold' ? 1 : 0,
    identity: intent.identities === undefined ? 0 : 1,
    also_keys: intent.also_keys ?? [],
    references: references.length > intent.waits_for.length ? references : [],
    intent: JSON.stringify(intent),
    content,
    state,
    approvers,
    reason: reason ?? null,
    facts: JSON.stringify(facts),
  }
}

export function toLedgerRow(record: FullRecord): LedgerRow {
  const intent = readIntent(record.intent)
  return {
    // A revision keeps the place of the event's first append in the order (design: G4).
    intent: {
      ...intent,
      key: record.key,
      sequence: record.sequence,
      ordinal: record.ordinal,
    },
    state: record.state,
    content: record.content,
    approvers: record.approvers,
    revision: record.revision,
    attempts: record.attempts,
    due_at_ms: record.due_at_ms,
    lease_until_ms: record.lease_until_ms,
    epoch: record.epoch,
    first_at_ms: record.first_at_ms,
    changed_at_ms: record.changed_at_ms,
    reason: record.reason ?? undefined,
    facts: JSON.parse(record.facts) as Facts,
    target_id: record.target_id ?? undefined,
    target_version: record.target_version ?? undefined,
  }
}

export function toLedgerMove(intent_id: string, record: MoveRecord): LedgerMove {
  return {
    intent_id,
    at_ms: record.at_ms,
    due_at_ms: record.due_at_ms,
    from: record.from_state ?? undefined,
    to: record.to_state,
    reason: record.reason ?? undefined,
    facts: JSON.parse(record.facts) as Facts,
  }
}
