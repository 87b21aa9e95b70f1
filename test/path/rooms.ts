// Rooms for tests of the path: the real embedded log and the real store in a folder that is gone
// afterwards, wrapped where a test wants the world to fail; a toy chart with its adapter; a clock
// that is wound by hand.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/kit/clock.ts'
import { embedded } from '../../src/logs/embedded/embedded.ts'
import { Failure } from '../../src/model/errors.ts'
import type {
  Answer,
  HttpAnswer,
  HttpCall,
  StepInput,
  Verdict,
  WriteIntent,
} from '../../src/model/intent.ts'
import type { Log, LogRecord } from '../../src/model/log.ts'
import type { AdapterSteps, OpenTransport } from '../../src/model/rooms.ts'
import { silentSignals } from '../../src/model/signals.ts'
import type { Store } from '../../src/model/store.ts'
import { sqlite } from '../../src/stores/sqlite/sqlite.ts'
import { START_MS } from './toy.ts'

const endings = new WeakMap<TestContext, (() => unknown)[]>()

/** Runs at the end of the test, the last one first: what uses a room ends before it. */
export function atEnd(t: TestContext, close: () => unknown): void {
  const known = endings.get(t)
  if (known !== undefined) return void known.push(close)
  const own = [close]
  endings.set(t, own)
  t.after(async () => {
    for (const one of own.reverse()) await one()
  })
}

/** A folder that is gone at the end. */
export async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'firth-path-'))
  atEnd(t, () => rm(made, { recursive: true, force: true }))
  return made
}

export const openLogIn = (data: string): Promise<Log> =>
  embedded.open(
    {
      segment_bytes_max: 1_048_576,
      segment_age_ms_max: 86_400_000,
      waiting_bytes_max: 268_435_456,
      tail_bytes_max: 1_048_576,
    },
    { data, signals: silentSignals },
  )

/** A log of its own, with these topics. Closed and removed when the test ends. */
export async function openLog(t: TestContext, topics: readonly string[] = []): Promise<Log> {
  const log = await openLogIn(await folder(t))
  atEnd(t, () => log.close())
  for (const topic of topics) await log.createTopic(topic)
  return log
}

export async function openStore(t: TestContext): Promise<Store> {
  const store = await sqlite.open(
    { file: ':memory:' },
    { data: '/nowhere', signals: silentSignals },
  )
  atEnd(t, () => store.close())
  return store
}

/** Every record of a topic, from its first. */
export async function recordsOf(log: Pick<Log, 'read'>, topic: string): Promise<LogRecord[]> {
  const all: LogRecord[] = []
  for (;;) {
    const from = (all.at(-1)?.offset ?? -1) + 1
    const more = await log.read(topic, 0, from, { records_max: 500, bytes_max: 8_388_608 })
    if (more.length === 0) return all
    all.push(...more)
  }
}

/**
 * Stands before a room: `before` is called with each method's name and arguments, and may throw.
 */
export function guarded<T extends object>(
  room: T,
  before: (method: string, args: readonly unknown[]) => void | Promise<void>,
): T {
  return around(room, async (call, method, args) => {
    await before(method, args)
    return call()
  })
}

/** Every method of a room goes through `pass`. */
function around<T extends object>(
  room: T,
  pass: (call: () => unknown, method: string, args: readonly unknown[]) => Promise<unknown>,
): T {
  return new Proxy(room, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) =>
        pass(() => Reflect.apply(member, target, args), String(name), args)
    },
  })
}

/** A test context for each run of a property. */
export async function withContext(run: (t: TestContext) => Promise<void>): Promise<void> {
  let end: () => unknown = () => {}
  const after = (close: () => unknown) => {
    end = close
  }
  try {
    await run({ after } as unknown as TestContext)
  } finally {
    await end()
  }
}

/** Waits, on the real clock, until something is so. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end_ms = Date.now() + 60_000
  while (!(await is())) {
    if (Date.now() > end_ms) assert.fail(`it never came to this: ${what}`)
    await delay(2)
  }
}

export interface HandClock extends Clock {
  /** Goes on by so much and lets every sleeper whose time has come wake. */
  wind(ms: number): Promise<void>
  /**
   * Winds until something is so; fails when it never is. Time stands still while a watched room
   * works, so what happens when does not depend on how busy the machine is.
   */
  windUntil(what: string, is: () => boolean | Promise<boolean>): Promise<void>
  /** The room, with its calls counted as work. */
  watch<T extends object>(room: T): T
}

/** A call that a test holds back on purpose does not stop the clock for ever. */
const HELD_MS_MAX = 100

/** Stands still until it is wound. */
export function handClock(start_ms = START_MS): HandClock {
  let now_ms = start_ms
  let working = 0
  const sleepers = new Set<{ readonly until_ms: number; wake(): void }>()
  const after = (wait_ms: number, run: () => void) => {
    const sleeper = {
      until_ms: now_ms + wait_ms,
      wake: () => {
        sleepers.delete(sleeper)
        run()
      },
    }
    sleepers.add(sleeper)
    return () => void sleepers.delete(sleeper)
  }
  const quiet = async () => {
    const end_ms = Date.now() + HELD_MS_MAX
    for (let turns = 0; turns < 5 && Date.now() < end_ms; turns++) {
      await new Promise(resolve => setImmediate(resolve))
      if (working > 0) {
        turns = 0
        await delay(1)
      }
    }
  }
  const wind = async (ms: number) => {
    await quiet()
    now_ms += ms
    for (const sleeper of [...sleepers]) if (sleeper.until_ms <= now_ms) sleeper.wake()
    await quiet()
  }
  return {
    now: () => now_ms,
    elapsed: () => now_ms - start_ms,
    sleep: (wait_ms, signal) =>
      new Promise(resolve => {
        if (signal?.aborted) return resolve()
        const cancel = after(wait_ms, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          resolve()
        })
      }),
    after,
    wind,
    async windUntil(what, is) {
      for (let i = 0; i < 20_000; i++) {
        if (await is()) return
        const next_ms = Math.min(...[...sleepers].map(({ until_ms }) => until_ms))
        await wind(Math.min(1_000, Math.max(1, next_ms - now_ms)))
      }
      assert.fail(`it never came to this: ${what}`)
    },
    watch: room =>
      around(room, async call => {
        working += 1
        try {
          return await call()
        } finally {
          working -= 1
        }
      }),
  }
}

