// A message, read lazily over its bytes: nothing is parsed before it is asked for, nothing is
// changed, and the bytes stay reachable as `raw`. Counts from 1 as the standard does (HL7 v2.5.1
// chapter 2): MSH-1 is the field separator, MSH-2 the encoding characters. Linear in its input,
// whatever the input.
import { isUtf8 } from 'node:buffer'
import type { Finding } from '../../model/event.ts'
import { type Charset, type CharsetDecision, charsetNamed, decideCharset } from './charset.ts'
import { decode } from './charset_text.ts'
import { type Delimiters, type Place, readDelimiters, splitSegments } from './delimiters.ts'
import type { EscapeRules } from './escape.ts'
import type { Written } from './lines.ts'
import { type Hl7Path, parsePath, type SegmentPath } from './path.ts'
import { scopeOf } from './scope.ts'
import { FIELD, isHeader, LEAF, type Presence, search, Value } from './value.ts'
import { hasSwitches, isViewed, viewOf, viewOfUtf16 } from './view.ts'

export type { Presence, Value }

export interface ReadOptions {
  /** The channel's own word on the character set (`charsetNamed`); undefined: MSH-18 decides. */
  readonly charset?: Charset | undefined
}

/**
 * Reads bytes that begin with MSH. Throws Failure('message_unreadable') where they do not or where
 * MSH declares no usable delimiters, and nothing else on any input.
 */
export function readMessage(raw: Buffer, options: ReadOptions = {}): Message {
  return new Message(raw, options)
}

export class Message {
  /** The bytes as they came. */
  readonly raw: Buffer
  /** The bytes that positions count in: `raw`, or its text in UTF-8 (view.ts). */
  readonly view: Buffer
  /** Every byte of the view as one character, so that positions in it are positions in the view. */
  readonly bytes: string
  /** Of `raw`. */
  readonly charset: Charset
  /** Of what is not switched; differs from `charset` in `iso-2022-jp` only. */
  readonly base: Charset
  readonly delimiters: Delimiters
  readonly segments: readonly Segment[]
  readonly escapes: EscapeRules
  /** No character needs decoding, no sequence unescaping: what stands there is the text. */
  readonly plain: boolean
  readonly #override: Charset | undefined
  #findings: Finding[] | undefined
  #byName: Map<string, Segment[]> | undefined
  #ordinals: Map<Segment, number> | undefined

  constructor(raw: Buffer, options: ReadOptions) {
    this.raw = raw
    this.#override = options.charset
    const utf16 = viewOfUtf16(raw)
    let view = utf16?.view ?? raw
    let bytes = view.toString('latin1')
    const start = bytes.startsWith('\xef\xbb\xbf') ? 3 : 0
    this.delimiters = readDelimiters(bytes, start)
    const { field, escape: mark } = this.delimiters
    let places = splitSegments(bytes, start, field)
    const escape_at = mark === '' ? -1 : bytes.indexOf(mark, start + 9)
    const set = utf16 ?? this.#decide(headerField(bytes, places[0], { field, n: 18 }), start > 0)
    this.base = 'base' in set ? set.base : set.charset
    const switched = escape_at >= 0 && utf16 === undefined && hasSwitches(bytes, this.delimiters)
    this.charset = switched ? 'iso-2022-jp' : set.charset
    if (utf16 === undefined && isViewed(this.charset)) {
      view = viewOf(raw, { charset: this.charset, base: this.base, escape: mark })
      bytes = view.toString('latin1')
      places = splitSegments(bytes, start, field)
    }
    this.view = view
    this.bytes = bytes
    this.segments = places.map(place => new Segment(this, place))
    this.plain = this.charset === 'ascii' && escape_at < 0
    this.escapes = { ...this.delimiters, decodeBytes: hex => this.#decodeHex(hex) }
  }

  /**
   * The set that the message is written in. One of nothing but ASCII may be given what it declares;
   * where it declares nothing, no more than ASCII (HL7 v2.5.1 chapter 2.15.9.18).
   */
  get written(): Written {
    if (this.charset !== 'ascii') return this
    const { declared } = this
    const charset = declared === undefined || declared.startsWith('utf-16') ? 'ascii' : declared
    return { charset, base: charset === 'iso-2022-jp' ? 'ascii' : charset }
  }

  /** What the bytes of `\Xhh\` are in: a switched set has no say inside of an escape. */
  get hexCharset(): Charset {
    const { charset, base } = this.written
    return charset === 'iso-2022-jp' ? base : charset
  }

  #decodeHex(bytes: Buffer): string {
    const { hexCharset } = this
    return decode(bytes, hexCharset === 'ascii' && isUtf8(bytes) ? 'utf-8' : hexCharset)
  }

  /** What the channel or the first repetition of MSH-18 says; undefined where neither is known. */
  get declared(): Charset | undefined {
    return this.#override ?? charsetNamed(this.segments[0]?.field(18).raw ?? '')
  }

  #decide(msh18: string, marked: boolean): CharsetDecision {
    const names = msh18 === '' ? NONE : msh18.split(this.delimiters.repetition || msh18)
    const override = marked && isUtf8(this.raw) ? 'utf-8' : this.#override
    const decision = decideCharset(this.raw, { msh18: names, override })
    if (decision.finding !== undefined) this.report(decision.finding)
    return decision
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
    const { field, repetition } = parsed
    return this.at(parsed)
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

  /** The segments that a path names, in their order. */
  at({ within, segment, ordinal }: SegmentPath): readonly Segment[] {
    const named =
      within.length === 0
        ? this.all(segment)
        : within.reduce(scopeOf<Segment>, this.segments).filter(({ name }) => name === segment)
    return ordinal === 0 ? named : named.slice(ordinal - 1, ordinal)
  }

  #value(path: Hl7Path): Value | undefined {
    const segment =
      path.within.length === 0
        ? this.segment(path.segment, path.ordinal === 0 ? 1 : path.ordinal)
        : this.at(path)[0]
    if (segment === undefined) return undefined
    return below(segment.field(path.field, path.repetition === 0 ? 1 : path.repetition), path)
  }
}

const NONE: readonly string[] = []

/** A field of MSH as it stands, before there is a message to ask. */
function headerField(
  bytes: string,
  header: Place | undefined,
  { field, n }: { readonly field: string; readonly n: number },
): string {
  if (header === undefined) return ''
  let at = header.start
  for (let passed = 1; passed < n; passed++) {
    const next = bytes.indexOf(field, at)
    if (next < 0 || next >= header.end) return ''
    at = next + 1
  }
  const end = bytes.indexOf(field, at)
  return bytes.slice(at, end < 0 || end > header.end ? header.end : end)
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

  /** How many fields there are, empty ones at the end included; of MSH, MSH-1 is one. */
  get fieldCount(): number {
    const pieces = this.raw.split(this.message.delimiters.field).length - 1
    return isHeader(this.name) ? pieces + 1 : pieces
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
      // A header further down may be nothing but its name.
      const at = Math.min(this.start + 3, this.end)
      return new Value(this, field, { start: at, end: Math.min(at + 1, this.end), level: LEAF })
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
