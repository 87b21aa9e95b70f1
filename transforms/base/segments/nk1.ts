// NK1 as Patient.contact and RelatedPerson, by the tables NK1[Patient] and NK1[RelatedPerson]. Whom
// to call in an emergency, and who employs or insures the patient, is a contact only.
import type { Resource, Segment } from '#sdk'
import { contactRole, relationship } from '../codes.ts'
import { concept, mappedConcept } from '../datatypes/concept.ts'
import { cx, identifierType } from '../datatypes/identifier.ts'
import { xad, xpn, xpns, xtn } from '../datatypes/person.ts'
import { compact, type Json, some } from '../json.ts'
import { type Referrer, xonParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { administrativeGender } from './pid_sex.ts'

/**
 * NK1[Patient]. The contact person of an organization is the contact's name where NK1-2 is empty.
 */
export function contact(nk1: Segment, within: Referrer): Json | undefined {
  const { scope } = within
  return compact({
    relationship: relationships(nk1, scope),
    name: xpn(nk1.field(2), scope) ?? xpn(nk1.field(30), scope),
    telecom: telecom(nk1, scope),
    address: xad(nk1.field(4), scope) ?? xad(nk1.field(32), scope),
    gender: administrativeGender(nk1.field(15), scope),
    organization: within.to(xonParty(nk1.field(13), scope)),
    period: term(nk1, scope),
  })
}

/** Undefined where the role makes the person a contact only. */
export function relatedPerson(
  nk1: Segment,
  patient: Resource | undefined,
  scope: Scope,
): Resource | undefined {
  const role = nk1.text(3, 1)?.trim() ?? ''
  if (patient === undefined || contactsOnly.has(role)) return undefined
  const elements = {
    identifier: identifiers(nk1, scope),
    patient: referenceTo(patient),
    relationship: relationships(nk1, scope),
    name: [...nk1.repetitions(2), ...nk1.repetitions(30)].flatMap(value => xpns(value, scope)),
    telecom: telecom(nk1, scope),
    gender: administrativeGender(nk1.field(15), scope),
    birthDate: nk1.field(16).valued ? scope.date(nk1.field(16)) : undefined,
    address: some([...nk1.repetitions(4), ...nk1.repetitions(32)].map(value => xad(value, scope))),
    period: term(nk1, scope),
    communication: some([concept(nk1.field(20), scope)]).map(language => ({ language })),
  }
  const { name } = elements
  if (name.length === 0 && elements.identifier.length === 0) return undefined
  const key = [patient.id, role, nk1.text(2) ?? nk1.text(30) ?? nk1.text(33) ?? '']
  return scope.make('relatedPerson', {
    id: scope.idOf('RelatedPerson', key),
    from: [nk1],
    elements,
  })
}

/** Emergency contact, employer, federal agency, insurance company, state agency: ADT_A01. */
const contactsOnly = new Set(['EMR', 'E', 'F', 'I', 'S'])

function relationships(nk1: Segment, scope: Scope): readonly Json[] {
  return some([
    mappedConcept(nk1.field(3), relationship, scope),
    ...nk1.repetitions(7).map(value => mappedConcept(value, contactRole, scope)),
  ])
}

function telecom(nk1: Segment, scope: Scope): readonly Json[] {
  return some([
    ...nk1.repetitions(5).map(value => xtn(value, undefined, scope)),
    ...nk1.repetitions(6).map(value => xtn(value, 'work', scope)),
    ...nk1.repetitions(31).map(value => xtn(value, undefined, scope)),
    ...nk1.repetitions(40).map(value => xtn(value, undefined, scope)),
    ...nk1.repetitions(41).map(value => xtn(value, undefined, scope)),
  ])
}

function term(nk1: Segment, scope: Scope): Json | undefined {
  const [start, end] = [nk1.field(8), nk1.field(9)]
  if (!start.valued && !end.valued) return undefined
  return compact({ start: scope.time(start), end: scope.time(end) })
}

function identifiers(nk1: Segment, scope: Scope): readonly Json[] {
  const social = nk1.text(37)
  return some([
    ...nk1.repetitions(12).map(value => cx(value, scope)),
    ...nk1.repetitions(33).map(value => cx(value, scope)),
    social === undefined
      ? undefined
      : {
          type: identifierType('SS', scope),
          system: 'http://hl7.org/fhir/sid/us-ssn',
          value: social,
        },
  ])
}
