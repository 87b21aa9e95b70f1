// A tenant for tests of replays: the units of the live path on the real log and store, a toy
// mapping in two deployments, a toy chart behind it, and replays at work beside it.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { LogRecord } from '../../src/model/log.ts'
import type { TenantPlan } from '../../src/model/plan.ts'
import type { ReplayPlan } from '../../src/model/replay_store.ts'
import type { Capability } from '../../src/model/rooms.ts'
import { openDelivery } from '../../src/path/delivery.ts'
import type { Editions } from '../../src/path/editions.ts'
import { openIntake } from '../../src/path/intake.ts'
import {
  createTopics,
  openGovernUnit,
  openRouteUnit,
  openTransformUnit,
} from '../../src/path/path.ts'
import { workReplay } from '../../src/path/replay.ts'
import { atEnd, openLog, openStore, recordsOf, toyChart, toySteps, until } from './rooms.ts'
import {
  CHANNEL,
  ears,
  GOVERNANCE,
  id,
  type MessageOptions,
  mappedEvent,
  message,
  patient,
  START_MS,
  TARGET,
  TENANT,
  tenantPlan,
  toyMapper,
} from './toy.ts'

export const FIRST = '1'.repeat(16)
export const SECOND = '2'.repeat(16)

export const topics = {
  raw: `raw.${TENANT}.${CHANNEL}`,
  canonical: `canonical.${TENANT}`,
  outbound: `outbound.${TENANT}.${TARGET}`,
  dead: `dead.${TENANT}`,
  audit: `audit.${TENANT}`,
}

const profile: readonly Capability[] = [
  {
    resource: 'Patient',
    operations: ['create', 'update', 'retract'],
    source: 'a test',
    date: '2026-11-21',
    proof: 'verified',
  },
]

/**
 * A note is a word, a patient and a state: `sets1_a`. `breaks`: the first deployment cannot map it.
 * `twice`: the first makes two events, the second one. `late`: only the second makes an event.
 * `gone`: only the first.
 */
export function mapBy(
  deployment: string,
  raw: Buffer,
): ReturnType<Parameters<typeof toyMapper>[0]> {
  const [, word = '', number = '', state = ''] =
    /ZNT\|([a-z]+)(\d+)_(\w+)\r/.exec(raw.toString()) ?? []
  const second = deployment === SECOND
  if (word === 'breaks' && !second) return { code: 'mapping_failed', facts: {} }
  if (word === 'late' && !second) return { events: [], findings: [] }
  if (word === 'gone' && second) return { events: [], findings: [] }
  const language = second ? `${state}_mended` : state
  const event = mappedEvent({
    kind: 'patient.updated',
    patient: id(`M${number}`),
    visit: null,
    subject: undefined,
    resources: [patient(`M${number}`, { language })],
  })
  const events = word === 'twice' && !second ? [event, { ...event, subject: id('other') }] : [event]
  return { events, findings: [] }
}

export const planOf = (deployment: string): TenantPlan => tenantPlan({ deployment })

function toyEditions(current: () => string): Editions {
  const editions = new Map(
    [FIRST, SECOND].map(hash => {
      return [hash, { plan: planOf(hash), mapper: toyMapper(({ raw }) => mapBy(hash, raw)) }]
    }),
  )
  const of = (hash: string) => {
    const edition = editions.get(hash) ?? editions.get(current())
    assert.ok(edition)
    return edition
  }
  return { use: (hash, work) => work(of(hash)), planOf: async hash => of(hash).plan }
}

