// Classes of risk: what a policy speaks of (requirement I08). A closed list: each write has exactly
// one class, by its operation, the kind of its event and the type of its resource, or none, and
// then a policy denies it.
import type { Resource } from './event.ts'
import type { WriteIntent } from './intent.ts'
import { type Approval, approvals, type Policy } from './plan.ts'

/** Class → what belongs to it, as an analyst reads it. */
export const risks = {
  draft: 'A note or document that is not final yet.',
  document: 'A note, document or filled-in form that is final.',
  result: 'Laboratory and other results, with their specimens and the orders that they answer.',
  demographics: 'Who a patient is, and the people near to them.',
  identity: 'Merging, unlinking and linking: which record belongs to whom.',
  encounter: 'A visit or an episode of care.',
  scheduling: 'Appointments and their slots.',
  diagnosis: 'Diagnoses and problems.',
  allergy: 'Allergies and intolerances.',
  medication: 'Medicines: requested, dispensed, given; immunisations.',
  procedure: 'Procedures that were done.',
  order: 'Orders and referrals.',
  care_plan: 'Plans of care, their goals and teams.',
  directory: 'Practitioners, organisations, places and devices.',
  financial: 'Accounts and coverage.',
  task: 'Tasks and messages between people.',
  message: 'A whole event, as one HL7 v2 message or one file, whatever it tells of.',
  amendment: 'A change of what is signed or final (operation `amend`).',
  retraction: 'Taking back what was written (operation `retract`).',
} as const

export type Risk = keyof typeof risks

/** In a policy: every class that it does not name. */
export const OTHER = 'other'

/** The words that a policy may name. */
export const riskNames: readonly string[] = [...Object.keys(risks), OTHER]

const classes: Readonly<Record<string, Risk>> = {
  ...all('document', 'DocumentReference Composition QuestionnaireResponse DocumentManifest'),
  ...all('result', 'Observation DiagnosticReport Specimen ImagingStudy Media'),
  ...all('demographics', 'Patient RelatedPerson Person'),
  ...all('encounter', 'Encounter EpisodeOfCare'),
  ...all('scheduling', 'Appointment AppointmentResponse Schedule Slot'),
  ...all('diagnosis', 'Condition ClinicalImpression'),
  ...all('allergy', 'AllergyIntolerance'),
  ...all('medication', 'Medication MedicationRequest MedicationStatement Immunization'),
  ...all('medication', 'MedicationDispense MedicationAdministration'),
  ...all('procedure', 'Procedure'),
  ...all('order', 'ServiceRequest'),
  ...all('care_plan', 'CarePlan CareTeam Goal'),
  ...all('directory', 'Practitioner PractitionerRole Organization Location HealthcareService'),
  ...all('directory', 'Device'),
  ...all('financial', 'Account Coverage'),
  ...all('task', 'Task Communication CommunicationRequest'),
  ...all('message', 'Bundle'),
}

function all(risk: Risk, types: string): Record<string, Risk> {
  return Object.fromEntries(types.split(' ').map(type => [type, risk]))
}

type Judged = Pick<WriteIntent, 'operation' | 'event_kind' | 'resource_type' | 'resource'>

/** The class of a write; undefined where its type has none. */
export function riskOf({ operation, event_kind, resource_type, resource }: Judged) {
  if (operation === 'amend') return 'amendment'
  if (operation === 'retract') return 'retraction'
  if (operation === 'link') return 'identity'
  const risk = Object.hasOwn(classes, resource_type) ? classes[resource_type] : undefined
  const moved = event_kind === 'patient.merged' || event_kind === 'patient.unlinked'
  if ((risk === 'demographics' || risk === 'message') && moved) return 'identity'
  if (risk === 'order' && event_kind.startsWith('result.')) return 'result'
  if (risk === 'document' && isDraft(resource)) return 'draft'
  return risk
}

/** FHIR R4 DocumentReference.docStatus, else Composition.status and the like. */
function isDraft(resource: Resource): boolean {
  const said = resource.docStatus ?? resource.status
  return said === 'preliminary' || said === 'in-progress'
}

/** What a policy asks for a class; undefined where it is silent: then the write is denied. */
export function approvalOf(policy: Policy, risk: Risk): Approval | undefined {
  if (Object.hasOwn(policy, risk)) return policy[risk]
  return Object.hasOwn(policy, OTHER) ? policy[OTHER] : undefined
}

/** How many different people must agree. */
export function approversOf(approval: Approval): number {
  return approvals.indexOf(approval)
}
