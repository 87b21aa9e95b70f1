// A changed copy of a message, or a new one: values set by path, segments added, copied, removed.
// What is not touched stays byte for byte; what is set is escaped in the message's own delimiters
// and character set, so no value can make a segment, a field or a part. The message itself never
// changes.
import { Buffer } from 'node:buffer'
import { Failure } from '../../model/errors.ts'
import { type Charset, charsetName } from './charset.ts'
import { encode } from './charset_text.ts'
import { readDelimiters } from './delimiters.ts'
import { escapeText, type WriteRules } from './escape.ts'
import { type Line, linesOf, toContent, toRaw, type Written } from './lines.ts'
import { type Part, replacePart } from './parts.ts'
import { type Hl7Path, PathError, parsePath, parseSegmentPath, type SegmentPath } from './path.ts'
import { type Message, readMessage } from './read.ts'
import { scopeOf } from './scope.ts'
import { isHeader } from './value.ts'

/**
 * A text for a leaf; null for `""`, which says: delete; undefined or '' for nothing; a list for the
 * parts of a field or of a component.
 */
export type SetValue = string | null | undefined | readonly SetValue[]

/**
 * Before or behind the segment that a path such as `NK1[2]` names; at the end where neither is
 * given.
 */
export interface Where {
  readonly after?: string
  readonly before?: string
}

export interface NewMessage {
  /** Fields of MSH by number, from MSH-3 on. */
  readonly header?: Readonly<Record<number, SetValue>>
  /** MSH-1 and MSH-2. Default: `|^~\&`. */
  readonly delimiters?: string
  /** Named in MSH-18 where it is not ASCII, the default. */
  readonly charset?: Charset
}

export function edit(message: Message): Editor {
  return new Editor(message, message.written)
}

/** Throws Failure('message_unreadable') where the delimiters cannot be used. */
export function newMessage(options: NewMessage = {}): Editor {
  const { delimiters = '|^~\\&', charset = 'ascii', header = {} } = options
  const text = `MSH${delimiters}${delimiters.charAt(0)}`
  readDelimiters(text, 0)
  const editor = new Editor(readMessage(Buffer.from(`${text}\r`, 'latin1')), {
    charset,
    base: charset === 'iso-2022-jp' ? 'ascii' : charset,
  })
  for (const [field, value] of Object.entries(header)) editor.set(`MSH-${field}`, value)
  for (const [i, name] of charsetName(charset).split('~').entries()) {
    if (name !== '') editor.set(`MSH-18[${i + 1}]`, name)
  }
  return editor
}

/** The bytes of a message put together again from its segments: those that came. */
export function writeMessage(message: Message): Buffer {
  return edit(message).toBytes()
}

/**
 * Every method throws a PathError for a bad path, a Failure (`edit_refused`, `value_unencodable`).
 */
export class Editor {
  readonly #lines: Line[]
  readonly #prefix: Buffer
  readonly #written: Written
  readonly #message: Message
  readonly #rules: WriteRules

  constructor(message: Message, written: Written) {
    const { lines, prefix } = linesOf(message)
    this.#message = message
    this.#lines = lines
    this.#prefix = prefix
    this.#written = written
    const hex = written.charset === 'iso-2022-jp' ? written.base : written.charset
    this.#rules = { ...message.delimiters, encode: text => encode(text, hex) }
  }

  /**
   * Sets what the path names; a path without a repetition names the first, `[*]` each that is
   * there. What is missing before it in its segment is made; the segment itself is not.
   */
  set(text: string, value: SetValue): this {
    const path = parsePath(text)
    const lines = this.#at(path)
    if (lines.length === 0 && path.ordinal > 0) this.#refuse(text, 'there is no such segment')
    if (path.field < 3 && isHeader(path.segment)) this.#refuse(text, 'delimiters stay as they are')
    const content = this.#encoded(value, levelOf(path), text)
    for (const line of lines) this.#replace(line, text, () => content)
    return this
  }

