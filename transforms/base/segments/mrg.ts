// MRG as the patient who goes: his numbers and his name, inactive, and replaced by the one of PID
// (FHIR R4 patient.html#links). HL7 v2.5.1 chapter 3.4.9; the tables have no map of MRG for
// Patient.
import type { BusinessId, Resource, Segment } from '#sdk'
import { businessId, cx } from '../datatypes/identifier.ts'
import { xpns } from '../datatypes/person.ts'
import { type Json, some } from '../json.ts'
import type { Scope } from '../scope.ts'
import { identifiersOf } from './pid.ts'

export interface PriorMade {
  readonly resource: Resource
  readonly id: BusinessId
}

/** MRG-1, -2 and -4, as PID-3, -2 and -4. Undefined where MRG names nobody. */
export function prior(mrg: Segment, pid: Segment | undefined, scope: Scope): PriorMade | undefined {
  const identifier = some(
    [...mrg.repetitions(1), ...mrg.repetitions(2), ...mrg.repetitions(4)].map(value =>
      cx(value, scope),
    ),
  )
  const id = businessId(identifier[0])
  const survivor = pid && businessId(identifiersOf(pid, scope)[0])
  if (id === undefined) {
    scope.report('patient_unidentified', mrg.place(1), 'No identifier of the patient who goes.')
    return undefined
  }
  if (survivor !== undefined && survivor.system === id.system && survivor.value === id.value) {
    scope.report('merge_with_itself', mrg.place(1), 'It names the patient of PID; no link is made.')
    return undefined
  }
  const resource = scope.make('patient', {
    id: scope.knownId('Patient', id),
    from: [mrg],
    elements: {
      identifier,
      active: false,
      name: mrg.repetitions(7).flatMap(value => xpns(value, scope)),
      link: survivor && [linkTo(scope.knownId('Patient', survivor), 'replaced-by')],
    },
  })
  return { resource, id }
}

/**
 * Patient.link to a patient who is written without knowing this one; `id` is canonical. Only one of
 * two patients refers to the other so, or neither could be written first.
 */
function linkTo(id: string, type: string): Json {
  return { other: { reference: `Patient/${id}` }, type }
}

/** Patient.link by the other one's identifier (FHIR R4 references.html#logical). */
export function linkBy(identifier: BusinessId, type: 'replaces' | 'seealso'): Json {
  const { system, value } = identifier
  return { other: { type: 'Patient', identifier: { system, value } }, type }
}
