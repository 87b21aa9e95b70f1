// PRT, participation in an order, a report or a result, by the tables PRT[PractitionerRole],
// PRT[Device] and PRT[Observation-Location]. HL7 v2.7 chapter 7.4.4.
import type { Segment, Value } from '#sdk'
import { concept, concepts } from '../datatypes/concept.ts'
import { cx } from '../datatypes/identifier.ts'
import { xad, xtn } from '../datatypes/person.ts'
import { place } from '../datatypes/place.ts'
import { deviceParty, type Referrer, xcnParty, xonParty } from '../parties.ts'
import { compact, type Json, type Scope, some } from '../scope.ts'
import { isPresent } from './rol.ts'

export interface Participations {
  readonly performers: readonly Json[]
  readonly device: Json | undefined
  /** Where it happened. */
  readonly locations: readonly Json[]
}

const NOBODY: Participations = { performers: [], device: undefined, locations: [] }

/** Who took part in an observation, with what and where; `within` is the Observation. */
export function participations(
  list: readonly Segment[],
  within: Referrer,
  scope: Scope,
): Participations {
  if (list.length === 0) return NOBODY
  const present = list.filter(prt => isPresent(prt, scope))
  return {
    performers: present.flatMap(prt => roles(prt, undefined, within)),
    device: present.map(prt => device(prt, within, scope)).find(made => made !== undefined),
    locations: some(present.map(prt => location(prt, within, scope))),
  }
}

/** Who took part in a role of HL70443 (PRT-4); `within` is the resource that refers to them. */
export function inRole(
  list: readonly Segment[],
  codes: readonly string[],
  within: Referrer,
): readonly Json[] {
  const { scope } = within
  const wanted = list.filter(prt => codes.includes(prt.text(4, 1) ?? '') && isPresent(prt, scope))
  return wanted.flatMap(prt => roles(prt, prt.field(9), within))
}

/** PRT[PractitionerRole], one for each person; where no person is named, the organization. */
function roles(prt: Segment, location: Value | undefined, within: Referrer): readonly Json[] {
  const { scope } = within
  const address = xad(prt.field(14), scope)
  const organization = xonParty(prt.field(8), scope)
  const elements = {
    identifier: some([cx(prt.field(24), scope)]),
    period: compact({ start: scope.time(prt.field(11)), end: scope.time(prt.field(12)) }),
    code: concepts(prt.repetitions(4), scope),
    specialty: concepts(prt.repetitions(6), scope),
    telecom: some(prt.repetitions(15).map(value => xtn(value, undefined, scope))),
  }
  const where = location?.valued ? (holder: Referrer) => place(location, holder) : undefined
  const people = prt.repetitions(5)
  if (people.length === 0) return some([within.to(organization)])
  return some(
    people.map(value => {
      const practitioner = xcnParty(
        value,
        scope,
        address === undefined ? {} : { address: [address] },
      )
      return within.role({ from: prt, practitioner, organization, where, elements })
    }),
  )
}

/** PRT[Device]: PRT-10 and PRT-16 to PRT-22. */
function device(prt: Segment, within: Referrer, scope: Scope): Json | undefined {
  const carriers = some([prt.text(10, 1), prt.text(16, 1)])
  if (carriers.length === 0) return undefined
  const elements = {
    udiCarrier: carriers.map(deviceIdentifier => ({ deviceIdentifier })),
    manufactureDate: scope.time(prt.field(17)),
    expirationDate: scope.time(prt.field(18)),
    lotNumber: prt.text(19),
    serialNumber: prt.text(20),
    distinctIdentifier: prt.text(21),
    type: concept(prt.field(22), scope),
  }
  return within.to(deviceParty(prt.field(10), scope, elements))
}

/** PRT-9 and PRT-14 as the place of what happened; PRT-14 is a person's where PRT-5 names one. */
function location(prt: Segment, within: Referrer, scope: Scope): Json | undefined {
  const address = prt.text(5) === undefined ? xad(prt.field(14), scope) : undefined
  const where = prt.field(9)
  if (where.valued) return place(where, within, { address })
  return within.place(prt, [], { address })
}
