// Escape sequences of text (HL7 v2.5.1 chapter 2.7), decoded on reading and never in the bytes, and
// made on writing. What plain text cannot show (highlighting, indents) is left out of it and told;
// what is not known (local and broken sequences) is kept as it stands and told: nothing goes in
// silence, and `raw` holds it all.
import { Buffer } from 'node:buffer'
import { switchOf } from './iso2022.ts'

export interface EscapeRules {
  /** The escape character. */
  readonly escape: string
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly subcomponent: string
  readonly truncation: string
  /** Turns the bytes of `\Xhh…\` into text, in the message's character set. */
  decodeBytes(bytes: Buffer): string
}

/**
 * `escape_kept`: stays as it stands, because it is local, broken or not known. `escape_formatting`:
 * has no place in plain text and is left out of it.
 */
export type EscapeNote = 'escape_kept' | 'escape_formatting'

/** `told` is called for each sequence that is kept or left out. Linear in the text. */
export function decodeEscapes(
  text: string,
  rules: EscapeRules,
  told: (note: EscapeNote) => void,
): string {
  const mark = rules.escape
  let from = 0
  let start = text.indexOf(mark)
  let out = ''
  while (start >= 0) {
    const end = text.indexOf(mark, start + 1)
    if (end < 0) {
      told('escape_kept')
      break
    }
    const sequence = text.slice(start + 1, end)
    const run = hexRun(text, start, mark)
    if (run !== undefined) {
      out += text.slice(from, start) + rules.decodeBytes(run.bytes)
      from = run.end
      start = text.indexOf(mark, from)
      continue
    }
    const plain = plainOf(sequence, rules)
    if (plain === undefined) {
      told('escape_kept')
      // A sequence that is well formed ends here; a lone escape character may stand before a real
      // one.
      start = local.test(sequence) ? text.indexOf(mark, end + 1) : end
      continue
    }
    if (plain === '' && !isSwitch(sequence)) told('escape_formatting')
    out += text.slice(from, start) + plain
    from = end + 1
    start = text.indexOf(mark, from)
  }
  return from === 0 ? text : out + text.slice(from)
}

const hexadecimal = /^X(?:[0-9A-Fa-f]{2})+$/

/**
 * The bytes of the hexadecimal sequences at `start`, if there are any, and where they end. Side by
 * side they are one run of bytes: a character may be written as several of them.
 */
export function hexRun(
  text: string,
  start: number,
  mark: string,
): { readonly bytes: Buffer; readonly end: number } | undefined {
  const digits: string[] = []
  let at = start
  while (text[at] === mark && text[at + 1] === 'X') {
    const end = text.indexOf(mark, at + 1)
    const sequence = end < 0 ? '' : text.slice(at + 1, end)
    if (!hexadecimal.test(sequence)) break
    digits.push(sequence.slice(1))
    at = end + 1
  }
  if (digits.length === 0) return undefined
  return { bytes: Buffer.from(digits.join(''), 'hex'), end: at }
}

/** Well formed, though its meaning is the sender's own or unknown. */
const local = /^(?:[CMZ][0-9A-Za-z]*|X[0-9A-Fa-f]*|\.[a-z]{2}[+-]?\d*)$/

/**
 * Whether what stands between two escape characters is a sequence, and not text beside a lone one.
 */
export function isSequence(sequence: string, rules: Omit<EscapeRules, 'decodeBytes'>): boolean {
  return (
    hexadecimal.test(sequence) || local.test(sequence) || plainOf(sequence, rules) !== undefined
  )
}

function plainOf(sequence: string, rules: Omit<EscapeRules, 'decodeBytes'>): string | undefined {
  switch (sequence) {
    case 'F':
      return rules.field
    case 'S':
      return rules.component
    case 'T':
      return rules.subcomponent
    case 'R':
      return rules.repetition
    case 'E':
      return rules.escape
    case 'P':
      return rules.truncation === '' ? undefined : rules.truncation
    case 'H':
    case 'N':
      return ''
  }
  if (sequence.startsWith('.')) return formatted(sequence)
  return isSwitch(sequence) ? '' : undefined
}

/** A switch of the character set has done its work before the text is looked at (view.ts). */
function isSwitch(sequence: string): boolean {
  return switchOf(sequence) !== undefined
}

/** A line feed or blank may be asked for so many times at once. */
const SKIPPED_MAX = 100

/** Formatting commands of FT (chapter 2.7.6): lines and blanks are text, indents are not. */
function formatted(sequence: string): string | undefined {
  const match = /^\.(br|ce|sp|sk|in|ti|fi|nf)([+-]?\d{1,4})?$/.exec(sequence)
  if (match === null) return undefined
  const count = Math.min(Math.max(Number(match[2] ?? 1), 1), SKIPPED_MAX)
  switch (match[1]) {
    case 'br':
    case 'ce':
      return '\n'
    case 'sp':
      return '\n'.repeat(count)
    case 'sk':
      return ' '.repeat(count)
    default:
      return ''
  }
}

/** What writing needs to know. */
export interface WriteRules extends Omit<EscapeRules, 'decodeBytes'> {
  /** Undefined where the set cannot hold the text. */
  encode(text: string): Buffer | undefined
}

/**
 * Text as the content of a leaf, so that reading it back gives the same text and no character of it
 * can end a segment, a field or a part. Line feeds become `\.br\`, other controls `\Xhh\`;
 * undefined where an escape is needed and the message declares no escape character.
 */
export function escapeText(text: string, rules: WriteRules): string | undefined {
  let needed = false
  const sequence = (name: string) => {
    needed = true
    return `${rules.escape}${name}${rules.escape}`
  }
  const letters = new Map([
    [rules.truncation, 'P'],
    [rules.subcomponent, 'T'],
    [rules.repetition, 'R'],
    [rules.component, 'S'],
    [rules.escape, 'E'],
    [rules.field, 'F'],
  ])
  // A control that the set does not know stands as it is, and is found when the whole is encoded.
  const hexadecimalOf = (character: string) => {
    const hex = hexOf(character, rules)
    return hex === '' ? character : sequence(`X${hex}`)
  }
  let out = ''
  for (const character of text === '""' ? [] : text) {
    const letter = letters.get(character)
    if (letter !== undefined) out += sequence(letter)
    else if (character === '\n') out += sequence('.br')
    else if (isControl(character)) out += hexadecimalOf(character)
    else out += character
  }
  // The two quotes alone would say: delete.
  if (text === '""') out = sequence(`X${hexOf('"', rules)}`).repeat(2)
  return needed && rules.escape === '' ? undefined : out
}

/** C0, DEL and C1. */
function isControl(character: string): boolean {
  const code = character.charCodeAt(0)
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

function hexOf(character: string, rules: WriteRules): string {
  return rules.encode(character)?.toString('hex').toUpperCase() ?? ''
}
