// Code slots of orders and specimens.
import { codeSlot, codingSlot, codings, named, terminology } from './slot.ts'

const requestStatus = 'draft active on-hold revoked completed entered-in-error unknown'

export const orderSlots = named({
  // Decided here, where the map has no row: A, some results are there.
  orderStatus: codeSlot('Status of an order (ORC-5), HL70038.', {
    values: requestStatus,
    map: {
      A: 'active',
      CA: 'revoked',
      CM: 'completed',
      DC: 'revoked',
      ER: 'entered-in-error',
      HD: 'on-hold',
      IP: 'active',
      RP: 'revoked',
      SC: 'active',
    },
  }),
  orderControl: codeSlot('Status of an order by its control code (ORC-1), HL70119.', {
    values: requestStatus,
    map: {
      AF: 'active',
      CA: 'active',
      CR: 'revoked',
      DC: 'revoked',
      DF: 'revoked',
      DR: 'revoked',
      FU: 'completed',
      HD: 'active',
      HR: 'on-hold',
      NW: 'active',
      OC: 'revoked',
      OD: 'revoked',
      OH: 'on-hold',
      OK: 'active',
      PR: 'active',
      PY: 'active',
      RL: 'active',
      RO: 'active',
      RQ: 'active',
    },
    blank:
      'CH CN CP DE LI MC NA OE OF OP OR PA RE RF RP RR RU SC SN SR SS UA UC UD UF UH UM UN UR UX XO XR XX',
  }),
  requestPriority: codeSlot('Priority of an order (OBR-5, OBR-27.6, TQ1-9), HL70485.', {
    values: 'routine urgent asap stat',
    map: { S: 'stat', A: 'asap', R: 'routine' },
    blank: 'P C T PRN',
  }),
  orderType: codingSlot(
    'Where an order is carried out (ORC-29), HL70482.',
    codings(`${terminology}/v3-RoleCode`, {
      I: ['HOSP', 'Hospital'],
      O: ['OF', 'Outpatient facility'],
    }),
  ),
  specimenStatus: codeSlot('Whether a specimen is at hand (SPM-20), HL70136.', {
    values: 'available unavailable unsatisfactory entered-in-error',
    map: { Y: 'available', N: 'unavailable' },
  }),
  abnormalTest: codingSlot(
    'What a reference range was chosen by (OBX-10), HL70080.',
    codings(`${terminology}/v2-0080`, {
      A: ['A', 'An age-based population'],
      N: ['N', 'None - generic normal range'],
      R: ['R', 'A race-based population'],
      S: ['S', 'A sex-based population'],
      SP: ['SP', 'Species'],
      B: ['B', 'Breed'],
      ST: ['ST', 'Strain'],
    }),
  ),
})
