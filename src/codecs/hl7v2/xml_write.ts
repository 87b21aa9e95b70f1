// A message as HL7 v2.xml (urn:hl7-org:v2xml), in UTF-8 with the names of v2.5.1. Nothing of its
// content is lost: escapes without a character of their own become `<escape V="…"/>`, empty
// repetitions stay as empty elements. What separates nothing (trailing delimiters) is left out.
import { Buffer } from 'node:buffer'
import { decode } from './charset_text.ts'
import { hexRun, isSequence } from './escape.ts'
import { switchOf } from './iso2022.ts'
import type { Message, Segment } from './read.ts'
import { isHeader, type Value } from './value.ts'
import { isViewed } from './view.ts'
import { Grouping, structureOf } from './xml_groups.ts'
import { typeOfField, typeOfPart, typeOfValue } from './xml_names.ts'

export function toXml(message: Message): string {
  const version = message.text('MSH-12.1') ?? ''
  const [code = '', event = '', named = ''] = [1, 2, 3].map(n => message.text(`MSH-9.${n}`) ?? '')
  const structure = structureOf(code, event, named)
  const grouping = new Grouping(structure)
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<${structure} xmlns="urn:hl7-org:v2xml">\n`,
  ]
  const open: string[] = []
  for (const segment of message.segments) {
    const turn = grouping.next(segment.name)
    for (const group of open.splice(open.length - turn.closed).reverse()) out.push(`</${group}>\n`)
    for (const group of turn.opened) {
      open.push(`${structure}.${group}`)
      out.push(`<${structure}.${group}>\n`)
    }
    out.push(segmentXml(segment, version))
  }
  for (const group of open.reverse()) out.push(`</${group}>\n`)
  out.push(`</${structure}>\n`)
  return out.join('')
}

/** A name that is none in XML stands in an attribute of an element that says so. */
function segmentXml(segment: Segment, version: string): string {
  const isNamed = /^[A-Z][A-Z0-9]{2}$/.test(segment.name)
  const element = isNamed ? segment.name : 'UNNAMED'
  const attribute = isNamed ? '' : ` name="${attributeText(segment)}"`
  const out = [`<${element}${attribute}>`]
  const last = segment.fieldCount
  for (let field = 1; field <= last; field++) {
    const name = `${element}.${field}`
    const type = typeOf(segment, field, version)
    for (const value of segment.repetitions(field))
      out.push(valueXml(name, value, { type, version }))
  }
  out.push(`</${element}>\n`)
  return out.join('')
}

function typeOf(segment: Segment, field: number, version: string): string | undefined {
  if (segment.name === 'OBX' && field === 5) return typeOfValue(segment.text(2) ?? '', version)
  return typeOfField(`${segment.name}.${field}`, version)
}

interface Typed {
  readonly type: string | undefined
  readonly version: string
}

/** An element for a repetition, a component or a sub-component; empty where there is nothing. */
function valueXml(name: string, value: Value, { type, version }: Typed): string {
  if (value.raw === '') return `<${name}/>`
  if (value.raw === '""') return `<${name}>""</${name}>`
  const parts = value.parts()
  // A part that cannot be cut any further is its own only part.
  const isLeaf = parts.length === 1 && (type === undefined || parts[0]?.level === value.level)
  if (isLeaf && !hasDelimiters(value, parts)) return `<${name}>${leafXml(value)}</${name}>`
  const inner = parts.map((part, i) => {
    if (part.raw === '') return ''
    const below = type === undefined ? undefined : typeOfPart(type, i + 1, version)
    return valueXml(`${type ?? name}.${i + 1}`, part, { type: below, version })
  })
  return `<${name}>${inner.join('')}</${name}>`
}

/** A single component may still hold sub-components. */
function hasDelimiters(value: Value, parts: readonly Value[]): boolean {
  const [only] = parts
  return only !== undefined && only.level !== value.level && only.parts().length > 1
}

function leafXml(value: Value): string {
  const { message, name } = value.segment
  const text = value.undecoded()
  const { delimiters } = message
  if (delimiters.escape === '' || (value.fieldNumber === 2 && isHeader(name))) {
    return content(text)
  }
  const letters: Readonly<Record<string, string>> = {
    F: delimiters.field,
    S: delimiters.component,
    T: delimiters.subcomponent,
    R: delimiters.repetition,
    E: delimiters.escape,
  }
  const out: string[] = []
  let from = 0
  let start = text.indexOf(delimiters.escape)
  while (start >= 0) {
    const end = text.indexOf(delimiters.escape, start + 1)
    if (end < 0) break
    const run = hexRun(text, start, delimiters.escape)
    if (run !== undefined) {
      out.push(content(text.slice(from, start)), content(message.escapes.decodeBytes(run.bytes)))
      from = run.end
      start = text.indexOf(delimiters.escape, from)
      continue
    }
    const sequence = text.slice(start + 1, end)
    const letter = Object.hasOwn(letters, sequence) ? letters[sequence] : undefined
    if (!isSequence(sequence, delimiters)) {
      start = end
      continue
    }
    out.push(content(text.slice(from, start)))
    if (letter !== undefined) out.push(content(letter))
    // The text is Unicode already: what switched its character set has done its work.
    else if (switchOf(sequence) === undefined) out.push(`<escape V="${sequence}"/>`)
    from = end + 1
    start = text.indexOf(delimiters.escape, from)
  }
  out.push(content(text.slice(from)))
  return out.join('')
}

/** XML has no place for a control character in an attribute. */
function attributeText({ name, message }: Segment): string {
  const charset = isViewed(message.charset) ? 'utf-8' : message.charset
  const text = decode(Buffer.from(name, 'latin1'), charset).replaceAll(/\p{Cc}/gu, '?')
  return content(text)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Characters that XML 1.0 cannot hold are written as the hexadecimal escape of HL7. */
function content(text: string): string {
  return text.replaceAll(
    /[&<>"\n\t]|[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu,
    character => {
      const entity = entities[character]
      if (entity !== undefined) return entity
      return `<escape V="X${Buffer.from(character).toString('hex').toUpperCase()}"/>`
    },
  )
}
