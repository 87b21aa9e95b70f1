// A value: a field, a repetition of it, a component or a sub-component, where it stands in the
// bytes of its message. Reads text and finds its parts; looks no further than its own bounds.
import { decode } from './charset_text.ts'
import { decodeEscapes, type EscapeNote } from './escape.ts'
import type { Message, Segment } from './read.ts'
import { isViewed } from './view.ts'

/** `deleted`: the sender sent `""`, which means: remove what you hold (chapter 2.5.3). */
export type Presence = 'absent' | 'deleted' | 'valued'

/** What a value is, and so what separates its parts. */
export const FIELD = 0
const REPETITION = 1
const COMPONENT = 2
export const LEAF = 3

interface Span {
  readonly start: number
  readonly end: number
  readonly level: number
}

/** A stretch of a segment: a field, a repetition of it, a component or a sub-component. */
export class Value {
  readonly segment: Segment
  readonly fieldNumber: number
  readonly level: number
  readonly #start: number
  readonly #end: number

  constructor(segment: Segment, fieldNumber: number, span: Span) {
    this.segment = segment
    this.fieldNumber = fieldNumber
    this.level = span.level
    this.#start = span.start
    this.#end = span.end
  }

  /** As it stands, one character a byte. */
  get raw(): string {
    return this.segment.message.bytes.slice(this.#start, this.#end)
  }

  get presence(): Presence {
    if (this.#start === this.#end) return 'absent'
    return this.raw === '""' ? 'deleted' : 'valued'
  }

  get valued(): boolean {
    return this.presence === 'valued'
  }

  /** For findings, e.g. `PV1-2`. */
  get place(): string {
    return this.segment.place(this.fieldNumber)
  }

  /**
   * The whole of it, or of its nth part, escapes decoded, inner delimiters as they stand; undefined
   * where absent, empty or `""`.
   */
  text(part = 0): string | undefined {
    if (part > 0) return this.part(part).text()
    const { raw } = this
    if (raw === '' || raw === '""') return undefined
    const { message } = this.segment
    if (message.plain) return raw
    const decoded = message.charset === 'ascii' ? raw : this.#decoded(message)
    const { escapes } = message
    if (escapes.escape === '' || !decoded.includes(escapes.escape)) return decoded
    if (this.fieldNumber === 2 && isHeader(this.segment.name)) return decoded
    return decodeEscapes(decoded, escapes, note => this.#tell(note))
  }

  /** As text, its escape sequences and inner delimiters as they stand. */
  undecoded(): string {
    const { message } = this.segment
    return message.charset === 'ascii' ? this.raw : this.#decoded(message)
  }

  /**
   * The nth component of a repetition, the nth sub-component of a component; a leaf is its own
   * first part.
   */
  part(n: number): Value {
    if (this.level === FIELD) return this.piece(1).part(n)
    if (this.level === LEAF) return n === 1 ? this : this.nothing()
    return this.piece(n)
  }

  /** All its parts, from the first; none where it is empty. */
  parts(): readonly Value[] {
    if (this.#start === this.#end) return []
    if (this.level === FIELD) return this.piece(1).parts()
    return this.level === LEAF ? [this] : this.pieces()
  }

  /** The nth piece between the separators of this level: of a field, its nth repetition. */
  piece(n: number): Value {
    let start = this.#start
    let end = this.#next(start)
    for (let passed = 1; passed < n; passed++) {
      if (end === this.#end) return this.nothing()
      start = end + 1
      end = this.#next(start)
    }
    return this.#inner(start, end)
  }

  pieces(): readonly Value[] {
    const found: Value[] = []
    let start = this.#start
    for (;;) {
      const end = this.#next(start)
      found.push(this.#inner(start, end))
      if (end === this.#end) return found
      start = end + 1
    }
  }

  /** What stands where nothing stands. */
  nothing(): Value {
    return new Value(this.segment, this.fieldNumber, { start: 0, end: 0, level: LEAF })
  }

  #inner(start: number, end: number): Value {
    return new Value(this.segment, this.fieldNumber, { start, end, level: this.level + 1 })
  }

  /** Where the piece that begins here ends. */
  #next(start: number): number {
    const separator = this.#separator()
    if (separator === '') return this.#end
    return search(this.segment.message, separator, { start, end: this.#end })
  }

  #separator(): string {
    const { delimiters } = this.segment.message
    if (this.level === FIELD) return delimiters.repetition
    if (this.level === REPETITION) return delimiters.component
    return this.level === COMPONENT ? delimiters.subcomponent : ''
  }

  #decoded({ view, charset }: Message): string {
    // Every set that is read in place holds ASCII as it is, and most values are nothing else.
    if (isAscii(view, this.#start, this.#end)) return this.raw
    const text = decode(
      view.subarray(this.#start, this.#end),
      isViewed(charset) ? 'utf-8' : charset,
    )
    if (text.includes('\ufffd')) this.#tell('charset_undecodable')
    return text
  }

  #tell(code: keyof typeof remarks): void {
    this.segment.message.report({ code, place: this.place, text: remarks[code] })
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x7f) return false
  return true
}

/**
 * The first separator in a stretch, else its end. Never looks beyond the stretch: a search that
 * does makes a megabyte of `~` quadratic.
 */
export function search(
  message: Message,
  separator: string,
  stretch: { readonly start: number; readonly end: number },
): number {
  const { start, end } = stretch
  if (end - start > 64) {
    const at = message.bytes.slice(start, end).indexOf(separator)
    return at < 0 ? end : start + at
  }
  const code = separator.charCodeAt(0)
  let at = start
  while (at < end && message.view[at] !== code) at++
  return at
}

const remarks = {
  escape_kept: 'An escape sequence without a plain text stays as it stands.',
  escape_formatting: 'A formatting sequence is left out of the plain text.',
  charset_undecodable: 'Bytes that the character set does not know read as U+FFFD.',
} as const satisfies Record<EscapeNote | 'charset_undecodable', string>

/** Segments whose first field is the separator itself. */
export function isHeader(name: string): boolean {
  return name === 'MSH' || name === 'FHS' || name === 'BHS'
}
