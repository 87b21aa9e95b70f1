// The stations together, on the real log and store with a toy mapper and a toy chart: every message
// comes to one end that the log can prove (G5), and every write is in the chart once, whatever
// fails on the way.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../src/kit/clock.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Log } from '../../src/model/log.ts'
import type { TenantPlan } from '../../src/model/plan.ts'
import type { Capability } from '../../src/model/rooms.ts'
import type { Store } from '../../src/model/store.ts'
import { openDelivery } from '../../src/path/delivery.ts'
import { openIntake } from '../../src/path/intake.ts'
import {
  createTopics,
  openGovernUnit,
  openRouteUnit,
  openTransformUnit,
} from '../../src/path/path.ts'
import {
  atEnd,
  openLog,
  openStore,
  recordsOf,
  toyChart,
  toySteps,
  until,
  withContext,
} from './rooms.ts'
import {
  CHANNEL,
  channelPlan,
  DEPLOYMENT,
  ears,
  fixedEditions,
  GOVERNANCE,
  id,
  type MessageOptions,
  mappedEvent,
  message,
  patient,
  START_MS,
  TARGET,
  TENANT,
  type ToyResult,
  tenantPlan,
  toyMapper,
} from './toy.ts'

const topics = {
  raw: `raw.${TENANT}.${CHANNEL}`,
  canonical: `canonical.${TENANT}`,
  outbound: `outbound.${TENANT}.${TARGET}`,
  dead: `dead.${TENANT}`,
  audit: `audit.${TENANT}`,
}

const profile: readonly Capability[] = [
  {
    resource: 'Patient',
    operations: ['create', 'update'],
    source: 'a test',
    date: '2026-11-21',
    proof: 'verified',
  },
]

/**
 * What the note of a message asks of its mapping: a patient, nothing, a failure, an event of no
 * use.
 */
function map({ raw }: { readonly raw: Buffer }): ToyResult {
  const [, word = '', number = ''] = /ZNT\|(\w+?)(\d*)\r/.exec(raw.toString()) ?? []
  if (word === 'fails') return { code: 'mapping_failed', facts: {} }
  if (word === 'silent') return { events: [], findings: [] }
  const broken = { resourceType: 'Patient', id: 'not an id' }
  const resources = word === 'invalid' ? [broken] : [patient(`M${number}`)]
  const event = mappedEvent({
    patient: id(`M${number}`),
    visit: null,
    subject: undefined,
    resources,
  })
  return { events: [event], findings: [] }
}

async function world(t: TestContext, plan: TenantPlan = tenantPlan()) {
  const log = await openLog(t)
  const store = await openStore(t)
  const signals = ears()
  const bugs: unknown[] = []
  const context = {
    log,
    store,
    clock: { ...systemClock, sleep: (_: number, stop?: AbortSignal) => systemClock.sleep(5, stop) },
    random: seededRandom(1),
    signals,
    onBug: (cause: unknown) => bugs.push(cause),
    tenant: TENANT,
    channel: CHANNEL,
    deployment: DEPLOYMENT,
    record_bytes_max: 1_000_000,
  }
  await createTopics(plan, context)
  const intake = openIntake(context)
  const send = async (options: MessageOptions) => {
    const arrival = {
      bytes: message(options),
      peer: { address: '127.0.0.1', port: 1 },
      door: '2575',
      received_at_ms: START_MS,
    }
    const received = intake.receive(arrival)
    assert.ok(received.kind === 'received')
    await intake.append(received)
  }
  /** The channel's units, on these rooms. Closed by the returned function. */
  const start = (rooms: { log?: Log; store?: Store } = {}) => {
    const [channel] = plan.channels
    assert.ok(channel?.transform)
    const own = { ...context, ...rooms, editions: fixedEditions(plan, toyMapper(map)) }
    const units = [openTransformUnit(channel, own), openRouteUnit(plan.tenant, own)]
    const close = () => Promise.all(units.map(unit => unit.close()))
    atEnd(t, close)
    return close
  }
  const caughtUp = async () => {
    // The positions first: what is written after them is not taken for read.
    const groups = await log.groups()
    const ends = new Map((await log.partitions()).map(info => [info.topic, info.next_offset]))
    return groups.every(row => (row.committed_offset ?? 0) === ends.get(row.topic))
  }
  const done = () =>
    until('all is read', async () => (await log.groups()).length >= 2 && caughtUp())
  return { log, store, signals, bugs, context, send, start, done, caughtUp }
}

const distinct = <T>(values: readonly T[]) => new Set(values).size

