// The official concept maps (HL7 v2-to-FHIR, mappings/codesystems) that the base uses, as data. A
// code that is not in its map is a finding of the mapping, never a silent pass. What a map leaves
// blank and is decided here says so.

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display?: string
}

export type CodeMap<T> = Readonly<Record<string, T>>

const terminology = 'http://terminology.hl7.org/CodeSystem'
const codings = (system: string, rows: Readonly<Record<string, readonly [string, string]>>) =>
  Object.fromEntries(
    Object.entries(rows).map(([from, [code, display]]) => [from, { system, code, display }]),
  ) as CodeMap<Coding>

/** AdministrativeSex, HL70001. */
export const gender: CodeMap<string> = {
  F: 'female',
  M: 'male',
  O: 'other',
  U: 'unknown',
  A: 'other',
  N: 'other',
}

/** NameType, HL70200. */
export const nameUse: CodeMap<string> = {
  BAD: 'old',
  D: 'usual',
  L: 'official',
  M: 'maiden',
  MSK: 'anonymous',
  N: 'nickname',
  NAV: 'temp',
  R: 'official',
  TEMP: 'temp',
}

/** AddressType[Use] and AddressType[Type], HL70190. */
export const addressUse: CodeMap<string> = {
  BA: 'old',
  BI: 'billing',
  C: 'temp',
  B: 'work',
  H: 'home',
  O: 'work',
}
export const addressType: CodeMap<string> = { M: 'postal', SH: 'postal' }

/** TelecommunicationUseCode, HL70201. */
export const telecomUse: CodeMap<string> = { PRN: 'home', WPN: 'work', PRS: 'mobile' }

/** TelecommunicationEquipmentType, HL70202. CP is a phone whose use is mobile. */
export const telecomSystem: CodeMap<string> = {
  PH: 'phone',
  FX: 'fax',
  MD: 'other',
  CP: 'phone',
  SAT: 'other',
  BP: 'pager',
  Internet: 'email',
  'X.400': 'email',
  TDD: 'other',
  TTY: 'other',
}

/** MaritalStatus, HL70002. */
export const maritalStatus: CodeMap<Coding> = {
  ...codings(`${terminology}/v3-MaritalStatus`, {
    A: ['L', 'Legally Separated'],
    D: ['D', 'Divorced'],
    M: ['M', 'Married'],
    S: ['S', 'Never Married'],
    W: ['W', 'Widowed'],
    C: ['C', 'Common Law'],
    G: ['T', 'Domestic partner'],
    P: ['T', 'Domestic partner'],
    R: ['T', 'Domestic partner'],
    E: ['L', 'Legally Separated'],
    N: ['A', 'Annulled'],
    I: ['I', 'Interlocutory'],
    B: ['U', 'unmarried'],
  }),
  ...codings(`${terminology}/v3-NullFlavor`, {
    U: ['UNK', 'unknown'],
    O: ['OTH', 'other'],
    T: ['NAVU', 'Not available'],
  }),
}

/** PatientClass[EncounterClass], HL70004. */
export const encounterClass: CodeMap<Coding> = {
  ...codings(`${terminology}/v3-ActCode`, {
    E: ['EMER', 'emergency'],
    I: ['IMP', 'inpatient encounter'],
    O: ['AMB', 'ambulatory'],
    P: ['PRENC', 'pre-admission'],
  }),
  ...codings(`${terminology}/v2-0004`, {
    R: ['R', 'Recurring patient'],
    B: ['B', 'Obstetrics'],
    C: ['C', 'Commercial Account'],
    N: ['N', 'Not Applicable'],
    U: ['U', 'Unknown'],
  }),
}

/** Decided here: Encounter.class is required, and a visit without a class has an unknown one. */
export const classUnknown: Coding = {
  system: `${terminology}/v3-NullFlavor`,
  code: 'UNK',
  display: 'unknown',
}

