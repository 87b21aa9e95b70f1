// What a test expects against what came of its message: every disagreement with its place in the
// test file, and what would have to stand there instead.
import type { TestCase } from '../channel/test_files.ts'
import type { Path } from '../declare/schema_path.ts'
import type { Expectation, ExpectedIntent, PathValue } from '../declare/schema_tests.ts'
import type { Facts } from '../model/errors.ts'
import type { CanonicalEvent, Finding } from '../model/event.ts'
import {
  type EventView,
  isLeaf,
  type Leaf,
  leavesOf,
  nodesAt,
  viewOf,
} from './channel_tests_paths.ts'

/** What can be expected of a message. */
export interface Outcome {
  /** MSA-1, or `none`. */
  readonly ack: string
  readonly fate: string
  readonly dead: { readonly code: string; readonly facts: Facts } | undefined
  readonly events: readonly CanonicalEvent[]
  readonly intents: readonly ExpectedIntent[]
  readonly findings: readonly Finding[]
}

export interface Mismatch {
  /** `events[0].Patient.name.family`. */
  readonly what: string
  /** Below the entry of the test. */
  readonly path: Path
  readonly expected: string
  readonly actual: string
}

/** One change of the test file; undefined removes the key. */
export interface Mend {
  readonly path: Path
  readonly value: unknown
}

export interface Comparison {
  readonly mismatches: readonly Mismatch[]
  readonly mends: readonly Mend[]
}

export function compare(test: Pick<TestCase, 'exact' | 'expect'>, actual: Outcome): Comparison {
  const { exact, expect } = test
  if (expect === undefined || Object.keys(expect).length === 0) {
    const value = expectationOf(actual, exact)
    const expected = 'nothing is written yet'
    return {
      mismatches: [{ what: 'expect', path: ['expect'], expected, actual: 'see --update' }],
      mends: [{ path: ['expect'], value }],
    }
  }
  const end = [
    word('ack', expect.ack, actual.ack),
    word('fate', expect.fate, actual.fate),
    death(expect, actual),
  ]
  const content = [
    events(expect.events ?? (exact ? [] : undefined), actual.events, exact),
    intents(expect.intents ?? (exact ? [] : undefined), actual.intents, exact),
    findings(expect.findings ?? (exact ? [] : undefined), actual.findings, exact),
  ]
  // That nothing came of a dead message needs no further words.
  const died = actual.dead !== undefined && end.some(part => part.mismatches.length > 0)
  return {
    mismatches: (died ? end : [...end, ...content]).flatMap(part => part.mismatches),
    mends: [...end, ...content].flatMap(part => part.mends),
  }
}

const WELL: Comparison = { mismatches: [], mends: [] }

const differs = (mismatch: Mismatch, value: unknown): Comparison => ({
  mismatches: [mismatch],
  mends: [{ path: mismatch.path, value }],
})

function word(key: string, expected: string | undefined, actual: string): Comparison {
  if (expected === undefined || expected === actual) return WELL
  return differs({ what: key, path: ['expect', key], expected, actual }, actual)
}

/** A death that nobody wrote down is a failure, whatever else was expected. */
function death(expect: Expectation, { dead }: Outcome): Comparison {
  const code = dead?.code
  if (expect.dead === code || (expect.dead === undefined && expect.fate === 'dead')) return WELL
  const facts = Object.entries(dead?.facts ?? {}).map(([name, fact]) => `${name} ${fact}`)
  const actual = [code ?? NO_DEATH, ...facts].join(', ')
  const expected = expect.dead ?? NO_DEATH
  return differs({ what: 'dead', path: ['expect', 'dead'], expected, actual }, code)
}

const NO_DEATH = 'no dead letter'

type ExpectedEvent = Readonly<Record<string, PathValue>>