export async function replayWorld(t: TestContext) {
  const log = await openLog(t)
  const store = await openStore(t)
  const signals = ears()
  const chart = toyChart()
  const bugs: unknown[] = []
  let current = FIRST
  const editions = toyEditions(() => current)
  const clock = {
    ...systemClock,
    sleep: (wait_ms: number, stop?: AbortSignal) => systemClock.sleep(Math.min(wait_ms, 5), stop),
  }
  const onBug = (cause: unknown) => void bugs.push(cause)
  const rules = { profile, policy: undefined }
  const governanceOf = (target: string) => (target === TARGET ? rules : undefined)
  const rooms = { log, store, clock, random: seededRandom(1), signals, onBug }
  const context = { ...rooms, editions, governanceOf }
  await createTopics(planOf(FIRST), context)
  const at = { tenant: TENANT, channel: CHANNEL, record_bytes_max: 1_000_000 }
  const send = async (options: MessageOptions) => {
    const intake = openIntake({ ...context, ...at, deployment: current })
    const arrival = {
      bytes: message(options),
      peer: { address: '127.0.0.1', port: 1 },
      door: '2575',
      received_at_ms: START_MS,
    }
    const received = intake.receive(arrival)
    assert.ok(received.kind === 'received')
    await intake.append(received)
    return received.raw_id
  }
  /** The live path, up to the chart. */
  const live = () => {
    const delivery = openDelivery({
      ...context,
      tenant: TENANT,
      target: TARGET,
      steps: toySteps,
      transport: chart,
      settle_ms: 10,
      visible_ms: 10,
      in_flight_max: 4,
      on_unknown: 'verify',
      governance: GOVERNANCE,
    })
    const units = [
      openTransformUnit(at, context),
      openRouteUnit(TENANT, context),
      openGovernUnit(
        { tenant: TENANT, name: TARGET, profile, policy: undefined },
        { ...context, admitted: () => delivery.wake() },
      ),
    ]
    const close = async () => {
      for (const one of [...units, delivery]) await one.close()
    }
    atEnd(t, close)
    return close
  }
  /** Everything is read and everything written. */
  const quiet = () =>
    until('all is done', async () => {
      const ends = new Map((await log.partitions()).map(info => [info.topic, info.next_offset]))
      const groups = await log.groups()
      const read = groups.every(row => (row.committed_offset ?? 0) === ends.get(row.topic))
      const open = (await store.counts()).filter(
        ({ state, count }) => count > 0 && ['accepted', 'in_flight', 'committed'].includes(state),
      )
      return groups.length >= 3 && read && open.length === 0
    })
  const plan = async (change: Partial<ReplayPlan> = {}): Promise<ReplayPlan> => {
    const { topic = topics.raw } = change
    const info = (await log.partitions()).find(one => one.topic === topic)
    return {
      name: 'again',
      tenant: TENANT,
      topic,
      from_offset: 0,
      to_offset: info?.next_offset ?? 0,
      only: {},
      targets: [TARGET],
      deployment: SECOND,
      rate_per_second: undefined,
      asked: '',
      by: 'Ann',
      why: 'a test',
      at_ms: systemClock.now(),
      ...change,
    }
  }
  const begin = async (change: Partial<ReplayPlan> = {}) => {
    const wanted = await plan(change)
    const sink = wanted.topic.startsWith('raw.') ? topics.canonical : wanted.topic
    const end = (await log.partitions()).find(one => one.topic === sink)?.next_offset ?? 0
    await store.makeReplay(wanted, end)
    return work(wanted.name)
  }
  const work = (name: string) => {
    const working = workReplay(name, { ...context, onEnd: () => {} })
    atEnd(t, () => working.close())
    return working
  }
  const ended = (name = 'again') =>
    until(`${name} has ended`, async () => (await store.replay(name))?.state === 'done')
  const replayed = async (topic: string, name = 'again'): Promise<LogRecord[]> =>
    (await recordsOf(log, topic)).filter(({ headers }) => headers.replay === name)
  const held = (number: number) => {
    const text = chart.held.get(`Patient/p-M${number}`)
    return text === undefined ? undefined : (JSON.parse(text) as { language: string }).language
  }
  return {
    ...{ log, store, chart, signals, bugs, context, clock, editions },
    ...{ send, live, quiet, plan, begin, work, ended, replayed, held },
    become(hash: string) {
      current = hash
    },
  }
}
