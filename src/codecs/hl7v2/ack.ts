// Acknowledgements: which code answers a message, if any (HL7 v2.5.1 chapter 2.9), how the answer
// is written in the sender's own delimiters, and how an answer to us is read. Built from the header
// scan alone, so that no fault elsewhere in a message can spoil its answer; no data of a patient is
// in it.
import { own } from '../../kit/own.ts'
import { type Random, systemRandom } from '../../kit/random.ts'
import { type Code, catalogue } from '../../model/errors.ts'
import type { MshScan } from '../../model/message.ts'
import { scanMsh } from './scan.ts'

/**
 * HL7 table 0008. A: the application's answer (original mode). C: of having it in custody (commit).
 */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR'

/** Stored; not stored, send it again; never acceptable. */
export type AckResult = 'accepted' | 'error' | 'rejected'

const LETTER = { accepted: 'A', error: 'E', rejected: 'R' } as const

/** HL7 table 0155, on which results each condition asks for an answer. */
const CONDITIONS: Readonly<Record<string, (result: AckResult) => boolean>> = {
  AL: () => true,
  NE: () => false,
  ER: result => result !== 'accepted',
  SU: result => result === 'accepted',
}

/**
 * The code that answers, or undefined where the sender wants no answer to this result. Original
 * mode (neither MSH-15 nor MSH-16): AA, AE, AR. Enhanced mode: where MSH-15 asks, CA, CE, CR;
 * otherwise, where MSH-16 asks, AA, AE, AR. One answer a message. What is not of table 0155 counts
 * as empty.
 */
export function ackCode(msh: MshScan | undefined, result: AckResult): AckCode | undefined {
  const accept = own(CONDITIONS, msh?.field(15) ?? '')
  const application = own(CONDITIONS, msh?.field(16) ?? '')
  if (accept === undefined && application === undefined) return `A${LETTER[result]}`
  if (accept?.(result)) return `C${LETTER[result]}`
  return application?.(result) ? `A${LETTER[result]}` : undefined
}

export interface AckParts {
  readonly code: AckCode
  /** MSH-7, milliseconds since 1970. */
  readonly at_ms: number
  /** MSH-10 of the answer; at most 20 characters (HL7 v2.5.1). */
  readonly control_id: string
  /** Why it is refused; goes into MSA-3 and ERR. */
  readonly reason?: Code | undefined
}

const DEFAULT_DELIMITERS: MshScan['delimiters'] = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
  encoding_characters: '^~\\&',
}

/** MSA-3 is an ST of 80 characters (HL7 v2.5.1 chapter 2.15.8). */
const TEXT_CHARS_MAX = 80

/**
 * The bytes of an ACK, unframed. Fields of the sender are copied byte for byte: MSH-3 to MSH-6
 * swapped, MSH-11, MSH-12 (2.5.1 where the sender names none), MSH-18, and MSH-10 as MSA-2.
 */
export function buildAck(msh: MshScan | undefined, parts: AckParts): Buffer {
  const delimiters = msh?.delimiters ?? DEFAULT_DELIMITERS
  const of = (n: number) => msh?.field(n) ?? ''
  const fields = [
    'MSH',
    delimiters.encoding_characters,
    of(5),
    of(6),
    of(3),
    of(4),
    escaped(hl7Time(parts.at_ms), delimiters),
    '',
    answerType(msh),
    parts.control_id,
    of(11),
    of(12) || escaped('2.5.1', delimiters),
  ]
  const charset = of(18)
  if (charset !== '') fields.push('', '', '', '', '', charset)
  const msa = ['MSA', parts.code, of(10)]
  if (parts.reason) msa.push(escaped(reasonText(parts.reason), delimiters))
  const segments: (readonly string[])[] = [fields, msa]
  if (parts.reason) segments.push(errorSegment(parts.reason, delimiters, of(12)))
  const text = `${segments.map(segment => segment.join(delimiters.field)).join('\r')}\r`
  // A copied field that ends in FS would close our frame before its time.
  return Buffer.from(text.includes('\x1c\r') ? text.replaceAll('\x1c\r', '\r') : text, 'latin1')
}

