// One message by two deployments: what differs between what they make of it. Pure; every difference
// has a kind and a place that can be counted, and its values for whoever looks closer.
import { jsonDiff } from '../kit/json_diff.ts'
import type { CanonicalEvent, Finding, Resource } from '../model/event.ts'
import type { Admission } from '../model/store.ts'
import type { DryResult } from './dry_run.ts'

export const changeKinds = [
  'newly_dead',
  'no_longer_dead',
  'dead_reason',
  'fate',
  'event_added',
  'event_removed',
  'event_kind',
  'event_changed',
  'resource_added',
  'resource_removed',
  'resource_changed',
  'intent_added',
  'intent_removed',
  'intent_changed',
  'finding_added',
  'finding_removed',
] as const

export interface Change {
  readonly kind: (typeof changeKinds)[number]
  /** What is counted together: `Patient.identifier`, `chart Encounter`. Holds no content. */
  readonly at: string
  /** Where exactly, e.g. `Patient.identifier[1].value`. */
  readonly path: string
  /** Content of the message, possibly. Undefined: it is not there. */
  readonly before: unknown
  readonly after: unknown
}

/** Of one message, or of one that a deployment has no channel for. */
export type Made = Pick<DryResult, 'events' | 'findings' | 'intents' | 'dead'> & {
  readonly fate: DryResult['fate'] | 'absent'
}

export const ABSENT: Made = {
  fate: 'absent',
  events: [],
  findings: [],
  intents: [],
  dead: undefined,
}

export function compareResults(before: Made, after: Made): readonly Change[] {
  return [
    ...fates(before, after),
    ...events(before.events, after.events),
    ...intents(before.intents, after.intents),
    ...findings(before.findings, after.findings),
  ]
}

function fates(before: Made, after: Made): Change[] {
  const [a, b] = [before.dead?.code, after.dead?.code]
  const change = (kind: Change['kind'], at: string) => [{ kind, at, path: '', before: a, after: b }]
  if (a === undefined && b !== undefined) return change('newly_dead', b)
  if (a !== undefined && b === undefined) return change('no_longer_dead', a)
  if (a !== b) return change('dead_reason', `${a} → ${b}`)
  if (before.fate === after.fate) return []
  const at = `${before.fate} → ${after.fate}`
  return [{ kind: 'fate', at, path: '', before: before.fate, after: after.fate }]
}

function events(before: readonly CanonicalEvent[], after: readonly CanonicalEvent[]): Change[] {
  const { pairs, lost, made } = paired(before, after, [
    event => event.id,
    ({ source, patient, visit }) => JSON.stringify([source.index, patient, visit]),
    ({ source }) => String(source.index),
  ])
  return [
    ...pairs.flatMap(([a, b]) => eventChanges(a, b)),
    ...lost.map(one => gone('event_removed', one.kind, one)),
    ...made.map(one => come('event_added', one.kind, one)),
  ]
}

/** Fields of an event that a deployment decides, but for its resources. */
const EVENT_FIELDS = ['occurred_at', 'patient', 'visit'] as const

function eventChanges(before: CanonicalEvent, after: CanonicalEvent): Change[] {
  const kind: Change[] =
    before.kind === after.kind
      ? []
      : [
          {
            kind: 'event_kind',
            at: `${before.kind} → ${after.kind}`,
            path: 'kind',
            before: before.kind,
            after: after.kind,
          },
        ]
  const fields = EVENT_FIELDS.flatMap(field =>
    differences('event_changed', `event.${field}`, [before[field], after[field]]),
  )
  const { pairs, lost, made } = paired(resourcesOf(before), resourcesOf(after), [
    ({ resourceType, id }) => `${resourceType}/${id}`,
    ({ resourceType }) => resourceType,
  ])
  return [
    ...kind,
    ...fields,
    ...pairs.flatMap(([a, b]) => differences('resource_changed', a.resourceType, [a, b])),
    ...lost.map(one => gone('resource_removed', one.resourceType, one)),
    ...made.map(one => come('resource_added', one.resourceType, one)),
  ]
}

const resourcesOf = (event: CanonicalEvent): readonly Resource[] =>
  event.resources.entry.map(({ resource }) => resource)

function intents(before: readonly Admission[], after: readonly Admission[]): Change[] {
  const { pairs, lost, made } = paired(before, after, [
    ({ intent }) => intent.intent_id,
    ({ intent }) => `${placeOf(intent)} ${intent.resource_id}`,
    ({ intent }) => placeOf(intent),
  ])
  return [
    ...pairs.flatMap(([a, b]) => {
      // What it writes is told as a change of the event's resources.
      return differences('intent_changed', placeOf(a.intent), [decisionOf(a), decisionOf(b)])
    }),
    ...lost.map(one => gone('intent_removed', placeOf(one.intent), decisionOf(one))),
    ...made.map(one => come('intent_added', placeOf(one.intent), decisionOf(one))),
  ]
}

const placeOf = ({ route, target, resource_type }: Admission['intent']) =>
  `${route} → ${target} ${resource_type}`

function decisionOf({ intent, state, reason, approvers }: Admission) {
  const { operation } = intent
  return { operation, state, reason: reason ?? null, approvers }
}

function findings(before: readonly Finding[], after: readonly Finding[]): Change[] {
  const { lost, made } = paired(before, after, [({ code, place }) => `${code} ${place}`])
  const at = ({ code, place }: Finding) => `${code} ${place.replaceAll(/\[\d+\]/g, '')}`
  return [
    ...lost.map(one => gone('finding_removed', at(one), one)),
    ...made.map(one => come('finding_added', at(one), one)),
  ]
}

const gone = (kind: Change['kind'], at: string, before: unknown): Change => {
  return { kind, at, path: at, before, after: undefined }
}

const come = (kind: Change['kind'], at: string, after: unknown): Change => {
  return { kind, at, path: at, before: undefined, after }
}

/** Counted by the path without the numbers in it. */
function differences(
  kind: Change['kind'],
  root: string,
  [before, after]: readonly [unknown, unknown],
): Change[] {
  return jsonDiff(before, after).map(one => {
    const names = one.path.filter(part => typeof part === 'string')
    const exact = one.path.map(part => (typeof part === 'string' ? `.${part}` : `[${part}]`))
    const at = [root, ...names].join('.')
    return { kind, at, path: `${root}${exact.join('')}`, before: one.before, after: one.after }
  })
}

interface Paired<T> {
  readonly pairs: readonly (readonly [T, T])[]
  readonly lost: readonly T[]
  readonly made: readonly T[]
}

/** Brings together what has the same key; what is left over by the next, looser key. */
function paired<T>(
  before: readonly T[],
  after: readonly T[],
  keys: readonly ((one: T) => string)[],
): Paired<T> {
  const pairs: (readonly [T, T])[] = []
  let [lost, made] = [[...before], [...after]]
  for (const key of keys) {
    const open = Map.groupBy(made, key)
    const left: T[] = []
    for (const one of lost) {
      const other = open.get(key(one))?.shift()
      if (other === undefined) left.push(one)
      else pairs.push([one, other])
    }
    lost = left
    made = [...open.values()].flat()
  }
  return { pairs, lost, made }
}
