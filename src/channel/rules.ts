// What the shape of one file cannot say: names that must agree, references that must end somewhere,
// what a room has to say about its own settings, secrets that lie open.

import { charsetNamed } from '../codecs/hl7v2/charset.ts'
import type { Room, Table, Tables } from '../declare/room.ts'
import type {
  ChannelFile,
  EngineFile,
  TargetEntry,
  TenantFile,
} from '../declare/schema_documents.ts'
import { type Path, pathOf, valueAt } from '../declare/schema_path.ts'
import { nearest } from '../kit/nearest.ts'
import { parseDuration, parseRange, parseRate } from '../kit/written.ts'
import type { ConfigFinding } from '../model/plan.ts'
import type { Checked } from './check.ts'
import { finding, type Remark } from './finding.ts'

export interface ChannelDocument extends Checked<ChannelFile> {
  readonly folder: string | undefined
  readonly stem: string
}

export interface TenantDocument extends Checked<TenantFile> {
  readonly folder: string | undefined
}

/** Kind and config of `{ <kind>: { … } }`, once it is sound. */
export function chosen(
  entry: object,
  table: Table<unknown>,
): readonly [string, Config] | undefined {
  return Object.entries(entry).find(([kind]) => Object.hasOwn(table, kind))
}

type Config = Readonly<Record<string, unknown>>

/** The tenant that a file speaks of: by its folder, else by its own word. */
export function tenantOf(document: ChannelDocument | TenantDocument): string | undefined {
  return document.folder ?? (document.sound(['tenant']) ? document.value.tenant : undefined)
}

export function channelRules(document: ChannelDocument, tables: Tables): readonly ConfigFinding[] {
  const { value, stem } = document
  const findings = [
    ...nameRules(document, ['channel'], { wanted: stem, holder: 'file' }),
    ...nameRules(document, ['tenant'], { wanted: document.folder, holder: 'folder' }),
    ...lintRoom(document, ['source'], tables.sources),
    ...routeRules(document),
    ...writtenRules(document, ['on_failure', 'retry', 'backoff'], parseRange),
    ...writtenRules(document, ['on_failure', 'retry', 'for'], parseDuration),
  ]
  const add = (path: Path, remark: Remark) => findings.push(finding(document.locate(path), remark))
  if (value.channel !== undefined && value.about === undefined) add(['channel'], NO_ABOUT)
  if (document.sound(['accept', 'messages']) && value.accept?.messages?.length === 0) {
    add(['accept', 'messages'], ACCEPTS_NOTHING)
  }
  if (document.sound(['charset']) && charsetNamed(value.charset ?? '') === undefined) {
    add(['charset'], NO_CHARSET)
  }
  const owner = document.sound(['transform']) ? value.transform?.split('/')[0] : undefined
  const own = tenantOf(document)
  if (owner !== undefined && owner !== 'base' && own !== undefined && owner !== own) {
    add(['transform'], FOREIGN_TRANSFORM)
  }
  return findings
}

/** Written as wanted, and yet no span that can be meant: `5m..1s`, `0s`, `99999d`. */
function writtenRules(
  document: Checked<object>,
  path: Path,
  parse: (text: string) => unknown,
): ConfigFinding[] {
  const text = valueAt(document.value, path)
  if (!document.sound(path) || typeof text !== 'string' || parse(text) !== undefined) return []
  return [finding(document.locate(path), NOT_MEANT)]
}

const NOT_MEANT: Remark = {
  rule: 'span_wrong',
  what: 'This is no time or rate that can be meant.',
  remedy:
    'It is more than nothing and at most 400 days, and a range goes from the shorter to the longer.',
}

const NO_ABOUT: Remark = {
  rule: 'about_missing',
  severity: 'warning',
  what: 'Nothing says what this channel is for.',
  remedy: 'Add `about:` with one sentence: what comes in here, and from whom.',
}

const NO_CHARSET: Remark = {
  rule: 'charset_wrong',
  what: 'This character set is not known.',
  remedy: 'Write it as HL7 table 0211 does, for example 8859/1 or UNICODE UTF-8, or windows-1252.',
}

const ACCEPTS_NOTHING: Remark = {
  rule: 'accepts_nothing',
  what: 'The list is empty, so every message would be filtered.',
  remedy: 'Name the message types, or leave `accept` out to let everything in.',
}

const FOREIGN_TRANSFORM: Remark = {
  rule: 'foreign_transform',
  what: 'The mapping belongs to another tenant.',
  remedy: 'Use `base`, or a mapping of this tenant: transforms/<tenant>/<name>.ts.',
}

/** The routes that are written well enough to be judged, each with its place in the list. */
export function soundRoutes(document: ChannelDocument) {
  const { routes } = document.value
  if (!Array.isArray(routes)) return []
  return (routes as ChannelFile['routes'])
    .map((route, i) => ({ route, path: ['routes', String(i)] }))
    .filter(({ path }) => document.sound(path))
}

