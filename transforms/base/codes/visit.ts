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
