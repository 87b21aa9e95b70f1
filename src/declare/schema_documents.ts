// The files that an analyst and an operator edit: a channel, a tenant, firth.yaml. Their types,
// checks, editor schemas and docs all come from their fields and from the tables of rooms.
import { limits } from '../model/limits.ts'
import {
  type Config,
  type Fields,
  group,
  integer,
  type JsonSchema,
  objectSchema,
  record,
} from './field.ts'
import { oneOfKind, type Room, type Table, type Tables } from './room.ts'
import { channelFields } from './schema_channel.ts'
import { operateField } from './schema_operate.ts'
import { targetFields, tenantFields } from './schema_tenant.ts'
import { NAME_PATTERN } from './schema_words.ts'

const DAY_MS = 24 * 3_600_000
const KEEP_MS_MIN = 60_000
const KEEP_DOC = 'How long records are kept once everyone has read them, in milliseconds.'

const keep_bytes_max = integer({
  doc: 'How many bytes of one topic are kept once everyone has read them, however young. Left out: by age alone.',
  optional: true,
  minimum: 1_048_576,
})

const keepEntry = group(
  { keep_ms: integer({ doc: KEEP_DOC, optional: true, minimum: KEEP_MS_MIN }), keep_bytes_max },
  { doc: 'How long and how much.' },
)

export const engineFields = {
  limits: group(
    {
      unanswered_bytes_max: integer({
        doc: 'Bytes received and not yet answered, over all connections; above it reading pauses.',
        default: limits.unanswered_bytes_max,
        minimum: limits.record_bytes_max,
      }),
      mapping_ms_max: integer({
        doc: 'How long one mapping of one message may take, in milliseconds.',
        default: limits.mapping_ms_max,
        minimum: 10,
        maximum: 600_000,
      }),
      keep_ms: integer({ doc: KEEP_DOC, default: 30 * DAY_MS, minimum: KEEP_MS_MIN }),
      keep_bytes_max,
      keep_dead_ms: integer({
        doc: 'How long dead letters are kept on which somebody has decided, in milliseconds. Open ones stay.',
        default: 365 * DAY_MS,
        minimum: 60_000,
      }),
      keep_audit_ms: integer({
        doc: 'How long the audit is kept, in milliseconds.',
        default: 3_650 * DAY_MS,
        minimum: 60_000,
      }),
      keep_ledger_ms: integer({
        doc: 'How long finished writes stand in the ledger, in milliseconds. What is older is not replayed into a target.',
        default: 90 * DAY_MS,
        minimum: 60_000,
      }),
      duplicate_window_ms: integer({
        doc: 'How long a message that comes again is recognised as a duplicate, in milliseconds.',
        default: limits.duplicate_window_ms,
        minimum: 0,
      }),
    },
    { doc: 'Limits of the whole engine.' },
  ),
  keep: record(keepEntry, {
    doc: 'What is kept otherwise than by limits: a tenant for its messages, or a topic, raw.harbor.adt_in say.',
    default: {},
    example: { harbor: { keep_ms: 7 * DAY_MS }, 'dead.harbor': { keep_ms: 90 * DAY_MS } },
  }),
  operate: operateField,
} as const

export { channelFields, tenantFields }

/** `{ <kind>: { … } }`, as it stands in a checked file. */
export type Chosen = Readonly<Record<string, Readonly<Record<string, unknown>>>>
export type ChannelFile = Config<typeof channelFields> & { readonly source: Chosen }
export type TargetEntry = Config<typeof targetFields> & Readonly<Record<string, unknown>>
export type TenantFile = Config<typeof tenantFields> & {
  readonly targets: Readonly<Record<string, TargetEntry>>
}
export type EngineFile = Config<typeof engineFields> & {
  readonly log: Chosen
  readonly store: Chosen
}

export function channelSchema({ sources }: Pick<Tables, 'sources'>): JsonSchema {
  const source = { ...kindSchema(sources), description: 'Where messages come from: one kind.' }
  return withKeys(closed(channelFields), { source }, ['source'])
}

export function tenantSchema({ adapters }: Pick<Tables, 'adapters'>): JsonSchema {
  const targets = {
    type: 'object',
    description: 'Far ends that routes write to, by name: one adapter each.',
    propertyNames: { type: 'string', pattern: NAME_PATTERN },
    additionalProperties: kindSchema(adapters, targetFields),
    default: {},
  }
  return withKeys(closed(tenantFields), { targets })
}

/** Every key has a default; the first row of a table is the kind taken where none is named. */
export function engineSchema({ logs, stores }: Pick<Tables, 'logs' | 'stores'>): JsonSchema {
  const log = { ...kindSchema(logs), description: 'The durable log.', default: first(logs) }
  const store = { ...kindSchema(stores), description: 'The state.', default: first(stores) }
  return withKeys(closed(engineFields), { log, store })
}

const first = (table: Table<Room>) => ({ [Object.keys(table)[0] ?? '']: {} })

function kindSchema(table: Table<Room>, beside: Fields = {}): JsonSchema {
  const { required: _required, ...base } = oneOfKind(table, beside)
  const kinds = Object.entries(table).map(([kind, room]) => [
    kind,
    { ...closed(room.fields), description: room.summary },
  ])
  return withKeys(
    { ...base, ...closed(beside), properties: {} },
    {
      ...(closed(beside).properties as Record<string, JsonSchema>),
      ...Object.fromEntries(kinds),
    },
  )
}

function withKeys(
  schema: JsonSchema,
  keys: Readonly<Record<string, JsonSchema>>,
  needed: readonly string[] = [],
): JsonSchema {
  const required = [...((schema.required ?? []) as readonly string[]), ...needed]
  return {
    ...schema,
    properties: { ...(schema.properties as object), ...keys },
    ...(required.length > 0 ? { required } : {}),
  }
}

/**
 * `objectSchema`, with two things that follow from the fields: a secret is marked `writeOnly`, and
 * a group in which nothing is required may itself be left out.
 */
export function closed(fields: Fields): JsonSchema {
  const entries = Object.entries(fields).map(([name, field]) => [name, closedField(field)] as const)
  const required = entries.filter(
    ([name, schema]) => fields[name]?.presence === 'required' && schema.default === undefined,
  )
  const { required: _required, ...base } = objectSchema(fields)
  return {
    ...base,
    properties: Object.fromEntries(entries),
    ...(required.length > 0 ? { required: required.map(([name]) => name) } : {}),
  }
}

function closedField(field: Fields[string]): JsonSchema {
  if (field.secret) return { ...field.schema, writeOnly: true }
  if (!('fields' in field)) return field.schema
  const inner = closed(field.fields as Fields)
  const free = field.presence === 'required' && inner.required === undefined
  const { minProperties, maxProperties } = field.schema
  const one = maxProperties === undefined ? {} : { minProperties, maxProperties }
  return { ...inner, ...one, description: field.doc, ...(free ? { default: {} } : {}) }
}
