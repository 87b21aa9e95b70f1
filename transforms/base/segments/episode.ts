// PV1-53 and PV1-54 as EpisodeOfCare, by the table PV1[Encounter].
import type { Resource, Segment } from '#sdk'
import { businessId, cx } from '../datatypes/identifier.ts'
import { referenceTo, type Scope } from '../scope.ts'

/** Undefined where PV1 names no episode. */
export function episode(pv1: Segment, patient: Resource, scope: Scope): Resource | undefined {
  const identifier = cx(pv1.field(54), scope)
  const id = businessId(identifier)
  if (id === undefined) return undefined
  const about = pv1.text(53)
  const url = 'http://hl7.org/fhir/StructureDefinition/resource-instance-description'
  return scope.make('episodeOfCare', {
    id: scope.idOf('EpisodeOfCare', id),
    from: [pv1],
    elements: {
      extension: about === undefined ? undefined : [{ url, valueMarkdown: about }],
      identifier: [identifier],
      // Required, and said by no field: an episode that a visit belongs to goes on.
      status: 'active',
      patient: referenceTo(patient),
    },
  })
}