/** The sums of G5 from the log itself, each message by what it came to. */
async function sums(log: Log) {
  const [raw, canonical, dead, audit] = await Promise.all(
    [topics.raw, topics.canonical, topics.dead, topics.audit].map(topic => recordsOf(log, topic)),
  )
  const ids = (records = [] as Awaited<ReturnType<typeof recordsOf>>) =>
    records.map(({ headers }) => headers.raw_id ?? '')
  const fate = (name: string) => ids(audit?.filter(({ headers }) => headers.fate === name))
  return {
    received: ids(raw),
    transformed: ids(canonical),
    dead: ids(dead),
    filtered: fate('filtered'),
    duplicate: fate('duplicate'),
    no_event: fate('no_event'),
  }
}

describe('the path', () => {
  it('makes every topic of a tenant before the first record', async t => {
    const { log } = await world(t)
    assert.deepEqual(
      (await log.partitions()).map(({ topic }) => topic).sort(),
      Object.values(topics).sort(),
    )
  })

  it('brings each message to its end: event, filtered, duplicate, no event or dead (G5)', async t => {
    const plan = tenantPlan({
      channels: [channelPlan({ accept: { messages: ['ADT'], when: undefined } })],
    })
    const { log, send, start, done, signals } = await world(t, plan)
    start()
    await send({ control_id: '1', note: 'patient1' })
    await send({ control_id: '2', note: 'patient1', type: 'ORU^R01' })
    await send({ control_id: '1', note: 'patient1', at: '20260105090000' })
    await send({ control_id: '3', note: 'silent' })
    await send({ control_id: '4', note: 'fails' })
    await send({ control_id: '5', note: 'invalid' })
    await done()
    const { received, ...ends } = await sums(log)
    const [one, two, three, four, five, six] = received
    assert.deepEqual(ends, {
      transformed: [one],
      filtered: [two],
      duplicate: [three],
      no_event: [four],
      dead: [five, six],
    })
    const counted = (fate: string) => signals.total('transformed', { tenant: TENANT, fate })
    assert.deepEqual(
      ['transformed', 'filtered', 'duplicate', 'no_event', 'dead'].map(counted),
      [1, 1, 1, 1, 2],
    )
  })

  it('records an event that no route takes, with its id (G5)', async t => {
    const plan = tenantPlan({ channels: [channelPlan({ routes: [] })] })
    const { log, send, start, done } = await world(t, plan)
    start()
    await send({ note: 'patient1' })
    await done()
    const [event] = await recordsOf(log, topics.canonical)
    const [line, ...others] = await recordsOf(log, topics.audit)
    assert.deepEqual(others, [])
    assert.equal(line?.headers.fate, 'unrouted')
    assert.equal(line?.headers.event_id, event?.headers.event_id)
    assert.deepEqual(await recordsOf(log, topics.outbound), [])
  })

  it('keeps the order of the raw topic in the canonical and the outbound one (G4)', async t => {
    const { log, send, start, done } = await world(t)
    for (let n = 0; n < 40; n++) await send({ control_id: `${n}`, note: `patient${n % 3}` })
    start()
    await done()
    const { received, transformed } = await sums(log)
    assert.deepEqual(transformed, received)
    const outbound = (await recordsOf(log, topics.outbound)).map(({ headers }) => headers.raw_id)
    assert.deepEqual(outbound, received)
  })

  it('carries one trace from the raw record to the intent (M05)', async t => {
    const { log, send, start, done } = await world(t)
    start()
    await send({ note: 'patient1' })
    await done()
    const traces = await Promise.all(
      [topics.raw, topics.canonical, topics.outbound].map(
        async topic => (await recordsOf(log, topic))[0]?.headers.traceparent,
      ),
    )
    assert.ok(traces[0])
    assert.equal(distinct(traces), 1)
  })

  it('admits what the profile declares and denies the rest, then wakes the delivery (H07)', async t => {
    const { store, send, start, done, context } = await world(t)
    start()
    let woken = 0
    const narrow = [{ ...(profile[0] as Capability), operations: ['create'] as const }]
    const govern = (capabilities: readonly Capability[]) =>
      openGovernUnit(
        { tenant: TENANT, name: TARGET, profile: capabilities, policy: undefined },
        { ...context, admitted: () => (woken += 1) },
      )
    const first = govern(profile)
    await send({ control_id: '1', note: 'patient1' })
    await until('it was admitted', () => woken > 0)
    await done()
    await first.close()
    const second = govern(narrow)
    await send({ control_id: '2', note: 'patient2' })
    const counts = async () =>
      (await store.counts()).map(({ state, count }) => `${state} ${count}`).sort()
    const become = (what: string, ...wanted: readonly string[]) =>
      until(what, async () => JSON.stringify(await counts()) === JSON.stringify(wanted))
    await become('both are denied: what has not gone out is governed anew', 'denied 2')
    await second.close()
    const third = govern(profile)
    await become('both are allowed again', 'accepted 2')
    await third.close()
  })

  it('brings a message to the chart, once, and shows it there (B25)', async t => {
    const { store, log, send, start, context, bugs } = await world(t)
    const chart = toyChart()
    const delivery = openDelivery({
      ...context,
      clock: systemClock,
      target: TARGET,
      steps: toySteps,
      transport: chart,
      settle_ms: 10,
      on_unknown: 'verify',
      governance: GOVERNANCE,
      visible_ms: 10,
      in_flight_max: 4,
    })
    const unit = openGovernUnit(
      { tenant: TENANT, name: TARGET, profile, policy: undefined },
      { ...context, admitted: () => delivery.wake() },
    )
    start()
    for (const note of ['patient1', 'patient2', 'patient1']) await send({ control_id: note, note })
    await until('both are in the chart', async () => {
      const counts = await store.counts()
      return counts.length === 1 && counts[0]?.state === 'surfaced' && counts[0].count === 2
    })
    assert.equal((await recordsOf(log, topics.outbound)).length, 2)
    assert.equal(chart.calls.filter(({ method }) => method === 'PUT').length, 2)
    assert.deepEqual(bugs, [])
    await unit.close()
    await delivery.close()
  })
})

