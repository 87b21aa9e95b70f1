// The groups of an ADT message that its segments only imply (HL7 v2.5.1 chapter 3.3): patients,
// each with a visit, roles, relatives, allergies, diagnoses, procedures, insurances and merges.
// Every structure of the chapter is read by this one pass; a segment out of place is taken where
// its kind belongs, because senders are not strict about the order.
import type { Message, Segment } from '#sdk'
import type { ObservedGroup } from './result_groups.ts'

export interface ProcedureGroup {
  readonly pr1: Segment
  readonly roles: readonly Segment[]
}

export interface InsuranceGroup {
  readonly in1: Segment
  readonly in2: Segment | undefined
  readonly in3: readonly Segment[]
  readonly roles: readonly Segment[]
}

/** One identity that goes: MRG, with the visit that it carries in A45 and its likes. */
export interface MergeGroup {
  readonly mrg: Segment
  readonly pv1: Segment | undefined
}

export interface AdtGroup {
  /** Undefined where the message has no PID before its first other segment. */
  readonly pid: Segment | undefined
  readonly pd1: Segment | undefined
  readonly pv1: Segment | undefined
  readonly pv2: Segment | undefined
  readonly acc: Segment | undefined
  /** ROL and PRT behind PID: people around the patient. */
  readonly patientRoles: readonly Segment[]
  /** ROL and PRT behind PV1: people around the visit. */
  readonly visitRoles: readonly Segment[]
  readonly relatives: readonly Segment[]
  readonly observations: readonly ObservedGroup[]
  /** AL1 and IAM. */
  readonly allergies: readonly Segment[]
  readonly diagnoses: readonly Segment[]
  readonly procedures: readonly ProcedureGroup[]
  readonly guarantors: readonly Segment[]
  readonly insurances: readonly InsuranceGroup[]
  readonly merges: readonly MergeGroup[]
  /** NTE that belongs to no observation. */
  readonly notes: readonly Segment[]
  /** All of them, in their order. */
  readonly all: readonly Segment[]
}

/** The same while it is filled. */
type Open<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? OpenItem<E>[] : T[K]
}
type OpenItem<T> = T extends Segment ? T : Open<T>

interface State {
  group: Open<AdtGroup>
  /** Where a role belongs now. */
  roles: Segment[]
  /** Where a note belongs now. */
  notes: Segment[]
}

export function adtGroups(message: Message): readonly AdtGroup[] {
  const groups: Open<AdtGroup>[] = []
  let state: State | undefined
  for (const segment of message.segments) {
    if (beside.has(segment.name)) continue
    if (segment.name === 'PID' || state === undefined) {
      state = newState(segment)
      groups.push(state.group)
    }
    state.group.all.push(segment)
    take(segment, state)
  }
  return groups
}

function newState(first: Segment): State {
  const group = newGroup(first.name === 'PID' ? first : undefined)
  return { group, roles: group.patientRoles, notes: group.notes }
}

/** Of the message, not of a patient. */
const beside = new Set(['MSH', 'SFT', 'UAC', 'EVN', 'ARV', 'MSA'])

function take(segment: Segment, state: State): void {
  const { group } = state
  const [insurance] = group.insurances.slice(-1)
  switch (segment.name) {
    case 'PD1':
      group.pd1 ??= segment
      return
    case 'PV1':
      takeVisit(segment, state)
      return
    case 'PV2':
      group.pv2 ??= segment
      return
    case 'ACC':
      group.acc ??= segment
      return
    case 'ROL':
    case 'PRT':
      state.roles.push(segment)
      return
    case 'NTE':
      state.notes.push(segment)
      return
    case 'OBX':
      state.notes = []
      state.roles = []
      group.observations.push({ obx: segment, notes: state.notes, participations: state.roles })
      return
    case 'PR1':
      state.roles = []
      group.procedures.push({ pr1: segment, roles: state.roles })
      return
    case 'IN1':
      state.roles = []
      group.insurances.push({ in1: segment, in2: undefined, in3: [], roles: state.roles })
      return
    case 'IN2':
      if (insurance !== undefined) insurance.in2 ??= segment
      return
    case 'IN3':
      insurance?.in3.push(segment)
      return
    default:
      takeList(segment, group)
  }
}

/** In A45 a visit belongs to the identity before it. */
function takeVisit(segment: Segment, state: State): void {
  const [merge] = state.group.merges.slice(-1)
  if (merge !== undefined && merge.pv1 === undefined) merge.pv1 = segment
  if (state.group.pv1 !== undefined) return
  state.group.pv1 = segment
  state.roles = state.group.visitRoles
}

function takeList(segment: Segment, group: Open<AdtGroup>): void {
  if (segment.name === 'NK1') group.relatives.push(segment)
  else if (segment.name === 'AL1' || segment.name === 'IAM') group.allergies.push(segment)
  else if (segment.name === 'DG1') group.diagnoses.push(segment)
  else if (segment.name === 'GT1') group.guarantors.push(segment)
  else if (segment.name === 'MRG') group.merges.push({ mrg: segment, pv1: undefined })
}

function newGroup(pid: Segment | undefined): Open<AdtGroup> {
  return {
    pid,
    pd1: undefined,
    pv1: undefined,
    pv2: undefined,
    acc: undefined,
    patientRoles: [],
    visitRoles: [],
    relatives: [],
    observations: [],
    allergies: [],
    diagnoses: [],
    procedures: [],
    guarantors: [],
    insurances: [],
    merges: [],
    notes: [],
    all: [],
  }
}
