// PD1-7 as an Observation, by the table PD1[Observation-LivingWill].
import type { Resource, Segment } from '#sdk'
import { livingWill as codes } from '../codes.ts'
import { mappedConcept } from '../datatypes/concept.ts'
import { referenceTo, type Scope } from '../scope.ts'

/** Undefined where PD1 says nothing of a living will. */
export function livingWill(pd1: Segment, patient: Resource, scope: Scope): Resource | undefined {
  const valueCodeableConcept = mappedConcept(pd1.field(7), codes, scope)
  if (valueCodeableConcept === undefined) return undefined
  return scope.make('observation', {
    id: scope.idOf('Observation', [patient.id, '75320-2']),
    from: [pd1],
    elements: {
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '75320-2' }] },
      subject: referenceTo(patient),
      valueCodeableConcept,
    },
  })
}
