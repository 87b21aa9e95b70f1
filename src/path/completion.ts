// What the engine knows better than a mapping: ids, lineage, times of its own. Makes canonical
// events of what a mapping returned, each checked while it is written (declare/event_text.ts).
// Pure, and run in the mapping process, where tenants' code may lie in wait behind each value: each
// is read once, and no method is called that such code could have replaced.
import { type EventFinding, eventText } from '../declare/event_text.ts'
import { derivedId } from '../kit/ids.ts'
import type { Facts } from '../model/errors.ts'
import {
  type BusinessId,
  type EventOrigin,
  type Finding,
  kinds,
  type MappedEvent,
  type MappingFacts,
} from '../model/event.ts'
import { rootOf } from '../model/message.ts'
import { indexOf } from './batch.ts'

/** What a mapping made of one message; the events as it returned them. */
export interface Mapped {
  readonly events: readonly unknown[]
  readonly findings: readonly Finding[]
}

export interface CompletionContext {
  readonly facts: Pick<MappingFacts, 'tenant' | 'channel' | 'received_at'>
  readonly origin: EventOrigin
  /** Of all events together. */
  readonly characters_max?: number
}

export interface CompletedEvent {
  readonly id: string
  readonly kind: MappedEvent['kind']
  /** Of the order; undefined: the message's feed. */
  readonly key: string | undefined
  /** A CanonicalEvent as JSON. */
  readonly text: string
}

/** All of the events, or the place of the first one that its schema refuses. */
export type Completed =
  | { readonly events: readonly CompletedEvent[] }
  | { readonly code: 'event_invalid' | 'mapping_result_too_large'; readonly facts: Facts }

/** Throws what a getter or a trap of the events throws. */
export function complete(mapped: Mapped, context: CompletionContext): Completed {
  const events: CompletedEvent[] = []
  const ordinals = new Map<string, number>()
  let left = context.characters_max ?? Number.POSITIVE_INFINITY
  for (let i = 0; i < mapped.events.length; i++) {
    const event = returned(mapped.events[i])
    if (event === undefined) return invalid({ path: `/events/${i}`, what: NOT_RETURNED })
    const id = idOf(event, { ...context, ordinals, i })
    const written = eventText(envelope(event, { ...context, id, warnings: mapped.findings }), left)
    if (!('text' in written)) {
      if (!written.isTooLarge) return invalid(written)
      const facts = { characters_max: context.characters_max ?? 0 }
      return { code: 'mapping_result_too_large', facts }
    }
    const { patient, kind } = event
    const key = patient === null ? undefined : `${patient.system}|${patient.value}`
    left -= written.text.length
    events[i] = { id, kind, key, text: written.text }
  }
  return { events }
}

const invalid = ({ path, what }: Pick<EventFinding, 'path' | 'what'>) =>
  ({ code: 'event_invalid', facts: { path, what } }) as const

const NOT_RETURNED = 'is not what a mapping returns'
const known: ReadonlySet<unknown> = new Set(kinds)
const { isArray } = Array

/** A mapped event, its values read; of its resources what they hold is still to be read. */
function returned(value: unknown): MappedEvent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, occurred_at, patient, visit, subject, resources } = value as Partial<MappedEvent>
  if (!known.has(kind) || !isArray(resources)) return undefined
  if (occurred_at !== undefined && typeof occurred_at !== 'string') return undefined
  const ids = { patient: businessId(patient), visit: businessId(visit) }
  const of = subject === undefined ? null : businessId(subject)
  if (ids.patient === undefined || ids.visit === undefined || of === undefined) return undefined
  return {
    kind: kind as MappedEvent['kind'],
    occurred_at,
    patient: ids.patient,
    visit: ids.visit,
    subject: of ?? undefined,
    resources,
  }
}

/** Undefined where it is none; null is no id, and may be said. */
function businessId(value: unknown): BusinessId | null | undefined {
  if (value === null) return null
  if (typeof value !== 'object') return undefined
  const { system, value: own } = value as Partial<BusinessId>
  return typeof system === 'string' && typeof own === 'string' ? { system, value: own } : undefined
}

/** `event_id = hash(root_id, index, kind, subject)` (G3): no offset, no version, no clock in it. */
function idOf(
  { kind, subject }: MappedEvent,
  {
    origin,
    ordinals,
    i,
  }: CompletionContext & { readonly ordinals: Map<string, number>; readonly i: number },
): string {
  const { headers } = origin
  const named = subject === undefined ? undefined : `${subject.system}|${subject.value}`
  const same = `${kind} ${named}`
  const ordinal = ordinals.get(same) ?? 0
  ordinals.set(same, ordinal + 1)
  const of = named === undefined ? `#${i}` : `${named}|${ordinal}`
  return derivedId(rootOf(headers), indexOf(headers), kind, of)
}

function envelope(
  event: MappedEvent,
  {
    facts,
    origin,
    id,
    warnings,
  }: CompletionContext & { readonly id: string; readonly warnings: readonly Finding[] },
) {
  const { headers, topic, deployment } = origin
  const { tenant, channel, received_at } = facts
  return {
    id,
    kind: event.kind,
    schema_version: 1,
    tenant,
    channel,
    occurred_at: event.occurred_at ?? received_at,
    recorded_at: received_at,
    patient: event.patient,
    visit: event.visit,
    resources: event.resources,
    source: {
      raw_id: headers.raw_id ?? '',
      index: indexOf(headers),
      topic,
      control_id: headers.control_id ?? '',
      message_type: headers.message_type ?? '',
      hl7_version: headers.hl7_version ?? '',
      sha256: headers.sha256 ?? '',
    },
    deployment,
    warnings,
  } as const
}