function events(
  expected: readonly ExpectedEvent[] | undefined,
  actual: readonly CanonicalEvent[],
  exact: boolean,
): Comparison {
  if (expected === undefined) return WELL
  const views = actual.map(viewOf)
  const path = ['expect', 'events']
  const written = views.map(exact ? exactly : summary)
  if (expected.length !== views.length) {
    const count: Mismatch = {
      what: 'events',
      path,
      expected: kindsOf(expected),
      actual: kindsOf(views),
    }
    const value = written.map((one, i) => (keeps(expected[i], one, exact) ? expected[i] : one))
    return differs(count, value)
  }
  const parts = expected.map((one, i) => eventParts(one, { view: views[i] ?? {}, i, exact }))
  const mismatches = parts.flatMap(part => part.mismatches)
  if (!exact || mismatches.length === 0)
    return { mismatches, mends: parts.flatMap(part => part.mends) }
  return { mismatches, mends: [{ path, value: written }] }
}

const keeps = (expected: ExpectedEvent | undefined, written: ExpectedEvent, exact: boolean) =>
  !exact && expected !== undefined && expected.kind === written.kind

function kindsOf(events: readonly EventView[]): string {
  if (events.length === 0) return 'no event'
  return `${events.length}: ${events.map(({ kind }) => String(kind ?? 'any kind')).join(', ')}`
}

function eventParts(
  expected: ExpectedEvent,
  actual: { readonly view: EventView; readonly i: number; readonly exact: boolean },
): Comparison {
  const { view, i, exact } = actual
  const at = (key: string) => ({
    what: `events[${i}] ${key}`,
    path: ['expect', 'events', String(i), key],
  })
  const parts = Object.entries(expected).map(([key, value]) => {
    const nodes = nodesAt(view, key)
    const found = nodes.filter(isLeaf)
    if (agrees(value, found, nodes.length)) return WELL
    const mismatch = { ...at(key), expected: shown(value), actual: shownAll(found, value) }
    return differs(mismatch, mended(value, found, nodes.length))
  })
  const unexpected = leavesOf(view)
    .filter(([path]) => exact && !Object.hasOwn(expected, path))
    .map(([path, value]) =>
      differs({ ...at(path), expected: 'nothing', actual: shown(value) }, value),
    )
  const all = [...parts, ...unexpected]
  return {
    mismatches: all.flatMap(part => part.mismatches),
    mends: all.flatMap(part => part.mends),
  }
}

function agrees(expected: PathValue, found: readonly Leaf[], nodes: number): boolean {
  if (expected === null) return nodes === 0
  if (!isLeaf(expected)) {
    return expected.length === found.length && expected.every((one, i) => one === found[i])
  }
  return found.includes(expected)
}

/** Undefined where only a group of elements stands, which no value can name. */
function mended(expected: PathValue, found: readonly Leaf[], nodes: number): PathValue | undefined {
  if (found.length === 0) return nodes === 0 ? null : undefined
  return expected !== null && !isLeaf(expected) ? found : found[0]
}

const shown = (value: PathValue): string =>
  value === null
    ? 'nothing'
    : isLeaf(value)
      ? leafText(value)
      : `[${value.map(leafText).join(', ')}]`

/** A text that looks like a number is told from the number by its quotes. */
const leafText = (value: Leaf): string =>
  typeof value === 'string' && (value === '' || !Number.isNaN(Number(value)))
    ? `"${value}"`
    : String(value)

function shownAll(found: readonly Leaf[], expected: PathValue): string {
  if (found.length === 0) return expected === null ? 'a group of elements' : 'nothing'
  return found.length === 1 ? shown(found[0] as Leaf) : `any of ${shown(found)}`
}

