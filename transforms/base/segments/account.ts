// The account of a visit (PID-18, MRG-3), by the tables PID[Account] and MRG[Account], and who
// stands for it (GT1), for which there is no table. Decided here: each GT1 is a RelatedPerson, or
// the organization that it names, and a guarantor of the account.
import type { Resource, Segment } from '#sdk'
import { relationship } from '../codes.ts'
import { mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx } from '../datatypes/identifier.ts'
import { xad, xpns, xtn } from '../datatypes/person.ts'
import { compact, type Json, some } from '../json.ts'
import { type Parties, type Referrer, xonParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { administrativeGender } from './pid_sex.ts'

export interface AccountGiven {
  readonly pid: Segment
  readonly patient: Resource
  readonly guarantors: readonly Segment[]
}

/** Undefined where neither a number nor a guarantor is known. */
export function account(given: AccountGiven, parties: Parties): Resource | undefined {
  const { pid, patient, guarantors } = given
  const { scope } = parties
  const identifier = cx(pid.field(18), scope)
  if (identifier === undefined && guarantors.length === 0) return undefined
  const within = parties.referrer()
  return scope.make('account', {
    id: scope.idOf('Account', businessId(identifier) ?? [patient.id, 'GT1']),
    from: [pid, ...guarantors],
    elements: {
      contained: within.contained,
      identifier: some([identifier]),
      status: 'active',
      subject: some([referenceTo(patient)]),
      guarantor: some(guarantors.map(gt1 => guarantor(gt1, { patient, within }))),
    },
  })
}

/** MRG-3: the account that goes; what became of it is not said. */
export function priorAccount(
  mrg: Segment,
  patient: Resource | undefined,
  scope: Scope,
): Resource | undefined {
  const identifier = cx(mrg.field(3), scope)
  if (identifier === undefined) return undefined
  return scope.make('account', {
    id: scope.idOf('Account', businessId(identifier) ?? [String(identifier.value)]),
    from: [mrg],
    elements: {
      identifier: [identifier],
      status: 'unknown',
      subject: some([referenceTo(patient)]),
    },
  })
}

function guarantor(
  gt1: Segment,
  { patient, within }: { patient: Resource; within: Referrer },
): Json | undefined {
  const { scope } = within
  const [start, end] = [gt1.field(13), gt1.field(14)]
  const period =
    start.valued || end.valued
      ? compact({ start: scope.time(start), end: scope.time(end) })
      : undefined
  const party = partyOf(gt1, { patient, within })
  return party && compact({ party, period })
}

function partyOf(
  gt1: Segment,
  { patient, within }: { patient: Resource; within: Referrer },
): Json | undefined {
  const { scope } = within
  if (gt1.text(11, 1)?.trim().toUpperCase() === 'SEL') return referenceTo(patient)
  const name = gt1.repetitions(3).flatMap(value => xpns(value, scope))
  if (name.length === 0) return within.to(xonParty(gt1.field(21), scope))
  const elements = () => ({
    identifier: some(gt1.repetitions(2).map(value => cx(value, scope))),
    patient: referenceTo(patient),
    relationship: some([mappedConcept(gt1.field(11), relationship, scope)]),
    name,
    telecom: some([
      ...gt1.repetitions(6).map(value => xtn(value, 'home', scope)),
      ...gt1.repetitions(7).map(value => xtn(value, 'work', scope)),
    ]),
    gender: administrativeGender(gt1.field(9), scope),
    birthDate: gt1.field(8).valued ? scope.date(gt1.field(8)) : undefined,
    address: some(gt1.repetitions(5).map(value => xad(value, scope))),
  })
  return within.to({ step: 'relatedPerson', from: gt1, id: undefined, elements })
}
