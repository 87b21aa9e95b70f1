// A schema as editors get it. They see the text of a file before `${NAME}` has been filled in, so
// wherever something other than text is wanted, a variable is allowed too.
import type { JsonSchema } from './field.ts'

const VARIABLE = '^\\$\\{.*\\}$'

export function published(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.enum)) {
    const { description, default: usual, examples, ...bare } = schema
    const said = Object.entries({ description, default: usual, examples })
    const variable = { type: 'string', pattern: VARIABLE }
    const kept = said.filter(([, value]) => value !== undefined)
    return { anyOf: [bare, variable], ...Object.fromEntries(kept) }
  }
  if (['integer', 'number', 'boolean'].includes(schema.type as string)) {
    return { ...schema, type: [schema.type, 'string'], pattern: VARIABLE }
  }
  if (typeof schema.pattern === 'string') {
    return { ...schema, pattern: `${VARIABLE}|${schema.pattern}` }
  }
  const { properties, items, additionalProperties } = schema
  return {
    ...schema,
    ...(isSchema(properties) ? { properties: publishedKeys(properties) } : {}),
    ...(isSchema(items) ? { items: published(items) } : {}),
    ...(isSchema(additionalProperties)
      ? { additionalProperties: published(additionalProperties) }
      : {}),
  }
}

const publishedKeys = (properties: JsonSchema) =>
  Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, published(schema as JsonSchema)]),
  )

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null

const COLUMNS_MAX = 100

/** JSON in the house's formatting: lists on one line where they fit, groups never. */
export function jsonText(value: unknown): string {
  return `${lines(value, '', 0)}\n`
}

/** `before` counts the columns that are taken on the line already. */
function lines(value: unknown, indent: string, before: number): string {
  if (!isSchema(value)) return JSON.stringify(value)
  const deeper = `${indent}  `
  if (Array.isArray(value)) {
    const flat = `[${value.map(item => JSON.stringify(item)).join(', ')}]`
    const fits = before + flat.length < COLUMNS_MAX
    if (value.length === 0 || (fits && !value.some(isSchema))) return flat
    const items = value.map(item => `${deeper}${lines(item, deeper, deeper.length)}`)
    return `[\n${items.join(',\n')}\n${indent}]`
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  const rows = entries.map(([key, held]) => {
    const start = `${deeper}${JSON.stringify(key)}: `
    return start + lines(held, deeper, start.length)
  })
  return `{\n${rows.join(',\n')}\n${indent}}`
}
