// A JSON Schema in words: what is wanted, what was found instead, what to write. Never the value of
// a secret (`writeOnly`), and never more of a value than a person needs to recognise it.
import { nearest } from '../kit/nearest.ts'
import { DURATION_PATTERN, RANGE_PATTERN, RATE_PATTERN } from '../kit/written.ts'
import type { JsonSchema } from './field.ts'
import { yamlText } from './yaml_text.ts'

/** Names become topics, folders and file names, so they are short, plain, and free of dots. */
export const NAME_PATTERN = '^[a-z][a-z0-9_]{0,59}$'
export const MODULE_PATTERN = '^(base|[a-z][a-z0-9_]*/[a-z][a-z0-9_]*)$'
export const MESSAGE_PATTERN = '^[A-Z][A-Z0-9]{2}(\\^[A-Z0-9]{3})?$'
export const RESOURCE_PATTERN = '^[A-Z][A-Za-z]{1,63}$'

const PATTERN_WORDS: Readonly<Record<string, string>> = {
  [NAME_PATTERN]:
    'a name in snake_case: a to z, 0 to 9 and _, a letter first, at most 60 characters',
  [MODULE_PATTERN]: '`base`, or `<tenant>/<name>` for transforms/<tenant>/<name>.ts',
  [MESSAGE_PATTERN]: 'a message type such as ADT^A01, or ADT for all of its events',
  [RESOURCE_PATTERN]: 'a FHIR R4 resource type such as Encounter',
  [DURATION_PATTERN]: 'a span of time such as 500ms, 30s, 5m, 24h or 7d',
  [RANGE_PATTERN]: 'two spans of time such as 1s..5m',
  [RATE_PATTERN]: 'a rate such as 10/s, 600/min or 100/h',
}

const SHOWN_CHARACTERS_MAX = 40

/** What the schema wants, to stand behind `must be`. */
export function describe(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'integer':
      return `an integer${range(schema)}`
    case 'number':
      return `a number${range(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a group of keys'
    case 'string':
      return textWords(schema)
    case undefined:
      return 'any text, number, list or group'
    default:
      return 'as the schema says'
  }
}

function textWords(schema: JsonSchema): string {
  const { pattern } = schema
  if (typeof pattern === 'string') return PATTERN_WORDS[pattern] ?? `text that matches ${pattern}`
  return schema.minLength === undefined ? 'text' : 'text that is not empty'
}

function range({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` between ${minimum} and ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  if (maximum !== undefined) return ` of at most ${maximum}`
  return ''
}

/** User and password inside an address. */
const CREDENTIALS = /:\/\/[^/\s]*@/

/** What stands there instead, to stand behind `found`. */
export function found(value: unknown, schema: JsonSchema): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a group of keys'
  if (schema.writeOnly === true) return 'a value that is not shown, because it is secret'
  if (CREDENTIALS.test(String(value))) return 'an address with credentials in it'
  const shown = JSON.stringify(value)
  const cut = shown.length > SHOWN_CHARACTERS_MAX
  return cut ? `${shown.slice(0, SHOWN_CHARACTERS_MAX)}… (cut)` : shown
}

/** What to write, from the field's own sentence and example. */
export function remedyFor(key: string, schema: JsonSchema, value?: unknown): string {
  const meant =
    Array.isArray(schema.enum) && typeof value === 'string'
      ? nearest(value, schema.enum)
      : undefined
  if (meant !== undefined) return `Did you mean \`${meant}\`?`
  const { description, examples } = schema
  const sentence = typeof description === 'string' ? description : 'Write what is meant.'
  const example = Array.isArray(examples) ? examples[0] : undefined
  return example === undefined
    ? sentence
    : `${sentence} Example: ${yamlText({ [key]: example }).trim()}`
}
