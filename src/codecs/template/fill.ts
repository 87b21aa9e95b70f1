// Templates filled in, each value encoded for the place that it stands in: whatever a sender wrote,
// it stays the one value that the template means. Throws a Failure that names the path.
import { Failure } from '../../model/errors.ts'
import type { Expression, Template } from './parse.ts'
import { type Subject, textOf, valueFor } from './values.ts'

/** Where the text of a template goes. `json`: between the quotes of a JSON text. */
export type TextPlace = 'plain' | 'url' | 'header' | 'json' | 'xml' | 'form'

export function fillText(template: Template, subject: Subject, place: TextPlace): string {
  const encode = encoders[place]
  const parts = template.map(part => {
    if (typeof part === 'string') return part
    const value = valueFor(part, subject)
    return value === undefined ? '' : encode(textOf(value, part).toWellFormed(), part)
  })
  return parts.join('')
}

type Encode = (text: string, at: Expression) => string

const unfit = ({ path }: Expression, is: string) =>
  new Failure('template_value_unfit', { path, is })

const encoders: Readonly<Record<TextPlace, Encode>> = {
  plain: text => text,
  url: encodeURIComponent,
  form: text => encodeURIComponent(text).replaceAll('%20', '+'),
  json: text => JSON.stringify(text).slice(1, -1),
  // A line break would begin another header (RFC 9110, 5.5); beyond ASCII nobody agrees.
  header: (text, at) => {
    if (!/^[\t\x20-\x7e]*$/.test(text)) throw unfit(at, 'not for a header')
    return text
  },
  xml: (text, at) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0, 2.2 has no way to write them.
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) throw unfit(at, 'not for XML')
    return text.replaceAll(/[&<>"'\r]/g, character => `&#${character.charCodeAt(0)};`)
  },
}

/**
 * A path with values in its segments and its query. No value can leave its place: a segment that
 * would mean the folder above, or none, is refused.
 */
export function fillPath(template: Template, subject: Subject): string {
  const path = fillText(template, subject, 'url')
  const [place = ''] = path.split('?')
  if (isWayward(place)) {
    const { path: name } = template.find(part => typeof part !== 'string') ?? { path: '' }
    throw new Failure('template_value_unfit', { path: name, is: 'not for a path' })
  }
  return path
}

/** Whether a path has empty segments, or such as `..`, which servers resolve. */
export const isWayward = (path: string): boolean =>
  path
    .replace(/^\//, '')
    .split('/')
    .some((segment, i, all) => {
      const dots = segment.replaceAll(/%2e/gi, '.')
      return dots === '.' || dots === '..' || (segment === '' && i < all.length - 1)
    })

/** A structure of YAML with templates for its texts. */
export type Shape =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'text'; readonly template: Template }
  | { readonly is: 'list'; readonly items: readonly Shape[] }
  | { readonly is: 'group'; readonly entries: readonly (readonly [string, Shape])[] }

/** `parse` is handed each text. */
export function shapeOf(value: unknown, parse: (text: string) => Template): Shape {
  if (typeof value === 'string') return { is: 'text', template: parse(value) }
  if (Array.isArray(value)) return { is: 'list', items: value.map(item => shapeOf(item, parse)) }
  if (typeof value !== 'object' || value === null) return { is: 'value', value }
  const entries = Object.entries(value)
  return { is: 'group', entries: entries.map(([key, held]) => [key, shapeOf(held, parse)]) }
}

/**
 * The structure with its values; undefined where it is to be left out. A template that is the whole
 * text keeps the type of its value: a number stays a number, an element an element.
 */
export function fillShape(shape: Shape, subject: Subject): unknown {
  switch (shape.is) {
    case 'value':
      return shape.value
    case 'text':
      return wholeValue(shape.template, subject)
    case 'list':
      return shape.items.flatMap(item => {
        const value = fillShape(item, subject)
        return value === undefined ? [] : [value]
      })
    case 'group':
      return Object.fromEntries(
        shape.entries.flatMap(([key, held]) => {
          const value = fillShape(held, subject)
          return value === undefined ? [] : [[key, value]]
        }),
      )
  }
}

/** Of a text that is one expression and nothing else its value as it is. */
export function wholeValue(template: Template, subject: Subject): unknown {
  const [only, ...more] = template
  return typeof only === 'object' && more.length === 0
    ? valueFor(only, subject)
    : fillText(template, subject, 'plain')
}
