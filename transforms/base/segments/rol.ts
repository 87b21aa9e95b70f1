// ROL and PRT around a patient and a visit, by the tables ROL[Patient-GeneralPractitioner],
// ROL[Encounter-PractitionerRole], ROL[CareTeam] and their likes for PRT. Both segments say the
// same, in fields of other numbers.
import type { Resource, Segment, Value } from '#sdk'
import { providerRole } from '../codes.ts'
import { concepts, mappedConcept } from '../datatypes/concept.ts'
import { ei } from '../datatypes/identifier.ts'
import { xad, xtn } from '../datatypes/person.ts'
import { compact, type Json, some } from '../json.ts'
import { type Parties, type Referrer, xcnParty, xonParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'

/** Numbers of the fields that both segments have. */
const fields = {
  ROL: { id: 1, action: 2, role: 3, person: 4, start: 5, end: 6, type: 9, unit: 10 },
  PRT: { id: 1, action: 2, role: 4, person: 5, start: 11, end: 12, type: 6, unit: 7 },
} as const
const more = {
  ROL: { address: 11, phone: 12, place: 13, organization: 14 },
  PRT: { address: 14, phone: 15, place: 9, organization: 8 },
} as const

const numbersOf = ({ name }: Segment) =>
  name === 'PRT' ? { ...fields.PRT, ...more.PRT } : { ...fields.ROL, ...more.ROL }

/** General practitioners: those in the role of the primary care provider (PP). */
export function generalPractitioners(roles: readonly Segment[], within: Referrer): readonly Json[] {
  return roles
    .filter(role => isPrimaryCare(role) && isPresent(role, within.scope))
    .flatMap(role => referencesOf(role, within))
}

/** Everyone else around the patient, as one team; undefined where there is nobody. */
export function careTeam(
  roles: readonly Segment[],
  subject: Resource,
  parties: Parties,
): Resource | undefined {
  const { scope } = parties
  const within = parties.referrer()
  const others = roles.filter(role => !isPrimaryCare(role) && isPresent(role, scope))
  const participant = others.flatMap(role => {
    const code = roleOf(role, scope)
    return referencesOf(role, within).map(
      member => compact({ role: some([code]), member, period: termOf(role, scope) }) ?? {},
    )
  })
  if (participant.length === 0) return undefined
  return scope.make('careTeam', {
    id: scope.idOf('CareTeam', [subject.id]),
    from: others,
    elements: {
      contained: within.contained,
      status: 'active',
      subject: referenceTo(subject),
      participant,
    },
  })
}

/** Encounter.participant. */
export function visitParticipants(roles: readonly Segment[], within: Referrer): readonly Json[] {
  const { scope } = within
  return roles
    .filter(role => isPresent(role, scope))
    .flatMap(role =>
      referencesOf(role, within).map(individual => ({
        type: some([roleOf(role, scope)]),
        period: termOf(role, scope),
        individual,
      })),
    )
    .map(participant => compact(participant) ?? {})
}

/** Procedure.performer. */
export function performers(roles: readonly Segment[], within: Referrer): readonly Json[] {
  const { scope } = within
  return roles
    .filter(role => isPresent(role, scope))
    .flatMap(role =>
      referencesOf(role, within).map(actor => ({ function: roleOf(role, scope), actor })),
    )
    .map(performer => compact(performer) ?? {})
}

const isPrimaryCare = (role: Segment) => role.text(numbersOf(role).role, 1) === 'PP'

/** Action codes of HL70287: a role that is deleted or cancelled is not said to be one. */
export function isPresent(role: Segment, scope: Scope): boolean {
  const action = role.text(numbersOf(role).action)
  if (action !== 'DE' && action !== 'D' && action !== 'CA' && action !== 'X') return true
  scope.report('participation_removed', role.place(2), 'The participation is taken back.')
  return false
}

function roleOf(role: Segment, scope: Scope): Json | undefined {
  return mappedConcept(role.field(numbersOf(role).role), providerRole, scope)
}

function termOf(role: Segment, scope: Scope): Json | undefined {
  const at = numbersOf(role)
  const [start, end] = [role.field(at.start), role.field(at.end)]
  if (!start.valued && !end.valued) return undefined
  return compact({ start: scope.time(start), end: scope.time(end) })
}

/** One for each person; where no person is named, the organization. */
function referencesOf(role: Segment, within: Referrer): readonly Json[] {
  const { scope } = within
  const at = numbersOf(role)
  const organization = xonParty(role.field(at.organization), scope)
  const people: readonly (Value | undefined)[] = role.repetitions(at.person)
  const telecom = some(role.repetitions(at.phone).map(value => xtn(value, undefined, scope)))
  const address = some(role.repetitions(at.address).map(value => xad(value, scope)))
  return some(
    (people.length === 0 ? [undefined] : people).map(person =>
      within.role({
        from: role,
        practitioner: person && xcnParty(person, scope, { address }),
        organization,
        elements: {
          identifier: some([ei(role.field(at.id), scope)]),
          specialty: concepts(role.repetitions(at.type), scope),
          telecom,
          location: some([placeName(role.field(at.place))]),
        },
      }),
    ),
  )
}

/** PL in words: a role is a resource of its own, which a bed is not. */
function placeName(value: Value): Json | undefined {
  const display = [4, 7, 8, 1, 2, 3].flatMap(part => value.part(part).text(1) ?? []).join(', ')
  return display === '' ? undefined : { display }
}
