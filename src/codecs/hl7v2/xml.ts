// HL7 v2.xml read into the bytes of an ordinary message. Any document will do whose segments are
// elements of three characters and whose parts end in their number, whatever groups wrap them. A
// text stays a text ("007"), no entity is expanded, no DTD is read; what cannot be a message is
// refused.
import { Buffer } from 'node:buffer'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { Failure } from '../../model/errors.ts'
import { limits } from '../../model/limits.ts'
import { type Charset, charsetNamed, decideCharset, utf16Of } from './charset.ts'
import { decode, encode } from './charset_text.ts'
import { type Delimiters, readDelimiters } from './delimiters.ts'
import { escapeText, hexRun } from './escape.ts'
import { switchOf } from './iso2022.ts'
import { hasSwitches } from './view.ts'
import { xmlUtf16 } from './xml_head.ts'

/** Structure, groups, segment, field, component, sub-component, escape. */
const DEPTH_MAX = 16
/** Gaps between numbers are delimiters, so a short document could make a long message. */
const NUMBER_MAX = 99_999

/**
 * The bytes of the message, segments ended by CR, in the set that its MSH-18 names where that set
 * can hold it, else in UTF-8 and saying so. Throws Failure('message_unreadable') with the reason.
 */
export function fromXml(bytes: Buffer): Buffer {
  if (bytes.length > limits.record_bytes_max) refuse('larger than record_bytes_max')
  const segments = segmentsOf(parse(textOf(bytes)))
  const [header] = segments
  if (header?.name !== 'MSH') refuse('the first segment is not MSH')
  const delimiters = delimitersOf(header)
  const msh18 = (header.fields.get(18) ?? []).map(nameOfSet)
  const charset = charsetNamed(msh18[0] ?? '') ?? 'utf-8'
  const target = { delimiters, charset }
  const er7 = charset.startsWith('utf-16') ? undefined : encode(textIn(segments, target), charset)
  const found = er7 && decideCharset(er7, { msh18 }).charset
  if (er7 !== undefined && (found === charset || found === 'ascii')) return er7
  const text = textIn(segments, { delimiters, charset: 'utf-8' })
  const end = text.indexOf('\r')
  const fields = text.slice(0, end).split(delimiters.field)
  while (fields.length < 18) fields.push('')
  fields[17] = 'UNICODE UTF-8'
  return Buffer.from(fields.join(delimiters.field) + text.slice(end))
}

function textIn(segments: readonly XmlSegment[], of: Omit<Target, 'spend'>): string {
  let left = limits.record_bytes_max
  const spend = (count: number) => {
    left -= count
    if (left < 0) refuse('its message is larger than record_bytes_max')
  }
  // A header further down, of which nothing stands there but its name.
  const isBare = (segment: XmlSegment) =>
    segment !== segments[0] && segment.name === 'MSH' && Math.max(0, ...segment.fields.keys()) < 2
  return segments
    .map(segment => (isBare(segment) ? segment.name : lineOf(segment, { ...of, spend })))
    .map(line => `${line}\r`)
    .join('')
}

/** What the message is to be written in. */
interface Target {
  readonly delimiters: Delimiters
  readonly charset: Charset
  /** Counts parts, so that no document makes more than a message may hold. */
  spend(count: number): void
}

function refuse(why: string): never {
  throw new Failure('message_unreadable', { place: 'XML', why })
}

/** By its mark, by the zeros around `<`, by its own declaration, else UTF-8. */
function textOf(bytes: Buffer): string {
  const wide = utf16Of(bytes) ?? xmlUtf16(bytes)
  if (wide !== undefined) return decode(bytes, wide)
  const head = bytes.toString('latin1', 0, 200)
  const name = /^[^<]*<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]{1,40})["']/.exec(head)?.[1]
  const charset = name === undefined ? 'utf-8' : charsetNamed(name)
  if (charset === undefined || charset.startsWith('utf-16')) refuse('its encoding is not known')
  const text = decode(bytes, charset)
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** One element or text of the parser, children in their order. */
interface Node {
  readonly [name: string]: unknown
}

const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTES = ':@'

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Entities are decoded below, the five of XML and numbers only.
  processEntities: false,
  removeNSPrefix: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: DEPTH_MAX,
})

