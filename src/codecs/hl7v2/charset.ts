// Which character set the bytes of a message are in. The channel's own word comes first, then
// MSH-18 (HL7 v2.5.1 chapter 2.15.9.18, table 0211), which is believed where the bytes agree; where
// they do not, the bytes decide and a finding says so. The decision is kept beside the bytes and
// never applied to them (design: G2).
import { isAscii, isUtf8 } from 'node:buffer'
import type { Finding } from '../../model/event.ts'

/**
 * Names as WHATWG and IANA have them. `iso-2022-jp` stands for any text that switches between sets
 * by the escape sequences of ISO 2022 or by `\C..\` and `\M..\`.
 */
export type Charset =
  | 'ascii'
  | 'utf-8'
  | 'utf-16le'
  | 'utf-16be'
  | `iso-8859-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 13 | 14 | 15 | 16}`
  | 'windows-1252'
  | 'iso-2022-jp'
  | 'gb18030'
  | 'big5'
  | 'euc-kr'
  | 'euc-jp'
  | 'shift_jis'

export interface CharsetDecision {
  readonly charset: Charset
  /** What stands outside of switched stretches; differs from `charset` in `iso-2022-jp` only. */
  readonly base: Charset
  /** What was declared does not fit, or nothing was declared and the bytes are not UTF-8. */
  readonly finding: Finding | undefined
}

const declared: ReadonlyMap<string, Charset> = new Map<string, Charset>([
  ['ASCII', 'ascii'],
  ['US-ASCII', 'ascii'],
  ['ISO IR6', 'ascii'],
  ['UTF-8', 'utf-8'],
  ['UTF8', 'utf-8'],
  ['UNICODE UTF-8', 'utf-8'],
  ['UNICODE UTF8', 'utf-8'],
  ['ISO IR192', 'utf-8'],
  ['UTF-16', 'utf-16be'],
  ['UNICODE', 'utf-16be'],
  ['UNICODE UTF-16', 'utf-16be'],
  ['UTF-16BE', 'utf-16be'],
  ['UTF-16LE', 'utf-16le'],
  ['WINDOWS-1252', 'windows-1252'],
  ['CP1252', 'windows-1252'],
  ['ISO IR87', 'iso-2022-jp'],
  ['ISO IR159', 'iso-2022-jp'],
  ['ISO IR14', 'iso-2022-jp'],
  ['ISO IR13', 'iso-2022-jp'],
  ['ISO-2022-JP', 'iso-2022-jp'],
  ['GB 18030-2000', 'gb18030'],
  ['GB18030', 'gb18030'],
  ['BIG-5', 'big5'],
  ['BIG5', 'big5'],
  ['KS X 1001', 'euc-kr'],
  ['EUC-KR', 'euc-kr'],
  ['EUC-JP', 'euc-jp'],
  ['SHIFT_JIS', 'shift_jis'],
  ['ISO IR100', 'iso-8859-1'],
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16] as const).flatMap(part => [
    [`8859/${part}`, `iso-8859-${part}`] as const,
    [`ISO-8859-${part}`, `iso-8859-${part}`] as const,
    [`ISO8859/${part}`, `iso-8859-${part}`] as const,
  ]),
])

/** The set of a name of HL7 table 0211, or of the name that everyone else gives it. */
export function charsetNamed(name: string): Charset | undefined {
  return declared.get(name.trim().toUpperCase().replaceAll(/\s+/g, ' '))
}

/** As MSH-18 names a set; '' for ASCII, which is what an empty MSH-18 says. */
export function charsetName(charset: Charset): string {
  if (charset.startsWith('iso-8859-')) return `8859/${charset.slice('iso-8859-'.length)}`
  return names[charset] ?? charset.toUpperCase()
}

const names: Readonly<Partial<Record<Charset, string>>> = {
  ascii: '',
  'utf-8': 'UNICODE UTF-8',
  'utf-16le': 'UNICODE UTF-16',
  'utf-16be': 'UNICODE UTF-16',
  'iso-2022-jp': '~ISO IR87',
  gb18030: 'GB 18030-2000',
  big5: 'BIG-5',
  'euc-kr': 'KS X 1001',
}

