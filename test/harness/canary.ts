// Canaries: texts that stand nowhere but in planted patient data. Whatever shows one has shown a
// patient (design: G8). Every field that can carry patient data gets its own, so that a find says
// which field it came from.

/** Begins every token, in a spelling that nothing else has. */
export const MARK = 'CNRY'
/** A birthday that nothing else has. */
const BORN = '19371113'

const token = (place: string) => `${MARK}${place.replaceAll(/[^A-Za-z0-9]/g, 'x')}`

/** Fields of a segment that say what kind of thing it is, and so no patient: numbers from 1. */
const STRUCTURE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  PID: { 1: '1', 7: BORN, 8: 'F' },
  PV1: { 1: '1', 2: 'I', 44: '20260102030405-0800' },
  NK1: { 1: '1' },
  IN1: { 1: '1' },
  GT1: { 1: '1' },
  AL1: { 1: '1' },
  DG1: { 1: '1', 6: 'A' },
  NTE: { 1: '1', 2: 'L' },
  OBR: { 1: '1', 4: '58410-2^CBC^LN', 7: '20260102030405-0800', 25: 'F' },
  OBX: { 1: '1', 2: 'ST', 3: '718-7^Hemoglobin^LN', 11: 'F', 14: '20260102030405-0800' },
}

const COUNTS: Readonly<Record<string, number>> = {
  ...{ PID: 39, PV1: 50, PV2: 40, NK1: 39, IN1: 53, IN2: 30, GT1: 55, AL1: 6, DG1: 21 },
  ...{ NTE: 3, OBR: 48, OBX: 25, ZPI: 9, PD1: 20 },
}

/** A token in every field. `wild`: also where a code, a number or a time stands. */
function segment(name: string, own: string, wild: boolean): string {
  const fields = Array.from({ length: COUNTS[name] ?? 0 }, (_, i) => {
    const n = i + 1
    const at = `${own}${name}${n}`
    const fixed = STRUCTURE[name]?.[n]
    if (fixed !== undefined && (!wild || n <= 2)) return fixed
    if (name === 'PID' && n === 3) return `${token(at)}^^^HARBOR^MR~${token(`${at}b`)}^^^SS^SS`
    if (name === 'PV1' && n === 19) return `${token(at)}^^^HARBOR^VN`
    if (name === 'OBR' && (n === 2 || n === 3)) return `${token(at)}^HIS`
    // Every component of its own, and an escape that a reader has to undo.
    return `${token(at)}^${token(`${at}c2`)}^${token(`${at}c3`)}\\T\\${token(`${at}c4`)}`
  })
  return `${name}|${fields.join('|')}`
}

const TAILS = {
  ADT: ['PD1', 'NK1', 'PV1', 'PV2', 'AL1', 'DG1', 'GT1', 'IN1', 'IN2', 'ZPI'],
  ORU: ['PV1', 'OBR', 'NTE', 'OBX', 'NTE', 'ZPI'],
} as const

export interface CanaryFacts {
  readonly type: 'ADT^A01' | 'ADT^A08' | 'ORU^R01'
  /** Not patient data, by decision: an operator finds a message by it. */
  readonly control_id: string
  /** Whose: tokens of one patient are the same in all of his messages. */
  readonly patient: string
  readonly wild?: boolean
  /** MSH-4, by which a channel's mapping may choose. */
  readonly facility?: string
}

export function canary(facts: CanaryFacts): Buffer {
  const { type, control_id, patient, wild = false, facility = 'HARBOR' } = facts
  const time = '20260102030405-0800'
  const lines = [
    `MSH|^~\\&|HIS|${facility}|FIRTH|FIRTH|${time}||${type}|${control_id}|P|2.5.1|||||USA|UTF-8`,
    ...(type === 'ORU^R01' ? [] : [`EVN|${type.slice(4)}|${time}|||${token(`${patient}EVN5`)}`]),
    ...['PID', ...TAILS[type === 'ORU^R01' ? 'ORU' : 'ADT']].map(name =>
      segment(name, patient, wild),
    ),
  ]
  return Buffer.from(`${lines.join('\r')}\r`)
}

/** As text, URL, hexadecimal, base64; and the birthday as HL7, FHIR and a person write it. */
const SHAPES = [
  new RegExp(`.{0,60}${MARK}\\w*`, 'gi'),
  new RegExp(`.{0,60}${Buffer.from(MARK).toString('hex')}`, 'gi'),
  new RegExp(`.{0,60}${Buffer.from(MARK).toString('base64').slice(0, 5)}`, 'g'),
  /.{0,60}1937-?11-?13/g,
]

/** Every canary in a text, with what stands before it. */
export const canariesIn = (text: string): readonly string[] =>
  SHAPES.flatMap(shape => text.match(shape) ?? [])
