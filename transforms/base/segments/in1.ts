// IN1 (with IN2) as Coverage, and IN3-21 as the case manager, by the tables IN1[Coverage] and
// IN3[CareTeam]. Decided here, where R4 has a place and the table names none: the group (IN1-8,
// IN1-9), the policy number (IN1-36), the order of the payers (IN1-22), and who the insured is.
import type { Resource, Segment } from '#sdk'
import type { InsuranceGroup } from '../adt_groups.ts'
import { relationship } from '../codes.ts'
import { concept, mappedConcept } from '../datatypes/concept.ts'
import { cx } from '../datatypes/identifier.ts'
import { xad, xpns, xtn } from '../datatypes/person.ts'
import { compact, type Json, some } from '../json.ts'
import { type Parties, type Referrer, xcnParty, xonParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { administrativeGender } from './pid_sex.ts'

const TERMS = 'http://terminology.hl7.org/CodeSystem'
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

export function coverage(group: InsuranceGroup, patient: Resource, parties: Parties): Resource {
  const { in1, in2 } = group
  const { scope } = parties
  const within = parties.referrer()
  const plan = in1.text(2, 1)
  const policy = in1.text(36)
  const insured = in1.repetitions(49)[0] ?? in2?.repetitions(61)[0]
  const number = insured && cx(insured, scope)
  const name = [patient.id, plan ?? '', in1.text(3, 1) ?? in1.text(4, 1) ?? '', policy ?? '']
  return scope.make('coverage', {
    id: scope.idOf('Coverage', name),
    from: some([in1, in2]),
    elements: {
      contained: within.contained,
      identifier: some([
        plan === undefined ? undefined : compact({ value: plan }),
        policy === undefined ? undefined : { type: memberNumber, value: policy },
      ]),
      status: 'active',
      type: concept(in1.field(15), scope),
      policyHolder: employer(in1, within),
      subscriber: subscriber(in1, { patient, within }),
      subscriberId: number && String(number.value),
      beneficiary: referenceTo(patient),
      relationship: mappedConcept(in1.field(17), relationship, scope),
      period: term(in1, scope),
      payor: payers(in1, within),
      class: classes(in1),
      order: orderOf(in1.text(22)),
    },
  })
}

const memberNumber: Json = { coding: [{ system: `${TERMS}/v2-0203`, code: 'MB' }] }

function term(in1: Segment, scope: Scope): Json | undefined {
  const [start, end] = [in1.field(12), in1.field(13)]
  if (!start.valued && !end.valued) return undefined
  return compact({ start: scope.time(start), end: scope.time(end) })
}

/** Coverage.payor is required: one that is not named is said to be unknown. */
function payers(in1: Segment, within: Referrer): readonly Json[] {
  const { scope } = within
  const companies = in1.repetitions(4)
  const more = {
    telecom: some(in1.repetitions(7).map(value => xtn(value, undefined, scope))),
    address: some(in1.repetitions(5).map(value => xad(value, scope))),
    contact: some(in1.repetitions(6).flatMap(value => xpns(value, scope))).map(name => ({ name })),
  }
  const number = cx(in1.field(3), scope)
  const made = some(companies.map(value => within.to(xonParty(value, scope, more))))
  if (made.length > 0) return made
  const only = within.to(companyOf(in1, number, more))
  return only === undefined ? [{ extension: [{ url: ABSENT, valueCode: 'unknown' }] }] : [only]
}

function companyOf(in1: Segment, number: Json | undefined, more: Json) {
  if (number === undefined && compact(more) === undefined) return undefined
  const elements = () => ({ identifier: some([number]), ...more })
  return { step: 'organization', from: in1, id: undefined, elements } as const
}

/** IN1-10 and IN1-11: the group that holds the policy. */
function employer(in1: Segment, within: Referrer): Json | undefined {
  const { scope } = within
  const number = cx(in1.field(10), scope)
  const [name] = in1.repetitions(11)
  const identifier = number === undefined ? {} : { identifier: [number] }
  if (name !== undefined) return within.to(xonParty(name, scope, identifier))
  if (number === undefined) return undefined
  const elements = () => identifier
  return within.to({ step: 'organization', from: in1, id: undefined, elements })
}

/** The insured is the patient, or a person known by this policy only. */
function subscriber(
  in1: Segment,
  { patient, within }: { patient: Resource; within: Referrer },
): Json | undefined {
  const { scope } = within
  const relation = in1.text(17, 1)?.trim()
  if (relation !== undefined && self.has(relation.toUpperCase())) return referenceTo(patient)
  const name = in1.repetitions(16).flatMap(value => xpns(value, scope))
  if (name.length === 0) return undefined
  const elements = () => ({
    patient: referenceTo(patient),
    relationship: some([mappedConcept(in1.field(17), relationship, scope)]),
    name,
    gender: administrativeGender(in1.field(43), scope),
    birthDate: in1.field(18).valued ? scope.date(in1.field(18)) : undefined,
    address: some(in1.repetitions(19).map(value => xad(value, scope))),
  })
  return within.to({ step: 'relatedPerson', from: in1, id: undefined, elements })
}

/** HL70063 SEL, and what HL70344 and senders write for it. */
const self = new Set(['SEL', 'SELF', '01', '18', 'S'])

function classes(in1: Segment): readonly Json[] {
  const of = (code: string, value: string | undefined, name: string | undefined) =>
    value === undefined && name === undefined
      ? undefined
      : compact({
          type: { coding: [{ system: `${TERMS}/coverage-class`, code }] },
          value: value ?? name,
          name,
        })
  return some([
    of('group', in1.text(8), in1.text(9, 1)),
    of('plan', in1.text(35, 1), in1.text(35, 2)),
  ])
}

function orderOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d?$/.test(text) ? Number(text) : undefined
}

/** PV1-20 where the financial class is all that is known of the coverage. */
export function financialClass(
  pv1: Segment,
  patient: Resource,
  scope: Scope,
): Resource | undefined {
  const value = pv1.field(20)
  const type = value.valued ? concept(value.part(1), scope) : undefined
  if (type === undefined) return undefined
  return scope.make('coverage', {
    id: scope.idOf('Coverage', [patient.id, 'PV1-20', value.text(1) ?? '']),
    from: [pv1],
    elements: {
      status: 'active',
      type,
      beneficiary: referenceTo(patient),
      payor: [{ extension: [{ url: ABSENT, valueCode: 'unknown' }] }],
    },
  })
}

/** IN3-21. */
export function caseManager(
  in3: Segment,
  patient: Resource,
  parties: Parties,
): Resource | undefined {
  const { scope } = parties
  const within = parties.referrer()
  const member = some(in3.repetitions(21).map(value => within.to(xcnParty(value, scope))))
  if (member.length === 0) return undefined
  const role = { coding: [{ system: 'http://snomed.info/sct', code: '768832004' }] }
  return scope.make('careTeam', {
    id: scope.idOf('CareTeam', [patient.id, 'IN3']),
    from: [in3],
    elements: {
      contained: within.contained,
      status: 'active',
      subject: referenceTo(patient),
      participant: member.map(one => ({ role: [{ ...role, text: 'case manager' }], member: one })),
    },
  })
}
