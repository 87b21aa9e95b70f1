// Code slots of visits, and the words of a visit that no table leaves to the sender.
import { type Coding, codeSlot, codingSlot, codings, named, terminology } from './slot.ts'

export const visitSlots = named({
  patientClass: codingSlot('Class of a visit (PV1-2), HL70004.', {
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
  }),
  encounterStatus: codeSlot(
    'Status of a visit by its class (PV1-2), where neither event nor times say it.',
    {
      values:
        'planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown',
      map: {
        E: 'in-progress',
        I: 'in-progress',
        O: 'in-progress',
        P: 'planned',
        R: 'in-progress',
        B: 'in-progress',
        C: 'in-progress',
        N: 'in-progress',
        U: 'unknown',
      },
    },
  ),
  admissionType: codingSlot(
    'Admission type (PV1-4), HL70007.',
    codings(`${terminology}/v2-0007`, {
      A: ['A', 'Accident'],
      E: ['E', 'Emergency'],
      L: ['L', 'Labor and Delivery'],
      R: ['R', 'Routine'],
      N: ['N', 'Newborn (Birth in healthcare facility)'],
      U: ['U', 'Urgent'],
      C: ['C', 'Elective'],
    }),
  ),
  visitPriority: codingSlot('Priority of a visit (PV2-25), HL70217.', {
    ...codings(`${terminology}/v3-ActPriority`, {
      '1': ['EM', 'emergency'],
      '2': ['UR', 'urgent'],
      '3': ['EL', 'elective'],
    }),
  }),
  arrivalMode: codingSlot('How the patient arrived (PV2-38), HL70430.', {
    ...codings(`${terminology}/v2-0430`, {
      A: ['A', 'Ambulance'],
      C: ['C', 'Car'],
      F: ['F', 'On foot'],
      H: ['H', 'Helicopter'],
      P: ['P', 'Public Transport'],
      O: ['O', 'Other'],
      U: ['U', 'Unknown'],
    }),
  }),
  bedStatus: codingSlot('State of the bed (PV1-40), HL70116.', {
    ...codings(`${terminology}/v2-0116`, {
      C: ['C', 'Closed'],
      H: ['H', 'Housekeeping'],
      O: ['O', 'Occupied'],
      U: ['U', 'Unoccupied'],
      K: ['K', 'Contaminated'],
      I: ['I', 'Isolated'],
    }),
  }),
  eventReason: codingSlot('Why the event happened (EVN-4), HL70062.', {
    ...codings(`${terminology}/v3-ActReason`, {
      '01': ['PATRQT', 'patient requested'],
      '02': ['TREAT', 'treatment'],
      '03': ['HOPERAT', 'healthcare operations'],
    }),
    ...codings(`${terminology}/v2-0062`, {
      O: ['O', 'Other'],
      U: ['U', 'Unknown'],
    }),
  }),
  providerRole: codingSlot('Role of a person around patient or visit (ROL-3, PRT-4), HL70443.', {
    ...codings(`${terminology}/v3-ParticipationType`, {
      AD: ['ADM', 'admitter'],
      AT: ['ATND', 'attender'],
      CP: ['CON', 'consultant'],
      RP: ['REF', 'referrer'],
    }),
    ...codings('http://snomed.info/sct', {
      PP: ['446050000', 'PCP - Primary care physician'],
      PI: ['40570005', 'Interpreter'],
    }),
  }),
})

/** Decided here: Encounter.class is required, and a visit without a class has an unknown one. */
export const classUnknown: Coding = {
  system: `${terminology}/v3-NullFlavor`,
  code: 'UNK',
  display: 'unknown',
}

/** ParticipationType of the people of a visit, as segment PV1 assigns it. */
export const participation = codings(`${terminology}/v3-ParticipationType`, {
  attending: ['ATND', 'attender'],
  referring: ['REF', 'referrer'],
  consulting: ['CON', 'consultant'],
  admitting: ['ADM', 'admitter'],
  other: ['PART', 'Participation'],
})
