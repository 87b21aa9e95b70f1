// Station 5: an event becomes the write intents of its channel's routes: a pure decision, recorded.
// Of each route it says whether the event takes it and why not; what no route takes goes to the
// audit topic with those reasons.
import { holds } from '../codecs/when/holds.ts'
import { eventReader } from '../codecs/when/names.ts'
import { derivedId } from '../kit/ids.ts'
import type { BusinessId, CanonicalEvent, Resource } from '../model/event.ts'
import { type Operation, RANK, type WriteIntent } from '../model/intent.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'
import type { ChannelPlan, RoutePlan, TargetPlan } from '../model/plan.ts'
import { riskOf } from '../model/risk.ts'
import { rankOf, sequenceOf } from './again.ts'
import { identitiesOf, identityOf } from './merge.ts'

/** Names a resource at a far end where the message gave it no business identifier. */
export const RESOURCE_SYSTEM = 'urn:firth:resource'

/**
 * `when_false`: its condition does not hold. `earlier_route`: the channel says `match: first`, and
 * an earlier route took the event. `nothing_to_write`: the event has no resource for it.
 */
export type Decision = 'taken' | 'when_false' | 'earlier_route' | 'nothing_to_write'

export interface Routing {
  /** References first, one per resource and route. */
  readonly intents: readonly WriteIntent[]
  /** One row for each route of the channel. */
  readonly decisions: readonly {
    readonly route: string
    readonly to: string
    readonly decision: Decision
    readonly intents: number
  }[]
}

export interface At extends Pick<LogRecord, 'key' | 'offset' | 'headers'> {
  /** Its message as it came; undefined where no target forwards it, and where it is gone. */
  readonly message?: Buffer | undefined
}

export interface Ways extends Pick<ChannelPlan, 'match' | 'routes'> {
  /** Of the tenant: those that routes lead to are among them. */
  readonly targets: readonly Pick<TargetPlan, 'name' | 'takes'>[]
}

export function route(event: CanonicalEvent, channel: Ways, record: At): Routing {
  const read = eventReader(event)
  const ordered = referencesFirst(event.resources.entry.map(entry => entry.resource))
  const intents: WriteIntent[] = []
  const decisions = channel.routes.map(way => {
    const decide = (decision: Decision, count = 0) => {
      return { route: way.name, to: way.to, decision, intents: count }
    }
    if (channel.match === 'first' && intents.length > 0) return decide('earlier_route')
    if (way.when !== undefined && !holds(way.when, read)) return decide('when_false')
    const takes = channel.targets.find(({ name }) => name === way.to)?.takes ?? 'resource'
    const wanted =
      takes === 'resource'
        ? intentsOf(event, { way, ordered }, record)
        : wholeIntents(event, { way, takes }, record)
    intents.push(...wanted)
    return decide(wanted.length > 0 ? 'taken' : 'nothing_to_write', wanted.length)
  })
  return { intents, decisions }
}

function intentsOf(
  event: CanonicalEvent,
  to: { readonly way: RoutePlan; readonly ordered: readonly Resource[] },
  record: At,
): WriteIntent[] {
  const { way, ordered } = to
  const { write } = way
  const written = ordered.filter(({ resourceType }) =>
    write === undefined ? !aboutMessage.has(resourceType) : resourceType === write.resource,
  )
  const all = new Map(ordered.map(resource => [refOf(resource), resource]))
  const ids = new Map<string, string>()
  return written.map((resource, ordinal) => {
    const identifier = nameOf(resource)
    const intent_id = intentId(event, way, resource)
    const references = new Set(referencesOf(resource))
    references.delete(refOf(resource))
    const waits_for = [...references].flatMap(reference => ids.get(reference) ?? [])
    // Only those before it: in a circle of references somebody has to be the first.
    ids.set(refOf(resource), intent_id)
    const operation = write?.operation ?? operationOf(event, resource)
    return {
      ...lineage(event, way, record),
      intent_id,
      ordinal: rankOf(record) * RANK + ordinal,
      operation,
      resource_type: resource.resourceType,
      resource_id: resource.id,
      identifier,
      resource: identified(resource, identifier),
      waits_for,
      refers_to: namesOf(references, all),
      // Who only makes what is missing tells the target of no merge.
      ...(operation === 'create' ? {} : identityOf(event, resource)),
    }
  })
}

/** What all intents of an event on one route have in common. */
function lineage(event: CanonicalEvent, way: RoutePlan, record: At) {
  return {
    tenant: event.tenant,
    channel: event.channel,
    target: way.to,
    route: way.name,
    event_id: event.id,
    event_kind: event.kind,
    raw_id: event.source.raw_id,
    traceparent: record.headers.traceparent ?? '',
    deployment: event.deployment,
    key: record.key,
    sequence: sequenceOf(record),
    approval: way.write?.approval,
    on_failure: way.on_failure,
  }
}

