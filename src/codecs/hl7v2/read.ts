// A message, read lazily over its bytes: nothing is parsed before it is asked for, nothing is
// changed, and the bytes stay reachable as `raw`. Counts from 1 as the standard does (HL7 v2.5.1
// chapter 2): MSH-1 is the field separator, MSH-2 the encoding characters. Linear in its input,
// whatever the input.
import type { Finding } from '../../model/event.ts'
import { type Charset, decideCharset, decode } from './charset.ts'
import { type Delimiters, type Place, readDelimiters, splitSegments } from './delimiters.ts'
import { decodeEscapes, type EscapeRules } from './escape.ts'
import { type Hl7Path, parsePath } from './path.ts'

/** `deleted`: the sender sent `""`, which means: remove what you hold (chapter 2.5.3). */
export type Presence = 'absent' | 'deleted' | 'valued'

/**
 * Reads bytes that begin with MSH. Throws Failure('message_unreadable') where they do not or where
 * MSH declares no usable delimiters, and nothing else on any input.
 */
export function readMessage(raw: Buffer): Message {
  return new Message(raw)
}

export class Message {
  readonly raw: Buffer
  /** Every byte as one character, so that positions in the text are positions in `raw`. */
  readonly bytes: string
  readonly charset: Charset
  readonly delimiters: Delimiters
  readonly segments: readonly Segment[]
  readonly escapes: EscapeRules
  /** No character needs decoding, no sequence unescaping: what stands there is the text. */
  readonly plain: boolean
  #findings: Finding[] | undefined
  #byName: Map<string, Segment[]> | undefined
  #ordinals: Map<Segment, number> | undefined

  constructor(raw: Buffer) {
    this.raw = raw
    const bytes = raw.toString('latin1')
    this.bytes = bytes
    const start = bytes.startsWith('\xef\xbb\xbf') ? 3 : 0
    this.delimiters = readDelimiters(bytes, start)
    const places = splitSegments(bytes, start, this.delimiters.field)
    this.segments = places.map(place => new Segment(this, place))
    const decision = decideCharset(raw, this.segments[0]?.field(18).raw ?? '')
    this.charset = decision.charset
    if (decision.finding !== undefined) this.report(decision.finding)
    const escape_at =
      this.delimiters.escape === '' ? -1 : bytes.indexOf(this.delimiters.escape, start + 9)
    this.plain = this.charset === 'ascii' && escape_at < 0
    this.escapes = { ...this.delimiters, decodeBytes: escaped => decode(escaped, this.charset) }
  }

  /**
   * Text at a path such as `PID-5.1` or `PID-3[2].4.1`: the element that the path names, whole,
   * escapes decoded. Undefined where it is absent, empty or deleted (`presence` tells which).
   */
  text(path: string): string | undefined {
    return this.#value(parsePath(path))?.text()
  }

  /** All texts of a path with `[*]`, e.g. `OBX[*]-5` or `PID-3[*].1`; absent ones are left out. */
  texts(path: string): readonly string[] {
    const parsed = parsePath(path)
    const { field, ordinal, repetition } = parsed
    const segments = this.all(parsed.segment)
    const chosen = ordinal === 0 ? segments : segments.slice(ordinal - 1, ordinal)
    return chosen
      .flatMap(segment =>
        repetition === 0 ? segment.repetitions(field) : [segment.field(field, repetition)],
      )
      .map(value => below(value, parsed).text())
      .filter(text => text !== undefined)
  }

  /** Of the first match of a path. */
  presence(path: string): Presence {
    return this.#value(parsePath(path))?.presence ?? 'absent'
  }

  /** The first segment of that name, or the one with that ordinal. */
  segment(name: string, ordinal = 1): Segment | undefined {
    if (ordinal > 1 || this.segments.length > FEW) return this.all(name)[ordinal - 1]
    return this.segments.find(segment => segment.name === name)
  }

  all(name: string): readonly Segment[] {
    this.#byName ??= Map.groupBy(this.segments, segment => segment.name)
    return this.#byName.get(name) ?? []
  }

  /** Which one of its name a segment is, from 1. */
  ordinalOf(segment: Segment): number {
    if (this.#ordinals === undefined) {
      this.#ordinals = new Map()
      for (const group of Map.groupBy(this.segments, ({ name }) => name).values()) {
        for (const [i, member] of group.entries()) this.#ordinals.set(member, i + 1)
      }
    }
    return this.#ordinals.get(segment) ?? 0
  }

  /** What reading came upon so far: character set, escapes. Each place is told once. */
  get findings(): readonly Finding[] {
    return this.#findings ?? []
  }

