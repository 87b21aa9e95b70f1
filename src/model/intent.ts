// Write intents, their ledger rows, and the plain data that passes between station 7, an adapter
// and a transport: a call, its answer, an outcome. An adapter opens no connection; a transport
// decides nothing.

import type { Code, Facts, Outcome } from './errors.ts'
import type { BusinessId, EventSource, Resource } from './event.ts'
import { limits } from './limits.ts'
import type { Approval, OnFailure } from './plan.ts'
import type { IntentState } from './state.ts'

export type Operation = 'create' | 'update' | 'patch' | 'amend' | 'link' | 'retract'

export interface WriteIntent {
  /** `hash(event_id, route, target, resource)` (design: G3). */
  readonly intent_id: string
  readonly tenant: string
  readonly channel: string
  readonly target: string
  readonly route: string
  readonly event_id: string
  readonly event_kind: string
  readonly raw_id: string
  /** W3C Trace Context of the message that it comes from. */
  readonly traceparent: string
  readonly deployment: string
  /** Order: one at a time and in `sequence` per (target, key). */
  readonly key: string
  /**
   * Offset of the event in the canonical topic at its first append; then the ordinal in the event.
   */
  readonly sequence: number
  readonly ordinal: number
  readonly operation: Operation
  readonly resource_type: string
  /** Canonical id: what other resources of the event refer to. */
  readonly resource_id: string
  /** How the resource is known at the target before we know its id there. */
  readonly identifier: BusinessId | undefined
  readonly resource: Resource
  /** Intents of the same event that must be committed first (references). */
  readonly waits_for: readonly string[]
  /**
   * Canonical `Type/id` → business identifier, for everything of its event that it refers to: so
   * the target can be asked for what this route does not write.
   */
  readonly refers_to: Readonly<Record<string, BusinessId>>
  /**
   * Present where the target takes whole events: then `resource` is the event's Bundle, and
   * `resource_id` the event's id; or a Bundle without entries, and the message's id, where the
   * message is carried instead. No such write supersedes another.
   */
  readonly event?: WholeEvent
  /**
   * Present where the event names another patient, who has to stand still meanwhile: the keys of
   * his lanes, in which this write is a barrier as in its own (design: section 2, Merges).
   */
  readonly also_keys?: readonly string[]
  /** Present where its commit says who patients are at the target from then on. */
  readonly identities?: readonly Identity[]
  /** What the route asks for, at least; undefined: as the target's policy says. */
  readonly approval: Approval | undefined
  /** The route's, as its deployment had it: a later change is for later events. */
  readonly on_failure: OnFailure
}

/**
 * The patient `of` went into the patient `is`; where both are the same, he is himself again.
 * Canonical ids of Patients (FHIR R4 patient.html#links).
 */
export interface Identity {
  readonly of: string
  readonly is: string
}

/** What a target that takes whole events is told beside their resources. */
export interface WholeEvent {
  /** FHIR instant or dateTime. */
  readonly occurred_at: string
  readonly recorded_at: string
  readonly patient: BusinessId | null
  readonly visit: BusinessId | null
  readonly source: EventSource
  /**
   * The message that the event comes from, its bytes as latin1, where the target forwards it; null
   * where retention has taken it, which no intent that is sent says.
   */
  readonly message?: string | null
}

/**
 * What several events of one position have to say is told apart by multiples of this in `ordinal`:
 * an event that its message came to later stands behind the one that was there (path/again.ts).
 */
export const RANK = 1_000_000

type Place = Pick<WriteIntent, 'sequence' | 'ordinal'>

/** Whether a whole state is newer than another one of its resource (design: G4). */
export function isNewer(one: Place, other: Place): boolean {
  if (one.sequence !== other.sequence) return one.sequence > other.sequence
  return Math.floor(one.ordinal / RANK) > Math.floor(other.ordinal / RANK)
}

export const usualOnFailure: OnFailure = {
  retry: {
    wait_ms_min: limits.retry_wait_ms_min,
    wait_ms_max: limits.retry_wait_ms_max,
    for_ms: limits.retry_for_ms,
  },
  order: 'patient',
  on_dead: 'continue',
}

