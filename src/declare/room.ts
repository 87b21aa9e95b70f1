// A room is one self-describing kind: its declaration says everything that can be derived. `kind`
// is also the folder's name and the key in YAML; a test holds the three together.

import type { Log, LogReader } from '../model/log.ts'
import type { Takes } from '../model/plan.ts'
import type {
  AdapterSteps,
  Capability,
  OpenSource,
  OpenTransport,
  SourceContext,
  Survey,
} from '../model/rooms.ts'
import type { Search } from '../model/search.ts'
import type { Signals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import { type Config, type Fields, type JsonSchema, objectSchema } from './field.ts'

/** A remark on configuration; `path` is a JSON pointer below the room's own object. */
export interface RoomFinding {
  readonly path: string
  readonly severity: 'error' | 'warning'
  readonly what: string
  readonly remedy: string
  /** From 0: the character of the text at `path`, where one is meant. */
  readonly at?: number
}

/** A file that a setting names; `path` is a JSON pointer below the room's own object. */
export interface NamedFile {
  readonly path: string
  readonly file: string
}

export interface Room<F extends Fields = Fields> {
  readonly kind: string
  /** One or two sentences: what it is and what it promises. */
  readonly summary: string
  readonly fields: F
  readonly example: { readonly [name: string]: unknown }
  /** Written facts in Markdown, for the end of its README. */
  readonly notes?: string
  /** What the schema cannot say. Judges the whole config, never opens anything. */
  lint?(config: Config<F>): readonly RoomFinding[]
  /** Files that the config names, for a check to look whether they are there. */
  files?(config: Config<F>): readonly NamedFile[]
}

export interface SourceRoom<F extends Fields = Fields> extends Room<F> {
  open(config: Config<F>, context: SourceContext): Promise<OpenSource>
  /** Addresses that it takes for itself, so that a clash is found before it happens. */
  addresses(config: Config<F>): readonly { readonly host: string; readonly port: number }[]
}

export interface TransportRoom<F extends Fields = Fields> extends Room<F> {
  open(config: Config<F>, context: { readonly signals: Signals }): Promise<OpenTransport>
}

export interface AdapterRoom<F extends Fields = Fields> extends Room<F> {
  /** The transport's kind, and its config out of the target's. */
  readonly transport: string
  transportConfig(config: Config<F>): Readonly<Record<string, unknown>>
  /** What it is handed of an event; absent: each resource by itself. */
  takes?(config: Config<F>): Takes
  /**
   * How receipt is proved: by reading back what was written (absent), or by the far end's answer
   * alone. Then `on_unknown: verify` is refused.
   */
  proof?(config: Config<F>): 'read' | 'answer'
  readonly idempotency: 'key' | 'natural' | 'none'
  /** Of `key`: whether it is sent with this config; absent: always. */
  keyed?(config: Config<F>): boolean
  readonly profile: readonly Capability[]
  /** How long after a call its effect may still appear, and until a read shows it. Milliseconds. */
  readonly settle_ms: number
  readonly visible_ms: number
  steps(config: Config<F>): AdapterSteps
  /** What the target is asked about itself; absent: nothing. */
  survey?(config: Config<F>): Survey
}

export interface LogRoom<F extends Fields = Fields> extends Room<F> {
  /** URL of a module with `openReader(data): LogReader`, for a thread that reads by itself. */
  readonly reader_module?: string
  /** Read-only, beside a running engine and without one. */
  openReader(config: Config<F>, context: { readonly data: string }): Promise<LogReader>
  open(
    config: Config<F>,
    context: { readonly data: string; readonly signals: Signals },
  ): Promise<Log>
}

export interface StoreRoom<F extends Fields = Fields> extends Room<F> {
  open(
    config: Config<F>,
    context: { readonly data: string; readonly signals: Signals },
  ): Promise<Store>
  /** The search index of a data folder, over the log that `reader_module` reads. */
  openSearch?(context: {
    readonly data: string
    readonly reader_module: string
    readonly signals: Signals
  }): Search
}

export const defineSource = <F extends Fields>(room: SourceRoom<F>): SourceRoom<F> => room
export const defineTransport = <F extends Fields>(room: TransportRoom<F>): TransportRoom<F> => room
export const defineAdapter = <F extends Fields>(room: AdapterRoom<F>): AdapterRoom<F> => room
export const defineLog = <F extends Fields>(room: LogRoom<F>): LogRoom<F> => room
export const defineStore = <F extends Fields>(room: StoreRoom<F>): StoreRoom<F> => room

/** Whether the far end knows a repeated call again by its id. */
export const isKeyed = (room: AnyAdapter, config: Forgotten): boolean =>
  room.idempotency === 'key' && (room.keyed?.(config) ?? true)

/**
 * A table of rooms as callers see it: their configs are checked by the schema before they are
 * opened, so the table forgets each room's own type.
 */
// biome-ignore lint/suspicious/noExplicitAny: a room's config type is contravariant; the schema guards it.
type Forgotten = any
export type Table<R> = Readonly<Record<string, R>>
export type AnySource = SourceRoom<Forgotten>
export type AnyTransport = TransportRoom<Forgotten>
export type AnyAdapter = AdapterRoom<Forgotten>
export type AnyLog = LogRoom<Forgotten>
export type AnyStore = StoreRoom<Forgotten>

/**
 * `{ mllp: {…} }`: exactly one kind, chosen by its key. Without `oneOf`, so errors stay sharp.
 * `beside` are fields that stand next to the kind's key.
 */
export function oneOfKind(table: Table<Room>, beside: Fields = {}): JsonSchema {
  const kinds = Object.keys(table)
  const base = objectSchema(beside)
  const rooms = kinds.map(kind => {
    const room = table[kind] as Room
    return [kind, { ...objectSchema(room.fields), description: room.summary }]
  })
  const free = Object.keys(beside).length
  return {
    ...base,
    properties: { ...(base.properties as object), ...Object.fromEntries(rooms) },
    ...(free === 0
      ? { minProperties: 1, maxProperties: 1 }
      : { anyOf: kinds.map(kind => ({ required: [kind] })) }),
  }
}

/** All tables of an installation. Only main.ts assembles them; everyone else is handed them. */
export interface Tables {
  readonly sources: Table<AnySource>
  readonly transports: Table<AnyTransport>
  readonly adapters: Table<AnyAdapter>
  readonly logs: Table<AnyLog>
  readonly stores: Table<AnyStore>
}
