// What a plain FHIR R4 server is taken to accept. Only what stands here is ever sent.
import type { Capability, Operation } from '#sdk'
import { retractable } from './retract.ts'

/** `amend` and `link` are not here: what they mean is the workflow of a vendor, not of FHIR. */
const writes: readonly Operation[] = ['create', 'update', 'patch']

/** Written to HAPI FHIR JPA 8.8.0 and Medplum's router 5.2.13 by the tests of this adapter. */
const observed = [
  'Patient',
  'Encounter',
  'Observation',
  'DiagnosticReport',
  'Account',
  'AllergyIntolerance',
  'CareTeam',
  'Condition',
  'Coverage',
  'Device',
  'DocumentReference',
  'EpisodeOfCare',
  'Location',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Procedure',
  'RelatedPerson',
  'ServiceRequest',
  'Specimen',
]

/**
 * Every other type of the HL7 v2-to-FHIR tables that has an `identifier` of its own, many times.
 */
const documented = [
  'Appointment',
  'Immunization',
  'Medication',
  'MedicationAdministration',
  'MedicationDispense',
  'MedicationRequest',
  'Schedule',
  'Slot',
  'Task',
]

const row = (resource: string, source: string, proof: Capability['proof']): Capability => ({
  resource,
  operations: retractable.has(resource) ? [...writes, 'retract'] : writes,
  source,
  date: '2026-11-21',
  proof,
})

export const profile: readonly Capability[] = [
  ...observed.map(type => row(type, 'HAPI FHIR 8.8.0 and Medplum 5.2.13', 'observed')),
  ...documented.map(type => row(type, 'https://hl7.org/fhir/R4/http.html#ccreate', 'documented')),
]