/** PatientClass[EncounterStatus], HL70004. */
export const encounterStatus: CodeMap<string> = {
  E: 'in-progress',
  I: 'in-progress',
  O: 'in-progress',
  P: 'planned',
  R: 'in-progress',
  B: 'in-progress',
  C: 'in-progress',
  N: 'in-progress',
  U: 'unknown',
}

/** AdmissionType, HL70007. */
export const admissionType: CodeMap<Coding> = codings(`${terminology}/v2-0007`, {
  A: ['A', 'Accident'],
  E: ['E', 'Emergency'],
  L: ['L', 'Labor and Delivery'],
  R: ['R', 'Routine'],
  N: ['N', 'Newborn (Birth in healthcare facility)'],
  U: ['U', 'Urgent'],
  C: ['C', 'Elective'],
})

/** ParticipationType of the people of a visit, as segment PV1 assigns it. */
export const participation = codings(`${terminology}/v3-ParticipationType`, {
  attending: ['ATND', 'attender'],
  referring: ['REF', 'referrer'],
  consulting: ['CON', 'consultant'],
  admitting: ['ADM', 'admitter'],
  other: ['PART', 'Participation'],
})

/** ResultStatus, HL70123. Decided here, where the map is blank: A, M, N. Y and Z stay unmapped. */
export const reportStatus: CodeMap<string> = {
  O: 'registered',
  I: 'registered',
  S: 'registered',
  A: 'partial',
  P: 'preliminary',
  C: 'corrected',
  R: 'partial',
  F: 'final',
  X: 'cancelled',
  M: 'preliminary',
  N: 'registered',
}

/** ObservationResultStatus, HL70085. Decided here, where the map is blank: B I N O R S U V. */
export const observationStatus: CodeMap<string> = {
  A: 'amended',
  B: 'amended',
  C: 'corrected',
  D: 'entered-in-error',
  F: 'final',
  I: 'registered',
  N: 'final',
  O: 'registered',
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  U: 'final',
  V: 'final',
  W: 'entered-in-error',
  X: 'cancelled',
}

/** InterpretationCodes, HL70078: the codes that are active in v3-ObservationInterpretation. */
export const interpretation: CodeMap<Coding> = codings(
  `${terminology}/v3-ObservationInterpretation`,
  {
    '<': ['<', 'Off scale low'],
    '>': ['>', 'Off scale high'],
    A: ['A', 'Abnormal'],
    AA: ['AA', 'Critical abnormal'],
    B: ['B', 'Better'],
    CAR: ['CAR', 'Carrier'],
    D: ['D', 'Significant change down'],
    DET: ['DET', 'Detected'],
    E: ['E', 'Equivocal'],
    EXP: ['EXP', 'Expected'],
    H: ['H', 'High'],
    HH: ['HH', 'Critical high'],
    HU: ['HU', 'Significantly high'],
    I: ['I', 'Intermediate'],
    IND: ['IND', 'Indeterminate'],
    L: ['L', 'Low'],
    LL: ['LL', 'Critical low'],
    LU: ['LU', 'Significantly low'],
    N: ['N', 'Normal'],
    NCL: ['NCL', 'No CLSI defined breakpoint'],
    ND: ['ND', 'Not detected'],
    NEG: ['NEG', 'Negative'],
    NR: ['NR', 'Non-reactive'],
    NS: ['NS', 'Non-susceptible'],
    POS: ['POS', 'Positive'],
    R: ['R', 'Resistant'],
    RR: ['RR', 'Reactive'],
    S: ['S', 'Susceptible'],
    SDD: ['SDD', 'Susceptible-dose dependent'],
    'SYN-R': ['SYN-R', 'Synergy - resistant'],
    'SYN-S': ['SYN-S', 'Synergy - susceptible'],
    U: ['U', 'Significant change up'],
    UNE: ['UNE', 'Unexpected'],
    W: ['W', 'Worse'],
    WR: ['WR', 'Weakly reactive'],
  },
)

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
