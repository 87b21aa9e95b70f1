// The bytes over which a message is read. Mostly they are the bytes that came. Where a character
// may hold the byte of a delimiter (UTF-16, ISO 2022, GB 18030, Big5, Shift-JIS), they are the same
// text in UTF-8, made beside them; the starts of lines lead back.
import { Buffer } from 'node:buffer'
import { type Charset, utf16Of } from './charset.ts'
import { decode } from './charset_text.ts'
import { decodeSwitched } from './iso2022.ts'

const viewed: ReadonlySet<Charset> = new Set<Charset>([
  'utf-16le',
  'utf-16be',
  'iso-2022-jp',
  'gb18030',
  'big5',
  'shift_jis',
])

/** Whether messages in this set are read over a copy of theirs in UTF-8. */
export function isViewed(charset: Charset): boolean {
  return viewed.has(charset)
}

/** A message in UTF-16 in UTF-8, without its byte order mark; undefined for any other. */
export function viewOfUtf16(raw: Buffer): { charset: Charset; view: Buffer } | undefined {
  const charset = utf16Of(raw)
  return charset && { charset, view: Buffer.from(decode(raw, charset)) }
}

/** `escape`: the escape character of HL7, whose `\M..\` and `\C..\` switch as ESC does. */
export function viewOf(
  raw: Buffer,
  set: { readonly charset: Charset; readonly base: Charset; readonly escape: string },
): Buffer {
  if (set.charset !== 'iso-2022-jp') return Buffer.from(decode(raw, set.charset))
  return Buffer.from(decodeSwitched(raw, set, decode))
}

/** Whether HL7's own switches of the character set may stand in a message. */
export function hasSwitches(bytes: string, { escape: mark }: { readonly escape: string }): boolean {
  return bytes.includes(`${mark}M2`) || bytes.includes(`${mark}C2`)
}

/**
 * Where the lines of the original bytes begin: behind each CR and each LF, of which the view has as
 * many as the bytes.
 */
export function lineStarts(bytes: Buffer, charset: Charset): readonly number[] {
  const width = charset.startsWith('utf-16') ? 2 : 1
  const low = charset === 'utf-16be' ? 1 : 0
  const starts = [0]
  for (let at = 0; at + width <= bytes.length; at += width) {
    const byte = bytes[at + low]
    const isEnd = byte === 0x0d || byte === 0x0a
    if (isEnd && (width === 1 || bytes[at + 1 - low] === 0)) starts.push(at + width)
  }
  return starts
}
