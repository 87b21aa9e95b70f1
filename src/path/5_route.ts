// Station 5: an event becomes the write intents of its channel's routes: a pure decision, recorded.
// An event that no route takes is written to the audit topic with that reason.
import { derivedId } from '../kit/ids.ts'
import type { BusinessId, CanonicalEvent, Resource } from '../model/event.ts'
import type { Operation, WriteIntent } from '../model/intent.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'
import type { RoutePlan } from '../model/plan.ts'

/** Names a resource at a far end where the message gave it no business identifier. */
export const RESOURCE_SYSTEM = 'urn:firth:resource'

/** Intents of one event, references first (the order of its bundle), one per resource and route. */
export function route(
  event: CanonicalEvent,
  routes: readonly RoutePlan[],
  record: Pick<LogRecord, 'key' | 'offset' | 'headers'>,
): readonly WriteIntent[] {
  const resources = event.resources.entry.map(entry => entry.resource)
  return routes.flatMap(to => {
    const ids = new Map(resources.map(resource => [refOf(resource), intentId(event, to, resource)]))
    return resources.map((resource, ordinal) => {
      const identifier = businessIdOf(resource) ?? { system: RESOURCE_SYSTEM, value: resource.id }
      return {
        intent_id: intentId(event, to, resource),
        tenant: event.tenant,
        channel: event.channel,
        target: to.to,
        route: to.name,
        event_id: event.id,
        event_kind: event.kind,
        raw_id: event.source.raw_id,
        traceparent: record.headers.traceparent ?? '',
        deployment: event.deployment,
        key: record.key,
        sequence: record.offset,
        ordinal,
        operation: operationOf(event, resource),
        resource_type: resource.resourceType,
        resource_id: resource.id,
        identifier,
        resource: identified(resource, identifier),
        waits_for: waitsFor(resource, ids),
      }
    })
  })
}

/** `intent_id = hash(event_id, route, target, resource)` (G3). */
function intentId(event: CanonicalEvent, to: RoutePlan, resource: Resource): string {
  return derivedId(event.id, to.name, to.to, refOf(resource))
}

const refOf = (resource: Resource) => `${resource.resourceType}/${resource.id}`

/**
 * A result feed knows results: what stands beside them (the patient, the visit) is made where it is
 * missing and never overwritten from the laboratory's copy. An ADT feed owns all that it carries.
 */
function operationOf(event: CanonicalEvent, resource: Resource): Operation {
  if (!event.kind.startsWith('result.')) return 'update'
  return RESULT_TYPES.has(resource.resourceType) ? 'update' : 'create'
}

const RESULT_TYPES = new Set(['DiagnosticReport', 'Observation', 'Specimen', 'ServiceRequest'])

/** The first identifier with both parts (FHIR R4 datatypes.html#Identifier). */
export function businessIdOf(resource: Resource): BusinessId | undefined {
  const identifiers = Array.isArray(resource.identifier) ? resource.identifier : []
  for (const { system, value } of identifiers as Partial<BusinessId>[]) {
    if (typeof system === 'string' && typeof value === 'string') return { system, value }
  }
  return undefined
}

function identified(resource: Resource, identifier: BusinessId): Resource {
  if (identifier.system !== RESOURCE_SYSTEM) return resource
  const others = Array.isArray(resource.identifier) ? resource.identifier : []
  return { ...resource, identifier: [...others, identifier] }
}

/** Intents whose resources this one refers to, directly or deep inside. */
function waitsFor(resource: Resource, ids: ReadonlyMap<string, string>): readonly string[] {
  const found = new Set<string>()
  for (const reference of referencesOf(resource)) {
    const intent_id = ids.get(reference)
    if (intent_id !== undefined && reference !== refOf(resource)) found.add(intent_id)
  }
  return [...found]
}

/** Every relative reference `Type/id` inside a resource, in the order of its elements. */
export function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string' ? [inner] : referencesOf(inner),
  )
}

export function intentRecord(intent: WriteIntent): NewRecord {
  return {
    key: intent.key,
    headers: {
      intent_id: intent.intent_id,
      event_id: intent.event_id,
      raw_id: intent.raw_id,
      tenant: intent.tenant,
      channel: intent.channel,
      target: intent.target,
      route: intent.route,
      operation: intent.operation,
      resource_type: intent.resource_type,
      traceparent: intent.traceparent,
      deployment: intent.deployment,
    },
    value: Buffer.from(JSON.stringify(intent)),
  }
}