function parse(text: string): readonly Node[] {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) refuse('it has a document type')
  try {
    const valid = XMLValidator.validate(text)
    if (valid !== true) refuse(`not well formed at line ${valid.err.line}`)
    const roots = (parser.parse(text) as Node[]).filter(node => nameOf(node) !== TEXT)
    if (roots.length !== 1) refuse('it has not one root')
    return childrenOf(roots[0] as Node)
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    const why = 'nested too deep, or a name that is not allowed'
    throw new Failure('message_unreadable', { place: 'XML', why }, cause)
  }
}

function nameOf(node: Node): string {
  return Object.keys(node).find(key => key !== ATTRIBUTES) ?? ''
}

function childrenOf(node: Node): readonly Node[] {
  const children = node[nameOf(node)]
  return Array.isArray(children) ? (children as Node[]) : []
}

function attributeOf(node: Node, name: string): string {
  const attributes = node[ATTRIBUTES] as Readonly<Record<string, unknown>> | undefined
  const value = attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : ''
  return decodeEntities(String(value))
}

interface XmlSegment {
  readonly name: string
  /** By number; its repetitions in their order. */
  readonly fields: ReadonlyMap<number, readonly Node[]>
}

/** Segments in their order, groups taken apart. */
function segmentsOf(nodes: readonly Node[]): readonly XmlSegment[] {
  return nodes.flatMap(node => {
    const name = nameOf(node)
    if (name === TEXT || name === CDATA) return isBlank(node) ? [] : refuse('text between segments')
    if (name === 'UNNAMED') return [segmentOf(node, attributeOf(node, 'name'))]
    if (/^[A-Z][A-Z0-9]{2}$/.test(name)) return [segmentOf(node, name)]
    return /^[A-Z][\w.]*$/.test(name) ? segmentsOf(childrenOf(node)) : refuse('an unknown element')
  })
}

function segmentOf(node: Node, name: string): XmlSegment {
  const fields = new Map<number, Node[]>()
  for (const child of childrenOf(node)) {
    if (isBlank(child)) continue
    const number = numberOf(nameOf(child))
    const repetitions = fields.get(number)
    if (repetitions === undefined) fields.set(number, [child])
    else repetitions.push(child)
  }
  return { name, fields }
}

/** `3` of `PID.3` and of `CX.3`. */
function numberOf(name: string): number {
  const number = Number(/^[A-Z][\w.]*\.(\d{1,5})$/.exec(name)?.[1] ?? 0)
  if (number < 1 || number > NUMBER_MAX) refuse('an element without the number of its place')
  return number
}

/** White space, comments: nothing between elements. */
function isBlank(node: Node): boolean {
  const name = nameOf(node)
  return name === TEXT && /^\s*$/.test(String(node[TEXT]))
}

function delimitersOf(header: XmlSegment): Delimiters {
  const of = (field: number, usual: string) => {
    const [node] = header.fields.get(field) ?? []
    return node === undefined ? usual : plainText(node)
  }
  return readDelimiters(`MSH${of(1, '|')}${of(2, '^~\\&')}${of(1, '|')}`, 0)
}

/** A set is known by its name alone; whatever else stands there names none. */
function nameOfSet(node: Node): string {
  const [only, ...more] = childrenOf(node)
  return only === undefined || more.length > 0 ? '' : String(only[TEXT] ?? '')
}

function plainText(node: Node): string {
  return childrenOf(node)
    .map(child => (nameOf(child) === TEXT ? decodeEntities(String(child[TEXT])) : refuse('MSH.1')))
    .join('')
}

