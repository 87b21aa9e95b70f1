// Requests prepared once from the settings and filled in for each write, as plain calls.
import {
  assert,
  fillPath,
  fillShape,
  fillText,
  type HttpCall,
  parseTemplate,
  present,
  type Shape,
  type Subject,
  shapeOf,
  type Template,
  type TextPlace,
} from '#sdk'

export interface Told {
  readonly method: HttpCall['method']
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Prepared {
  readonly method: HttpCall['method']
  readonly path: Template
  readonly headers: readonly (readonly [name: string, value: Template])[]
  readonly body: Body | undefined
}

type Body =
  | { readonly is: 'json'; readonly shape: Shape }
  | { readonly is: 'text'; readonly template: Template; readonly place: TextPlace }

/** Of settings that were checked. */
export function templateOf(text: string): Template {
  const parsed = parseTemplate(text)
  return present('template' in parsed ? parsed.template : undefined, 'a checked template')
}

export function prepare({ method, path, headers, body }: Told): Prepared {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const type = given.find(([name]) => name === 'content-type')?.[1] ?? usualType(body)
  const all =
    type === undefined
      ? given
      : [...without(given, 'content-type'), ['content-type', type] as const]
  return {
    method,
    path: templateOf(path),
    headers: all.map(([name, value]) => [name, templateOf(value)]),
    body: body === undefined ? undefined : bodyOf(body, type ?? ''),
  }
}

const without = <T extends readonly [string, string]>(entries: readonly T[], name: string) =>
  entries.filter(([one]) => one !== name)

const usualType = (body: unknown): string | undefined => {
  if (body === undefined) return undefined
  return typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
}

function bodyOf(body: unknown, type: string): Body {
  if (typeof body !== 'string') return { is: 'json', shape: shapeOf(body, templateOf) }
  const place = placeOf(type)
  assert(place !== undefined, 'a checked content-type')
  return { is: 'text', template: templateOf(body), place }
}

/** How values are encoded in a text of this type; undefined where that is not known. */
export function placeOf(type: string): TextPlace | undefined {
  const [media = ''] = type.toLowerCase().split(';')
  const name = media.trim()
  if (isJson(name)) return 'json'
  if (name === 'application/x-www-form-urlencoded') return 'form'
  if (/^(application|text)\/(xml|html|[\w.-]+\+xml)$/.test(name)) return 'xml'
  return name === 'text/plain' || name === 'text/markdown' ? 'plain' : undefined
}

export const isJson = (type: string): boolean =>
  /^application\/(json|[\w.-]+\+json)(\s*;|$)/.test(type.toLowerCase().trim())

/** Throws a Failure that names the path of a value that is missing or cannot stand there. */
export function callOf(
  prepared: Prepared,
  subject: Subject,
  more: { readonly changes: boolean; readonly headers?: Readonly<Record<string, string>> },
): HttpCall {
  const { method, path, headers, body } = prepared
  const filled = headers.map(([name, value]) => [name, fillText(value, subject, 'header')])
  return {
    kind: 'http',
    method,
    path: fillPath(path, subject),
    headers: { ...Object.fromEntries(filled), ...more.headers },
    body: body && bodyText(body, subject),
    changes: more.changes,
  }
}

const bodyText = (body: Body, subject: Subject): string =>
  body.is === 'json'
    ? JSON.stringify(fillShape(body.shape, subject) ?? null)
    : fillText(body.template, subject, body.place)
