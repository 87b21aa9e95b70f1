// Configuration as it may be shown: every secret replaced. Masks by schema, so a new secret field
// is masked from the day it is declared.
import type { Fields, JsonSchema } from './field.ts'
import { closed } from './schema_documents.ts'

export const MASK = '***'

/** A copy of a room's config without its secrets. */
export function mask(config: Readonly<Record<string, unknown>>, fields: Fields) {
  return maskBySchema(config, closed(fields)) as Readonly<Record<string, unknown>>
}

export function maskBySchema(value: unknown, schema: JsonSchema): unknown {
  if (schema.writeOnly === true) return MASK
  if (Array.isArray(value)) return value.map(item => maskBySchema(item, itemSchema(schema)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key, maskBySchema(held, keySchema(schema, key))]),
  )
}

/** The schema of a list's items. */
export function itemSchema(schema: JsonSchema): JsonSchema {
  return (schema.items ?? {}) as JsonSchema
}

/** The schema under a key: a declared one, or that of the keys of the analyst's choosing. */
export function keySchema(schema: JsonSchema, key: string): JsonSchema {
  const declared = ((schema.properties ?? {}) as Record<string, JsonSchema>)[key]
  const free = schema.additionalProperties
  return declared ?? (typeof free === 'object' && free !== null ? (free as JsonSchema) : {})
}
