// Text that switches between character sets: by the escape sequences of ISO 2022 (ESC $ B …), and
// by the same sequences as HL7 writes them, `\M2442\` and `\C2842\` (HL7 v2.5.1 chapter 2.7.3).
// Each line begins anew in the base set. A switch inside a line lasts until the next one; a field
// separator ends a set of two bytes that has no character there.
import { Buffer } from 'node:buffer'
import type { Charset } from './charset.ts'

/** A set that a switch chooses: for bytes below 0x80 (g0) or above (g1). */
interface Choice {
  readonly half: 'g0' | 'g1'
  /** Undefined: ASCII in g0, the base set in g1. */
  readonly set: Charset | undefined
  /** Two bytes a character, 0x21 to 0x7e each; with a prefix where the EUC form has one. */
  readonly double?: boolean
  readonly prefix?: number
  /** JIS X 0201 katakana: 0x21 to 0x5f are U+FF61 on. */
  readonly katakana?: boolean
}

/** What follows ESC, as ISO-IR registers it. */
const choices: ReadonlyMap<string, Choice> = new Map<string, Choice>([
  ['(B', { half: 'g0', set: undefined }],
  // JIS X 0201 Roman. Its yen sign and overline stand where the delimiters do, so it reads as
  // ASCII.
  ['(J', { half: 'g0', set: undefined }],
  ['(I', { half: 'g0', set: undefined, katakana: true }],
  [')I', { half: 'g1', set: undefined, katakana: true }],
  ['$@', { half: 'g0', set: 'euc-jp', double: true }],
  ['$B', { half: 'g0', set: 'euc-jp', double: true }],
  ['$(D', { half: 'g0', set: 'euc-jp', double: true, prefix: 0x8f }],
  ['$A', { half: 'g0', set: 'gb18030', double: true }],
  ['$(C', { half: 'g0', set: 'euc-kr', double: true }],
  ['$)C', { half: 'g1', set: 'euc-kr' }],
  ['$)A', { half: 'g1', set: 'gb18030' }],
  ['-A', { half: 'g1', set: 'iso-8859-1' }],
  ['-B', { half: 'g1', set: 'iso-8859-2' }],
  ['-C', { half: 'g1', set: 'iso-8859-3' }],
  ['-D', { half: 'g1', set: 'iso-8859-4' }],
  ['-L', { half: 'g1', set: 'iso-8859-5' }],
  ['-G', { half: 'g1', set: 'iso-8859-6' }],
  ['-F', { half: 'g1', set: 'iso-8859-7' }],
  ['-H', { half: 'g1', set: 'iso-8859-8' }],
  ['-M', { half: 'g1', set: 'iso-8859-9' }],
  ['-T', { half: 'g1', set: 'iso-8859-11' }],
  ['-b', { half: 'g1', set: 'iso-8859-15' }],
])

/**
 * What `C2842` or `M2442` between escape characters chooses; undefined for a set not known here.
 */
export function switchOf(sequence: string): Choice | undefined {
  const match = /^(?:C([0-9A-Fa-f]{4})|M([0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?))$/.exec(sequence)
  if (match === null) return undefined
  return choices.get(Buffer.from(match[1] ?? match[2] ?? '', 'hex').toString('latin1'))
}

const ESC = 0x1b
const CR = 0x0d
const LF = 0x0a
const BAR = 0x7c
/** The longest switch in HL7's writing: escape, M, six digits, escape. */
const WRITTEN_MAX = 9

type Decode = (bytes: Buffer, charset: Charset) => string

interface Rules {
  /** What bytes above 0x7f are before any switch. */
  readonly base: Charset
  /** The escape character of HL7, or ''. */
  readonly escape: string
}

/**
 * Switches by ESC disappear, for their effect is in the text; those that HL7 writes stay, for they
 * are part of the field. Linear.
 */
export function decodeSwitched(bytes: Buffer, rules: Rules, decode: Decode): string {
  const mark = rules.escape.charCodeAt(0)
  let g0: Choice | undefined
  let g1: Choice | undefined
  const out: string[] = []
  let from = 0
  let at = 0
  const flush = () => {
    if (at > from) out.push(stretch(bytes.subarray(from, at), { g0, g1, base: rules.base }, decode))
    from = at
  }
  const choose = ({ choice, length, shown }: Found) => {
    flush()
    if (choice.half === 'g0') g0 = isPlain(choice) ? undefined : choice
    else g1 = choice
    if (shown) out.push(bytes.toString('latin1', at, at + length))
    at += length
    from = at
  }
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    const ends = byte === CR || byte === LF
    if (ends || (byte === BAR && g0 !== undefined)) {
      flush()
      g0 = undefined
      if (ends) g1 = undefined
      at += 1
      continue
    }
    const found = byte === ESC ? escaped(bytes, at) : byte === mark ? written(bytes, at) : undefined
    if (found !== undefined) choose(found)
    else if (byte === mark && !g0?.double) at += otherLength(bytes, at)
    else at += g0?.double && isHalf(byte) && isHalf(bytes[at + 1]) ? 2 : 1
  }
  flush()
  return out.join('')
}