function intents(
  expected: readonly ExpectedIntent[] | undefined,
  actual: readonly ExpectedIntent[],
  exact: boolean,
): Comparison {
  if (expected === undefined) return WELL
  const left = [...actual]
  const missing = expected.filter(one => {
    const at = left.findIndex(intent => covers(one, intent))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const closed = exact || expected.length === 0
  if (missing.length === 0 && (!closed || left.length === 0)) return WELL
  const mismatches = [
    ...missing.map(one => intentMismatch(expected.indexOf(one), intentText(one), left)),
    ...(closed && missing.length === 0
      ? left.map(one => ({
          what: 'intents',
          path: ['expect', 'intents'],
          expected: 'no other write',
          actual: intentText(one),
        }))
      : []),
  ]
  const value = exact ? actual : distinct(actual)
  return { mismatches, mends: [{ path: ['expect', 'intents'], value }] }
}

const covers = (expected: ExpectedIntent, actual: ExpectedIntent) =>
  Object.entries(expected).every(([key, value]) => actual[key as keyof ExpectedIntent] === value)

function intentMismatch(i: number, expected: string, left: readonly ExpectedIntent[]): Mismatch {
  const actual = left.length === 0 ? 'no other write' : left.map(intentText).join('; ')
  return { what: `intents[${i}]`, path: ['expect', 'intents', String(i)], expected, actual }
}

/** Each sort of write once; that a write goes out by itself is the rule and needs no words. */
function distinct(all: readonly ExpectedIntent[]): readonly ExpectedIntent[] {
  const short = all.map(({ route: _, risk, approval, state, ...rest }) => {
    const usual = approval === 'automatic' && state === 'accepted'
    return usual ? rest : { ...rest, risk, approval, state }
  })
  const said = short.map(one => JSON.parse(JSON.stringify(one)) as ExpectedIntent)
  return [...new Map(said.map(one => [intentText(one), one])).values()]
}

const intentText = (intent: ExpectedIntent): string =>
  Object.entries(intent)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')

function findings(
  expected: readonly string[] | undefined,
  actual: readonly Finding[],
  exact: boolean,
): Comparison {
  if (expected === undefined) return WELL
  const texts = [...new Set(actual.map(({ code, place }) => `${code} ${place}`))]
  const has = (one: string) => texts.some(text => text === one || text.startsWith(`${one} `))
  const missing = expected.filter(one => !has(one))
  const closed = exact || expected.length === 0
  const extra = closed
    ? texts.filter(text => !expected.some(one => text === one || text.startsWith(`${one} `)))
    : []
  if (missing.length === 0 && extra.length === 0) return WELL
  const mismatch: Mismatch = {
    what: 'findings',
    path: ['expect', 'findings'],
    expected: expected.length === 0 ? 'none' : expected.join(', '),
    actual: texts.length === 0 ? 'none' : texts.join(', '),
  }
  return differs(mismatch, texts)
}

/** What `--update` writes where nothing stands: the kinds, the keys, and who is concerned. */
export function expectationOf(actual: Outcome, exact: boolean): Record<string, unknown> {
  const { ack, fate, dead } = actual
  const views = actual.events.map(viewOf)
  const codes = [...new Set(actual.findings.map(({ code, place }) => `${code} ${place}`))]
  return {
    ack,
    fate,
    ...(dead === undefined ? {} : { dead: dead.code }),
    ...(fate === 'mapped' ? { events: views.map(exact ? exactly : summary) } : {}),
    ...(exact ? { intents: actual.intents } : {}),
    ...(actual.intents.length > 0 && !exact ? { intents: distinct(actual.intents) } : {}),
    ...(codes.length > 0 || exact ? { findings: codes } : {}),
  }
}

const exactly = (view: EventView): ExpectedEvent => Object.fromEntries(leavesOf(view))

/** Paths that tell one event from another and are looked at first when something is wrong. */
const TOLD = [
  'kind',
  'patient.value',
  'visit.value',
  'Patient.name[0].family',
  'Patient.birthDate',
  'Encounter.status',
  'Encounter.class.code',
  'DiagnosticReport.status',
  'DiagnosticReport.code.coding[0].code',
]

function summary(view: EventView): ExpectedEvent {
  const told = TOLD.flatMap(path => {
    const [value] = nodesAt(view, path).filter(isLeaf)
    return value === undefined ? [] : [[path, value] as const]
  })
  const results = nodesAt(view, 'Observation').flatMap((_, i) => {
    const path = `Observation[${i}].valueQuantity.value`
    const [value] = nodesAt(view, path).filter(isLeaf)
    return value === undefined ? [] : [[path, value] as const]
  })
  return Object.fromEntries([...told, ...results])
}