/** What a route names to ask for approval of whole events. */
const WHOLE = 'Bundle'

/**
 * One intent for the whole event: each is a thing of its own, which no other write overtakes. A
 * message that is forwarded goes once, however many events it holds: they all make the same intent.
 */
function wholeIntents(
  event: CanonicalEvent,
  to: { readonly way: RoutePlan; readonly takes: TargetPlan['takes'] },
  record: At,
): WriteIntent[] {
  const { way, takes } = to
  if (way.write !== undefined && way.write.resource !== WHOLE) return []
  const { occurred_at, recorded_at, patient, visit, source } = event
  const forwards = takes === 'message'
  const root = record.headers.root_id ?? source.raw_id
  const id = forwards ? derivedId(root, source.index) : event.id
  const resource = { ...event.resources, resourceType: WHOLE, id }
  const carried = forwards ? { message: record.message?.toString('latin1') ?? null } : {}
  return [
    {
      ...lineage(event, way, record),
      intent_id: derivedId(id, way.name, way.to, refOf(resource)),
      ordinal: rankOf(record) * RANK,
      operation: way.write?.operation ?? 'create',
      resource_type: WHOLE,
      resource_id: id,
      identifier: undefined,
      resource: forwards ? { ...resource, entry: [] } : resource,
      waits_for: [],
      refers_to: {},
      ...identitiesOf(event),
      event: { occurred_at, recorded_at, patient, visit, source, ...carried },
    },
  ]
}

/** They tell of the message, not of the patient, so only a route that names them writes them. */
const aboutMessage: ReadonlySet<string> = new Set(['MessageHeader', 'Provenance'])

/**
 * The resources so that what is referred to stands before who refers to it, otherwise in their
 * order; a circle is opened at its first resource.
 */
function referencesFirst(resources: readonly Resource[]): readonly Resource[] {
  const unplaced = new Map(resources.map(resource => [refOf(resource), resource]))
  const references = new Map(resources.map(one => [one, referencesOf(one)]))
  const ready = (resource: Resource) =>
    (references.get(resource) ?? []).every(
      reference => reference === refOf(resource) || !unplaced.has(reference),
    )
  const placed: Resource[] = []
  const place = (resource: Resource) => {
    placed.push(resource)
    unplaced.delete(refOf(resource))
  }
  while (unplaced.size > 0) {
    const before = placed.length
    for (const resource of [...unplaced.values()]) if (ready(resource)) place(resource)
    const [first] = unplaced.values()
    if (placed.length === before && first !== undefined) place(first)
  }
  return placed
}

/** How what is referred to is known, where it is a resource of the same event. */
function namesOf(
  references: ReadonlySet<string>,
  all: ReadonlyMap<string, Resource>,
): Readonly<Record<string, BusinessId>> {
  const names = [...references].flatMap(reference => {
    const resource = all.get(reference)
    return resource === undefined ? [] : [[reference, nameOf(resource)] as const]
  })
  return Object.fromEntries(names)
}

/** `intent_id = hash(event_id, route, target, resource)` (G3). */
function intentId(event: CanonicalEvent, to: RoutePlan, resource: Resource): string {
  return derivedId(event.id, to.name, to.to, refOf(resource))
}

const refOf = (resource: Resource) => `${resource.resourceType}/${resource.id}`

/**
 * A result feed knows results: what stands beside them (the patient, the visit, the order that was
 * placed elsewhere) is made where it is missing and never overwritten from the laboratory's copy.
 * An ADT feed owns all that it carries
 * but the directory: what a visit says of a physician is less than what the directory knows.
 */
function operationOf(event: CanonicalEvent, resource: Resource): Operation {
  const { resourceType: resource_type } = resource
  const judged = { operation: 'update', event_kind: event.kind, resource_type, resource } as const
  const risk = riskOf(judged)
  if (risk === 'directory') return 'create'
  if (!event.kind.startsWith('result.')) return 'update'
  return risk === 'result' && resource_type !== 'ServiceRequest' ? 'update' : 'create'
}

function nameOf(resource: Resource): BusinessId {
  return businessIdOf(resource) ?? { system: RESOURCE_SYSTEM, value: resource.id }
}

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

/** Every relative reference `Type/id` inside a resource, in the order of its elements. */
export function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string' ? [inner] : referencesOf(inner),
  )
}

/** `replay`: the name of the replay by which its event came again. */
export function intentRecord(intent: WriteIntent, replay?: string): NewRecord {
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
      ...(replay === undefined ? {} : { replay }),
    },
    value: Buffer.from(JSON.stringify(intent)),
  }
}
