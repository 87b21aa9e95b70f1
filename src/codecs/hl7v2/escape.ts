// Escape sequences of text (HL7 v2.5.1 chapter 2.7), decoded on reading and never in the bytes.
// What has no plain text (highlighting, character set switches, unknown letters) is kept as it
// stands and told to the caller: nothing is deleted.
import { Buffer } from 'node:buffer'

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

/** `kept` is called once for each sequence that stays as it stands. Linear in the text. */
export function decodeEscapes(text: string, rules: EscapeRules, kept: () => void): string {
  const mark = rules.escape
  let from = 0
  let start = text.indexOf(mark)
  let out = ''
  while (start >= 0) {
    const end = text.indexOf(mark, start + 1)
    if (end < 0) {
      kept()
      break
    }
    const plain = plainOf(text.slice(start + 1, end), rules)
    if (plain === undefined) {
      kept()
      // A sequence that is well formed ends here; a lone escape character may stand before a real
      // one.
      start = wellFormed.test(text.slice(start + 1, end)) ? text.indexOf(mark, end + 1) : end
      continue
    }
    out += text.slice(from, start) + plain
    from = end + 1
    start = text.indexOf(mark, from)
  }
  return from === 0 ? text : out + text.slice(from)
}

/** Highlighting, character set switches, local and formatting sequences. */
const wellFormed = /^(?:[HN]|[CMZ][0-9A-Za-z]*|X[0-9A-Fa-f]*|\.[a-z]{2}[+-]?\d*)$/

function plainOf(sequence: string, rules: EscapeRules): string | undefined {
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
    case '.br':
      return '\n'
  }
  if (sequence.length < 3 || sequence.length % 2 === 0 || !/^X[0-9A-Fa-f]+$/.test(sequence)) {
    return undefined
  }
  return rules.decodeBytes(Buffer.from(sequence.slice(1), 'hex'))
}