describe('a world that fails anywhere, again and again', () => {
  const kinds = ['patient1', 'patient2', 'silent', 'fails', 'invalid'] as const
  const messages = fc.array(
    fc.record({
      note: fc.constantFrom(...kinds),
      type: fc.constantFrom('ADT^A01', 'ORU^R01'),
      control_id: fc.constantFrom('1', '2', '3', ''),
    }),
    { minLength: 1, maxLength: 25 },
  )

  it('loses and doubles nothing: received = filtered + duplicate + no event + transformed + dead (G5)', async () => {
    await fc.assert(
      fc.asyncProperty(
        messages,
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        async (batch, seed, failures) => {
          await withContext(async t => {
            const plan = tenantPlan({
              channels: [channelPlan({ accept: { messages: ['ADT'], when: undefined } })],
            })
            const { log, store, send, start, done, caughtUp, bugs } = await world(t, plan)
            const random = seededRandom(seed)
            let left = failures
            /**
             * Fails before a call, and sometimes after it: then it stands although it was refused.
             */
            const shaky = <T extends object>(room: T, methods: readonly string[]): T =>
              new Proxy(room, {
                get(target, name) {
                  const member: unknown = Reflect.get(target, name)
                  if (typeof member !== 'function' || !methods.includes(String(name))) {
                    return typeof member === 'function' ? member.bind(target) : member
                  }
                  return async (...args: unknown[]) => {
                    const fails = left > 0 && random.fraction() < 0.4
                    if (fails) left -= 1
                    if (fails && random.fraction() < 0.5) throw new Failure('log_io_error')
                    const result: unknown = await Reflect.apply(member, target, args)
                    if (fails) throw new Failure('log_io_error')
                    return result
                  }
                },
              })
            const rooms = {
              log: shaky(log, ['append']),
              store: shaky(store, ['putMarks', 'findMarks']),
            }
            let close = start(rooms)
            for (const one of batch) {
              await send(one)
              // Some starts are new ones, as after the death of the process.
              if (random.fraction() < 0.15) {
                await close()
                close = start(rooms)
              }
            }
            await done()
            assert.ok(await caughtUp())
            assert.deepEqual(bugs, [])
            const { received, ...ends } = await sums(log)
            const ended = Object.values(ends).flat()
            assert.equal(
              distinct(ended),
              ended.length,
              'a message came to two ends, or to one twice',
            )
            assert.deepEqual(ended.toSorted(), received.toSorted())
            const sorted = ends.transformed
            assert.deepEqual(
              sorted,
              received.filter(raw_id => sorted.includes(raw_id)),
            )
            assertDuplicates(batch, received, ends.duplicate)
          })
        },
      ),
      { numRuns: Number(process.env.FIRTH_RUNS ?? 20) },
    )
  })
})

/**
 * A message is a duplicate exactly where an earlier one of the same id and content made its events.
 */
function assertDuplicates(
  batch: readonly { readonly note: string; readonly type: string; readonly control_id: string }[],
  received: readonly string[],
  duplicates: readonly string[],
): void {
  const seen = new Set<string>()
  const expected = batch.flatMap((one, i) => {
    const marked = one.type.startsWith('ADT') && !['fails', 'invalid'].includes(one.note)
    const key = JSON.stringify(one)
    if (one.control_id === '' || !marked) return []
    if (seen.has(key)) return [received[i]]
    seen.add(key)
    return []
  })
  assert.deepEqual(duplicates.toSorted(), expected.toSorted())
}
