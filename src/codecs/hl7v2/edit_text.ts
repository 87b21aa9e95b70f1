// A message as text for a person's editor, one segment a line, and back. A line that nobody touched
// stays byte for byte with its own end; in a touched line each untouched character keeps its bytes.
// A byte that is no text of the message's character set stands as one private character (U+F7xx).
import { Buffer } from 'node:buffer'
import { lineDiff } from '../../kit/line_diff.ts'
import { Failure, failureOf } from '../../model/errors.ts'
import { type Charset, charsetNamed, decideCharset } from './charset.ts'
import { decode, encode } from './charset_text.ts'
import { readMessage } from './read.ts'
import { lineStarts } from './view.ts'

export interface TextOptions {
  /** The channel's own word on the character set; undefined: MSH-18 decides. */
  readonly charset?: Charset | undefined
}

export interface MessageText {
  /** Lines end with LF, the last one too. */
  readonly text: string
  readonly charset: Charset
  /** Bytes that are no text of the set. */
  readonly odd: number
}

export function messageText(bytes: Buffer, options: TextOptions = {}): MessageText {
  const charset = charsetOf(bytes, options)
  const texts = linesOf(bytes, charset).map(({ text }) => text)
  const odd = texts.join('').match(ODD)?.join('').length ?? 0
  return { text: `${texts.join('\n')}\n`, charset, odd }
}

/**
 * The message with the text that a person made of it. Throws Failure('value_unencodable') where the
 * character set cannot hold a character, Failure('letter_not_text') where a touched line holds
 * bytes that could not be written back.
 */
export function withText(bytes: Buffer, edited: string, options: TextOptions = {}): Buffer {
  const charset = charsetOf(bytes, options)
  const old = linesOf(bytes, charset)
  const fresh = edited.replace(/\r\n|\r/g, '\n').replace(/\n$/, '')
  const written = isAscii(bytes) ? (declaredIn(fresh) ?? charset) : charset
  const merged = merge(old, fresh, written)
  const usual = old[0]?.end.length ? old[0].end : Buffer.from('\r')
  const last = old.at(-1)?.end ?? usual
  return Buffer.concat(
    merged.flatMap(({ bytes: own, end = usual }, i) => {
      if (i === merged.length - 1) return [own, merged[i]?.end ?? last]
      return [own, end.length === 0 ? usual : end]
    }),
  )
}

interface Line {
  readonly bytes: Buffer
  /** CR, LF or both; nothing at the end of some messages. */
  readonly end: Buffer
  readonly text: string
  /** Whether its text gives its bytes. */
  readonly exact: boolean
}

const isAscii = (bytes: Buffer) => bytes.every(byte => byte < 0x80)

function charsetOf(bytes: Buffer, { charset }: TextOptions): Charset {
  try {
    const message = readMessage(bytes, { charset })
    return message.written.charset
  } catch (thrown) {
    // What cannot be read as a message is still text in some set.
    if (failureOf(thrown) === undefined) throw thrown
    return decideCharset(bytes, { msh18: [], override: charset }).charset
  }
}

/** What the text says in MSH-18, where that can be told. */
function declaredIn(text: string): Charset | undefined {
  const [head = ''] = text.split('\n', 1)
  const [, , , field = '|'] = head
  const [name = ''] = (head.split(field)[17] ?? '').split(head[5] ?? '~')
  const charset = charsetNamed(name)
  return charset?.startsWith('utf-16') ? undefined : charset
}

function linesOf(bytes: Buffer, charset: Charset): readonly Line[] {
  const starts = lineStarts(bytes, charset)
  const width = charset.startsWith('utf-16') ? 2 : 1
  const lines: Line[] = []
  for (const [i, start] of starts.entries()) {
    const next = starts[i + 1]
    const end = bytes.subarray(next === undefined ? bytes.length : next - width, next)
    const own = bytes.subarray(start, next === undefined ? bytes.length : next - width)
    const before = lines.at(-1)
    if (own.length === 0 && next === undefined && before !== undefined) break
    // CR LF is one end.
    if (own.length === 0 && before !== undefined && isPair(before.end, end)) {
      lines[lines.length - 1] = { ...before, end: Buffer.concat([before.end, end]) }
    } else {
      const text = decodeKeeping(own, charset)
      lines.push({
        bytes: own,
        end,
        text,
        exact: encodeKeeping(text, charset)?.equals(own) === true,
      })
    }
  }
  return lines
}

const isPair = (first: Buffer, second: Buffer) =>
  first.length === second.length && first.includes(0x0d) && second.includes(0x0a)

interface Merged {
  readonly bytes: Buffer
  /** Undefined: of a new line. */
  readonly end: Buffer | undefined
}

function merge(old: readonly Line[], fresh: string, charset: Charset): readonly Merged[] {
  const merged: Merged[] = []
  let [gone, came, at, number]: [Line[], string[], number, number] = [[], [], 0, 0]
  const settle = () => {
    for (const [i, text] of came.entries()) {
      const replaced = gone[i]
      number += 1
      if (replaced?.exact === false) throw new Failure('letter_not_text', { line: number })
      const bytes = encodeKeeping(text, charset)
      if (bytes === undefined) {
        throw new Failure('value_unencodable', { place: `line ${number}`, charset })
      }
      merged.push({ bytes, end: replaced?.end })
    }
    ;[gone, came] = [[], []]
  }
  for (const [mark, text] of lineDiff(old.map(line => line.text).join('\n'), fresh)) {
    if (mark === '+') came.push(text)
    else {
      const line = old[at++] as Line
      if (mark === '-') gone.push(line)
      else {
        settle()
        number += 1
        merged.push(line)
      }
    }
  }
  settle()
  return merged
}

const ODD_FIRST = 0xf700
const ODD = /[\uf700-\uf7ff]+/g
/** Bytes of one character, in any set. */
const WIDTH_MAX = 4

function decodeKeeping(bytes: Buffer, charset: Charset): string {
  const text = decode(bytes, charset)
  if (encode(text, charset)?.equals(bytes) && text.search(ODD) < 0) return text
  let kept = ''
  for (let at = 0; at < bytes.length; ) {
    const width = widthAt(bytes, at, charset)
    kept += width === 0 ? oddOf(bytes[at] ?? 0) : decode(bytes.subarray(at, at + width), charset)
    at += Math.max(1, width)
  }
  return kept
}

const oddOf = (byte: number) => String.fromCharCode(ODD_FIRST + byte)

/** How many bytes make a character that can be written back as them; 0: none does. */
function widthAt(bytes: Buffer, at: number, charset: Charset): number {
  for (let width = 1; width <= WIDTH_MAX && at + width <= bytes.length; width++) {
    const piece = bytes.subarray(at, at + width)
    const text = decode(piece, charset)
    if ([...text].length === 1 && encode(text, charset)?.equals(piece)) return width
  }
  return 0
}

function encodeKeeping(text: string, charset: Charset): Buffer | undefined {
  const odd = text.match(ODD) ?? []
  const pieces: Buffer[] = []
  for (const [i, part] of text.split(ODD).entries()) {
    const bytes = encode(part, charset)
    if (bytes === undefined) return undefined
    const own = [...(odd[i] ?? '')].map(character => character.charCodeAt(0) - ODD_FIRST)
    pieces.push(bytes, Buffer.from(own))
  }
  return Buffer.concat(pieces)
}
