// PV1 and PV2 as Encounter, by the tables PV1[Encounter], PV2[Encounter], MSH[Encounter] and
// ROL[Encounter-PractitionerRole].
import type { BusinessId, Resource, Segment, Value } from '#sdk'
import {
  admissionType,
  arrivalMode,
  bedStatus,
  type Coding,
  classUnknown,
  encounterStatus,
  participation,
  patientClass,
  visitPriority,
} from '../codes.ts'
import { concept, concepts, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx } from '../datatypes/identifier.ts'
import { place } from '../datatypes/place.ts'
import { compact, type Json, some } from '../json.ts'
import { type Parties, type Referrer, xcnParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { visitParticipants } from './rol.ts'

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
  /** ROL and PRT of the visit. */
  readonly roles?: readonly Segment[]
  readonly subject: Resource | undefined
  /** What the trigger event says of the visit; it decides before the patient class does. */
  readonly event: {
    readonly status?: string | undefined
    readonly start?: string | undefined
    readonly end?: string | undefined
  }
  /** Elements from other segments: diagnoses, account, episode, earlier numbers. */
  readonly more?: Json
  /** Numbers that the visit had before (MRG-5). */
  readonly priors?: readonly Json[]
}

export function encounter(visit: Visit, parties: Parties): EncounterMade {
  const { pv1, beside, subject, event, more, priors = [] } = visit
  const { scope } = parties
  const within = parties.referrer()
  const pv2 = beside.find(({ name }) => name === 'PV2')
  const identifiers = identifiersOf(visit, scope)
  const id = businessId(identifiers[0]) ?? null
  const start = scope.time(pv1.field(44))
  const end = scope.time(pv1.field(45))
  const protection = pv2?.text(22)
  const elements = {
    meta: protection === undefined ? undefined : { security: [protected_(protection)] },
    contained: within.contained,
    extension: pv2 && extensions(pv2, scope),
    identifier: [...identifiers, ...priors],
    status: statusOf(pv1, { event: event.status, end }, scope),
    class: mapped(pv1.field(2), patientClass, scope) ?? classUnknown,
    type: some([mappedConcept(pv1.field(4), admissionType, scope)]),
    serviceType: concept(pv1.field(10), scope),
    priority: pv2 && mappedConcept(pv2.field(25), visitPriority, scope),
    subject: referenceTo(subject),
    participant: participants({ ...visit, pv2 }, within),
    period: period({ start: start ?? event.start, end: end ?? event.end }, scope),
    length: pv2 && lengthOfStay(pv2.text(11)),
    reasonCode: concepts(pv2?.repetitions(3) ?? [], scope),
    hospitalization: hospitalization(pv1, within),
    location: locations(pv1, pv2, within),
    ...more,
  }
  const made = scope.make('encounter', {
    id: idOf({ id, subject, start, pv1 }, scope),
    from: some([pv1, pv2, ...(visit.roles ?? [])]),
    elements,
  })
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
  readonly pv1: Segment
}

/**
 * A visit without a number is told by its patient and its beginning; without these, by its message.
 */
function idOf({ id, subject, start, pv1 }: Identity, scope: Scope): string {
  if (id !== null) return scope.idOf('Encounter', id)
  scope.report('visit_unidentified', 'PV1-19', 'No number of the visit.')
  const name = subject && start ? [subject.id, start] : scope.nameByPlace(pv1)
  return scope.idOf('Encounter', name)
}

interface Known {
  readonly event: string | undefined
  readonly end: string | undefined
}

/** The event decides, then the end of the visit, then its class. */
function statusOf(pv1: Segment, known: Known, scope: Scope): string {
  if (known.event !== undefined) return known.event
  if (known.end !== undefined) return 'finished'
  return mapped(pv1.field(2), encounterStatus, scope) ?? 'unknown'
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

interface Attended extends Visit {
  readonly pv2: Segment | undefined
}

function participants(visit: Attended, within: Referrer): readonly Json[] {
  const { pv1, pv2, roles = [] } = visit
  const fields: readonly (readonly [readonly Value[], Coding | undefined])[] = [
    [pv1.repetitions(7), participation.attending],
    [pv1.repetitions(8), participation.referring],
    [pv1.repetitions(9), participation.consulting],
    [pv1.repetitions(17), participation.admitting],
    [pv1.repetitions(52), participation.other],
    [pv2?.repetitions(13) ?? [], participation.referring],
  ]
  const named = fields.flatMap(([values, role]) =>
    some(values.map(value => within.to(xcnParty(value, within.scope)))).map(individual => ({
      type: [{ coding: [role] }],
      individual,
    })),
  )
  return roles.length === 0 ? named : [...named, ...visitParticipants(roles, within)]
}

function hospitalization(pv1: Segment, within: Referrer): Json | undefined {
  const { scope } = within
  return compact({
    preAdmissionIdentifier: cx(pv1.field(5), scope),
    admitSource: concept(pv1.field(14), scope),
    reAdmission: concept(pv1.field(13), scope),
    dietPreference: some([concept(pv1.field(38), scope)]),
    specialCourtesy: some([concept(pv1.field(16), scope)]),
    specialArrangement: concepts(pv1.repetitions(15), scope),
    destination: destination(pv1.field(37), within),
    dischargeDisposition: concept(pv1.field(36), scope),
  })
}

/** DLD, whose first component is a coded place of its own. */
function destination(value: Value, within: Referrer): Json | undefined {
  const to = value.part(1)
  const code = to.text(1)
  const name = to.text(2) ?? code
  if (code === undefined && name === undefined) return undefined
  const made = within.place(value.segment, [], {
    identifier: code === undefined ? undefined : [{ value: code }],
    name,
    type: some([concept(to, within.scope)]),
  })
  return made && compact({ ...made, display: name })
}

/** Each place of the visit with the status that the table assigns. */
function locations(pv1: Segment, pv2: Segment | undefined, within: Referrer): readonly Json[] {
  const assigned = pv1.text(2, 1) === 'P' ? 'planned' : 'active'
  const operationalStatus = mapped(pv1.field(40), bedStatus, within.scope)
  const at = (value: Value, status: string, more: Json = {}) => {
    const location = place(value, within, more)
    return location && { location, status }
  }
  return some([
    at(pv1.field(3), assigned, operationalStatus && { operationalStatus }),
    at(pv1.field(6), 'completed'),
    at(pv1.field(11), 'active'),
    at(pv1.field(42), 'reserved'),
    at(pv1.field(43), 'completed'),
    pv2 && at(pv2.field(1), 'planned'),
  ])
}

const R5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter'

function extensions(pv2: Segment, scope: Scope): readonly Json[] {
  const time = (url: string, value: Value) => {
    const valueDateTime = value.valued ? scope.time(value) : undefined
    return valueDateTime === undefined ? undefined : { url, valueDateTime }
  }
  const valueCoding = mapped(pv2.field(38), arrivalMode, scope)
  return some([
    time(`${R5}.plannedStartDate`, pv2.field(8)),
    time(`${R5}.plannedEndDate`, pv2.field(9)),
    valueCoding && {
      url: 'http://hl7.org/fhir/StructureDefinition/encounter-modeOfArrival',
      valueCoding,
    },
  ])
}

/** NM[Quantity-LengthOfStay]: in days. */
function lengthOfStay(text: string | undefined): Json | undefined {
  if (text === undefined || !/^\d{1,6}(\.\d{1,6})?$/.test(text)) return undefined
  return { value: Number(text), unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' }
}

/** PV2-22, HL70136. */
const protected_ = (code: string): Json => ({
  system: 'http://terminology.hl7.org/CodeSystem/v2-0136',
  code,
})
