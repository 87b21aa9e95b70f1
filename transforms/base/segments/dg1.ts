// DG1 as Condition, and as the diagnosis of the visit, by the tables DG1[Condition] and
// DG1[Encounter].
import type { Resource, Segment } from '#sdk'
import { diagnosisType } from '../codes.ts'
import { concept, mappedConcept } from '../datatypes/concept.ts'
import { businessId, ei } from '../datatypes/identifier.ts'
import { compact, type Json, some } from '../json.ts'
import { type Parties, xcnParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'

const TERMS = 'http://terminology.hl7.org/CodeSystem'

export function condition(dg1: Segment, patient: Resource, parties: Parties): Resource {
  const { scope } = parties
  const within = parties.referrer()
  const identifier = ei(dg1.field(20), scope)
  const removed = dg1.text(21) === 'D'
  const recorded = dg1.field(19).valued ? scope.time(dg1.field(19)) : undefined
  const name = businessId(identifier) ?? [patient.id, ...nameOf(dg1)]
  return scope.make('condition', {
    id: scope.idOf('Condition', name),
    from: [dg1],
    elements: {
      contained: within.contained,
      extension: asserted(recorded),
      identifier: some([identifier]),
      verificationStatus: removed ? retracted : undefined,
      category: [
        { coding: [{ system: `${TERMS}/condition-category`, code: 'encounter-diagnosis' }] },
      ],
      code: codeOf(dg1, scope),
      subject: referenceTo(patient),
      onsetDateTime: dg1.field(5).valued ? scope.time(dg1.field(5)) : undefined,
      recordedDate: recorded,
      asserter: within.to(xcnParty(dg1.field(16), scope)),
    },
  })
}

/** Encounter.diagnosis. */
export function diagnosis(dg1: Segment, made: Resource, scope: Scope): Json {
  const rank = dg1.text(15)
  return (
    compact({
      condition: referenceTo(made),
      use: mappedConcept(dg1.field(6), diagnosisType, scope),
      rank: rank !== undefined && /^[1-9]\d{0,3}$/.test(rank) ? Number(rank) : undefined,
    }) ?? {}
  )
}

const retracted: Json = {
  coding: [{ system: `${TERMS}/condition-ver-status`, code: 'entered-in-error' }],
}

/** A diagnosis without an identifier is told by its code, its type and its time. */
const nameOf = (dg1: Segment): readonly string[] => [
  dg1.text(3, 1) ?? dg1.text(3, 2) ?? dg1.text(4) ?? '',
  dg1.text(6, 1) ?? '',
  dg1.text(5, 1) ?? '',
]

/** DG1-4 is what the code is called. */
function codeOf(dg1: Segment, scope: Scope): Json | undefined {
  const code = dg1.field(3).valued ? concept(dg1.field(3), scope) : undefined
  const text = dg1.text(4)
  return text === undefined ? code : { ...code, text }
}

function asserted(time: string | undefined): readonly Json[] | undefined {
  if (time === undefined) return undefined
  const url = 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate'
  return [{ url, valueDateTime: time }]
}
