// The two borders of a message: the delimiters that MSH declares, and where each segment begins and
// ends.
import { Failure } from '../../model/errors.ts'

/** Each one character; '' where MSH-2 is too short to declare it. */
export interface Delimiters {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escape: string
  readonly subcomponent: string
  readonly truncation: string
}

/** Where a segment stands. */
export interface Place {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** Printable ASCII that is no letter and no digit (HL7 v2.5.1 chapter 2.5.4). */
const delimiterGrammar = /^[!-/:-@[-`{-~]$/
const ENCODING_CHARACTERS_MAX = 5

const USUAL_HEADER = 'MSH|^~\\&|'
const usual: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
  truncation: '',
}

/** `bytes`: one character a byte. Throws Failure('message_unreadable') naming the place. */
export function readDelimiters(bytes: string, start: number): Delimiters {
  if (bytes.startsWith(USUAL_HEADER, start)) return usual
  if (!bytes.startsWith('MSH', start)) throw new Failure('message_unreadable', { place: 'MSH' })
  const field = bytes[start + 3] ?? ''
  if (!delimiterGrammar.test(field)) throw new Failure('message_unreadable', { place: 'MSH-1' })
  const declared = bytes.slice(start + 4, start + 4 + ENCODING_CHARACTERS_MAX + 1)
  const ends = [field, '\r', '\n'].map(end => declared.indexOf(end)).filter(at => at >= 0)
  const encoding = declared.slice(0, Math.min(declared.length, ...ends))
  const all = [field, ...encoding]
  const usable =
    encoding.length >= 1 &&
    encoding.length <= ENCODING_CHARACTERS_MAX &&
    all.every(character => delimiterGrammar.test(character)) &&
    new Set(all).size === all.length
  if (!usable) throw new Failure('message_unreadable', { place: 'MSH-2' })
  return {
    field,
    component: encoding[0] ?? '',
    repetition: encoding[1] ?? '',
    escape: encoding[2] ?? '',
    subcomponent: encoding[3] ?? '',
    truncation: encoding[4] ?? '',
  }
}

/**
 * CR ends a segment. So does LF after it, LF where no CR is to be found, and LF before what looks
 * like a segment; any other LF is content that someone forgot to escape. Empty lines are no
 * segments.
 */
export function splitSegments(bytes: string, from: number, separator: string): readonly Place[] {
  const found: Place[] = []
  const noCr = !bytes.includes('\r', from)
  let start = from
  let cr = noCr ? bytes.length : from - 1
  let lf = bytes.includes('\n', from) ? from - 1 : bytes.length
  const ends = () => noCr || lf === start || lf >= cr || begins(bytes, lf + 1, separator)
  while (start < bytes.length) {
    if (cr < start) cr = nextOf(bytes, '\r', start)
    while (lf < start || !ends()) lf = nextOf(bytes, '\n', Math.max(start, lf + 1))
    const end = Math.min(cr, lf)
    if (end > start) found.push({ name: nameOf(bytes.slice(start, end), separator), start, end })
    start = end + 1
  }
  return found
}

function nextOf(bytes: string, character: string, from: number): number {
  const at = bytes.indexOf(character, from)
  return at < 0 ? bytes.length : at
}

/** Whether a segment begins here, by its look. */
function begins(bytes: string, at: number, separator: string): boolean {
  return bytes[at + 3] === separator && /^[A-Z][A-Z0-9]{2}$/.test(bytes.slice(at, at + 3))
}

function nameOf(line: string, separator: string): string {
  const at = line.indexOf(separator)
  return at < 0 ? line : line.slice(0, at)
}
