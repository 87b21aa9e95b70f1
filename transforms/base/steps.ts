// The steps of the base mappings: one for each FHIR resource type that they make, and `event`. At
// each a tenant's functions may change what the base made, before it goes out. README.md lists
// them.
import type { Draft, Elements, fhir, Kind, ListsOf, Message, Resource } from '#sdk'
import type { At } from './at.ts'

/** The resource of each step. */
export interface StepTypes {
  readonly messageHeader: fhir.MessageHeader
  readonly patient: fhir.Patient
  readonly relatedPerson: fhir.RelatedPerson
  readonly practitioner: fhir.Practitioner
  readonly practitionerRole: fhir.PractitionerRole
  readonly organization: fhir.Organization
  readonly location: fhir.Location
  readonly device: fhir.Device
  readonly account: fhir.Account
  readonly encounter: fhir.Encounter
  readonly coverage: fhir.Coverage
  readonly careTeam: fhir.CareTeam
  readonly episodeOfCare: fhir.EpisodeOfCare
  readonly allergyIntolerance: fhir.AllergyIntolerance
  readonly condition: fhir.Condition
  readonly procedure: fhir.Procedure
  readonly serviceRequest: fhir.ServiceRequest
  readonly specimen: fhir.Specimen
  readonly observation: fhir.Observation
  readonly diagnosticReport: fhir.DiagnosticReport
  readonly provenance: fhir.Provenance
}

export type StepName = keyof StepTypes

const common = ['contained', 'extension', 'modifierExtension'] as const

/** Lists of a resource that a draft of it always has. */
type Lists<S extends StepName> = Exclude<
  ListsOf<StepTypes[S]>,
  (typeof common)[number] | `_${string}`
>

const list = <const Names extends readonly string[]>(...names: Names): Names => names

const lists = {
  messageHeader: list('destination', 'focus'),
  patient: list(
    'identifier',
    'name',
    'telecom',
    'address',
    'photo',
    'contact',
    'communication',
    'generalPractitioner',
    'link',
  ),
  relatedPerson: list(
    'identifier',
    'relationship',
    'name',
    'telecom',
    'address',
    'photo',
    'communication',
  ),
  practitioner: list(
    'identifier',
    'name',
    'telecom',
    'address',
    'photo',
    'qualification',
    'communication',
  ),
  practitionerRole: list(
    'identifier',
    'code',
    'specialty',
    'location',
    'healthcareService',
    'telecom',
    'availableTime',
    'notAvailable',
    'endpoint',
  ),
  organization: list('identifier', 'type', 'alias', 'telecom', 'address', 'contact', 'endpoint'),
  location: list('identifier', 'alias', 'type', 'telecom', 'hoursOfOperation', 'endpoint'),
  device: list(
    'identifier',
    'udiCarrier',
    'statusReason',
    'deviceName',
    'specialization',
    'version',
    'property',
    'contact',
    'note',
    'safety',
  ),
  account: list('identifier', 'subject', 'coverage', 'guarantor'),
  encounter: list(
    'identifier',
    'statusHistory',
    'classHistory',
    'type',
    'episodeOfCare',
    'basedOn',
    'participant',
    'appointment',
    'reasonCode',
    'reasonReference',
    'diagnosis',
    'account',
    'location',
  ),
  coverage: list('identifier', 'payor', 'class', 'costToBeneficiary', 'contract'),
  careTeam: list(
    'identifier',
    'category',
    'participant',
    'reasonCode',
    'reasonReference',
    'managingOrganization',
    'telecom',
    'note',
  ),
  episodeOfCare: list(
    'identifier',
    'statusHistory',
    'type',
    'diagnosis',
    'referralRequest',
    'team',
    'account',
  ),
  allergyIntolerance: list('identifier', 'category', 'note', 'reaction'),
  condition: list('identifier', 'category', 'bodySite', 'stage', 'evidence', 'note'),
  procedure: list(
    'identifier',
    'instantiatesCanonical',
    'instantiatesUri',
    'basedOn',
    'partOf',
    'performer',
    'reasonCode',
    'reasonReference',
    'bodySite',
    'report',
    'complication',
    'complicationDetail',
    'followUp',
    'note',
    'focalDevice',
    'usedReference',
    'usedCode',
  ),
  serviceRequest: list(
    'identifier',
    'instantiatesCanonical',
    'instantiatesUri',
    'basedOn',
    'replaces',
    'category',
    'orderDetail',
    'performer',
    'locationCode',
    'locationReference',
    'reasonCode',
    'reasonReference',
    'insurance',
    'supportingInfo',
    'specimen',
    'bodySite',
    'note',
    'relevantHistory',
  ),
  specimen: list('identifier', 'parent', 'request', 'processing', 'container', 'condition', 'note'),
  observation: list(
    'identifier',
    'basedOn',
    'partOf',
    'category',
    'focus',
    'performer',
    'interpretation',
    'note',
    'referenceRange',
    'hasMember',
    'derivedFrom',
    'component',
  ),
  diagnosticReport: list(
    'identifier',
    'basedOn',
    'category',
    'performer',
    'resultsInterpreter',
    'specimen',
    'result',
    'imagingStudy',
    'media',
    'conclusionCode',
    'presentedForm',
  ),
  provenance: list('target', 'policy', 'reason', 'agent', 'entity', 'signature'),
} as const satisfies { readonly [S in StepName]: readonly (keyof StepTypes[S])[] }

/** Lists that are missing above; a test holds it to `never`. */
export type MissingLists = {
  [S in StepName]: Exclude<Lists<S>, (typeof lists)[S][number]>
}[StepName]

export type StepDraft<S extends StepName> = Draft<StepTypes[S]>
export type StepElements<S extends StepName> = Elements<StepTypes[S]>

/** An event as the step `event` meets it, with its resources as they go out. */
export interface EventDraft {
  kind: Kind
  occurred_at: string | undefined
  patient: { system: string; value: string } | null
  visit: { system: string; value: string } | null
  subject: { system: string; value: string } | undefined
  resources: Resource[]
}

/** What a tenant writes: changes the draft, returns nothing. */
export type Steps = {
  readonly [S in StepName]?: (draft: StepDraft<S>, message: Message, at: At) => void
} & { readonly event?: (event: EventDraft, message: Message, at: At) => void }

export type AnyStep = (draft: never, message: Message, at: At) => void

export const stepNames: readonly (StepName | 'event')[] = [
  ...(Object.keys(lists) as StepName[]),
  'event',
]

/** A draft with what the base made, and an empty list wherever a list may stand. */
export function draftOf(step: StepName, made: Resource): Record<string, unknown> {
  const draft: Record<string, unknown> = { ...made }
  for (const name of common) draft[name] ??= []
  for (const name of lists[step]) draft[name] = Array.isArray(draft[name]) ? draft[name] : []
  return draft
}

/** `allergyIntolerance` → `AllergyIntolerance`. */
export function typeOf(step: StepName): string {
  return types[step]
}

const types = Object.fromEntries(
  Object.keys(lists).map(step => [step, `${step[0]?.toUpperCase()}${step.slice(1)}`]),
) as Readonly<Record<StepName, string>>
