// The `when`s of a channel: read where they stand, with every stumble at its own character, and
// judged by what can be known before a message comes: kinds of event that do not exist, conditions
// that never hold, routes that nothing reaches.

import { matches } from '../codecs/when/holds.ts'
import { eventNames, isEventField, messageNames } from '../codecs/when/names.ts'
import { type Asked, type NameRule, parseWhen } from '../codecs/when/parse.ts'
import { type Reach, reach, type World } from '../codecs/when/reach.ts'
import type { Path } from '../declare/schema_path.ts'
import { present } from '../kit/assert.ts'
import type { Condition } from '../model/condition.ts'
import { kinds } from '../model/event.ts'
import { kindsOfTypes } from '../model/kinds_of_types.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { elementRemark } from './element_paths.ts'
import { finding, hasErrors, type Remark } from './finding.ts'
import { type ChannelDocument, meantName, soundRoutes } from './rules.ts'

/** For the plan: of a text that was checked before. */
export function conditionOf(text: string | undefined, of: 'message' | 'event') {
  if (text === undefined) return undefined
  const parsed = parseWhen(text, NAMES[of])
  return present('condition' in parsed ? parsed.condition : undefined, 'a checked condition')
}

const NAMES: Readonly<Record<'message' | 'event', NameRule>> = {
  message: messageNames,
  event: eventNames,
}

export function conditionRules(document: ChannelDocument): readonly ConfigFinding[] {
  const accepted = read(document, ['accept', 'when'], 'message')
  const routes = soundRoutes(document).map(({ route, path }) => ({
    name: route.name,
    path: [...path, 'when'],
    ...read(document, [...path, 'when'], 'event'),
  }))
  return [
    ...accepted.findings,
    ...neverAccepts(document, accepted.condition),
    ...routes.flatMap(one => one.findings),
    ...unreached(document, routes),
  ]
}

interface Read {
  /** Undefined where there is none, or none that can be read. */
  readonly condition: Condition | undefined
  readonly findings: readonly ConfigFinding[]
}

const NOTHING: Read = { condition: undefined, findings: [] }

function read(document: ChannelDocument, path: Path, of: 'message' | 'event'): Read {
  if (!document.sound(path)) return NOTHING
  const text = path.reduce(
    (at, key) => (at as Record<string, unknown>)[key],
    document.value as unknown,
  )
  const parsed = parseWhen(text as unknown as string, NAMES[of])
  const told = (at: number, remark: Remark) => finding(document.locate(path, 'value', at), remark)
  if ('problem' in parsed) {
    const { at, what, remedy } = parsed.problem
    return { ...NOTHING, findings: [told(at, { rule: 'when_wrong', what, remedy })] }
  }
  const findings = parsed.asked.flatMap(asked => {
    const found = asked.name === 'event' ? unknownKinds(asked) : elementAsked(asked, of)
    return found.map(({ at, ...one }) => told(at, one))
  })
  return { condition: parsed.condition, findings }
}

/** A slip in the name of a kind would make a condition that never holds, in silence. */
function unknownKinds({ at, values, pattern }: Asked): (Remark & { readonly at: number })[] {
  const rule = 'kind_unknown'
  if (pattern !== undefined) {
    if (kinds.some(kind => matches(kind, pattern))) return []
    return [
      { at, rule, what: `No kind of event matches "${pattern}".`, remedy: meantName('', kinds) },
    ]
  }
  return values
    .filter(({ value }) => !(kinds as readonly unknown[]).includes(value))
    .map(({ value, at }) => {
      const what = `There is no kind of event \`${value}\`.`
      return { at, rule, what, remedy: meantName(String(value), kinds) }
    })
}

/** So would a slip in the name of an element. */
function elementAsked(
  { name, at, values, pattern }: Asked,
  of: 'message' | 'event',
): (Remark & { readonly at: number })[] {
  if (of === 'message' || isEventField(name)) return []
  const remark = elementRemark(name, values.length > 0 || pattern !== undefined)
  return remark === undefined ? [] : [{ at, ...remark }]
}

