// A message as lines that can be put together again: the bytes of each segment as they came, and
// beside them its content as characters that can be cut at delimiters. For sets whose bytes may
// look like delimiters the content is UTF-8 (view.ts), and is encoded when it is written.
import { Buffer } from 'node:buffer'
import { Failure } from '../../model/errors.ts'
import type { Charset } from './charset.ts'
import { encode } from './charset_text.ts'
import type { Message } from './read.ts'
import { isViewed, lineStarts } from './view.ts'

export interface Line {
  readonly name: string
  /** One character for each byte of the view. */
  content: string
  /** The bytes as they came, or undefined once they are not what is to be written. */
  raw: Buffer | undefined
  /**
   * What stands up to the next segment: CR, LF, blank lines, the switches of a set on those; none
   * at the end of some messages.
   */
  end: Buffer
}

/** In which set a message is written; `base` as in a CharsetDecision. */
export interface Written {
  readonly charset: Charset
  readonly base: Charset
}

/** An escaped text as the content of a line; undefined where the set cannot hold it. */
export function toContent(text: string, written: Written): string | undefined {
  const bytes = encodeIn(text, written)
  return isViewed(written.charset) && bytes ? toLatin1(text) : bytes?.toString('latin1')
}

/** The bytes of a content. Throws Failure('value_unencodable') where the set cannot hold it. */
export function toRaw(content: string, written: Written): Buffer {
  const bytes = Buffer.from(content, 'latin1')
  if (!isViewed(written.charset)) return bytes
  const encoded = encodeIn(bytes.toString('utf8'), written)
  // What the view could not read is U+FFFD there, and no set but Unicode can write that.
  if (encoded === undefined) throw new Failure('value_unencodable', { charset: written.charset })
  return encoded
}

function encodeIn(text: string, { charset, base }: Written): Buffer | undefined {
  if (charset !== 'iso-2022-jp' || base === 'ascii') return encode(text, charset)
  const bytes: Buffer[] = []
  for (const run of text.match(/[\0-\x7f]+|[^\0-\x7f]/gu) ?? []) {
    const encoded = encode(run, base) ?? encode(run, charset)
    if (encoded === undefined) return undefined
    bytes.push(encoded)
  }
  return Buffer.concat(bytes)
}

const toLatin1 = (text: string) => Buffer.from(text).toString('latin1')

export function linesOf(message: Message): { lines: Line[]; prefix: Buffer } {
  const { raw, view, bytes, segments } = message
  const place = raw === view ? (at: number) => at : placesInRaw(message)
  const lines = segments.map(({ name, start, end }, i) => ({
    name,
    content: bytes.slice(start, end),
    raw: raw.subarray(place(start), place(end)),
    end: raw.subarray(place(end), place(segments[i + 1]?.start ?? bytes.length)),
  }))
  return { lines, prefix: raw.subarray(0, place(segments[0]?.start ?? 0)) }
}

/** From the borders of lines in the view to those in the bytes. */
function placesInRaw({ raw, view, charset }: Message): (at: number) => number {
  const inView = lineStarts(view, 'utf-8')
  const inRaw = lineStarts(raw, charset)
  if (inView.length !== inRaw.length) {
    throw new Failure('edit_refused', { place: 'MSH', why: 'lines end inside of characters' })
  }
  const width = charset.startsWith('utf-16') ? 2 : 1
  const marked = width === 2 && (raw[0] === 0xff || raw[0] === 0xfe)
  const places = new Map<number, number>()
  for (const [i, start] of inView.entries()) {
    const there = inRaw[i] ?? 0
    if (i > 0) places.set(start - 1, there - width)
    places.set(start, i === 0 && marked ? 2 : there)
  }
  // Behind the last line of the view there may be switches that it does not show.
  places.set(view.length, raw.length)
  return at => places.get(at) ?? 0
}
