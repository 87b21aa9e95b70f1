// The groups of a message that its segments only imply. ORU^R01 (HL7 v2.5.1 chapter 7.3.1) is a
// list of patients, each with orders, each order with its results, each result with its notes.
import type { Message, Segment } from './read.ts'

export interface ObservationGroup {
  readonly obx: Segment
  readonly notes: readonly Segment[]
}

export interface OrderGroup {
  readonly orc: Segment | undefined
  readonly obr: Segment
  /** NTE between OBR and the first OBX. */
  readonly notes: readonly Segment[]
  readonly observations: readonly ObservationGroup[]
  /** SPM, TQ1, CTD, FT1 … of this order, in their order. */
  readonly others: readonly Segment[]
}

export interface PatientGroup {
  /** Undefined where the message begins its orders without one. */
  readonly pid: Segment | undefined
  /** PD1, NK1, NTE, PV1, PV2 … before the first order. */
  readonly others: readonly Segment[]
  readonly orders: readonly OrderGroup[]
}

/** In one pass. An OBX before any OBR belongs to the patient and is found among its `others`. */
export function patientGroups(message: Message): readonly PatientGroup[] {
  const patients: (PatientGroup & { others: Segment[]; orders: OrderGroup[] })[] = []
  let patient = newPatient(undefined)
  let order: ReturnType<typeof newOrder> | undefined
  let notes: Segment[] | undefined
  let orc: Segment | undefined
  for (const segment of message.segments.slice(1)) {
    switch (segment.name) {
      case 'PID':
        patient = newPatient(segment)
        patients.push(patient)
        order = undefined
        orc = undefined
        break
      case 'ORC':
        orc = segment
        order = undefined
        break
      case 'OBR':
        order = newOrder(orc, segment)
        notes = order.notes
        orc = undefined
        if (patients.length === 0) patients.push(patient)
        patient.orders.push(order)
        break
      case 'OBX':
        if (order === undefined) patient.others.push(segment)
        else {
          notes = []
          order.observations.push({ obx: segment, notes })
        }
        break
      case 'NTE':
        if (order === undefined || notes === undefined) patient.others.push(segment)
        else notes.push(segment)
        break
      default:
        if (order === undefined) patient.others.push(segment)
        else order.others.push(segment)
    }
  }
  if (patients.length === 0) patients.push(patient)
  return patients
}

function newPatient(pid: Segment | undefined) {
  return { pid, others: [] as Segment[], orders: [] as OrderGroup[] }
}

function newOrder(orc: Segment | undefined, obr: Segment) {
  return {
    orc,
    obr,
    notes: [] as Segment[],
    observations: [] as ObservationGroup[],
    others: [] as Segment[],
  }
}
