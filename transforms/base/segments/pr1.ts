// PR1 (with the roles behind it) as Procedure, by the table PR1[Procedure].
import type { Resource, Segment } from '#sdk'
import { concept, concepts } from '../datatypes/concept.ts'
import { businessId, ei } from '../datatypes/identifier.ts'
import { place } from '../datatypes/place.ts'
import { type Json, some } from '../json.ts'
import { type Parties, type Referrer, xcnParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'
import { performers } from './rol.ts'

export interface ProcedureGiven {
  readonly pr1: Segment
  readonly roles: readonly Segment[]
  readonly patient: Resource
  readonly visit: Resource | undefined
}

export function procedure(given: ProcedureGiven, parties: Parties): Resource {
  const { pr1, roles, patient, visit } = given
  const { scope } = parties
  const within = parties.referrer()
  const identifier = ei(pr1.field(19), scope)
  const parent = ei(pr1.field(25), scope)
  const name = businessId(identifier) ?? [patient.id, pr1.text(3) ?? '', pr1.text(5, 1) ?? '']
  return scope.make('procedure', {
    id: scope.idOf('Procedure', name),
    from: [pr1, ...roles],
    elements: {
      contained: within.contained,
      identifier: some([identifier]),
      partOf: parent && [{ type: 'Procedure', identifier: parent }],
      status: statusOf(pr1),
      category: concept(pr1.field(6), scope),
      code: codeOf(pr1, scope),
      subject: referenceTo(patient),
      encounter: referenceTo(visit),
      ...performed(pr1, scope),
      performer: [...people(pr1, within), ...performers(roles, within)],
      location: place(pr1.field(23), within),
      reasonCode: concepts(pr1.repetitions(15), scope),
    },
  })
}

/**
 * Decided here, because the table leaves it to the context: ADT reports what was done; without a
 * time it is not known whether it was. PR1-20 D takes it back.
 */
function statusOf(pr1: Segment): string {
  if (pr1.text(20) === 'D') return 'entered-in-error'
  return pr1.field(5).valued ? 'completed' : 'unknown'
}

/** PR1-4 is what the code is called where PR1-3 says no text; PR1-16 modifies it. */
function codeOf(pr1: Segment, scope: Scope): Json | undefined {
  const code = pr1.field(3).valued ? concept(pr1.field(3), scope) : undefined
  const modifiers = concepts(pr1.repetitions(16), scope).flatMap(
    one => (one.coding as readonly Json[] | undefined) ?? [],
  )
  const text = pr1.text(3, 9) ?? pr1.text(4)
  if (code === undefined && text === undefined && modifiers.length === 0) return undefined
  const codings = [...((code?.coding as readonly Json[] | undefined) ?? []), ...modifiers]
  return {
    ...code,
    ...(codings.length === 0 ? {} : { coding: codings }),
    ...(text === undefined ? {} : { text }),
  }
}

/** A start to the minute and a length (PR1-7, minutes) make a period. */
function performed(pr1: Segment, scope: Scope): Json {
  const start = pr1.field(5).valued ? scope.time(pr1.field(5)) : undefined
  const minutes = Number(pr1.text(7) ?? 'NaN')
  if (start === undefined || !start.includes('T') || !(minutes > 0 && minutes < MINUTES_MAX)) {
    return { performedDateTime: start }
  }
  return { performedPeriod: { start, end: later(start, minutes) } }
}

/** A year; a length beyond it is no length. */
const MINUTES_MAX = 525_600

/** In the offset of the start. */
function later(start: string, minutes: number): string {
  const offset = start.slice(-6)
  const sign = offset.startsWith('-') ? -1 : 1
  const shift = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)))
  const local = new Date(Date.parse(start) + (minutes + shift) * 60_000)
  return `${local.toISOString().slice(0, 19)}${offset}`
}

/** Anaesthetist and surgeon by SNOMED CT, as the table has them. */
function people(pr1: Segment, within: Referrer): readonly Json[] {
  const snomed = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] })
  const roles = [
    [8, snomed('88189002')],
    [11, snomed('304292004')],
    [12, undefined],
  ] as const
  return roles.flatMap(([field, role]) =>
    some(pr1.repetitions(field).map(value => within.to(xcnParty(value, within.scope)))).map(
      actor => (role === undefined ? { actor } : { function: role, actor }),
    ),
  )
}
