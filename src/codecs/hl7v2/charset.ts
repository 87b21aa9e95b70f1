// Which character set the bytes of a message are in. MSH-18 (HL7 v2.5.1 chapter 2.15.9.18, table
// 0211) is believed where the bytes agree; where they do not, the bytes decide and a finding says
// so. The decision is kept beside the bytes and never applied to them (design: G2).
import { isAscii, isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import type { Finding } from '../../model/event.ts'

/** Names as WHATWG and IANA have them. */
export type Charset =
  | 'ascii'
  | 'utf-8'
  | 'iso-8859-1'
  | `iso-8859-${2 | 3 | 4 | 5 | 6 | 7 | 8 | 15}`

export interface CharsetDecision {
  readonly charset: Charset
  /** What was declared does not fit, or nothing was declared and the bytes are not UTF-8. */
  readonly finding: Finding | undefined
}

const declared: Readonly<Record<string, Charset>> = {
  ASCII: 'ascii',
  'ISO IR6': 'ascii',
  '8859/1': 'iso-8859-1',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/15': 'iso-8859-15',
  'UNICODE UTF-8': 'utf-8',
  'UNICODE UTF8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'ISO-8859-1': 'iso-8859-1',
}

/** `msh18`: the first repetition of MSH-18 as it stands; '' where absent. */
export function decideCharset(bytes: Buffer, msh18: string): CharsetDecision {
  const said = declared[msh18.trim().toUpperCase()]
  const ascii = isAscii(bytes)
  if (ascii) return { charset: 'ascii', finding: unknownOf(msh18, said) }
  const utf8 = isUtf8(bytes)
  if (said !== undefined && said !== 'ascii' && (utf8 || said !== 'utf-8')) {
    return { charset: said, finding: undefined }
  }
  const charset = utf8 ? 'utf-8' : 'iso-8859-1'
  if (said !== undefined) {
    return { charset, finding: finding('charset_contradicted', 'MSH-18 names another set.') }
  }
  const unknown = unknownOf(msh18, said)
  if (unknown !== undefined || utf8) return { charset, finding: unknown }
  return { charset, finding: finding('charset_guessed', 'Not UTF-8, so read as ISO-8859-1.') }
}

/** Decodes bytes; never throws. */
export function decode(bytes: Buffer, charset: Charset): string {
  switch (charset) {
    case 'utf-8':
      return bytes.toString('utf8')
    case 'ascii':
    case 'iso-8859-1':
      return bytes.toString('latin1')
    default:
      return decoderOf(charset).decode(bytes)
  }
}

const decoders = new Map<Charset, TextDecoder>()

function decoderOf(charset: Charset): TextDecoder {
  let decoder = decoders.get(charset)
  if (decoder === undefined) {
    decoder = new TextDecoder(charset)
    decoders.set(charset, decoder)
  }
  return decoder
}

function unknownOf(msh18: string, said: Charset | undefined): Finding | undefined {
  if (msh18.trim() === '' || said !== undefined) return undefined
  return finding('charset_unknown', 'MSH-18 names a set that is not known here.')
}

const finding = (code: string, text: string): Finding => ({ code, place: 'MSH-18', text })
