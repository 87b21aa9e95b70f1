// PV1 (with PV2-3) as Encounter, by the tables PV1[Encounter], PV2[Encounter] and MSH[Encounter].
import type { BusinessId, Resource, Segment, Value } from '#sdk'
import {
  admissionType,
  type Coding,
  classUnknown,
  encounterStatus,
  participation,
  patientClass,
} from '../codes.ts'
import { concept, concepts, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx } from '../datatypes/identifier.ts'
import { xcn } from '../datatypes/person.ts'
import { compact, type Json, referenceTo, type Scope, some } from '../scope.ts'

export interface EncounterMade {
  readonly resource: Resource
  /** What the visit is known by; null where no field names it. */
  readonly id: BusinessId | null
}

export interface Visit {
  readonly pv1: Segment
  readonly pid: Segment | undefined
  /** The segments around it, among them PV2. */
  readonly beside: readonly Segment[]
  readonly subject: Resource | undefined
  /** What the trigger event says of the visit; it decides before the patient class does. */
  readonly event: {
    readonly status?: string | undefined
    readonly start?: string | undefined
    readonly end?: string | undefined
  }
}

export function encounter(visit: Visit, scope: Scope): EncounterMade {
  const { pv1, beside, subject, event } = visit
  const identifiers = identifiersOf(visit, scope)
  const id = businessId(identifiers[0]) ?? null
  const start = scope.time(pv1.field(44))
  const end = scope.time(pv1.field(45))
  const elements = {
    identifier: identifiers,
    status: statusOf(pv1, { event: event.status, end }, scope),
    class: mapped(pv1.field(2), patientClass, scope) ?? classUnknown,
    type: some([mappedConcept(pv1.field(4), admissionType, scope)]),
    serviceType: concept(pv1.field(10), scope),
    subject: referenceTo(subject),
    participant: participants(pv1, scope),
    period: period({ start: start ?? event.start, end: end ?? event.end }, scope),
    reasonCode: concepts(beside.find(({ name }) => name === 'PV2')?.repetitions(3) ?? [], scope),
    hospitalization: hospitalization(pv1, scope),
    location: locations(pv1),
  }
  const from = [pv1, ...beside]
  const made = scope.make('encounter', { id: idOf({ id, subject, start }, scope), from, elements })
  return { resource: made, id }
}

/**
 * Whether the visit can be told from others; one that cannot is not worth a resource outside an
 * ADT.
 */
export function namesVisit(pv1: Segment): boolean {
  return pv1.text(19, 1) !== undefined || pv1.text(50, 1) !== undefined
}

/**
 * The first is what the visit is known by. Decided here: PV1-19, PV1-50, else the account (PID-18).
 */
function identifiersOf({ pv1, pid }: Visit, scope: Scope): readonly Json[] {
  const own = some([
    ...pv1.repetitions(19).map(value => cx(value, scope, 'VN')),
    ...pv1.repetitions(50).map(value => cx(value, scope)),
  ])
  if (own.length > 0 || pid === undefined) return own
  return some([cx(pid.field(18), scope, 'AN')])
}

interface Identity {
  readonly id: BusinessId | null
  readonly subject: Resource | undefined
  readonly start: string | undefined
}

/**
 * A visit without a number is told by its patient and its beginning; without these, by its message.
 */
function idOf({ id, subject, start }: Identity, scope: Scope): string {
  if (id !== null) return scope.idOf('Encounter', id)
  scope.report('visit_unidentified', 'PV1-19', 'No number of the visit.')
  const name = subject && start ? [subject.id, start] : [scope.facts.raw_id]
  return scope.idOf('Encounter', name)
}

interface Known {
  readonly event: string | undefined
  readonly end: string | undefined
}

function statusOf(pv1: Segment, known: Known, scope: Scope): string {
  if (known.end !== undefined) return 'finished'
  return known.event ?? mapped(pv1.field(2), encounterStatus, scope) ?? 'unknown'
}

/** FHIR R4 per-1: a period does not end before it begins. */
function period(given: { start: string | undefined; end: string | undefined }, scope: Scope) {
  const { start, end } = given
  if (start !== undefined && end !== undefined && Date.parse(start) > Date.parse(end)) {
    scope.report('period_reversed', 'PV1-45', 'The end comes before the start; left out.')
    return { start }
  }
  return compact({ start, end })
}

function participants(pv1: Segment, scope: Scope): readonly Json[] {
  const roles: readonly (readonly [number, Coding | undefined])[] = [
    [7, participation.attending],
    [8, participation.referring],
    [9, participation.consulting],
    [17, participation.admitting],
    [52, participation.other],
  ]
  return roles.flatMap(([field, role]) =>
    some(pv1.repetitions(field).map(value => xcn(value, scope))).map(individual => ({
      type: [{ coding: [role] }],
      individual,
    })),
  )
}

function hospitalization(pv1: Segment, scope: Scope): Json | undefined {
  const destination = pv1.field(37)
  const place = destination.part(1).text(2) ?? destination.part(1).text(1)
  return compact({
    preAdmissionIdentifier: cx(pv1.field(5), scope),
    admitSource: concept(pv1.field(14), scope),
    reAdmission: concept(pv1.field(13), scope),
    dietPreference: some([concept(pv1.field(38), scope)]),
    specialCourtesy: some([concept(pv1.field(16), scope)]),
    specialArrangement: concepts(pv1.repetitions(15), scope),
    destination: place === undefined ? undefined : { type: 'Location', display: place },
    dischargeDisposition: concept(pv1.field(36), scope),
  })
}

/** Assigned, prior, temporary and pending location, each with the status that the table assigns. */
function locations(pv1: Segment): readonly Json[] {
  const assigned = pv1.text(2, 1) === 'P' ? 'planned' : 'active'
  return some([
    location(pv1.field(3), assigned),
    location(pv1.field(6), 'completed'),
    location(pv1.field(11), 'active'),
    location(pv1.field(42), 'reserved'),
  ])
}

/**
 * PL as a logical reference: facility, building, floor, point of care, room and bed in words. The
 * smallest part that is named says what kind of place it is.
 */
function location(value: Value, status: string): Json | undefined {
  const part = (n: number) => value.part(n).text(1)
  const display = some([part(4), part(7), part(8), part(1), part(2), part(3)]).join(', ')
  if (display === '') return undefined
  const kind = placeKinds.find(({ component }) => part(component) !== undefined)
  return compact({
    location: { type: 'Location', display },
    status,
    physicalType: kind && { coding: [kind.coding] },
  })
}

const physicalType = (component: number, code: string, display: string) => {
  const system = 'http://terminology.hl7.org/CodeSystem/location-physical-type'
  return { component, coding: { system, code, display } }
}

const placeKinds = [
  physicalType(3, 'bd', 'Bed'),
  physicalType(2, 'ro', 'Room'),
  physicalType(1, 'wa', 'Ward'),
  physicalType(8, 'lvl', 'Level'),
  physicalType(7, 'bu', 'Building'),
  physicalType(4, 'si', 'Site'),
]
