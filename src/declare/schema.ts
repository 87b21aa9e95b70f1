// From a JSON Schema to a check that fills in defaults and answers in sentences a person can act
// on. The only file, beside check_event.ts, that knows ajv. A secret's value is never repeated.
import { Ajv, type ErrorObject } from 'ajv'
import { nearest } from '../kit/nearest.ts'
import type { JsonSchema } from './field.ts'
import { type Path, pathOf } from './schema_path.ts'
import { describe, found, remedyFor } from './schema_words.ts'

/** One disagreement of a value with its schema. */
export interface SchemaIssue {
  /** Where; for a missing key, the place where it should stand. */
  readonly path: Path
  readonly part: 'key' | 'value'
  readonly rule: 'unknown_key' | 'missing_key' | 'wrong_value' | 'wrong_kind'
  /** Without its subject: `must be …`, `is missing`. */
  readonly what: string
  readonly remedy: string
}

export interface Shape {
  readonly schema: JsonSchema
  /**
   * Every issue, in the order of the schema. Fills defaults into `value`. Where `written` knows the
   * text behind a value, as `${NAME}`, that is repeated instead of what the environment holds.
   */
  check(value: unknown, written?: Written): readonly SchemaIssue[]
}

export type Written = (path: Path) => string | undefined

export function compile(schema: JsonSchema): Shape {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  })
  const validate = ajv.compile(schema)
  return {
    schema,
    check(value, written = () => undefined) {
      if (validate(value)) return []
      const errors = (validate.errors ?? []).filter(error => !isEcho(error, validate.errors ?? []))
      return unique(errors.map(error => issueOf(error, written)))
    },
  }
}

/** Errors that only repeat, from the frame around it, what another one says better. */
function isEcho(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.schemaPath.includes('/anyOf/')) return true
  if (error.keyword === 'propertyNames') return true
  if (!KIND_KEYWORDS.has(error.keyword)) return false
  const same = (other: ErrorObject) => other.instancePath === error.instancePath
  return all.some(other => same(other) && other.keyword === 'additionalProperties')
}

/** How `oneOfKind` says that exactly one kind is wanted. */
const KIND_KEYWORDS = new Set(['minProperties', 'maxProperties', 'anyOf'])

function issueOf(error: ErrorObject, written: Written): SchemaIssue {
  const path = pathOf(error.instancePath)
  const schema = (error.parentSchema ?? {}) as JsonSchema
  if (error.keyword === 'additionalProperties') {
    return unknownKey([...path, error.params.additionalProperty as string], schema)
  }
  if (error.keyword === 'required') {
    const key = error.params.missingProperty as string
    const wanted = ((schema.properties ?? {}) as Record<string, JsonSchema>)[key] ?? {}
    const remedy = remedyFor(key, wanted)
    return { path: [...path, key], part: 'key', rule: 'missing_key', what: 'is missing.', remedy }
  }
  if (KIND_KEYWORDS.has(error.keyword)) {
    const what = `must name exactly one kind: ${kindsOf(schema).join(', ')}.`
    return {
      path,
      part: 'key',
      rule: 'wrong_kind',
      what,
      remedy: 'Keep one and remove the others.',
    }
  }
  if (error.propertyName !== undefined) {
    const what = `must be ${describe(schema)}.`
    const where = [...path, error.propertyName]
    return { path: where, part: 'key', rule: 'wrong_value', what, remedy: 'Rename the key.' }
  }
  const text = written(path)
  const stands = text === undefined ? found(error.data, schema) : `what \`${text}\` stands for`
  const what = `must be ${describe(schema)}; found ${stands}.`
  const remedy = remedyFor(path.at(-1) ?? '', schema, text === undefined ? error.data : undefined)
  return { path, part: 'value', rule: 'wrong_value', what, remedy }
}

function kindsOf(schema: JsonSchema): readonly string[] {
  const chosen = schema.anyOf as readonly { required: readonly string[] }[] | undefined
  return chosen?.flatMap(one => one.required) ?? Object.keys((schema.properties ?? {}) as object)
}

function unknownKey(path: Path, schema: JsonSchema): SchemaIssue {
  const key = path.at(-1) ?? ''
  const known = Object.keys((schema.properties ?? {}) as object)
  const meant = nearest(key, known)
  const others = known.length === 0 ? 'Nothing is set here.' : `Known here: ${known.join(', ')}.`
  const remedy = meant === undefined ? others : `Did you mean \`${meant}\`?`
  return { path, part: 'key', rule: 'unknown_key', what: 'is not a known key.', remedy }
}

/** A value of the wrong type breaks several keywords at once; one sentence names them all. */
function unique(issues: readonly SchemaIssue[]): readonly SchemaIssue[] {
  const seen = new Map(issues.map(issue => [`${issue.rule} ${JSON.stringify(issue.path)}`, issue]))
  return [...seen.values()]
}