/** `ACK^A01^ACK` where the message has a trigger event, else `ACK` (chapter 2.13.1). */
function answerType(msh: MshScan | undefined): string {
  const component = msh?.delimiters.component
  if (msh === undefined || component === undefined) return 'ACK'
  const event = msh.field(9).split(component, 2)[1] ?? ''
  return event === '' ? 'ACK' : `ACK${component}${event}${component}ACK`
}

function reasonText(reason: Code): string {
  return `${reason}: ${catalogue[reason].message}`.slice(0, TEXT_CHARS_MAX)
}

/** HL7 table 0357. */
const SEGMENT_SEQUENCE_ERROR = ['100', 'Segment sequence error'] as const
const APPLICATION_INTERNAL_ERROR = ['207', 'Application internal error'] as const

/** From 2.5 on ERR-3 to ERR-8 (chapter 2.15.5); before, the components of ERR-1. */
function errorSegment(
  reason: Code,
  delimiters: MshScan['delimiters'],
  version: string,
): readonly string[] {
  const { component = '', subcomponent = '' } = delimiters
  const [code, text] =
    catalogue[reason].ack === 'AR' ? SEGMENT_SEQUENCE_ERROR : APPLICATION_INTERNAL_ERROR
  const of = (...parts: string[]) => parts.map(part => escaped(part, delimiters))
  if (version !== '' && Number.parseFloat(version) < 2.5) {
    const coded = subcomponent === '' ? code : of(code, text, 'HL70357').join(subcomponent)
    return ['ERR', component === '' ? '' : `${component.repeat(3)}${coded}`]
  }
  const coded = component === '' ? code : of(code, text, 'HL70357').join(component)
  const message = escaped(catalogue[reason].message, delimiters)
  return ['ERR', '', '', coded, 'E', escaped(reason, delimiters), '', '', message]
}

/**
 * Our own words in the sender's delimiters (chapter 2.7); a blank where there is no escape
 * character.
 */
function escaped(text: string, delimiters: MshScan['delimiters']): string {
  if (delimiters.field === '|' && !/[|^~\\&]/.test(text)) {
    if (delimiters.encoding_characters === DEFAULT_DELIMITERS.encoding_characters) return text
  }
  const names = new Map([
    [delimiters.field, 'F'],
    [delimiters.component, 'S'],
    [delimiters.repetition, 'R'],
    [delimiters.escape, 'E'],
    [delimiters.subcomponent, 'T'],
  ])
  let out = ''
  for (const character of text) {
    const name = names.get(character)
    if (name === undefined) out += character
    else out += delimiters.escape ? `${delimiters.escape}${name}${delimiters.escape}` : ' '
  }
  return out
}

/** `20261121125813.123+0000`: always UTC, and saying so. */
export function hl7Time(at_ms: number): string {
  const iso = new Date(at_ms).toISOString()
  const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10)
  return `${date}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 23)}+0000`
}

/**
 * Makes control ids that no other process makes: ten random characters, then a count. Fits into the
 * 20 characters of MSH-10 for 36^10 messages.
 */
export function controlIds(random: Random = systemRandom): () => string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let prefix = ''
  for (const byte of random.bytes(10)) prefix += alphabet.charAt(byte & 31)
  let count = 0
  return () => {
    count += 1
    return prefix + count.toString(36).toUpperCase()
  }
}

/** An answer as it was read. All text is latin1 of the bytes. */
export interface ReadAck {
  readonly code: AckCode
  /** MSA-2: which message it answers; '' where it does not say. */
  readonly control_id: string
  /** MSA-3. */
  readonly text: string
  /** The first ERR segment as it stands, or ''. */
  readonly err: string
}

const CODES: readonly string[] = ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] satisfies AckCode[]

/** Reads an ACK; undefined where the bytes are none, by header, MSA segment or code. */
export function readAck(bytes: Buffer): ReadAck | undefined {
  const msh = scanMsh(bytes)
  if (msh === undefined) return undefined
  const { field } = msh.delimiters
  const segments = bytes.toString('latin1').split(/[\r\n]+/)
  const segment = (name: string) => segments.find(line => line.startsWith(name + field))
  const [, code = '', control_id = '', text = ''] = segment('MSA')?.split(field) ?? []
  if (!CODES.includes(code)) return undefined
  return { code: code as AckCode, control_id, text, err: segment('ERR') ?? '' }
}