function neverAccepts(
  document: ChannelDocument,
  condition: Condition | undefined,
): readonly ConfigFinding[] {
  if (condition === undefined) return []
  const [found] = reach([condition], messageWorld(document)) ?? []
  const place = document.locate(['accept', 'when'])
  return found?.ever === false ? [finding(place, NEVER_ACCEPTS)] : []
}

const NEVER_ACCEPTS: Remark = {
  rule: 'accepts_nothing',
  what: 'The condition can never hold, so every message would be filtered.',
  remedy: 'Two of its parts exclude each other: join them with `or`, or remove one.',
}

interface RouteRead extends Read {
  readonly name: string
  readonly path: Path
}

/**
 * Looked for only where every condition of the channel can be read, and each in its own place: with
 * `match: first` also behind the routes before it.
 */
function unreached(
  document: ChannelDocument,
  routes: readonly RouteRead[],
): readonly ConfigFinding[] {
  if (routes.some(one => hasErrors(one.findings))) return []
  const world = eventWorld(document)
  const first = document.value.match === 'first'
  const conditions = routes.map(one => one.condition)
  const together = first ? reach(conditions, world) : undefined
  return routes.flatMap((one, i) => {
    const alone = reach([one.condition], world)?.[0]
    const remark = judge(one, document, { alone, behind: together?.[i] })
    return remark === undefined ? [] : [finding(placeOf(document, one), remark)]
  })
}

interface Reached {
  readonly alone: Reach | undefined
  /** Behind the routes above it; undefined with `match: all`. */
  readonly behind: Reach | undefined
}

function judge(
  route: RouteRead,
  document: ChannelDocument,
  { alone, behind }: Reached,
): Remark | undefined {
  const rule = 'route_unreachable'
  const own = document.value.transform !== 'base'
  if (alone?.ever === false) {
    const what = `No event that this channel makes can take the route ${route.name}.`
    const remedy = `${producedWords(document)} Change \`when\`, or let in the messages that make what it wants.`
    return { rule, what, remedy, ...(own ? { severity: 'warning' } : {}) }
  }
  if (behind?.first !== false) return undefined
  const what = `Every event is taken by a route above before the route ${route.name} is looked at.`
  return { rule, what, remedy: 'Move it up, or say `match: all`.' }
}

const placeOf = (document: ChannelDocument, { path }: RouteRead) =>
  document.sound(path) ? document.locate(path) : document.locate([...path.slice(0, -1), 'name'])

function producedWords(document: ChannelDocument): string {
  const made = producedKinds(document)
  return made.length === kinds.length ? '' : `Its messages become: ${made.join(', ')}.`
}

/** Kinds of event that the accepted messages may become by the base mappings. */
export function producedKinds({ value, sound }: ChannelDocument): readonly string[] {
  const messages = sound(['accept', 'messages']) ? value.accept?.messages : undefined
  return kindsOfTypes(messages)
}

/** One value each, but for what sits in lists and repetitions. */
const SINGLE_PATH = /^MSH-(?:[3-79]|1[0-35-7])(?:\.\d+){0,2}$/

function messageWorld({ value, sound }: ChannelDocument): World {
  const types = sound(['accept', 'messages']) ? value.accept?.messages : undefined
  const whole = types?.every(type => type.includes('^')) === true ? types : undefined
  const parts = (i: number) => whole && [...new Set(whole.map(type => type.split('^')[i] ?? ''))]
  return {
    single: name => SINGLE_PATH.test(name),
    values: name => (name === 'MSH-9.1' ? parts(0) : name === 'MSH-9.2' ? parts(1) : undefined),
  }
}

function eventWorld(document: ChannelDocument): World {
  const { value, sound } = document
  const types = sound(['accept', 'messages']) ? value.accept?.messages : undefined
  const known: Readonly<Record<string, readonly string[] | undefined>> = {
    event: producedKinds(document),
    channel: [value.channel],
    message_type: types?.every(type => type.includes('^')) === true ? types : undefined,
  }
  return {
    single: isEventField,
    values: name => (Object.hasOwn(known, name) ? known[name] : undefined),
  }
}
