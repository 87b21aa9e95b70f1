// What stands beside patient and visit in an ADT message: relatives, account, insurance, diagnoses
// before the visit that refers to them; procedures and observations after it.
import type { Resource } from '#sdk'
import type { AdtGroup } from './adt_groups.ts'
import type { Json } from './json.ts'
import type { Parties } from './parties.ts'
import { referenceTo, type Scope, some } from './scope.ts'
import { account, priorAccount } from './segments/account.ts'
import { allergy } from './segments/al1.ts'
import { condition, diagnosis } from './segments/dg1.ts'
import { episode } from './segments/episode.ts'
import { caseManager, coverage, financialClass } from './segments/in1.ts'
import { relatedPerson } from './segments/nk1.ts'
import { observation } from './segments/obx.ts'
import { livingWill } from './segments/pd1.ts'
import { mother } from './segments/pid.ts'
import { procedure } from './segments/pr1.ts'
import type { EncounterMade } from './segments/pv1.ts'
import { careTeam } from './segments/rol.ts'

export interface Beside {
  /** Those that the visit may refer to stand before it. */
  readonly resources: readonly Resource[]
  /** Elements of the Encounter. */
  readonly ofVisit: Json
}

export function besidePatient(group: AdtGroup, patient: Resource, parties: Parties): Beside {
  const { scope } = parties
  const { pid, pd1, pv1 } = group
  const bill = pid && account({ pid, patient, guarantors: group.guarantors }, parties)
  const period = pv1 && episode(pv1, patient, scope)
  const diagnoses = group.diagnoses.map(dg1 => condition(dg1, patient, parties))
  return {
    resources: some([
      ...group.relatives.map(nk1 => relatedPerson(nk1, patient, scope)),
      pid && mother(pid, patient, scope),
      careTeam(group.patientRoles, patient, parties),
      pd1 && livingWill(pd1, patient, scope),
      bill,
      ...group.merges.map(({ mrg }) => priorAccount(mrg, patient, scope)),
      ...group.insurances.map(insurance => coverage(insurance, patient, parties)),
      ...group.insurances.flatMap(({ in3 }) => in3.map(one => caseManager(one, patient, parties))),
      group.insurances.length > 0 || pv1 === undefined
        ? undefined
        : financialClass(pv1, patient, scope),
      ...group.allergies.map(one => allergy(one, patient, parties)),
      ...diagnoses,
      period,
    ]),
    ofVisit: {
      diagnosis: group.diagnoses.map((dg1, i) => diagnosis(dg1, diagnoses[i] as Resource, scope)),
      account: some([referenceTo(bill)]),
      episodeOfCare: some([referenceTo(period)]),
    },
  }
}

export interface VisitGiven {
  readonly group: AdtGroup
  readonly patient: Resource
  readonly visit: EncounterMade | undefined
}

export function besideVisit(given: VisitGiven, parties: Parties): readonly Resource[] {
  const { group, patient, visit } = given
  const around = { patient, visit: visit?.resource }
  const observed = {
    name: [patient.id],
    subject: patient,
    encounter: visit?.resource,
    effective: {},
    status: 'unknown',
    specimen: undefined,
    derivedFrom: [],
  }
  reportNotes(group, parties.scope)
  return [
    ...group.procedures.map(({ pr1, roles }) => procedure({ pr1, roles, ...around }, parties)),
    ...group.observations.map(one => observation(one, observed, parties)),
  ]
}

/** Notes on a patient have no place in the tables. */
function reportNotes(group: AdtGroup, scope: Scope): void {
  for (const note of group.notes) {
    scope.report('segment_unmapped', note.place(3), 'R4 has no place for notes on a patient.')
  }
}
