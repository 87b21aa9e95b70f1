// What an event says of who its patients are: a merge (one Patient is replaced by another) or a
// parting (a Patient is himself again). Read from the resources, as FHIR R4 says it
// (patient.html#links), so that it does not matter which message or mapping made the event.
import type { BusinessId, CanonicalEvent, Resource } from '../model/event.ts'
import type { Identity, WriteIntent } from '../model/intent.ts'

type Said = Pick<WriteIntent, 'also_keys' | 'identities'>

/** What the write of one resource of the event says; nothing, for nearly all of them. */
export function identityOf(event: CanonicalEvent, resource: Resource): Said {
  const identity = saidBy(event, resource)
  if (identity === undefined) return {}
  return { identities: [identity], also_keys: keysOf([resource], event) }
}

/** What the write of the whole event says. */
export function identitiesOf(event: CanonicalEvent): Said {
  const resources = event.resources.entry.map(entry => entry.resource)
  const speaking = resources.filter(resource => saidBy(event, resource) !== undefined)
  if (speaking.length === 0) return {}
  const identities = speaking.flatMap(resource => saidBy(event, resource) ?? [])
  return { identities, also_keys: keysOf(speaking, event) }
}

function saidBy(event: CanonicalEvent, resource: Resource): Identity | undefined {
  if (resource.resourceType !== 'Patient') return undefined
  const { id: of } = resource
  const is = replacedBy(resource)
  if (is !== undefined) return is === of ? undefined : { of, is }
  const parts = event.kind === 'patient.unlinked' && isOf(event.patient, resource)
  return parts ? { of, is: of } : undefined
}

/** Canonical id of the Patient who stays, by `Patient.link` of the one who goes. */
function replacedBy(patient: Resource): string | undefined {
  const links = Array.isArray(patient.link) ? (patient.link as Link[]) : []
  const link = links.find(({ type }) => type === 'replaced-by')
  return /^Patient\/(.+)$/.exec(link?.other?.reference ?? '')?.[1]
}

interface Link {
  readonly type?: string
  readonly other?: { readonly reference?: string }
}

/** A message may name a patient by any of his numbers, and the first one is the key of its lane. */
function keysOf(patients: readonly Resource[], event: CanonicalEvent): readonly string[] {
  const staying = event.resources.entry
    .map(entry => entry.resource)
    .filter(({ resourceType }) => resourceType === 'Patient')
    .filter(resource => !patients.includes(resource))
  const own = new Set([event.patient, ...staying.flatMap(identifiersOf)].map(textOf))
  const others = new Set(patients.flatMap(identifiersOf).map(textOf))
  return [...others].filter(key => !own.has(key))
}

const isOf = (id: BusinessId | null, resource: Resource): boolean =>
  identifiersOf(resource).some(one => textOf(one) === textOf(id))

/** The key of a lane (station 4). */
const textOf = (id: BusinessId | null): string => (id === null ? '' : `${id.system}|${id.value}`)

function identifiersOf({ identifier }: Resource): readonly BusinessId[] {
  const list = Array.isArray(identifier) ? (identifier as Partial<BusinessId>[]) : []
  return list.flatMap(({ system, value }) =>
    typeof system === 'string' && typeof value === 'string' ? [{ system, value }] : [],
  )
}