export type Asked = HttpCall & { readonly resource: string }
type Behaviour = (call: Asked) => Answer | undefined | Promise<Answer | undefined>

export interface ToyChart extends OpenTransport {
  /** What it holds, by `Type/canonical id`; its ids are `at-Type/id`. */
  readonly held: Map<string, string>
  /** Every call that reached it or was tried, oldest first. */
  readonly calls: Asked[]
  /** Asked first; undefined lets the chart behave as a good one does. */
  behave: Behaviour
  closed: boolean
}

export const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  kind: 'answer',
  status,
  headers,
  body: '',
})

export function toyChart(): ToyChart {
  const chart: ToyChart = {
    held: new Map(),
    calls: [],
    behave: () => undefined,
    closed: false,
    async call(call) {
      assert.ok(call.kind === 'http')
      const asked = { ...call, resource: call.path }
      chart.calls.push(asked)
      const special = await chart.behave(asked)
      return special ?? good(chart, asked)
    },
    async close() {
      chart.closed = true
    },
  }
  return chart
}

/** What a chart that is well does with a call. */
export function good(chart: Pick<ToyChart, 'held'>, call: Asked): Answer {
  if (call.method === 'PUT') {
    chart.held.set(call.resource, call.body ?? '')
    return answer(200)
  }
  const body = chart.held.get(call.resource)
  if (body === undefined) return answer(404)
  return { kind: 'answer', status: 200, headers: {}, body }
}

const callOf = (intent: WriteIntent, method: 'GET' | 'PUT'): HttpCall => ({
  kind: 'http',
  method,
  path: `${intent.resource_type}/${intent.resource_id}`,
  headers: {},
  body: method === 'PUT' ? JSON.stringify(intent.resource) : undefined,
  changes: method === 'PUT',
})

const REFUSALS: Readonly<Record<number, Verdict>> = {
  400: { outcome: 'fix', code: 'target_refused', facts: { status: 400, path: 'Patient.name' } },
  401: { outcome: 'auth', code: 'target_auth', facts: { status: 401 } },
  403: { outcome: 'denied', code: 'target_forbidden', facts: { status: 403 } },
  409: { outcome: 'conflict', code: 'target_version_conflict', facts: { status: 409 } },
  424: { outcome: 'missing_dependency', code: 'target_reference_missing', facts: { status: 424 } },
  429: { outcome: 'throttled', code: 'target_throttled', facts: { status: 429 } },
  503: { outcome: 'transient', code: 'target_transient', facts: { status: 503 } },
}

function judge(got: HttpAnswer, changes: boolean): Verdict | undefined {
  if (got.kind === 'no_answer') {
    return changes
      ? { outcome: 'unknown', code: 'target_answer_unknown', facts: {} }
      : { outcome: 'transient', code: 'target_transient', facts: {} }
  }
  if (got.kind === 'not_sent') return { outcome: 'target_down', code: 'target_down', facts: {} }
  const refusal = REFUSALS[got.status]
  const wait = got.headers['retry-after']
  return refusal && wait ? { ...refusal, wait_ms: Number(wait) * 1_000 } : refusal
}

function lastOf({ answers }: StepInput): { call: HttpCall; answer: HttpAnswer } | undefined {
  const last = answers.at(-1)
  if (last === undefined) return undefined
  const { call, answer: got } = last
  assert.ok(call.kind === 'http' && got.kind !== 'ack' && got.kind !== 'file')
  return { call, answer: got }
}

/** PUT to write, GET to verify, one call each. */
export const toySteps: AdapterSteps = {
  deliver(input) {
    const { intent } = input
    const last = lastOf(input)
    if (last === undefined) return { call: callOf(intent, 'PUT') }
    const target_id = `at-${last.call.path}`
    return {
      verdict: judge(last.answer, true) ?? {
        outcome: 'ok',
        code: undefined,
        facts: {},
        target_id,
        target_version: '1',
      },
    }
  },
  verify(input) {
    const { intent } = input
    const last = lastOf(input)
    if (last === undefined) return { call: callOf(intent, 'GET') }
    const bad = judge(last.answer, false)
    if (bad) return { verdict: bad }
    const got = last.answer
    if (got.kind !== 'answer' || got.status === 404) {
      const facts = { absent: true }
      return { verdict: { outcome: 'conflict', code: 'target_absent', facts } }
    }
    if (got.body === JSON.stringify(intent.resource)) {
      const target_id = `at-${last.call.path}`
      return { verdict: { outcome: 'ok', code: undefined, facts: {}, target_id } }
    }
    const facts = { paths: 'Patient' }
    return { verdict: { outcome: 'conflict', code: 'target_mismatch', facts } }
  },
}

export const diskFull = () => new Failure('log_disk_full')
