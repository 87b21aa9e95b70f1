// An Encounter as PV1 (HL7 v2.5.1 chapter 3.4.3), with the places and people that it refers to.
import { own, patientClass } from './codes.ts'
import { code, cwe, cx, time, xcn } from './datatypes.ts'
import { type Json, object, objects, text } from './fhir_tree.ts'
import { ownIdentifiers, practitionerOf } from './pid.ts'
import { type Building, type BuiltSegment, each } from './segments.ts'

export function pv1(encounter: Json, building: Building): BuiltSegment {
  const { authorities } = building
  const [visit, ...others] = ownIdentifiers(encounter)
  const stay = object(encounter.hospitalization) ?? {}
  const period = object(encounter.period) ?? {}
  const [type] = objects(encounter.type)
  const people = (role: string) => each(participants(encounter, { role, building }))
  const at = (status: string) => place(encounter, { status, building })
  return {
    name: 'PV1',
    fields: {
      1: '1',
      2: classOf(encounter.class),
      3: at('active') ?? at('planned'),
      4: code(type),
      5:
        object(stay.preAdmissionIdentifier) &&
        cx(object(stay.preAdmissionIdentifier) ?? {}, authorities),
      6: at('completed'),
      7: people('ATND'),
      8: people('REF'),
      9: people('CON'),
      10: code(encounter.serviceType),
      13: code(stay.reAdmission),
      14: code(stay.admitSource),
      15: each(objects(stay.specialArrangement).map(code)),
      16: code(objects(stay.specialCourtesy)[0]),
      17: people('ADM'),
      19: visit && cx(visit, authorities),
      36: code(stay.dischargeDisposition),
      44: time(period.start),
      45: time(period.end),
      50: each(others.map(one => cx(one, authorities))),
    },
  }
}

/** PV2-3: why the patient came; nothing where it is not said. */
export function pv2(encounter: Json): readonly BuiltSegment[] {
  const [reason] = objects(encounter.reasonCode)
  return reason === undefined ? [] : [{ name: 'PV2', fields: { 3: cwe(reason) } }]
}

/** PV1-2 is compulsory; U says that it is not known. */
function classOf(value: unknown): string {
  const known = text(object(value)?.code)
  return own(patientClass, known) ?? known ?? 'U'
}

function participants(encounter: Json, of: { readonly role: string; readonly building: Building }) {
  const { tree, authorities } = of.building
  return objects(encounter.participant)
    .filter(({ type }) => objects(type).some(one => code(one) === of.role))
    .map(({ individual }) =>
      practitionerOf(tree.follow(individual, encounter), { tree, holder: encounter }),
    )
    .map(found => found && xcn(found, authorities))
}

/** location-physical-type → component of PL. */
const LEVELS: Readonly<Record<string, number>> = { wa: 1, ro: 2, bd: 3, si: 4, bu: 7, lvl: 8 }

const LEVELS_MAX = 8

/** PL: the place with this status, and what it is part of. */
function place(
  encounter: Json,
  of: { readonly status: string; readonly building: Building },
): readonly string[] | undefined {
  const { tree } = of.building
  const entry = objects(encounter.location).find(({ status }) => status === of.status)
  const parts = Array.from({ length: LEVELS_MAX }, () => '')
  let location = tree.follow(entry?.location, encounter)
  for (let i = 0; i < LEVELS_MAX && location !== undefined; i++) {
    // What has no kind of its own is taken for a point of care.
    const at = LEVELS[code(location.physicalType) ?? ''] ?? 1
    parts[at - 1] ||= text(location.name) ?? ''
    location = tree.follow(location.partOf, encounter)
  }
  return parts.some(part => part !== '') ? parts : undefined
}