  /** A new segment; `fields` by number. */
  add(name: string, where: Where = {}, fields: Readonly<Record<number, SetValue>> = {}): this {
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name) || isHeader(name))
      this.#refuse(name, 'no name of a segment')
    const line: Line = { name, content: name, raw: undefined, end: this.#lineEnd() }
    for (const [field, value] of Object.entries(fields)) {
      const place = `${name}-${field}`
      const content = this.#encoded(value, 'field', place)
      this.#replace(line, place, () => content)
    }
    this.#insert(line, where)
    return this
  }

  /** The segment that a path names, once more; behind itself where nothing else is said. */
  copy(text: string, where: Where = { after: text }): this {
    const [line] = this.#at(parseSegmentPath(text))
    if (line === undefined) this.#refuse(text, 'there is no such segment')
    if (isHeader(line.name)) this.#refuse(text, 'a message has one header')
    this.#insert({ ...line, end: line.end.length === 0 ? this.#lineEnd() : line.end }, where)
    return this
  }

  /**
   * Segments (`NK1[2]`, `NK1[*]`) or repetitions (`PID-3[2]`, `PID-3[*]`); none there is no fault.
   */
  remove(text: string): this {
    const path = segmentPathOf(text)
    if (path === undefined) return this.#removeRepetition(text)
    if (isHeader(path.segment)) this.#refuse(text, 'a message keeps its header')
    for (const line of this.#at(path)) this.#lines.splice(this.#lines.indexOf(line), 1)
    return this
  }

  toBytes(): Buffer {
    const pieces = [this.#prefix]
    for (const { content, raw, end } of this.#lines) {
      pieces.push(raw ?? toRaw(content, this.#written), end)
    }
    return Buffer.concat(pieces)
  }

  toMessage(): Message {
    const { charset } = this.#written
    return readMessage(this.toBytes(), charset === 'ascii' ? {} : { charset })
  }

  #removeRepetition(text: string): this {
    const path = parsePath(text)
    if (path.component > 0) this.#refuse(text, 'only segments and repetitions are removed')
    if (path.field < 3 && isHeader(path.segment)) this.#refuse(text, 'delimiters stay as they are')
    for (const line of this.#at(path)) this.#replace(line, text, () => undefined)
    return this
  }

  #at({ within, segment, ordinal }: SegmentPath): readonly Line[] {
    const found = within.reduce<readonly Line[]>(scopeOf, this.#lines)
    const named = found.filter(({ name }) => name === segment)
    return ordinal === 0 ? named : named.slice(ordinal - 1, ordinal)
  }

  /** `part` gives the new content, or undefined to leave the repetition out. */
  #replace(line: Line, text: string, part: Part): void {
    const path = parsePath(text)
    const content = replacePart(line, { path, part, delimiters: this.#message.delimiters })
    if (content === undefined) this.#refuse(text, 'MSH-2 declares no delimiter for such a part')
    line.content = this.#withoutLineFeeds(content, text)
    line.raw = undefined
  }

  /**
   * A line feed that someone forgot to escape is content as long as no segment seems to begin
   * behind it. In a segment that changes, that may change too, so there it is escaped.
   */
  #withoutLineFeeds(content: string, place: string): string {
    if (!content.includes('\n')) return content
    const mark = this.#rules.escape
    const [name = '', second = ''] = content.split(this.#message.delimiters.field, 2)
    if (mark === '' || (isHeader(name) && second.includes('\n'))) {
      this.#refuse(place, 'the segment holds a line feed where none can be escaped')
    }
    return content.replaceAll('\n', `${mark}.br${mark}`)
  }

  #insert(line: Line, { after, before }: Where): void {
    const place = after ?? before
    const found = place === undefined ? this.#lines.at(-1) : this.#at(parseSegmentPath(place))[0]
    if (found === undefined) this.#refuse(place ?? '', 'there is no such segment')
    const at = this.#lines.indexOf(found) + (after === undefined && before !== undefined ? 0 : 1)
    if (at === 0) this.#refuse(place ?? '', 'nothing stands before the header')
    // Where the last segment has no end, it gets one now and the new last one does not need it.
    const previous = this.#lines[at - 1]
    if (previous?.end.length === 0) previous.end = this.#lineEnd()
    this.#lines.splice(at, 0, line)
  }

  /** How this message ends its segments. */
  #lineEnd(): Buffer {
    const { bytes, segments } = this.#message
    const { end = 0 } = segments[0] ?? {}
    const found = /^(?:\r\n|\r|\n)/.exec(bytes.slice(end, end + 2))?.[0] ?? '\r'
    return toRaw(found, this.#written)
  }

  #encoded(value: SetValue, level: Level, place: string): string {
    if (value === null) return '""'
    if (value === undefined || value === '') return ''
    if (typeof value === 'string') return this.#leaf(value, place)
    const { component, subcomponent } = this.#message.delimiters
    const separator = level === 'field' ? component : level === 'component' ? subcomponent : ''
    if (separator === '' && value.length > 1)
      this.#refuse(place, 'there are no parts below this one')
    const next = level === 'field' ? 'component' : 'leaf'
    const parts = value.map(part => this.#encoded(part, next, place))
    while (parts.at(-1) === '') parts.pop()
    return parts.join(separator)
  }

  #leaf(value: string, place: string): string {
    const escaped = escapeText(value, this.#rules)
    if (escaped === undefined) this.#refuse(place, 'MSH-2 declares no escape character')
    const content = toContent(escaped, this.#written)
    if (content === undefined) {
      throw new Failure('value_unencodable', { place, charset: this.#written.charset })
    }
    return content
  }

  #refuse(place: string, why: string): never {
    throw new Failure('edit_refused', { place, why })
  }
}

type Level = 'field' | 'component' | 'leaf'

function levelOf(path: Hl7Path): Level {
  if (path.component === 0) return 'field'
  return path.subcomponent === 0 ? 'component' : 'leaf'
}

function segmentPathOf(text: string): SegmentPath | undefined {
  try {
    return parseSegmentPath(text)
  } catch (thrown) {
    if (thrown instanceof PathError) return undefined
    throw thrown
  }
}