  report(finding: Finding): void {
    this.#findings ??= []
    const { code, place } = finding
    if (this.#findings.length >= FINDINGS_MAX) return
    if (this.#findings.some(known => known.code === code && known.place === place)) return
    this.#findings.push(finding)
  }

  #value(path: Hl7Path): Value | undefined {
    const segment = this.segment(path.segment, path.ordinal === 0 ? 1 : path.ordinal)
    if (segment === undefined) return undefined
    return below(segment.field(path.field, path.repetition === 0 ? 1 : path.repetition), path)
  }
}

/** More than these of one message tell nobody anything. */
const FINDINGS_MAX = 200

/** Up to here looking through the segments is quicker than an index of their names. */
const FEW = 32

function below(value: Value, path: Hl7Path): Value {
  if (path.component === 0) return value
  const component = value.part(path.component)
  return path.subcomponent === 0 ? component : component.part(path.subcomponent)
}

/** One segment. Its fields are found as far as they are asked for, and once. */
export class Segment {
  readonly message: Message
  /** As it stands, e.g. `PID`. */
  readonly name: string
  /** Where it stands in the message's bytes. */
  readonly start: number
  readonly end: number
  /** Where each piece between field separators begins, as far as was looked. */
  #starts: number[] | undefined
  #complete = false

  constructor(message: Message, place: Place) {
    this.message = message
    this.name = place.name
    this.start = place.start
    this.end = place.end
  }

  /** As it stands, one character a byte. */
  get raw(): string {
    return this.message.bytes.slice(this.start, this.end)
  }

  /** `OBX[3]-5`, for findings; the ordinal is left out for the first. */
  place(field: number): string {
    const ordinal = this.message.ordinalOf(this)
    return `${this.name}${ordinal > 1 ? `[${ordinal}]` : ''}-${field}`
  }

  /** One repetition of a field; never fails, an absent one reads as absent. */
  field(field: number, repetition = 1): Value {
    const whole = this.whole(field)
    if (whole.level !== FIELD) return repetition === 1 ? whole : whole.nothing()
    return whole.piece(repetition)
  }

  /** All repetitions; none where the field is absent or empty. */
  repetitions(field: number): readonly Value[] {
    const whole = this.whole(field)
    if (whole.raw === '') return []
    return whole.level === FIELD ? whole.pieces() : [whole]
  }

  /** Text of the first repetition, of its component and sub-component where they are given. */
  text(field: number, component = 0, subcomponent = 0): string | undefined {
    const value = this.field(field)
    if (component === 0) return value.text()
    const part = value.part(component)
    return subcomponent === 0 ? part.text() : part.part(subcomponent).text()
  }

  /** The field with all its repetitions; for free text that may hold delimiters unescaped. */
  whole(field: number): Value {
    const header = isHeader(this.name)
    if (header && field === 1) {
      const at = this.start + 3
      return new Value(this, field, { start: at, end: at + 1, level: LEAF })
    }
    const piece = header ? field - 1 : field
    const start = this.#startOf(piece)
    if (start < 0) return new Value(this, field, { start: 0, end: 0, level: LEAF })
    const next = this.#startOf(piece + 1)
    const end = next < 0 ? this.end : next - 1
    // MSH-2 holds the delimiters themselves, which delimit nothing there.
    return new Value(this, field, { start, end, level: header && field === 2 ? LEAF : FIELD })
  }

  #startOf(piece: number): number {
    this.#starts ??= [this.start]
    const starts = this.#starts
    const { message, end } = this
    const separator = message.delimiters.field
    while (starts.length <= piece && !this.#complete) {
      const at = search(message, separator, { start: starts[starts.length - 1] ?? end, end })
      if (at === end) this.#complete = true
      else starts.push(at + 1)
    }
    return starts[piece] ?? -1
  }
}

/** What a value is, and so what separates its parts. */
const FIELD = 0
const REPETITION = 1
const COMPONENT = 2
const LEAF = 3

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
    return decodeEscapes(decoded, escapes, () =>
      message.report({ ...keptFinding, place: this.place }),
    )
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

  #decoded(message: Message): string {
    return decode(message.raw.subarray(this.#start, this.#end), message.charset)
  }
}

/**
 * The first separator in a stretch, else its end. Never looks beyond the stretch: a search that
 * does makes a megabyte of `~` quadratic.
 */
function search(
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
  while (at < end && message.raw[at] !== code) at++
  return at
}

const keptFinding = {
  code: 'escape_kept',
  text: 'An escape sequence without a plain text stays as it stands.',
} as const

/** Segments whose first field is the separator itself. */
function isHeader(name: string): boolean {
  return name === 'MSH' || name === 'FHS' || name === 'BHS'
}
