// Code slots of allergies, diagnoses and what else stands beside a visit.
import { codeSlot, codingSlot, codings, named, terminology } from './slot.ts'

export const clinicalSlots = named({
  allergyCategory: codeSlot('What an allergy is against (AL1-2, IAM-2), HL70127.', {
    values: 'food medication environment biologic',
    map: {
      DA: 'medication',
      FA: 'food',
      EA: 'environment',
      AA: 'biologic',
      PA: 'environment',
      LA: 'environment',
    },
    blank: 'MA MC',
  }),
  allergyType: codeSlot('Allergy or intolerance (AL1-2, IAM-2), HL70127.', {
    values: 'allergy intolerance',
    map: {
      DA: 'allergy',
      FA: 'allergy',
      MA: 'allergy',
      EA: 'allergy',
      AA: 'allergy',
      PA: 'allergy',
      LA: 'allergy',
    },
    blank: 'MC',
  }),
  allergySeverity: codeSlot('How severe the reaction is (AL1-4, IAM-4), HL70128.', {
    values: 'mild moderate severe',
    map: { SV: 'severe', MO: 'moderate', MI: 'mild' },
    blank: 'U',
  }),
  allergyCriticality: codeSlot('How dangerous the allergy is (AL1-4, IAM-4), HL70128.', {
    values: 'low high unable-to-assess',
    map: { SV: 'high', MI: 'low' },
    blank: 'MO U',
  }),
  diagnosisType: codingSlot(
    'Role of a diagnosis in the visit (DG1-6), HL70052.',
    {
      ...codings(`${terminology}/diagnosis-role`, {
        A: ['AD', 'Admission Diagnosis'],
      }),
    },
    'W F',
  ),
  livingWill: codingSlot('Living will (PD1-7), HL70315.', {
    ...codings(`${terminology}/v2-0315`, {
      Y: ['Y', 'Yes, patient has a living will'],
      F: ['F', 'Yes, patient has a living will but it is not on file'],
      N: ['N', 'No, patient does not have a living will and no information was provided'],
      I: ['I', 'No, patient does not have a living will but information was provided'],
      U: ['U', 'Unknown'],
    }),
  }),
})
