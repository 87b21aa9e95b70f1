// Synthetic HL7 v2 messages for tests, demo and load: invented people, stable for the same numbers.

const FAMILY = [
  'Alder',
  'Birch',
  'Cedar',
  'Dogwood',
  'Elm',
  'Fir',
  'Ginkgo',
  'Hazel',
  'Juniper',
  'Larch',
]
const GIVEN = ['Ada', 'Bo', 'Cleo', 'Dara', 'Eli', 'Fay', 'Gus', 'Hana', 'Ivo', 'Juno']

export interface MessageFacts {
  readonly control_id: string
  /** Number of the patient: name, birth date and identifiers follow from it. */
  readonly patient: number
  readonly visit: number
  /** YYYYMMDDHHMMSS, with an offset. */
  readonly at: string
  /** Distinguishes states of one patient: it stands in the street of PID-11. */
  readonly revision: number
  readonly facility?: string
}

const pick = (names: readonly string[], n: number) => names[n % names.length] ?? ''

function header(type: string, facts: MessageFacts): string {
  const { facility = 'HARBOR', at, control_id } = facts
  return `MSH|^~\\&|HIS|${facility}|FIRTH|FIRTH|${at}||${type}|${control_id}|P|2.5.1|||||USA|UTF-8`
}

function patient(facts: MessageFacts): string {
  const n = facts.patient
  const mrn = mrnOf(n)
  const birth = `${1930 + (n % 80)}${String(1 + (n % 12)).padStart(2, '0')}${String(1 + (n % 28)).padStart(2, '0')}`
  const name = `${pick(FAMILY, n)}${n}^${pick(GIVEN, Math.floor(n / 10))}^Q`
  const sex = n % 2 === 0 ? 'F' : 'M'
  const street = `${facts.revision} Quay Street^^Harborton^WA^98000^USA`
  return `PID|1||${mrn}^^^HARBOR^MR||${name}||${birth}|${sex}|||${street}||555-0${100 + (n % 900)}`
}

function visit(facts: MessageFacts, discharged: boolean): string {
  const number = `V${String(facts.visit).padStart(7, '0')}`
  const fields = new Array<string>(46).fill('')
  fields[1] = '1'
  fields[2] = 'I'
  fields[3] = '3W^301^A^HARBOR'
  fields[7] = '1234^Grove^Pat^^^Dr'
  fields[19] = `${number}^^^HARBOR^VN`
  fields[44] = facts.at
  if (discharged) fields[45] = facts.at
  return `PV1${fields.join('|')}`.replace('PV1|1', 'PV1|1')
}

/** `A01`, `A03` or `A08`. */
export function adt(event: 'A01' | 'A03' | 'A08', facts: MessageFacts): Buffer {
  const lines = [
    header(`ADT^${event}^ADT_A01`, facts),
    `EVN|${event}|${facts.at}`,
    patient(facts),
    visit(facts, event === 'A03'),
  ]
  return Buffer.from(`${lines.join('\r')}\r`)
}

export interface ResultFacts extends MessageFacts {
  readonly order: string
  /** OBX-11 and OBR-25: P preliminary, F final, C corrected. */
  readonly status: 'P' | 'F' | 'C'
  readonly values: readonly number[]
}

const ANALYTES = [
  '718-7^Hemoglobin^LN',
  '4544-3^Hematocrit^LN',
  '2951-2^Sodium^LN',
  '2823-3^Potassium^LN',
]

export function oru(facts: ResultFacts): Buffer {
  const { order, status, at, values } = facts
  const results = values.map((value, i) => {
    const analyte = ANALYTES[i % ANALYTES.length] ?? ''
    return `OBX|${i + 1}|NM|${analyte}||${value}|g/dL^gram per deciliter^UCUM|||||${status}|||${at}`
  })
  const lines = [
    header('ORU^R01^ORU_R01', facts),
    patient(facts),
    visit(facts, false),
    `OBR|1|${order}^HIS|${order}^LAB|58410-2^CBC panel^LN|||${at}|||||||||||||||${at}||LAB|${status}`,
    ...results,
  ]
  return Buffer.from(`${lines.join('\r')}\r`)
}

/** As MLLP frames it (HL7 Implementation Guide for MLLP, Release 2). */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x0b]), message, Buffer.from([0x1c, 0x0d])])
}

/** ADT^A40: the patient `goes` into the one of the facts. */
export function merge(facts: MessageFacts, goes: number): Buffer {
  const lines = [
    header('ADT^A40^ADT_A39', facts),
    `EVN|A40|${facts.at}`,
    patient(facts),
    `MRG|${mrnOf(goes)}^^^HARBOR^MR`,
  ]
  return Buffer.from(`${lines.join('\r')}\r`)
}

/** The medical record number of the patient of this number. */
export const mrnOf = (n: number): string => `M${String(n).padStart(6, '0')}`
