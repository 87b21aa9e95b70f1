// A field: one setting, declared once. From it come the JSON Schema, the TypeScript type, the
// default, the mask of a secret and the sentence in the docs. `doc` is compulsory.

export type Presence = 'required' | 'defaulted' | 'optional'
export type JsonSchema = { readonly [keyword: string]: unknown }

export interface Field<T = unknown, P extends Presence = Presence> {
  readonly schema: JsonSchema
  readonly doc: string
  readonly presence: P
  readonly example?: T
  readonly secret: boolean
  /** Phantom: carries the type, never a value. */
  readonly type?: T
}

export type Fields = Readonly<Record<string, Field>>
export type TypeOf<F> = F extends Field<infer T, Presence> ? T : never
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K]['presence'] extends 'optional' ? K : never
}[keyof F]

/** What code is handed: defaulted fields are always there, optional ones may be missing. */
export type Config<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]>
} & { readonly [K in OptionalKeys<F>]?: TypeOf<F[K]> }

interface Common<T> {
  doc: string
  example?: T
}
type Given<T> = Common<T> & { default?: T; optional?: true }
type PresenceOf<O> = O extends { default: unknown }
  ? 'defaulted'
  : O extends { optional: true }
    ? 'optional'
    : 'required'

function field<T, O extends Given<T>>(
  schema: JsonSchema,
  options: O,
  secret = false,
): Field<T, PresenceOf<O>> {
  const presence =
    options.default !== undefined ? 'defaulted' : options.optional ? 'optional' : 'required'
  return {
    schema: {
      ...schema,
      description: options.doc,
      ...(options.default === undefined ? {} : { default: options.default }),
      ...(options.example === undefined ? {} : { examples: [options.example] }),
    },
    doc: options.doc,
    presence: presence as PresenceOf<O>,
    ...(options.example === undefined ? {} : { example: options.example }),
    secret,
  }
}

export function text<O extends Given<string> & { pattern?: string }>(options: O) {
  const { pattern } = options
  return field<string, O>(
    { type: 'string', minLength: 1, ...(pattern ? { pattern } : {}) },
    options,
  )
}

/** Masked wherever configuration is shown; its value belongs in the environment, not in YAML. */
export function secret<O extends Given<string>>(options: O) {
  return field<string, O>({ type: 'string', minLength: 1 }, options, true)
}

export function integer<O extends Given<number> & { minimum?: number; maximum?: number }>(
  options: O,
) {
  const { minimum, maximum } = options
  return field<number, O>(
    {
      type: 'integer',
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
    },
    options,
  )
}

export function flag<O extends Given<boolean>>(options: O) {
  return field<boolean, O>({ type: 'boolean' }, options)
}

export function choice<const V extends readonly string[], const O extends Given<V[number]>>(
  values: V,
  options: O,
) {
  return field<V[number], O>({ enum: values }, options)
}

/** Whatever YAML can say: text, numbers, lists, groups. */
export function anything<O extends Given<unknown>>(options: O) {
  return field<unknown, O>({}, options)
}

export function list<T, O extends Given<readonly T[]>>(item: Field<T>, options: O) {
  return field<readonly T[], O>({ type: 'array', items: item.schema }, options)
}

/** Keys of the analyst's choosing, all values of one kind. */
export function record<T, O extends Given<Readonly<Record<string, T>>>>(
  item: Field<T>,
  options: O,
) {
  return field<Readonly<Record<string, T>>, O>(
    { type: 'object', additionalProperties: item.schema },
    options,
  )
}

/** Fields under one key. Where all are defaulted or optional the group may be left out. */
export function group<F extends Fields, O extends Common<Config<F>> & { optional?: true }>(
  fields: F,
  options: O,
) {
  const made = field<Config<F>, O>(objectSchema(fields), options)
  return { ...made, fields }
}

/** A group of which exactly one key is given; each of its fields is optional. */
export function oneKey<F extends Fields, O extends Common<Config<F>> & { optional?: true }>(
  fields: F,
  options: O,
) {
  const made = group(fields, options)
  return { ...made, schema: { ...made.schema, minProperties: 1, maxProperties: 1 } }
}

/** The schema of an object with these fields. Unknown keys are refused (STYLE.md 9). */
export function objectSchema(fields: Fields): JsonSchema {
  const names = Object.keys(fields)
  const required = names.filter(name => fields[name]?.presence === 'required')
  return {
    type: 'object',
    properties: Object.fromEntries(names.map(name => [name, fields[name]?.schema])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}
