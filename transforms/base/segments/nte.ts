// NTE as an Annotation, by the tables NTE[Observation] and NTE[ServiceRequest]. Decided here: the
// type of the comment (NTE-4) is said as NTE[Appointment] says it.
import type { Segment } from '#sdk'
import { concept } from '../datatypes/concept.ts'
import { textOf } from '../datatypes/observed_value.ts'
import { type Referrer, xcnParty } from '../parties.ts'
import { compact, type Json, type Scope } from '../scope.ts'

const TYPE = 'http://hl7.org/fhir/StructureDefinition/annotationType'

/**
 * One note for each NTE, the repetitions of NTE-3 as its lines; `within` is the resource that has
 * the note. A note without a text says nothing and is left out.
 */
export function annotations(
  notes: readonly Segment[],
  within: Referrer,
  scope: Scope,
): readonly Json[] {
  return notes.flatMap(nte => {
    const text = textOf(nte, 3)
    if (text === undefined) return []
    const authorReference = within.to(xcnParty(nte.field(5), scope))
    const kind = concept(nte.field(4), scope)
    const extension = kind && [{ url: TYPE, valueCodeableConcept: kind }]
    return [compact({ extension, authorReference, time: scope.time(nte.field(6)), text }) as Json]
  })
}
