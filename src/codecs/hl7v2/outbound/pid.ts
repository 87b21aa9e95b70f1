// A Patient as PID, PD1 and NK1, and the patient who goes in a merge as MRG (HL7 v2.5.1 chapter
// 3.4).
import type { Resource } from '../../../model/event.ts'
import { maritalStatus, own, sex } from './codes.ts'
import { cwe, cx, time, xad, xcn, xpn, xtn } from './datatypes.ts'
import { type Json, object, objects, text } from './fhir_tree.ts'
import { type Building, type BuiltSegment, each } from './segments.ts'

/** Identifiers that Firth gave for its own bookkeeping are nobody else's. */
export const RESOURCE_SYSTEM = 'urn:firth:resource'

export const ownIdentifiers = ({ identifier }: Json): readonly Json[] =>
  objects(identifier).filter(({ system }) => system !== RESOURCE_SYSTEM)

export function pid(patient: Json, { authorities }: Building): BuiltSegment {
  const telecom = objects(patient.telecom)
  const work = telecom.filter(({ use }) => use === 'work')
  const home = telecom.filter(({ use }) => use !== 'work')
  const [language] = objects(patient.communication)
  return {
    name: 'PID',
    fields: {
      1: '1',
      3: each(ownIdentifiers(patient).map(one => cx(one, authorities))),
      5: each(objects(patient.name).map(xpn)),
      7: birth(patient),
      8: own(sex, text(patient.gender)),
      11: each(objects(patient.address).map(xad)),
      13: each(home.map(xtn)),
      14: each(work.map(xtn)),
      15: cwe(language?.language),
      16: married(patient.maritalStatus),
      24: yesNo(patient.multipleBirthBoolean),
      25: text(patient.multipleBirthInteger),
      29: time(patient.deceasedDateTime),
      30: yesNo(
        patient.deceasedBoolean ?? (patient.deceasedDateTime === undefined ? undefined : true),
      ),
    },
  }
}

const BIRTH_TIME = 'http://hl7.org/fhir/StructureDefinition/patient-birthTime'

function birth(patient: Json): string | undefined {
  const extensions = objects(object(patient._birthDate)?.extension)
  const clock = extensions.find(({ url }) => url === BIRTH_TIME)?.valueDateTime
  return time(clock) ?? time(patient.birthDate)
}

function married(concept: unknown) {
  const [first] = objects(object(concept)?.coding)
  const known = text(first?.code)
  return own(maritalStatus, known) ?? known
}

function yesNo(value: unknown): string | undefined {
  if (value === true) return 'Y'
  return value === false ? 'N' : undefined
}

/** PD1-4: who is the patient's usual practitioner; nothing where nobody is. */
export function pd1(patient: Json, { tree, authorities }: Building): readonly BuiltSegment[] {
  const practitioners = objects(patient.generalPractitioner)
    .map(one => practitionerOf(tree.follow(one, patient), { tree, holder: patient }))
    .filter(one => one !== undefined)
  if (practitioners.length === 0) return []
  return [{ name: 'PD1', fields: { 4: each(practitioners.map(one => xcn(one, authorities))) } }]
}

/** A Practitioner, or the one of a PractitionerRole. */
export function practitionerOf(
  found: Json | undefined,
  { tree, holder }: { readonly tree: Building['tree']; readonly holder: Json },
): Json | undefined {
  if (found?.resourceType === 'Practitioner') return found
  if (found?.resourceType !== 'PractitionerRole') return undefined
  const within = found.contained === undefined ? holder : found
  return tree.follow(found.practitioner, within)
}

export function nk1(patient: Json): readonly BuiltSegment[] {
  return objects(patient.contact).map((contact, i) => {
    const [relationship, role] = objects(contact.relationship)
    const telecom = objects(contact.telecom)
    return {
      name: 'NK1',
      fields: {
        1: String(i + 1),
        2: object(contact.name) && xpn(object(contact.name) ?? {}),
        3: cwe(relationship, 'HL70063'),
        4: object(contact.address) && xad(object(contact.address) ?? {}),
        5: each(telecom.filter(({ use }) => use !== 'work').map(xtn)),
        6: each(telecom.filter(({ use }) => use === 'work').map(xtn)),
        7: cwe(role, 'HL70131'),
        15: own(sex, text(contact.gender)),
      },
    }
  })
}

/** The patient whose identity goes. */
export function mrg(gone: Json, { authorities }: Building): BuiltSegment {
  return {
    name: 'MRG',
    fields: {
      1: each(ownIdentifiers(gone).map(one => cx(one, authorities))),
      7: each(objects(gone.name).map(xpn)),
    },
  }
}

/** The patient that the event names, else the first one. */
export function patientOf({ tree, intent }: Building): Resource | undefined {
  const patients = tree.ofType('Patient')
  const known = intent.event?.patient
  const named = patients.find(one =>
    objects(one.identifier).some(
      ({ system, value }) => system === known?.system && value === known?.value,
    ),
  )
  return named ?? patients[0]
}
