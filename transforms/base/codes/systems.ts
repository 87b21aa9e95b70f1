// Code systems by the names that messages give them.
import type { CodeMap } from './slot.ts'

/**
 * Names of code systems (HL70396) that have a URI of their own in FHIR R4
 * terminologies-systems.html.
 */
export const codeSystems: CodeMap<string> = {
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNM3: 'http://snomed.info/sct',
  UCUM: 'http://unitsofmeasure.org',
  I9: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9CDX: 'http://hl7.org/fhir/sid/icd-9-cm',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  I10C: 'http://hl7.org/fhir/sid/icd-10-cm',
  C4: 'http://www.ama-assn.org/go/cpt',
  CVX: 'http://hl7.org/fhir/sid/cvx',
  MVX: 'http://hl7.org/fhir/sid/mvx',
  NDC: 'http://hl7.org/fhir/sid/ndc',
  RXNORM: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  CDCREC: 'urn:oid:2.16.840.1.113883.6.238',
  ISO639: 'urn:ietf:bcp:47',
}