export interface CharsetClaims {
  /** MSH-18 as it stands, each repetition; none where absent. */
  readonly msh18: readonly string[]
  /** The channel's own word; undefined: MSH-18 decides. */
  readonly override?: Charset | undefined
}

/** Of bytes that are not UTF-16. */
export function decideCharset(bytes: Buffer, claims: CharsetClaims): CharsetDecision {
  // Most messages: no name to look up, no byte to doubt.
  if (claims.msh18.length === 0 && isAscii(bytes) && !bytes.includes(ESC)) return ascii
  const { override, msh18 } = claims
  const names = msh18.filter(name => name.trim() !== '')
  const known = names.map(charsetNamed)
  const unknown = override === undefined && known.includes(undefined) ? unknownSet : undefined
  const first = override ?? charsetNamed(msh18[0] ?? '')
  if (switches(bytes, first, known)) {
    const said = first?.startsWith('utf-16') ? undefined : first
    const base = said === 'iso-2022-jp' ? 'ascii' : (said ?? guessed(bytes))
    return { charset: 'iso-2022-jp', base, finding: unknown }
  }
  const said = first === 'iso-2022-jp' ? 'ascii' : first
  return { ...stateless(bytes, said, override !== undefined), ...(unknown && { finding: unknown }) }
}

/** Without an ESC nothing is switched, whatever MSH-18 allows. */
function switches(
  bytes: Buffer,
  first: Charset | undefined,
  known: readonly (Charset | undefined)[],
): boolean {
  if (!bytes.includes(ESC)) return false
  return first !== undefined || known.length > 0 || switchesToKanji(bytes)
}

const ESC = 0x1b

/** ESC $ is no text in any other set, so it is believed without a declaration. */
function switchesToKanji(bytes: Buffer): boolean {
  return bytes.includes('\x1b$', 0, 'latin1')
}

function stateless(bytes: Buffer, said: Charset | undefined, sure: boolean): CharsetDecision {
  if (isAscii(bytes)) return decided('ascii')
  if (said === undefined) {
    const charset = guessed(bytes)
    return charset === 'utf-8' ? decided(charset) : decided(charset, guess)
  }
  const fits = said !== 'ascii' && !said.startsWith('utf-16') && (said !== 'utf-8' || isUtf8(bytes))
  // A channel that names its set is not contradicted by a byte that does not fit: it is marked.
  if (fits || (sure && said === 'utf-8')) return decided(said)
  return decided(guessed(bytes), contradicted)
}

const ascii: CharsetDecision = { charset: 'ascii', base: 'ascii', finding: undefined }

function decided(charset: Charset, finding?: Finding): CharsetDecision {
  return { charset, base: charset, finding }
}

/** In ISO-8859-1 the bytes 0x80 to 0x9f are controls that nobody sends. */
function guessed(bytes: Buffer): Charset {
  if (isAscii(bytes)) return 'ascii'
  if (isUtf8(bytes)) return 'utf-8'
  return bytes.some(byte => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'iso-8859-1'
}

/**
 * UTF-16 by its byte order mark, or by the zeros around the M of MSH, FHS or BHS. Such bytes cannot
 * be read one by one; MLLP does not carry them, files do.
 */
export function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (second === 0 && first !== undefined && HEADER_LETTERS.has(first)) return 'utf-16le'
  return first === 0 && second !== undefined && HEADER_LETTERS.has(second) ? 'utf-16be' : undefined
}

const HEADER_LETTERS = new Set([...'MFB'].map(letter => letter.charCodeAt(0)))

const finding = (code: string, text: string): Finding => ({ code, place: 'MSH-18', text })
const unknownSet = finding('charset_unknown', 'MSH-18 names a set that is not known here.')
const contradicted = finding('charset_contradicted', 'MSH-18 names another set.')
const guess = finding('charset_guessed', 'Not UTF-8 and not declared, so the set is a guess.')
