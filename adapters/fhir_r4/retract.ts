// Taking back: the resource stays and says of itself that it was entered in error (FHIR R4,
// lifecycle.html). Everything else of it stands as the target holds it.
import type { Resource } from '#sdk'

const IN_ERROR = 'entered-in-error'

const byStatus = [
  ...['Account', 'Appointment', 'CareTeam', 'Coverage', 'Device', 'DiagnosticReport'],
  ...['DocumentReference', 'Encounter', 'EpisodeOfCare', 'Immunization', 'Medication'],
  ...['MedicationAdministration', 'MedicationDispense', 'MedicationRequest', 'Observation'],
  ...['Procedure', 'ServiceRequest', 'Slot', 'Specimen', 'Task'],
]

/** Their `clinicalStatus` must not stand beside it (con-5, ait-2). */
const byVerification: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'allergyintolerance-verification',
  Condition: 'condition-ver-status',
}

/** Types that can say it. A patient is not taken back but merged, or made inactive by an update. */
export const retractable: ReadonlySet<string> = new Set([
  ...byStatus,
  ...Object.keys(byVerification),
])

/** Nothing else of it changes; itself where it says so already. */
export function retracted(theirs: Resource): Resource {
  if (isRetracted(theirs)) return theirs
  const system = byVerification[theirs.resourceType]
  if (system === undefined) return { ...theirs, status: IN_ERROR }
  const { clinicalStatus: _, ...rest } = theirs
  const coding = [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code: IN_ERROR }]
  return { ...rest, verificationStatus: { coding } } as Resource
}

export function isRetracted({ status, verificationStatus }: Resource): boolean {
  if (status === IN_ERROR) return true
  const codings = (verificationStatus as { coding?: unknown } | undefined)?.coding
  const list = Array.isArray(codings) ? (codings as ({ code?: unknown } | null)[]) : []
  return list.some(coding => coding?.code === IN_ERROR)
}
