// PID (with PD1-4 and NK1 beside it) as Patient, by the tables PID[Patient], PD1[Patient],
// NK1[Patient].
import type { BusinessId, Resource, Segment, Value } from '#sdk'
import { gender, maritalStatus } from '../codes.ts'
import { concept, concepts, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx, identifierType } from '../datatypes/identifier.ts'
import { xad, xcn, xon, xpn, xtn } from '../datatypes/person.ts'
import { compact, type Json, type Scope, some } from '../scope.ts'

export interface PatientMade {
  readonly resource: Resource
  /** What the patient is known by; null where PID names no identifier. */
  readonly id: BusinessId | null
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** `beside`: the segments of the patient's group, among them PD1 and NK1. */
export function patient(pid: Segment, beside: readonly Segment[], scope: Scope): PatientMade {
  const identifiers = identifiersOf(pid, scope)
  const id = businessId(identifiers[0]) ?? null
  if (id === null) scope.report('patient_unidentified', 'PID-3', 'No identifier of the patient.')
  const elements = {
    extension: extensions(pid, scope),
    identifier: identifiers,
    name: [...all(pid, 5, xpn, scope), ...all(pid, 9, xpn, scope)],
    telecom: telecom(pid, scope),
    gender: administrativeGender(pid.field(8), scope),
    ...birth(pid.field(7), scope),
    ...death(pid, scope),
    address: addresses(pid, scope),
    maritalStatus: mappedConcept(pid.field(16), maritalStatus, scope),
    ...multipleBirth(pid),
    contact: beside.filter(({ name }) => name === 'NK1').flatMap(nk1 => contact(nk1, scope) ?? []),
    communication: concepts(pid.repetitions(15), scope).map(language => ({ language })),
    generalPractitioner: generalPractitioners(beside, scope),
  }
  const made = scope.make('patient', {
    id: scope.idOf('Patient', id ?? [scope.facts.raw_id]),
    from: [pid, ...beside],
    elements,
  })
  return { resource: made, id }
}

/**
 * The first is the one by which the patient is known: the medical record number (CX.5 = MR) where
 * one is marked, else the first of PID-3, else PID-2, else PID-4.
 */
function identifiersOf(pid: Segment, scope: Scope): readonly Json[] {
  const list = pid.repetitions(3)
  const record = list.find(value => value.text(5) === 'MR' && value.text(1) !== undefined)
  const ordered = record === undefined ? list : [record, ...list.filter(value => value !== record)]
  const others = [...pid.repetitions(2), ...pid.repetitions(4)]
  const ssn = pid.text(19, 1)
  return distinct([
    ...some([...ordered, ...others].map(value => cx(value, scope))),
    ...(ssn === undefined ? [] : [{ type: identifierType('SS', scope), system: SSN, value: ssn }]),
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

type Reader = (value: Value, scope: Scope) => Json | undefined

const all = (segment: Segment, field: number, read: Reader, scope: Scope): readonly Json[] =>
  some(segment.repetitions(field).map(value => read(value, scope)))

function telecom(pid: Segment, scope: Scope): readonly Json[] {
  return some([
    ...pid.repetitions(13).map(value => xtn(value, 'home', scope)),
    ...pid.repetitions(14).map(value => xtn(value, 'work', scope)),
    ...pid.repetitions(40).map(value => xtn(value, undefined, scope)),
  ])
}

/**
 * Patient.gender takes only its own four codes, so a code without a place among them is `unknown`.
 */
function administrativeGender(value: Value, scope: Scope): string | undefined {
  if (!value.valued) return undefined
  return mapped(value, gender, scope) ?? 'unknown'
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
  const list = all(pid, 11, xad, scope)
  const district = pid.text(12)
  const same = (address: Json) => String(address.district).toUpperCase() === district?.toUpperCase()
  if (district === undefined || list.some(same)) return list
  const [only] = list
  if (list.length === 1 && only?.district === undefined) return [{ ...only, district }]
  return [...list, { district }]
}

function extensions(pid: Segment, scope: Scope): readonly Json[] {
  const mother = pid.field(6)
  const maiden = some([mother.text(2), mother.text(3), mother.part(1).text(1)]).join(' ')
  const religion = concept(pid.field(17), scope)
  const place = pid.text(23)
  return [
    ...(maiden === '' ? [] : [{ url: `${CORE}/patient-mothersMaidenName`, valueString: maiden }]),
    ...(religion === undefined
      ? []
      : [{ url: `${CORE}/patient-religion`, valueCodeableConcept: religion }]),
    ...(place === undefined
      ? []
      : [{ url: `${CORE}/patient-birthPlace`, valueAddress: { text: place } }]),
  ]
}

/** NK1-2 to NK1-7: whom to reach. */
function contact(nk1: Segment, scope: Scope): Json | undefined {
  return compact({
    relationship: some([concept(nk1.field(3), scope), concept(nk1.field(7), scope)]),
    name: xpn(nk1.field(2), scope),
    telecom: some([
      ...nk1.repetitions(5).map(value => xtn(value, undefined, scope)),
      ...nk1.repetitions(6).map(value => xtn(value, 'work', scope)),
    ]),
    address: xad(nk1.field(4), scope),
    gender: administrativeGender(nk1.field(15), scope),
    organization: xon(nk1.field(13), scope),
  })
}

function generalPractitioners(beside: readonly Segment[], scope: Scope): readonly Json[] {
  const pd1 = beside.find(({ name }) => name === 'PD1')
  if (pd1 === undefined) return []
  return [...all(pd1, 3, xon, scope), ...all(pd1, 4, xcn, scope)]
}
