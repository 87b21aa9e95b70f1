// What the engine knows better than a mapping: ids, lineage, times of its own. Makes canonical
// events of mapped ones and checks them against the canonical schema. Pure, so that a dry run makes
// the same bytes as station 4.
import { checkEvent } from '../declare/check_event.ts'
import { derivedId } from '../kit/ids.ts'
import type { Facts } from '../model/errors.ts'
import type { CanonicalEvent, Finding, MappedEvent } from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'
import { rootOf } from '../model/message.ts'
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

/** The records of one message's events, or why they cannot be stored. */
export type Made =
  | { readonly records: readonly NewRecord[] }
  | { readonly code: 'event_invalid' | 'event_too_large'; readonly facts: Facts }

export function finished(mapped: Mapped, origin: Origin & { readonly record: LogRecord }): Made {
  const completed = complete(mapped, origin)
  if ('code' in completed) return completed
  const records = completed.events.map(event => eventRecord(event, origin.record))
  const { record_bytes_max } = limits
  // Every station behind counts on it, and a log may refuse more for ever.
  const large = records.find(({ value }) => value.length > record_bytes_max)
  if (large === undefined) return { records }
  return { code: 'event_too_large', facts: { bytes: large.value.length, record_bytes_max } }
}

function eventRecord(event: CanonicalEvent, raw: LogRecord): NewRecord {
  const { headers } = raw
  const key = event.patient
    ? `${event.patient.system}|${event.patient.value}`
    : (headers.feed ?? '')
  return {
    key,
    headers: {
      event_id: event.id,
      kind: event.kind,
      tenant: event.tenant,
      channel: event.channel,
      raw_id: event.source.raw_id,
      ...(headers.index === undefined ? {} : { index: headers.index }),
      ...(headers.root_id === undefined ? {} : { root_id: headers.root_id }),
      control_id: event.source.control_id,
      source_topic: raw.topic,
      source_partition: String(raw.partition),
      source_offset: String(raw.offset),
      traceparent: headers.traceparent ?? '',
      deployment: event.deployment,
      // Of a repair: it takes its place in the order where what it mends stood.
      ...(headers.sequence === undefined ? {} : { sequence: headers.sequence }),
    },
    value: Buffer.from(JSON.stringify(event)),
  }
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
    id: derivedId(rootOf(headers), index, event.kind, subject),
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
