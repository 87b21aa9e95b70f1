// Names of data types, for the elements below a field in HL7 v2.xml (`<PID.3><CX.1>`), as of
// v2.5.1. Fields that are not listed, and Z-segments, name their components after themselves
// (`<ZPI.3.1>`); whoever reads them counts by the number at the end of a name, and so do we.

/** Field numbers of each segment by the data type of the field. Primitive fields are not listed. */
const fields: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  MSH: { HD: [3, 4, 5, 6], TS: [7], MSG: [9], PT: [11], VID: [12], CE: [19], EI: [21] },
  MSA: { CE: [6] },
  ERR: { ELD: [1], ERL: [2], CWE: [3, 5, 9], XTN: [12] },
  EVN: { TS: [2, 3, 6], XCN: [5], HD: [7] },
  PID: {
    CX: [2, 3, 4, 18, 20, 21],
    XPN: [5, 6, 9],
    TS: [7, 29, 33],
    CE: [10, 15, 16, 17, 22, 26, 27, 28, 35, 36, 38, 39],
    XAD: [11],
    XTN: [13, 14],
    DLN: [20],
    HD: [34],
  },
  PD1: { XON: [3], XCN: [4], CE: [11], CX: [10] },
  NK1: {
    XPN: [2, 30],
    CE: [3, 7, 14, 19, 20, 25, 27, 28, 29, 35, 36],
    XAD: [4, 32],
    XTN: [5, 6, 31],
    XON: [13],
    TS: [16],
    CX: [12, 33],
  },
  PV1: {
    PL: [3, 6, 11, 42, 43],
    CX: [5, 19, 50],
    XCN: [7, 8, 9, 17, 52],
    FC: [20],
    DLD: [37],
    CE: [38],
    TS: [44, 45],
  },
  PV2: { PL: [1], CE: [2, 3, 4, 40], TS: [8, 9, 14, 17, 26, 33, 47, 48], XCN: [13], XON: [23] },
  AL1: { CE: [2, 3, 4] },
  DG1: { CE: [3, 8, 10], TS: [5, 19], CP: [12], XCN: [16], EI: [20, 22] },
  PR1: { CE: [3, 13, 15, 16], TS: [5], XCN: [8, 11, 12], EI: [19] },
  GT1: { CX: [2], XPN: [3, 4], XAD: [5], XTN: [6, 7], TS: [8], CE: [11] },
  IN1: {
    CE: [2],
    CX: [3, 49],
    XON: [4, 9, 11],
    XAD: [5, 19],
    XPN: [6, 16],
    XTN: [7],
    AUI: [14],
    CE_: [17, 42],
    TS: [18],
  },
  MRG: { CX: [1, 2, 3, 4, 5, 6], XPN: [7] },
  ROL: { EI: [1], CE: [3, 9], XCN: [4], TS: [5, 6], XAD: [11], XTN: [12] },
  ORC: {
    EI: [2, 3, 4],
    TQ: [7],
    EIP: [8],
    TS: [9, 15, 27],
    XCN: [10, 11, 12, 19],
    PL: [13],
    XTN: [14, 23],
    CE: [16, 17, 18],
    XON: [21],
    XAD: [22, 24],
    CWE: [20, 25, 26, 28],
  },
  OBR: {
    EI: [2, 3],
    CE: [4, 12, 31, 38, 39, 44, 45, 46, 47],
    TS: [6, 7, 8, 14, 22, 36],
    CQ: [9],
    XCN: [10, 16, 28],
    SPS: [15],
    XTN: [17],
    PRL: [26],
    TQ: [27],
    EIP: [29],
    NDL: [32, 33, 34, 35],
    CWE: [48, 49],
  },
  OBX: { CE: [3, 6, 17], TS: [12, 14, 19], XCN: [16], EI: [18], XON: [23], XAD: [24] },
  NTE: { CE: [4] },
  SPM: {
    EIP: [2, 3],
    CWE: [4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 21, 22],
    CQ: [12],
    DR: [17],
    TS: [18],
  },
  TQ1: { CQ: [2], RPT: [3], TS: [7, 8], CWE: [9] },
}

/** Components that have parts of their own, by data type. */
const parts: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  CX: { 4: 'HD', 6: 'HD', 9: 'CWE', 10: 'CWE' },
  XPN: { 1: 'FN', 10: 'DR' },
  XAD: { 1: 'SAD', 12: 'DR' },
  XCN: { 2: 'FN', 9: 'HD', 14: 'HD', 17: 'DR' },
  XON: { 6: 'HD', 8: 'HD' },
  PL: { 4: 'HD', 10: 'EI', 11: 'HD' },
  EIP: { 1: 'EI', 2: 'EI' },
  CQ: { 2: 'CE' },
  DR: { 1: 'TS', 2: 'TS' },
  PRL: { 1: 'CE' },
  NDL: { 1: 'CNN', 2: 'TS', 3: 'TS' },
  SPS: { 1: 'CWE', 4: 'CWE', 6: 'CWE', 7: 'CWE' },
  ELD: { 4: 'CE' },
}

const byField = new Map<string, string>()
for (const [segment, types] of Object.entries(fields)) {
  for (const [type, numbers] of Object.entries(types)) {
    for (const number of numbers) byField.set(`${segment}.${number}`, type.replace('_', ''))
  }
}

/** Data types whose values have parts; the others are texts. */
const composite: ReadonlySet<string> = new Set([
  ...byField.values(),
  ...['CF', 'CNE', 'MO', 'NA', 'MA', 'ED', 'RP', 'SN', 'JCC', 'PPN', 'VR', 'CWE', 'FN', 'SAD'],
])

/**
 * The data type of a field such as `PID.3`, or undefined for a text and for what is not known. From
 * v2.6 on a time is a text and a coded value CWE.
 */
export function typeOfField(name: string, version: string): string | undefined {
  return ofVersion(byField.get(name), version)
}

/** Of a component such as `CX.4`. */
export function typeOfPart(type: string, number: number, version: string): string | undefined {
  return ofVersion(parts[type]?.[number], version)
}

/** OBX-2 as the type of OBX-5, where it has parts. */
export function typeOfValue(type: string, version: string): string | undefined {
  return composite.has(type) ? ofVersion(type, version) : undefined
}

function ofVersion(type: string | undefined, version: string): string | undefined {
  if (!(Number.parseFloat(version) >= 2.6)) return type
  if (type === 'TS') return undefined
  return type === 'CE' ? 'CWE' : type
}
