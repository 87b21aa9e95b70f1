// The official concept maps (HL7 v2-to-FHIR, mappings/codesystems) that the base uses, as data:
// all code slots by their names, into which a tenant may put code tables. What a map leaves blank
// and is decided here says so beside it.
import { clinicalSlots } from './codes/clinical.ts'
import { orderSlots } from './codes/order.ts'
import { personSlots } from './codes/person.ts'
import { resultSlots } from './codes/result.ts'
import { visitSlots } from './codes/visit.ts'

export const slots = {
  ...personSlots,
  ...visitSlots,
  ...clinicalSlots,
  ...resultSlots,
  ...orderSlots,
} as const

export type SlotName = keyof typeof slots

export const {
  gender,
  nameUse,
  addressUse,
  addressType,
  telecomUse,
  telecomSystem,
  maritalStatus,
  relationship,
  contactRole,
  patientClass,
  encounterStatus,
  admissionType,
  visitPriority,
  arrivalMode,
  bedStatus,
  eventReason,
  providerRole,
  allergyCategory,
  allergyType,
  allergySeverity,
  allergyCriticality,
  diagnosisType,
  livingWill,
  reportStatus,
  observationStatus,
  interpretation,
  orderStatus,
  orderControl,
  requestPriority,
  orderType,
  specimenStatus,
  abnormalTest,
} = slots

export type { CodeMap, Coding, Slot } from './codes/slot.ts'
export { codeSystems } from './codes/systems.ts'
export { classUnknown, participation } from './codes/visit.ts'