function routeRules(document: ChannelDocument): ConfigFinding[] {
  const routes = soundRoutes(document)
  const findings: ConfigFinding[] = []
  if (routes.length > 0 && document.value.transform === undefined) {
    findings.push(finding(document.locate(['routes'], 'key'), NOTHING_TO_ROUTE))
  }
  for (const [i, { route, path }] of routes.entries()) {
    if (routes.findIndex(one => one.route.name === route.name) === i) continue
    const what = `An earlier route of this channel is named ${route.name} too.`
    const remark = { rule: 'duplicate_route', what, remedy: 'Give each route a name of its own.' }
    findings.push(finding(document.locate([...path, 'name']), remark))
  }
  for (const { path } of routes) {
    const retry = [...path, 'on_failure', 'retry']
    findings.push(...writtenRules(document, [...retry, 'backoff'], parseRange))
    findings.push(...writtenRules(document, [...retry, 'for'], parseDuration))
  }
  return findings
}

const NOTHING_TO_ROUTE: Remark = {
  rule: 'route_without_transform',
  what: 'Routes carry canonical events, and without a transform there are none.',
  remedy: 'Add `transform: base` or a mapping of the tenant.',
}

export function tenantRules(document: TenantDocument, tables: Tables): readonly ConfigFinding[] {
  const { value } = document
  const findings = nameRules(document, ['tenant'], { wanted: document.folder, holder: 'folder' })
  if (document.sound(['time_zone']) && !isTimeZone(value.time_zone ?? '')) {
    findings.push(finding(document.locate(['time_zone']), WRONG_ZONE))
  }
  if (value.tenant === 'base') findings.push(finding(document.locate(['tenant']), RESERVED))
  for (const [name, entry] of Object.entries(value.targets ?? {})) {
    findings.push(...targetRules(document, { name, entry }, tables))
  }
  return findings
}

const RESERVED: Remark = {
  rule: 'name_reserved',
  what: '`base` is the name of the mappings that come with Firth.',
  remedy: 'Give the tenant another name.',
}

const WRONG_ZONE: Remark = {
  rule: 'time_zone_unknown',
  what: 'This is no IANA time zone.',
  remedy: 'Write it as area and city, for example America/Chicago or Europe/Berlin.',
}

function targetRules(
  document: TenantDocument,
  target: { name: string; entry: TargetEntry },
  tables: Tables,
): readonly ConfigFinding[] {
  const path = ['targets', target.name]
  if (!document.sound(path)) return []
  const kinds = Object.keys(target.entry).filter(key => Object.hasOwn(tables.adapters, key))
  if (kinds.length <= 1) {
    return [
      ...lintRoom(document, path, tables.adapters),
      ...writtenRules(document, [...path, 'limits', 'rate'], parseRate),
    ]
  }
  const what = `A target has one adapter; here stand ${kinds.join(' and ')}.`
  const remark = { rule: 'wrong_kind', what, remedy: 'Make two targets of it.' }
  return [finding(document.locate(path, 'key'), remark)]
}

export function engineRules(
  document: Checked<EngineFile>,
  tables: Tables,
): readonly ConfigFinding[] {
  return [
    ...lintRoom(document, ['log'], tables.logs),
    ...lintRoom(document, ['store'], tables.stores),
  ]
}

/** The room's own judgement, once the shape of its settings is right. */
function lintRoom(
  document: Checked<object>,
  path: Path,
  table: Table<Room>,
): readonly ConfigFinding[] {
  if (!document.sound(path)) return []
  const entry = path.reduce((at, key) => (at as Record<string, object>)[key] ?? {}, document.value)
  const [kind = '', config = {}] = chosen(entry, table) ?? []
  return (table[kind]?.lint?.(config) ?? []).map(one => {
    const place = document.locate([...path, kind, ...pathOf(one.path)], 'value', one.at)
    return finding(place, { ...one, rule: 'room_setting' })
  })
}

function nameRules(
  document: Checked<object>,
  path: Path,
  expected: { wanted: string | undefined; holder: 'file' | 'folder' },
): ConfigFinding[] {
  const { wanted, holder } = expected
  const [key = ''] = path
  const name = (document.value as Record<string, unknown>)[key]
  if (wanted === undefined || !document.sound(path) || name === wanted) return []
  const what = `\`${key}\` says ${JSON.stringify(name)}, and the ${holder} is named ${wanted}.`
  const remark = { rule: 'name_differs', what, remedy: 'Make both the same, in snake_case.' }
  return [finding(document.locate(path), remark)]
}

function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (cause) {
    if (cause instanceof RangeError) return false
    throw cause
  }
}

const NAMES_SHOWN_MAX = 24

/** Whether the word given is a slip for one of the names that there are. */
export function meantName(given: string, names: readonly string[]): string {
  const meant = nearest(given, names)
  if (meant !== undefined) return `Did you mean \`${meant}\`?`
  if (names.length === 0) return ''
  const more = names.length > NAMES_SHOWN_MAX ? ' …' : '.'
  return `There are: ${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more}`
}
