// Code slots of people: who they are and how they are reached.
import { codeSlot, codingSlot, codings, named, terminology } from './slot.ts'

export const personSlots = named({
  gender: codeSlot('Sex of people (PID-8, NK1-15), HL70001.', {
    values: 'male female other unknown',
    map: {
      F: 'female',
      M: 'male',
      O: 'other',
      U: 'unknown',
      A: 'other',
      N: 'other',
    },
  }),
  nameUse: codeSlot('What a name is used for (XPN-7), HL70200.', {
    values: 'usual official temp nickname anonymous old maiden',
    map: {
      BAD: 'old',
      D: 'usual',
      L: 'official',
      M: 'maiden',
      MSK: 'anonymous',
      N: 'nickname',
      NAV: 'temp',
      R: 'official',
      TEMP: 'temp',
    },
    blank: 'A B C F I K NB NOUSE P REL S T U',
  }),
  addressUse: codeSlot('What an address is used for (XAD-7), HL70190.', {
    values: 'home work temp old billing',
    map: { BA: 'old', BI: 'billing', C: 'temp', B: 'work', H: 'home', O: 'work' },
    blank: 'N BDL F L M P RH BR S SH TM V',
  }),
  addressType: codeSlot('Whether an address takes mail (XAD-7), HL70190.', {
    values: 'postal physical both',
    map: {
      M: 'postal',
      SH: 'postal',
    },
  }),
  telecomUse: codeSlot('What a number is used for (XTN-2), HL70201.', {
    values: 'home work temp old mobile',
    map: {
      PRN: 'home',
      WPN: 'work',
      PRS: 'mobile',
    },
  }),
  // CP is a phone whose use is mobile.
  telecomSystem: codeSlot('What kind of line a number is of (XTN-3), HL70202.', {
    values: 'phone fax pager url sms email other',
    map: {
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
    },
  }),
  maritalStatus: codingSlot('Marital status (PID-16), HL70002.', {
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
  }),
})