const isPlain = ({ set, katakana }: Choice) => set === undefined && !katakana
const isHalf = (byte = 0) => byte >= 0x21 && byte <= 0x7e

interface Found {
  readonly choice: Choice
  readonly length: number
  /** Whether the switch is itself text of the field. */
  readonly shown: boolean
}

function escaped(bytes: Buffer, at: number): Found | undefined {
  for (const length of [2, 3]) {
    const choice = choices.get(bytes.toString('latin1', at + 1, at + 1 + length))
    if (choice !== undefined) return { choice, length: length + 1, shown: false }
  }
  return undefined
}

function written(bytes: Buffer, at: number): Found | undefined {
  const letter = bytes[at + 1]
  if (letter !== 0x43 && letter !== 0x4d) return undefined
  const text = bytes.toString('latin1', at, at + WRITTEN_MAX)
  const end = text.indexOf(text.charAt(0), 1)
  const choice = end < 0 ? undefined : switchOf(text.slice(1, end))
  return choice && { choice, length: end + 1, shown: true }
}

/** Any other sequence is passed over whole: what ends it begins no switch. */
const other = /^.(?:[FSTREPHN]|[CMZ][0-9A-Za-z]*|X[0-9A-Fa-f]*|\.[a-z]{2}[+-]?\d*)$/
const OTHER_MAX = 64

function otherLength(bytes: Buffer, at: number): number {
  const text = bytes.toString('latin1', at, at + OTHER_MAX)
  const end = text.indexOf(text.charAt(0), 1)
  return end > 0 && other.test(text.slice(0, end)) ? end + 1 : 1
}

interface State {
  readonly g0: Choice | undefined
  readonly g1: Choice | undefined
  readonly base: Charset
}

function stretch(bytes: Buffer, { g0, g1, base }: State, decode: Decode): string {
  if (g0?.double && g0.set !== undefined) return doubled(bytes, g0, decode)
  if (g0?.katakana) return kana(bytes, 0x21)
  return g1?.katakana ? kana(bytes, 0xa1) : decode(bytes, g1?.set ?? base)
}

/** Pairs as their EUC form; what is no pair stands for itself. */
function doubled(bytes: Buffer, { set, prefix }: Choice, decode: Decode): string {
  const euc: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const first = bytes[at] ?? 0
    const second = bytes[at + 1]
    if (!isHalf(first)) euc.push(first)
    else if (isHalf(second)) {
      if (prefix !== undefined) euc.push(prefix)
      euc.push(first | 0x80, (second ?? 0) | 0x80)
      at += 1
    } else euc.push(0xff)
  }
  return decode(Buffer.from(euc), set ?? 'ascii')
}

function kana(bytes: Buffer, first: number): string {
  let text = ''
  for (const byte of bytes) {
    const isKana = byte >= first && byte < first + 63
    text += String.fromCharCode(isKana ? 0xff61 + byte - first : byte)
  }
  return text
}

/**
 * ASCII as it is, the rest in JIS X 0208 or JIS X 0212, back in ASCII at the end (ISO-2022-JP-2).
 * Undefined where neither holds a character.
 */
export function encodeSwitched(
  text: string,
  encode: (text: string, charset: Charset) => Buffer | undefined,
): Buffer | undefined {
  let out = ''
  let set = '(B'
  for (const character of text) {
    const isAscii = character < '\x80'
    const euc = isAscii ? Buffer.from(character, 'latin1') : encode(character, 'euc-jp')
    // Half-width katakana (0x8e) is left to its full width by those who write it.
    if (euc === undefined || euc[0] === 0x8e) return undefined
    const wanted = isAscii ? '(B' : euc.length === 3 ? '$(D' : '$B'
    if (wanted !== set) out += `\x1b${wanted}`
    set = wanted
    for (const byte of euc.subarray(euc.length === 3 ? 1 : 0))
      out += String.fromCharCode(byte & 0x7f)
  }
  if (set !== '(B') out += '\x1b(B'
  return Buffer.from(out, 'latin1')
}
