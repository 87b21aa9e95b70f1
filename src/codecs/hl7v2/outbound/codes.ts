// Codes of FHIR R4 as HL7 v2 writes them: the official concept maps (HL7 v2-to-FHIR) backwards.
// Where several codes of v2 mean one of FHIR, the plainest is chosen.

type Codes = Readonly<Record<string, string>>

/** HL70001. */
export const sex: Codes = { male: 'M', female: 'F', other: 'O', unknown: 'U' }

/** HL70200. */
export const nameUse: Codes = {
  official: 'L',
  usual: 'D',
  nickname: 'N',
  maiden: 'M',
  anonymous: 'MSK',
  old: 'BAD',
  temp: 'TEMP',
}

/** HL70190. */
export const addressUse: Codes = { home: 'H', work: 'B', temp: 'C', old: 'BA', billing: 'BI' }

/** HL70201. */
export const telecomUse: Codes = { home: 'PRN', work: 'WPN', mobile: 'PRS' }

/** HL70202. */
export const equipment: Codes = { phone: 'PH', fax: 'FX', pager: 'BP', email: 'Internet' }

/** v3-MaritalStatus → HL70002. */
export const maritalStatus: Codes = { L: 'A', T: 'P', I: 'I', UNK: 'U' }

/** v3-ActCode and what stands beside it → HL70004. */
export const patientClass: Codes = {
  EMER: 'E',
  IMP: 'I',
  ACUTE: 'I',
  NONAC: 'I',
  AMB: 'O',
  VR: 'O',
  HH: 'O',
  SS: 'O',
  OBSENC: 'O',
  PRENC: 'P',
  UNK: 'U',
}

/** HL70123. */
export const reportStatus: Codes = {
  registered: 'O',
  partial: 'A',
  preliminary: 'P',
  final: 'F',
  amended: 'C',
  corrected: 'C',
  appended: 'C',
  cancelled: 'X',
}

/** HL70085. */
export const observationStatus: Codes = {
  registered: 'I',
  preliminary: 'P',
  final: 'F',
  amended: 'C',
  corrected: 'C',
  cancelled: 'X',
  'entered-in-error': 'W',
}

/** Code systems by the names of HL70396. */
const systems: Codes = {
  'http://loinc.org': 'LN',
  'http://snomed.info/sct': 'SCT',
  'http://unitsofmeasure.org': 'UCUM',
  'http://hl7.org/fhir/sid/icd-9-cm': 'I9C',
  'http://hl7.org/fhir/sid/icd-10': 'I10',
  'http://hl7.org/fhir/sid/icd-10-cm': 'I10C',
  'http://www.ama-assn.org/go/cpt': 'C4',
  'http://hl7.org/fhir/sid/cvx': 'CVX',
  'http://hl7.org/fhir/sid/ndc': 'NDC',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RXNORM',
  'urn:oid:2.16.840.1.113883.6.238': 'CDCREC',
  'urn:ietf:bcp:47': 'ISO639',
}

/** A code system's name in v2; its URI where it has none. */
export function systemName(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined
  if (Object.hasOwn(systems, uri)) return systems[uri]
  const [, table] = /\/CodeSystem\/v2-(\d{4})$/.exec(uri) ?? []
  if (table !== undefined) return `HL7${table}`
  // A system of a house's own, as the base mappings name it: `urn:id:HARBOR:L`.
  const [, name] = /^urn:id:(?:[^:]*:)?([^:]+)$/.exec(uri) ?? []
  return name === undefined ? uri : plain(name)
}

/** Percent escapes undone, where they are any. */
export function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    if (cause instanceof URIError) return text
    throw cause
  }
}

export const own = (codes: Codes, code: string | undefined): string | undefined =>
  code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined
