// Events of patients and visits as ADT messages (HL7 v2.5.1 chapter 3.3): which trigger event says
// what happened, and its segments.
import { Failure } from '../../../model/errors.ts'
import type { Kind } from '../../../model/event.ts'
import { cwe, cx, time } from './datatypes.ts'
import { type Json, object, objects, text } from './fhir_tree.ts'
import { obx } from './obx.ts'
import { mrg, nk1, ownIdentifiers, patientOf, pd1, pid } from './pid.ts'
import { pv1, pv2 } from './pv1.ts'
import { type Building, type BuiltSegment, each } from './segments.ts'

interface Trigger {
  readonly event: string
  /** MSH-9.3. */
  readonly structure: string
  /** The trigger where the event has no visit. */
  readonly person?: Trigger
}

const trigger = (event: string, structure: string, person?: Trigger): Trigger => ({
  event,
  structure: `ADT_${structure}`,
  ...(person === undefined ? {} : { person }),
})

const triggers: Partial<Record<Kind, Trigger>> = {
  'patient.admitted': trigger('A01', 'A01'),
  'patient.transferred': trigger('A02', 'A02'),
  'patient.discharged': trigger('A03', 'A03'),
  'patient.registered': trigger('A04', 'A01', trigger('A28', 'A05')),
  'patient.updated': trigger('A08', 'A01', trigger('A31', 'A05')),
  'patient.deleted': trigger('A29', 'A21'),
  'patient.merged': trigger('A40', 'A39'),
  'patient.linked': trigger('A24', 'A24'),
  'visit.planned': trigger('A05', 'A05'),
  'visit.updated': trigger('A08', 'A01'),
  'visit.cancelled': trigger('A11', 'A09'),
}

/** What a message said more exactly than the kind of its event does, with its structure. */
const exact: Partial<Record<Kind, Readonly<Record<string, string>>>> = {
  'visit.updated': {
    ...{ A06: 'A06', A07: 'A06', A09: 'A09', A10: 'A09', A12: 'A09', A13: 'A01', A15: 'A15' },
    ...{ A16: 'A16', A21: 'A21', A22: 'A21', A25: 'A21', A26: 'A21', A32: 'A21', A33: 'A21' },
    ...{ A52: 'A52', A53: 'A52', A54: 'A54', A55: 'A52' },
  },
  'visit.cancelled': { A23: 'A21', A27: 'A21', A38: 'A38' },
  'visit.planned': { A14: 'A05' },
}

/** The trigger of the event; the one of its own message, where that is of the same kind. */
function triggerOf({ intent, tree }: Building): Trigger | undefined {
  const kind = intent.event_kind as Kind
  const [, said = ''] = intent.event?.source.message_type.split('^') ?? []
  const structure = Object.hasOwn(exact[kind] ?? {}, said) ? exact[kind]?.[said] : undefined
  if (structure !== undefined) return trigger(said, structure)
  const known = Object.hasOwn(triggers, kind) ? triggers[kind] : undefined
  return tree.ofType('Encounter').length === 0 ? (known?.person ?? known) : known
}

export interface Built {
  /** MSH-9. */
  readonly type: readonly string[]
  readonly segments: readonly BuiltSegment[]
}

/** Throws Failure('event_unbuildable') where the event does not hold what its message must have. */
export function adt(building: Building): Built {
  const { intent, tree } = building
  const kind = intent.event_kind
  const patient = patientOf(building)
  const [encounter] = tree.ofType('Encounter')
  const known = triggerOf(building)
  if (known === undefined) throw new Failure('event_unbuildable', { kind })
  if (patient === undefined) throw new Failure('event_unbuildable', { kind, path: 'Patient' })
  const { event, structure } = known
  const evn = {
    name: 'EVN',
    fields: { 1: event, 2: time(intent.event?.occurred_at), 6: time(intent.event?.occurred_at) },
  }
  const others = kind === 'patient.merged' ? [gone(patient, building)] : linked(patient, building)
  const visit =
    encounter === undefined ? noVisit(event) : [pv1(encounter, building), ...pv2(encounter)]
  const merged = kind === 'patient.merged'
  return {
    type: ['ADT', event, structure],
    segments: [
      evn,
      pid(patient, building),
      ...pd1(patient, building),
      ...(merged ? others : [...nk1(patient), ...visit, ...facts(building), ...others]),
    ],
  }
}

/** Messages about a person alone must have PV1 too, and say N: not applicable (chapter 3.3.28). */
function noVisit(event: string): readonly BuiltSegment[] {
  return ['A40', 'A24', 'A29'].includes(event) ? [] : [{ name: 'PV1', fields: { 2: 'N' } }]
}

/** MRG of the patient who goes: with his own resource, or as the survivor's link names him. */
function gone(survivor: Json, building: Building): BuiltSegment {
  const { tree } = building
  const other = tree.ofType('Patient').find(one => one !== survivor)
  const named = other ?? linkedIdentifier(survivor, 'replaces')
  if (named === undefined || ownIdentifiers(named).length === 0) {
    throw new Failure('event_unbuildable', { kind: 'patient.merged', path: 'Patient.link' })
  }
  return mrg(named, building)
}

/** The second PID of a link. */
function linked(patient: Json, building: Building): readonly BuiltSegment[] {
  const { intent, authorities } = building
  if (intent.event_kind !== 'patient.linked') return []
  const other = linkedIdentifier(patient, 'seealso')
  if (other === undefined) {
    throw new Failure('event_unbuildable', { kind: intent.event_kind, path: 'Patient.link' })
  }
  const identifiers = ownIdentifiers(other).map(one => cx(one, authorities))
  return [{ name: 'PID', fields: { 1: '2', 3: each(identifiers) } }]
}

/** Whom a link of this type names, as far as it says. */
function linkedIdentifier(patient: Json, type: string): Json | undefined {
  const link = objects(patient.link).find(one => one.type === type)
  const identifier = object(object(link?.other)?.identifier)
  return identifier && { identifier: [identifier] }
}

/** OBX, AL1 and DG1: what was observed, allergies and diagnoses beside the visit. */
function facts(building: Building): readonly BuiltSegment[] {
  const { tree } = building
  const allergies = tree.ofType('AllergyIntolerance').map((allergy, i) => ({
    name: 'AL1',
    fields: { 1: String(i + 1), 2: ALLERGY[text(categoryOf(allergy)) ?? ''], 3: cwe(allergy.code) },
  }))
  const diagnoses = tree.ofType('Condition').map((condition, i) => ({
    name: 'DG1',
    fields: {
      1: String(i + 1),
      3: cwe(condition.code),
      5: time(condition.onsetDateTime ?? condition.recordedDate),
      6: 'W',
    },
  }))
  return [...obx(tree.ofType('Observation'), building), ...allergies, ...diagnoses]
}

const categoryOf = ({ category }: Json) => (Array.isArray(category) ? category[0] : undefined)

/** HL70127. */
const ALLERGY: Readonly<Record<string, string>> = {
  medication: 'DA',
  food: 'FA',
  environment: 'EA',
}
