// Which fields of HL7 v2.5.1 (chapters 2 to 8) may stand as they are when a sample becomes a test,
// and in what shape the others hold people, identifiers and moments. A field that is not named is
// scrambled character by character.

/** `code`: it stands. Data types by their name in chapter 2.A; `value`: by OBX-2. */
export type Shape =
  | 'code'
  | 'cx'
  | 'ei'
  | 'xpn'
  | 'xad'
  | 'xtn'
  | 'xcn'
  | 'ed'
  | 'time'
  | 'value'
  | 'other'

type Row = Partial<Readonly<Record<Shape, string>>>

/** Numbers of fields, and spans of them. */
const rows: Readonly<Record<string, Row>> = {
  MSH: { code: '1-6 9 11-21', time: '7' },
  EVN: { code: '1 4 7', time: '2 3 6', xcn: '5' },
  PID: {
    code: '1 8 10 15-17 22 24-28 30-32 34-39',
    cx: '2-4 18 21',
    xpn: '5 6 9',
    xad: '11',
    xtn: '13 14 40',
    time: '7 29 33',
  },
  PD1: { code: '1-3 5-21', xcn: '4' },
  NK1: {
    code: '1 3 7 11 13-15 17-29 34-39',
    xpn: '2 26 30',
    xad: '4 32',
    xtn: '5 6 31',
    cx: '12 33',
    time: '8 9 16',
  },
  PV1: {
    code: '1-4 6 10-16 18 20-24 27-28 36-43 51',
    cx: '5 19 50',
    xcn: '7-9 17 52',
    time: '25 26 29 34 44 45',
  },
  PV2: {
    code: '1-4 6 7 10-12 15 16 18 19 21-25 27 30-32 34-45',
    time: '8 9 14 17 26 28 29 33 46-48',
  },
  MRG: { cx: '1-6', xpn: '7' },
  AL1: { code: '1-4', time: '6' },
  IAM: { code: '1-4 6 8-10 12 14-17', time: '11 13' },
  DG1: { code: '1-4 6-15 17 18', time: '5 19', xcn: '16' },
  PR1: { code: '1-4 6 7 9 10 13-20', time: '5', xcn: '8 11 12' },
  ROL: { code: '1-3 7-10', time: '5 6', xcn: '4', xad: '11' },
  GT1: { code: '1 9-11 15 20', cx: '2', xpn: '3 4', xad: '5', xtn: '6 7', time: '8 13 14' },
  IN1: {
    code: '1-4 15 17 20-22 31-35 39 43-48',
    xpn: '6 16',
    xad: '5 19',
    time: '12 13 18 24 26 29',
  },
  ORC: {
    code: '1 5 6 16 17 20 25 28 29',
    ei: '2-4 8',
    time: '9 15 27',
    xcn: '10-12 19',
    xad: '22 24',
  },
  OBR: {
    code: '1 4 5 9 11 12 15 18 23-27 30 31 37-49',
    ei: '2 3',
    time: '6-8 14 22 36',
    xcn: '10 16 28 32-35',
    xtn: '17',
  },
  OBX: {
    code: '1-4 6-11 13 15 17 18 20 22 23',
    value: '5',
    time: '12 14 19',
    xcn: '16 25',
    ei: '21',
    xad: '24',
  },
  NTE: { code: '1 2 4' },
  SPM: { code: '1 4-16 19-29', ei: '2 3', time: '17 18' },
  TQ1: { code: '1-6 9 10', time: '7 8' },
  FHS: { code: '1-6 8', time: '7' },
  BHS: { code: '1-6 8', time: '7' },
}

const shapes: ReadonlyMap<string, Shape> = new Map(
  Object.entries(rows).flatMap(([segment, row]) =>
    Object.entries(row).flatMap(([shape, spans]) =>
      numbersOf(spans).map(n => [`${segment}-${n}`, shape as Shape] as const),
    ),
  ),
)

function numbersOf(spans: string): readonly number[] {
  return spans.split(' ').flatMap(span => {
    const [from = 0, to = from] = span.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

export function shapeOf(segment: string, field: number): Shape {
  return shapes.get(`${segment}-${field}`) ?? 'other'
}

/** Types of OBX-2 whose values tell nothing of a person: numbers and codes. */
export const harmlessValues: ReadonlySet<string> = new Set(
  'SN CE CWE CNE CF ID IS SI NR MO CP TM'.split(' '),
)

export const momentValues: ReadonlySet<string> = new Set('DT TS DTM'.split(' '))
