// PID (with PD1, NK1 and roles beside it) as Patient, by the tables PID[Patient], PD1[Patient],
// NK1[Patient], ROL[Patient-GeneralPractitioner] and CX[RelatedPerson-Mother].
import type { BusinessId, Resource, Segment, Value } from '#sdk'
import { maritalStatus } from '../codes.ts'
import { concepts, mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx, dln, identifierType } from '../datatypes/identifier.ts'
import { xad, xpns, xtn } from '../datatypes/person.ts'
import { type Json, some } from '../json.ts'
import { type Parties, type Referrer, xcnParty, xonParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { contact } from './nk1.ts'
import { patientExtensions } from './pid_extensions.ts'
import { administrativeGender } from './pid_sex.ts'
import { generalPractitioners } from './rol.ts'

export interface PatientMade {
  readonly resource: Resource
  /** What the patient is known by; null where PID names no identifier. */
  readonly id: BusinessId | null
}

export interface PatientGiven {
  readonly pid: Segment
  /** The segments of the patient's group, among them PD1 and NK1. */
  readonly beside: readonly Segment[]
  /** ROL and PRT of the patient. */
  readonly roles?: readonly Segment[]
  /** Elements from elsewhere: links of a merge. */
  readonly more?: Json
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

export function patient(given: PatientGiven, parties: Parties): PatientMade {
  const { pid, beside, roles = [], more } = given
  const { scope } = parties
  const within = parties.referrer()
  const pd1 = beside.find(({ name }) => name === 'PD1')
  const relatives = beside.filter(({ name }) => name === 'NK1')
  const identifiers = identifiersOf(pid, scope)
  const id = businessId(identifiers[0]) ?? null
  if (id === null) scope.report('patient_unidentified', 'PID-3', 'No identifier of the patient.')
  const elements = {
    contained: within.contained,
    extension: patientExtensions(pid, pd1, scope),
    identifier: identifiers,
    name: [...pid.repetitions(5), ...pid.repetitions(9)].flatMap(value => xpns(value, scope)),
    telecom: telecom(pid, scope),
    gender: administrativeGender(pid.field(8), scope),
    ...birth(pid.field(7), scope),
    ...death(pid, scope),
    address: addresses(pid, scope),
    maritalStatus: mappedConcept(pid.field(16), maritalStatus, scope),
    ...multipleBirth(pid),
    contact: some(relatives.map(nk1 => contact(nk1, within))),
    communication: concepts(pid.repetitions(15), scope).map(language => ({ language })),
    generalPractitioner: [
      ...(pd1 === undefined ? [] : primaryCare(pd1, within)),
      ...generalPractitioners(roles, within),
    ],
    ...more,
  }
  const made = scope.make('patient', {
    id: scope.idOf('Patient', id ?? scope.nameByPlace(pid)),
    from: some([pid, pd1, ...relatives, ...roles]),
    elements,
  })
  return { resource: made, id }
}

/** PID-21 as the mother; undefined where it names nobody. */
export function mother(pid: Segment, child: Resource, scope: Scope): Resource | undefined {
  const identifier = some(pid.repetitions(21).map(value => cx(value, scope)))
  const [first] = identifier
  if (first === undefined) return undefined
  const system = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
  return scope.make('relatedPerson', {
    id: scope.idOf('RelatedPerson', [child.id, 'MTH', String(first.value)]),
    from: [pid],
    elements: {
      identifier,
      patient: referenceTo(child),
      relationship: [{ coding: [{ system, code: 'MTH', display: 'mother' }] }],
    },
  })
}

/**
 * The first is the one by which the patient is known: the medical record number (CX.5 = MR) where
 * one is marked, else the first of PID-3, else PID-2, else PID-4.
 */
export function identifiersOf(pid: Segment, scope: Scope): readonly Json[] {
  const list = pid.repetitions(3)
  const record = list.find(value => value.text(5) === 'MR' && value.text(1) !== undefined)
  const ordered = record === undefined ? list : [record, ...list.filter(value => value !== record)]
  const others = [...pid.repetitions(2), ...pid.repetitions(4)]
  const ssn = pid.text(19, 1)
  return distinct([
    ...some([...ordered, ...others].map(value => cx(value, scope))),
    ...(ssn === undefined ? [] : [{ type: identifierType('SS', scope), system: SSN, value: ssn }]),
    ...some([dln(pid.field(20), scope)]),
  ])
}

const SSN = 'http://hl7.org/fhir/sid/us-ssn'

/** PID-2 often repeats what PID-3 says. */
function distinct(identifiers: readonly Json[]): readonly Json[] {
  const seen = new Set<string>()
  return identifiers.filter(({ system, value }) => {
    const key = `${system}|${value}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function telecom(pid: Segment, scope: Scope): readonly Json[] {
  return some([
    ...pid.repetitions(13).map(value => xtn(value, 'home', scope)),
    ...pid.repetitions(14).map(value => xtn(value, 'work', scope)),
    ...pid.repetitions(40).map(value => xtn(value, undefined, scope)),
  ])
}

function birth(value: Value, scope: Scope): Json {
  const birthDate = scope.date(value)
  const hasClock = (value.text(1)?.length ?? 0) > 8 && birthDate !== undefined
  const url = `${CORE}/patient-birthTime`
  return {
    birthDate,
    _birthDate: hasClock ? { extension: [{ url, valueDateTime: scope.time(value) }] } : undefined,
  }
}

function death(pid: Segment, scope: Scope): Json {
  const deceasedDateTime = scope.time(pid.field(29))
  if (deceasedDateTime !== undefined) return { deceasedDateTime }
  return { deceasedBoolean: yesNo(pid.text(30, 1)) }
}

function multipleBirth(pid: Segment): Json {
  const order = pid.text(25, 1)
  if (order !== undefined && /^\d{1,3}$/.test(order)) return { multipleBirthInteger: Number(order) }
  return { multipleBirthBoolean: yesNo(pid.text(24, 1)) }
}

/** YesNoIndicator, HL70136. */
function yesNo(code: string | undefined): boolean | undefined {
  if (code === 'Y') return true
  return code === 'N' ? false : undefined
}

/** PID-12 is the county of the one address that names none; otherwise an address of its own. */
function addresses(pid: Segment, scope: Scope): readonly Json[] {
  const list = some(pid.repetitions(11).map(value => xad(value, scope)))
  const district = pid.text(12)
  const same = (address: Json) => String(address.district).toUpperCase() === district?.toUpperCase()
  if (district === undefined || list.some(same)) return list
  const [only] = list
  if (list.length === 1 && only?.district === undefined) return [{ ...only, district }]
  return [...list, { district }]
}

/** PD1-3 and PD1-4. */
function primaryCare(pd1: Segment, within: Referrer): readonly Json[] {
  const { scope } = within
  return some([
    ...pd1.repetitions(3).map(value => within.to(xonParty(value, scope))),
    ...pd1.repetitions(4).map(value => within.to(xcnParty(value, scope))),
  ])
}