function lineOf({ name, fields }: XmlSegment, target: Target): string {
  const { delimiters } = target
  if (/\p{Cc}/u.test(name) || name.includes(delimiters.field)) refuse('a segment without a name')
  // A name is written as it stands, where a switch would change how all that follows is read.
  if (hasSwitches(name, delimiters)) refuse('a name that switches the character set')
  const last = Math.max(0, ...fields.keys())
  const isHeader = name === 'MSH'
  target.spend(last)
  const line = isHeader ? [name, encodingOf(delimiters, fields.get(2)?.[0])] : [name]
  for (let field = isHeader ? 3 : 1; field <= last; field++) {
    const repetitions = (fields.get(field) ?? []).map(node => partOf(node, FIELD, target))
    if (repetitions.length > 1 && delimiters.repetition === '') refuse('MSH.2 lacks a delimiter')
    line.push(repetitions.join(delimiters.repetition))
  }
  return line.join(delimiters.field)
}

/** As it is written: a header further down, which is none, may name other delimiters. */
function encodingOf(delimiters: Delimiters, written: Node | undefined): string {
  const { field, component, repetition, escape: mark, subcomponent, truncation } = delimiters
  const encoding = `${component}${repetition}${mark}${subcomponent}${truncation}`
  const whole = written === undefined ? encoding : plainText(written)
  return /\p{Cc}/u.test(whole) || whole.includes(field) ? encoding : whole
}

const FIELD = 0
const LEAF = 2

/** A field, its components, their sub-components: text, or elements by their numbers. */
function partOf(node: Node, level: number, target: Target): string {
  const { delimiters } = target
  const children = childrenOf(node).filter(child => !isEscape(child))
  const elements = children.filter(child => ![TEXT, CDATA].includes(nameOf(child)))
  if (elements.length === 0) return leafOf(node, target)
  if (elements.length < childrenOf(node).filter(child => !isBlank(child)).length) {
    refuse('text beside elements')
  }
  const separator = level === FIELD ? delimiters.component : delimiters.subcomponent
  if (level === LEAF) refuse('parts below a sub-component')
  const parts: string[] = []
  for (const element of elements) {
    const number = numberOf(nameOf(element))
    if (parts[number - 1] !== undefined) refuse('a component that stands twice')
    if (number > 1 && separator === '') refuse('MSH.2 lacks a delimiter')
    target.spend(Math.max(0, number - parts.length))
    parts[number - 1] = partOf(element, level + 1, target)
  }
  return Array.from(parts, part => part ?? '').join(separator)
}

const isEscape = (node: Node) => nameOf(node) === 'escape'

function leafOf(node: Node, { delimiters, charset }: Target): string {
  const children = childrenOf(node)
  const [only] = children
  if (children.length === 1 && only !== undefined && only[TEXT] === '""') return '""'
  const rules = { ...delimiters, encode: (text: string) => encode(text, charset) }
  return children
    .map(child => {
      if (isEscape(child)) return escapeOf(attributeOf(child, 'V'), delimiters)
      const text = nameOf(child) === TEXT ? decodeEntities(String(child[TEXT])) : cdataOf(child)
      return escapeText(text, rules) ?? refuse('MSH.2 lacks the escape character')
    })
    .join('')
}

function escapeOf(sequence: string, delimiters: Delimiters): string {
  const mark = delimiters.escape
  if (switchOf(sequence) !== undefined) return ''
  if (!/^[A-Za-z0-9.+-]{1,4096}$/.test(sequence)) refuse('an unknown escape')
  if (mark !== '') return `${mark}${sequence}${mark}`
  // Without an escape character only what ends nothing can stand there, and as itself.
  const { bytes = Buffer.alloc(0) } = hexRun(`\\${sequence}\\`, 0, '\\') ?? {}
  const text = bytes.toString()
  const ends = ['\r', '\n', ...Object.values(delimiters)].filter(end => end !== '')
  if (text === '' || ends.some(end => text.includes(end)))
    refuse('MSH.2 lacks the escape character')
  return text
}

function cdataOf(node: Node): string {
  return childrenOf(node)
    .map(child => String(child[TEXT] ?? ''))
    .join('')
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** The five entities of XML and numbered characters; any other is refused, none is expanded. */
function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,8}));|&/g, (...match) => {
    const [, decimal, hexadecimal, name] = match as (string | undefined)[]
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
    if (name !== undefined && Object.hasOwn(named, name)) return named[name] ?? ''
    const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    return isCharacter ? String.fromCodePoint(code) : refuse('an unknown entity')
  })
}
