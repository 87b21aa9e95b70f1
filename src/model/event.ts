// The canonical event: what happened, in FHIR R4 shapes (https://hl7.org/fhir/R4/), with its
// lineage.

import type { Code, Facts } from './errors.ts'
import type { Headers } from './log.ts'

/** A FHIR R4 resource as JSON. Shapes are checked by the event's schema, not by the compiler. */
export interface Resource {
  readonly resourceType: string
  readonly id: string
  readonly [element: string]: unknown
}

export const kinds = [
  'patient.admitted',
  'patient.transferred',
  'patient.discharged',
  'patient.registered',
  'patient.updated',
  'patient.deleted',
  'patient.merged',
  'patient.linked',
  'patient.unlinked',
  'visit.planned',
  'visit.updated',
  'visit.cancelled',
  'result.preliminary',
  'result.final',
  'result.corrected',
  'result.cancelled',
  'result.empty',
] as const

export type Kind = (typeof kinds)[number]

/** A business identifier: FHIR `Identifier.system` and `.value`. */
export interface BusinessId {
  readonly system: string
  readonly value: string
}

/** A remark of the mapping about one place of the message; no content of the message in it. */
export interface Finding {
  readonly code: string
  /**
   * Segment-field-component, e.g. `PV1-2`, with the segment's ordinal where it repeats: `OBX[3]-5`.
   */
  readonly place: string
  readonly text: string
  /** Of `code_unmapped`: the code slot (or table) that lacks the code; misses are counted by it. */
  readonly slot?: string
}

export interface EventSource {
  readonly raw_id: string
  /** Of the message in its batch; 0 where it is alone. */
  readonly index: number
  readonly topic: string
  readonly control_id: string
  readonly message_type: string
  readonly hl7_version: string
  readonly sha256: string
}

export interface CanonicalEvent {
  /** `hash(root_id, index, kind, subject)` (design: G3). */
  readonly id: string
  readonly kind: Kind
  readonly schema_version: 1
  readonly tenant: string
  readonly channel: string
  /** FHIR instant or dateTime; what the message says, else `recorded_at`. */
  readonly occurred_at: string
  /** The raw record's `received_at`. */
  readonly recorded_at: string
  /** Key of the order: `system|value`; undefined where the message names no patient. */
  readonly patient: BusinessId | null
  readonly visit: BusinessId | null
  /**
   * References come before those who refer to them; the first of `subject_type` is the main one.
   */
  readonly resources: {
    readonly resourceType: 'Bundle'
    readonly type: 'collection'
    readonly entry: readonly { readonly fullUrl: string; readonly resource: Resource }[]
  }
  readonly source: EventSource
  readonly deployment: string
  readonly warnings: readonly Finding[]
}

/** What a mapping returns: the event without what the engine knows better. */
export interface MappedEvent {
  readonly kind: Kind
  readonly occurred_at: string | undefined
  readonly patient: BusinessId | null
  readonly visit: BusinessId | null
  /** Business identifier of the main resource; undefined: its ordinal is taken. */
  readonly subject: BusinessId | undefined
  readonly resources: readonly Resource[]
}

/**
 * What a mapping may know of its message besides the bytes: all of it recorded, none of it the
 * clock.
 */
export interface MappingFacts {
  readonly raw_id: string
  readonly tenant: string
  readonly channel: string
  readonly received_at: string
  /** IANA name, for times without an offset. */
  readonly time_zone: string
  /** MSH-4 or an HD's namespace → URI. */
  readonly assigning_authorities: Readonly<Record<string, string>>
  /** The channel's own word on the character set; undefined: MSH-18 decides. */
  readonly charset?: string | undefined
}

/** What the engine knows of a message and its mapping does not; it becomes part of its events. */
export interface EventOrigin {
  /** Of the raw record. */
  readonly topic: string
  /** Of the raw record, or of one message of its batch; those that an event tells of. */
  readonly headers: Headers
  readonly deployment: string
  /** Of the batch around it. */
  readonly findings: readonly Finding[]
}

/** One message for a mapping. */
export interface MappingJob {
  readonly raw: Buffer
  readonly facts: MappingFacts
  readonly origin: EventOrigin
}

/** A canonical event as it is appended. */
export interface MadeEvent {
  readonly id: string
  readonly kind: Kind
  /** Of the order: the patient's; undefined: the message's feed. */
  readonly key: string | undefined
  /** A CanonicalEvent as JSON, checked. */
  readonly value: Buffer
}

/** What became of it: events (possibly none) with findings, or a failure by its code. */
export type MappingResult =
  | {
      readonly events: readonly MadeEvent[]
      readonly findings: readonly Finding[]
      /** Only of a mapper that explains. */
      readonly reads?: readonly MappingRead[]
    }
  | { readonly code: Code; readonly facts: Facts }

/** One line of a mapping, or of a code table, and what it read of the message; content of it. */
export interface MappingRead {
  /** `transforms/base/datatypes/person.ts:42`, with ` ← ` and the line that called it. */
  readonly rule: string
  /** Segment and field: `OBX[3]-5`. */
  readonly place: string
  readonly text: string
}

/** The mappings of one tenant, in a process of their own (design: section 5). */
export interface Mapper {
  /**
   * Maps messages side by side; answers in the order of the jobs. A mapping that throws, loops or
   * dies costs its own message a `mapping_…` code and no other. Rejects only when it is closed.
   */
  map(module: string, jobs: readonly MappingJob[]): Promise<readonly MappingResult[]>
  /** Ends the process. */
  close(): Promise<void>
}
