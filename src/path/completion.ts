// What the engine knows better than a mapping: ids, lineage, times of its own. Makes canonical
// events of mapped ones and checks them against the canonical schema. Pure, so that a dry run makes
// the same bytes as station 4.
import { checkEvent } from '../declare/check_event.ts'
import { derivedId } from '../kit/ids.ts'
import type { Facts } from '../model/errors.ts'
import type { CanonicalEvent, Finding, MappedEvent } from '../model/event.ts'
import type { LogRecord } from '../model/log.ts'
import { indexOf } from './batch.ts'

/** What a mapping made of one message. */
export interface Mapped {
  readonly events: readonly MappedEvent[]
  readonly findings: readonly Finding[]
}

export interface Origin {
  /** The raw record, or one message of its batch (batch.ts). */
  readonly record: Pick<LogRecord, 'topic' | 'headers'>
  readonly tenant: string
  readonly channel: string
  readonly deployment: string
}

/** All of the events, or the place of the first one that its schema refuses. */
export type Completed =
  | { readonly events: readonly CanonicalEvent[] }
  | { readonly code: 'event_invalid'; readonly facts: Facts }

export function complete(mapped: Mapped, origin: Origin): Completed {
  const events = mapped.events.map((_, i) => completeOne(mapped, origin, i))
  for (const event of events) {
    const wrong = checkEvent(event)
    if (wrong !== undefined)
      return { code: 'event_invalid', facts: { path: wrong.path, what: wrong.what } }
  }
  return { events }
}

/** `event_id = hash(root_id, index, kind, subject)` (G3): no offset, no version, no clock in it. */
function completeOne({ events, findings }: Mapped, origin: Origin, i: number): CanonicalEvent {
  const event = events[i] as MappedEvent
  const { tenant, channel, deployment } = origin
  const { topic, headers } = origin.record
  const index = indexOf(headers)
  const raw_id = headers.raw_id ?? ''
  const same = events.slice(0, i).filter(other => sameSubject(other, event)).length
  const subject = event.subject ? `${event.subject.system}|${event.subject.value}|${same}` : `#${i}`
  return {
    id: derivedId(headers.root_id ?? raw_id, index, event.kind, subject),
    kind: event.kind,
    schema_version: 1,
    tenant,
    channel,
    occurred_at: event.occurred_at ?? headers.received_at ?? '',
    recorded_at: headers.received_at ?? '',
    patient: event.patient,
    visit: event.visit,
    resources: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: event.resources.map(resource => ({ fullUrl: urlOf(resource), resource })),
    },
    source: {
      raw_id,
      index,
      topic,
      control_id: headers.control_id ?? '',
      message_type: headers.message_type ?? '',
      hl7_version: headers.hl7_version ?? '',
      sha256: headers.sha256 ?? '',
    },
    deployment,
    warnings: findings,
  }
}

/**
 * Inside the bundle `Type/id` references resolve against these (FHIR R4 bundle.html#references).
 */
const urlOf = (resource: { resourceType: string; id: string }) =>
  `http://firth.invalid/${resource.resourceType}/${resource.id}`

function sameSubject(a: MappedEvent, b: MappedEvent): boolean {
  return (
    a.kind === b.kind &&
    a.subject?.system === b.subject?.system &&
    a.subject?.value === b.subject?.value
  )
}