/** What JSON leaves out, and what intents of an earlier Firth did not say. */
const unsaid = {
  identifier: undefined,
  refers_to: {},
  approval: undefined,
  on_failure: usualOnFailure,
}

/** An intent from its stored text. */
export function readIntent(text: string): WriteIntent {
  return { ...unsaid, ...(JSON.parse(text) as Omit<WriteIntent, keyof typeof unsaid>) }
}

export interface LedgerRow {
  readonly intent: WriteIntent
  readonly state: IntentState
  /** sha256 of what the intent would write; another one under the same id is a revision. */
  readonly content: string
  /** How many different people must agree to this content before it goes out. */
  readonly approvers: number
  /** How many other contents it had before: approvals are of one revision. */
  readonly revision: number
  readonly attempts: number
  /** Not before this moment, milliseconds since 1970. */
  readonly due_at_ms: number
  /** While `in_flight`: until then the owner may still be calling. */
  readonly lease_until_ms: number
  readonly epoch: number
  readonly first_at_ms: number
  readonly changed_at_ms: number
  /** Why it stands where it stands: the last code and its facts. */
  readonly reason: Code | undefined
  readonly facts: Facts
  /** The resource's id and version at the target, once known. */
  readonly target_id: string | undefined
  readonly target_version: string | undefined
}

/** One request to a far end, as data: each kind is carried by the transports of its kind. */
export type Call = HttpCall | MllpCall | FileCall

export interface HttpCall {
  readonly kind: 'http'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the target's base address. Carries no identifier of a patient: searches go by POST. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Whether it may change the far end's state. */
  readonly changes: boolean
}

/** One HL7 v2 message, sent over MLLP and answered by an ACK. */
export interface MllpCall {
  readonly kind: 'mllp'
  /** Unframed, with an MSH-10 that no other message to this far end has. */
  readonly bytes: Uint8Array
  readonly changes: true
}

/** One file of a folder: put there, or compared with what stands there. */
export interface FileCall {
  readonly kind: 'file'
  /** A plain name, no path. */
  readonly name: string
  readonly bytes: Uint8Array
  /** True: put there unless a file of this name stands. False: only looked at. */
  readonly changes: boolean
}

/** What came back, or what is known of why nothing did. */
export type Answer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | {
      readonly kind: 'ack'
      /** MSA-1 of the answer to this very message (HL7 table 0008). */
      readonly code: 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR'
      /** The first ERR segment as it stands, latin1, or ''. May quote the patient. */
      readonly err: string
    }
  | {
      readonly kind: 'file'
      /** `made`: by this call. `same`, `other`: it stood there, with these bytes or with others. */
      readonly found: 'made' | 'same' | 'other' | 'absent'
    }
  /** Refused before the first byte of the request went out: it did not land. */
  | { readonly kind: 'not_sent'; readonly code: Code; readonly facts: Facts }
  /** Sent, wholly or in part; it may have landed. */
  | { readonly kind: 'no_answer'; readonly code: Code; readonly facts: Facts }

/** What an HTTP call may be answered with. */
export type HttpAnswer = Exclude<Answer, { kind: 'ack' | 'file' }>

export interface Verdict {
  readonly outcome: Outcome
  readonly code: Code | undefined
  readonly facts: Facts
  readonly target_id?: string
  readonly target_version?: string
  /** From Retry-After or the vendor's rule. */
  readonly wait_ms?: number
  /** Canonical `Type/id` → the id at the target, for references that were found there by asking. */
  readonly found?: Readonly<Record<string, string>>
}

/** What an adapter's step function returns: the next call, or the end. */
export type Step = { readonly call: Call } | { readonly verdict: Verdict }

export interface StepInput {
  readonly intent: WriteIntent
  /** Calls made so far in this attempt, with their answers, oldest first. */
  readonly answers: readonly { readonly call: Call; readonly answer: Answer }[]
  /**
   * Canonical `Type/id` → the id at this target, for every reference of the resource that is known.
   */
  readonly known: Readonly<Record<string, string>>
  /** How many other contents the write had before; absent: none. */
  readonly revision?: number
}
