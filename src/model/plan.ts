// A Plan: a project's files, checked and resolved, as the path runs them. channel/ makes it; path/
// and operate/ read it. Frozen: a change of a file makes another plan with another hash.
import type { Condition } from './condition.ts'
import type { Operation } from './intent.ts'

export const environments = ['production', 'test', 'development'] as const
export type Environment = (typeof environments)[number]

export interface ChannelPlan {
  readonly tenant: string
  readonly channel: string
  readonly about: string
  /** Project-relative file. */
  readonly file: string
  readonly source: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  readonly environment: Environment
  /** MSH-18 of every message, whatever the sender wrote there; undefined: the sender's word. */
  readonly charset: string | undefined
  /** What is let in; undefined: all. The rest is acknowledged and recorded as filtered. */
  readonly accept: AcceptPlan | undefined
  /** Undefined: the channel stores and acknowledges, nothing more. */
  readonly transform: TransformPlan | undefined
  /** Whether an event takes every route whose `when` holds, or the first of them. */
  readonly match: 'all' | 'first'
  readonly routes: readonly RoutePlan[]
  readonly on_failure: OnFailure
}

export interface AcceptPlan {
  /** `ADT^A01`, or `ADT` for every event of it; undefined: all types. */
  readonly messages: readonly string[] | undefined
  /** Over the HL7 paths of the message; undefined: it always holds. */
  readonly when: Condition | undefined
}

export interface TransformPlan {
  /** As written: `base`, or `<tenant>/<name>`. */
  readonly name: string
  /** Absolute path of the module. */
  readonly module: string
}

export interface RoutePlan {
  readonly name: string
  /** Name of a target of the tenant. */
  readonly to: string
  /** Over the fields of the event; undefined: it always holds. */
  readonly when: Condition | undefined
  /** Undefined: every resource of the event, references first. */
  readonly write: WritePlan | undefined
  /** The route's own over the channel's. */
  readonly on_failure: OnFailure
}

export interface WritePlan {
  /** FHIR R4 resource type. */
  readonly resource: string
  /** Undefined: as the event's kind says. */
  readonly operation: Operation | undefined
  /** At least this; the target's policy may ask for more. */
  readonly approval: Approval | undefined
}

export const approvals = ['automatic', 'one_approver', 'two_approvers'] as const
/** How many people must agree before a write goes out, from least to most. */
export type Approval = (typeof approvals)[number]

/** Class of risk → approval. A class that is not named is denied. */
export type Policy = Readonly<Record<string, Approval>>

export interface OnFailure {
  readonly retry: {
    readonly wait_ms_min: number
    readonly wait_ms_max: number
    /** From the first try; stands still while the target is paused. */
    readonly for_ms: number
  }
  /** What a waiting write holds: later ones of its patient, or of the same resource only. */
  readonly order: 'patient' | 'resource'
  /** After a dead one: go on, or hold the later ones of the patient for a person. */
  readonly on_dead: 'continue' | 'hold'
}

/**
 * What a target is handed of an event: each resource by itself; all of it at once; or all of it,
 * with the bytes of the message that it comes from in place of the resources.
 */
export type Takes = 'resource' | 'event' | 'message'

export interface TargetPlan {
  readonly name: string
  readonly adapter: string
  readonly config: Readonly<Record<string, unknown>>
  readonly environment: Environment
  readonly takes: Takes
  readonly in_flight_max: number
  /** Calls that may begin in one second; undefined: as many as the target answers. */
  readonly rate_per_second: number | undefined
  /** What is done about a call that may have landed (design: section 7). */
  readonly on_unknown: 'verify' | 'resend_same_id' | 'hold'
  /** Undefined: every write that the adapter's profile declares goes out by itself. */
  readonly policy: Policy | undefined
}

export interface TenantPlan {
  readonly tenant: string
  readonly name: string
  readonly environment: Environment
  /** IANA; undefined where no channel transforms. */
  readonly time_zone: string | undefined
  readonly assigning_authorities: Readonly<Record<string, string>>
  readonly targets: readonly TargetPlan[]
  readonly channels: readonly ChannelPlan[]
  /** Hash over the tenant's files, the base mappings and the SDK; stands on every record. */
  readonly deployment: string
  /** Folder of the tenant's own modules, where there is one. */
  readonly transforms: string | undefined
  /** The tenant's part of the hash: its files, from the project's folder, and their sha256. */
  readonly contents?: readonly (readonly [file: string, sha256: string])[]
  /** Folder of the base mappings as the deployment holds them; absent: the engine's own. */
  readonly base?: string | undefined
}

export interface Plan {
  /** Absolute. */
  readonly project: string
  readonly tenants: readonly TenantPlan[]
  readonly engine: EnginePlan
}

export interface KeepEntry {
  readonly keep_ms?: number | undefined
  readonly keep_bytes_max?: number | undefined
}

/** firth.yaml with its defaults. */
export interface EnginePlan {
  readonly log: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  readonly store: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  readonly limits: {
    readonly unanswered_bytes_max: number
    readonly mapping_ms_max: number
    /** How long records are kept once everyone has read them. */
    readonly keep_ms: number
    /** How much of one topic is kept then; undefined: as much as there is. */
    readonly keep_bytes_max?: number | undefined
    /** Dead letters on which somebody has decided, and the audit. */
    readonly keep_dead_ms: number
    readonly keep_audit_ms: number
    /** Finished writes in the ledger. */
    readonly keep_ledger_ms: number
    readonly duplicate_window_ms: number
  }
  /** What is kept otherwise, by topic, or by tenant for its messages. */
  readonly keep: Readonly<Record<string, KeepEntry>>
  readonly operate: OperatePlan
}

/** How the engine shows itself to those who watch it. */
export interface OperatePlan {
  /** Undefined: nothing listens. */
  readonly http?: { readonly host: string; readonly port: number } | undefined
  /** Undefined: no trace is sent. */
  readonly traces?: { readonly otlp_url: string; readonly sample_percent: number } | undefined
  readonly alerts: AlertLimits
}

/** From when on something is told as an alert. */
export interface AlertLimits {
  readonly silent_feed_ms: number
  readonly oldest_waiting_ms: number
  readonly target_down_ms: number
  readonly ledger_stuck_ms: number
  readonly error_percent: number
}

export const usualAlerts: AlertLimits = {
  silent_feed_ms: 14_400_000,
  oldest_waiting_ms: 300_000,
  target_down_ms: 60_000,
  ledger_stuck_ms: 900_000,
  error_percent: 5,
}

/** What is wrong with a file, and where. */
export interface ConfigFinding {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** Stable name of the rule, e.g. `unknown_key`. */
  readonly rule: string
  readonly what: string
  readonly remedy: string
}
