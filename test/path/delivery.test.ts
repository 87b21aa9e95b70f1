// The loop of stations 7 and 8: order per key, other keys in parallel, retries when they are due,
// pauses of a target, and what an owner before us left in flight. On the real store, by a clock
// that tests wind.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { Bug } from '../../src/kit/assert.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { Failure } from '../../src/model/errors.ts'
import type { StepInput, WriteIntent } from '../../src/model/intent.ts'
import { limits } from '../../src/model/limits.ts'
import type { Pause } from '../../src/model/pause_store.ts'
import { silentSignals } from '../../src/model/signals.ts'
import type { Store } from '../../src/model/store.ts'
import { type DeliveryOptions, openDelivery } from '../../src/path/delivery.ts'
import { sqlite } from '../../src/stores/sqlite/sqlite.ts'
import {
  answer,
  atEnd,
  folder,
  good,
  guarded,
  handClock,
  openLog,
  openStore,
  toyChart,
  toySteps,
  until,
  withContext,
} from './rooms.ts'
import { ears, GOVERNANCE, patient, TARGET, TENANT, writeIntent } from './toy.ts'

const at = { tenant: TENANT, target: TARGET }
const HOUR_MS = 3_600_000

async function world(t: TestContext, given: { store?: Store } = {}) {
  const clock = handClock()
  const chart = toyChart()
  const signals = ears()
  const store = given.store ?? (await openStore(t))
  const log = await openLog(t, [`dead.${TENANT}`])
  const bugs: unknown[] = []
  const options: DeliveryOptions = {
    ...at,
    steps: toySteps,
    transport: clock.watch(chart),
    store: clock.watch(store),
    log: clock.watch(log),
    clock,
    random: seededRandom(1),
    signals,
    settle_ms: 2_000,
    on_unknown: 'verify',
    governance: GOVERNANCE,
    visible_ms: 1_000,
    in_flight_max: 4,
    onBug: cause => bugs.push(cause),
  }
  const admit = (...intents: WriteIntent[]) =>
    store.admit(
      intents.map(intent => {
        const content = JSON.stringify(intent.resource)
        return {
          intent,
          content,
          approvers: 0,
          state: 'accepted' as const,
          reason: undefined,
          facts: {},
        }
      }),
      clock.now(),
    )
  const open = (change: Partial<DeliveryOptions> = {}) => {
    const delivery = openDelivery({ ...options, ...change })
    atEnd(t, () => {
      const closed = delivery.close()
      return Promise.race([closed, clock.windUntil('it is closed', () => isDone(closed))])
    })
    return delivery
  }
  const inState = async (intents: readonly WriteIntent[], state: string) => {
    const rows = await Promise.all(intents.map(({ intent_id }) => store.row(intent_id)))
    return rows.every(row => row?.state === state)
  }
  const puts = () =>
    chart.calls.filter(({ method }) => method === 'PUT').map(({ resource }) => resource)
  return { clock, chart, signals, store, options, bugs, admit, open, inState, puts }
}

const isDone = async (promise: Promise<unknown>) =>
  (await Promise.race([
    promise.then(() => 'done'),
    new Promise(resolve => setImmediate(resolve)),
  ])) === 'done'

const refOf = ({ resource }: WriteIntent) => `${resource.resourceType}/${resource.id}`

describe('delivery', () => {
  it('delivers what stood before it was opened, and what is admitted later, once each', async t => {
    const { admit, open, inState, clock, puts } = await world(t)
    const [early, late] = [writeIntent(), writeIntent()]
    await admit(early)
    const delivery = open()
    await clock.windUntil('the early one', () => inState([early], 'surfaced'))
    await admit(late)
    delivery.wake()
    await until('the late one, without any time gone by', () => inState([late], 'surfaced'))
    await clock.wind(HOUR_MS)
    assert.deepEqual(puts(), [refOf(early), refOf(late)])
  })

  it('finds what is due also when nobody wakes it', async t => {
    const { admit, open, inState, clock } = await world(t)
    open()
    await clock.wind(1_000)
    const intent = writeIntent()
    await admit(intent)
    await clock.windUntil('it is delivered', () => inState([intent], 'surfaced'))
  })

  it('keeps the order of a key, while other keys go on in parallel (G4)', async t => {
    const { admit, open, inState, clock, chart, puts } = await world(t)
    const first = [1, 2, 3].map(n => writeIntent({ key: 'a', resource: patient(`A${n}`) }))
    const others = [1, 2].map(n => writeIntent({ key: `o${n}`, resource: patient(`O${n}`) }))
    const held = Promise.withResolvers<void>()
    chart.behave = async ({ method, resource }) => {
      if (method === 'PUT' && resource === 'Patient/p-A1') await held.promise
      return undefined
    }
    await admit(...first, ...others)
    open()
    await clock.windUntil('the others are through', () => inState(others, 'surfaced'))
    assert.deepEqual(
      puts().filter(resource => resource.includes('p-A')),
      ['Patient/p-A1'],
    )
    held.resolve()
    await clock.windUntil('the key is through', () => inState(first, 'surfaced'))
    assert.deepEqual(
      puts().filter(resource => resource.includes('p-A')),
      ['Patient/p-A1', 'Patient/p-A2', 'Patient/p-A3'],
    )
  })

  it('has no more calls under way than the target’s limit, and uses all of it', async t => {
    const { admit, open, inState, clock, chart } = await world(t)
    const intents = Array.from({ length: 12 }, () => writeIntent())
    let under_way = 0
    let most = 0
    chart.behave = async ({ method }) => {
      if (method !== 'PUT') return undefined
      under_way += 1
      most = Math.max(most, under_way)
      await until('others are under way too, or nothing more can be', () => most === 3)
      under_way -= 1
      return undefined
    }
    await admit(...intents)
    open({ in_flight_max: 3 })
    await clock.windUntil('all are through', () => inState(intents, 'surfaced'))
    assert.equal(most, 3)
  })

  it('tries again when it is due and not before, and keeps the key waiting for it (F16)', async t => {
    const { admit, open, inState, clock, chart, puts, store } = await world(t)
    const [first, second] = [1, 2].map(n => writeIntent({ key: 'a', resource: patient(`M${n}`) }))
    assert.ok(first && second)
    let fails = 2
    chart.behave = ({ method }) => (method === 'PUT' && fails-- > 0 ? answer(503) : undefined)
    await admit(first, second)
    open()
    await until('the first try', () => puts().length === 1)
    await until('it waits', async () => (await store.row(first.intent_id))?.attempts === 1)
    await clock.wind(limits.retry_wait_ms_min / 2 - 1)
    assert.equal(puts().length, 1)
    await clock.windUntil('both are through', () => inState([first, second], 'surfaced'))
    assert.deepEqual(puts(), [refOf(first), refOf(first), refOf(first), refOf(second)])
  })

  it('lets later writes of a key go on behind a dead one', async t => {
    const { admit, open, inState, clock, chart } = await world(t)
    const [bad, next] = [1, 2].map(n => writeIntent({ key: 'a', resource: patient(`M${n}`) }))
    assert.ok(bad && next)
    chart.behave = ({ resource, method }) =>
      method === 'PUT' && resource === refOf(bad) ? answer(400) : undefined
    await admit(bad, next)
    open()
    await clock.windUntil('the next is through', () => inState([next], 'surfaced'))
    assert.ok(await inState([bad], 'dead'))
  })
})

describe('a target that is down', () => {
  it('is left alone at growing distances, said once, and served again by itself (F24)', async t => {
    const { admit, open, inState, clock, chart, signals, store } = await world(t)
    const intents = Array.from({ length: 8 }, () => writeIntent())
    const tries: number[] = []
    chart.behave = () => {
      tries.push(clock.now())
      return { kind: 'not_sent', code: 'target_down', facts: {} }
    }
    await admit(...intents)
    const delivery = open({ in_flight_max: 1 })
    await clock.windUntil(
      'an hour is over',
      () => clock.now() - (tries[0] ?? clock.now()) > HOUR_MS,
    )
    assert.ok((delivery.breaker.next_ms ?? 0) > clock.now() - 60_000)
    const gaps = tries.slice(1).map((at_ms, i) => at_ms - (tries[i] ?? 0))
    assert.ok(tries.length < 200, `${tries.length} tries in an hour`)
    assert.ok((gaps[0] ?? 0) <= 2_000, 'the first pause is short')
    assert.ok(gaps.slice(-10).every(gap => gap >= 30_000 && gap <= 62_000))
    const said = signals.said.filter(({ what }) => what === 'target paused')
    assert.equal(said.length, 1)
    const rows = await Promise.all(intents.map(({ intent_id }) => store.row(intent_id)))
    assert.ok(rows.every(row => row?.state === 'accepted' && row.attempts === 0))
    chart.behave = () => undefined
    await clock.windUntil('all are through', () => inState(intents, 'surfaced'))
  })

  it('is left alone as long when unknown writes are to be verified there', async t => {
    const { admit, open, clock, chart, store } = await world(t)
    const intent = writeIntent()
    chart.behave = () => ({ kind: 'no_answer', code: 'target_answer_unknown', facts: {} })
    await admit(intent)
    open()
    await until(
      'it is unknown',
      async () => (await store.row(intent.intent_id))?.state === 'unknown',
    )
    chart.calls.length = 0
    chart.behave = () => ({ kind: 'not_sent', code: 'target_down', facts: {} })
    const start_ms = clock.now()
    await clock.windUntil('an hour is over', () => clock.now() - start_ms > HOUR_MS)
    assert.ok(chart.calls.length < 200, `${chart.calls.length} questions in an hour`)
    assert.ok(chart.calls.every(({ method }) => method === 'GET'))
  })
})

describe('a target that asks to be left alone', () => {
  it('is left alone as a whole, not one write after the other, and then asked by one (F24)', async t => {
    const { admit, open, inState, clock, chart, options } = await world(t)
    const intents = Array.from({ length: 6 }, () => writeIntent())
    const MINUTES_10 = 600_000
    const asking = { outcome: 'transient', code: 'target_transient', facts: {} } as const
    let asks = true
    const steps = {
      ...options.steps,
      deliver: (input: StepInput) =>
        asks && input.answers.length > 0
          ? { verdict: { ...asking, wait_ms: MINUTES_10 } }
          : options.steps.deliver(input),
    }
    await admit(...intents)
    const delivery = open({ in_flight_max: 1, steps })
    const begun_ms = clock.now()
    await clock.windUntil('it has asked', () => delivery.breaker.state === 'open')
    asks = false
    assert.equal(chart.calls.length, 1)
    while (clock.now() - begun_ms < MINUTES_10 - 60_000) await clock.wind(30_000)
    assert.equal(chart.calls.length, 1)
    const { state, since_ms, next_ms, code } = delivery.breaker
    assert.deepEqual([state, code], ['open', 'target_transient'])
    assert.equal((next_ms ?? 0) - (since_ms ?? 0), MINUTES_10)
    await clock.windUntil('all are through', () => inState(intents, 'surfaced'))
  })

  it('and while a person has paused it, nothing begins, however long', async t => {
    const { admit, open, inState, clock, chart } = await world(t)
    const intents = Array.from({ length: 3 }, () => writeIntent())
    let paused: Pause | undefined = {
      ...{ tenant: TENANT, kind: 'target', name: TARGET, by: 'R. Moss', why: '', at_ms: 0 },
    }
    await admit(...intents)
    const delivery = open({ paused: () => paused })
    for (let i = 0; i < 48; i++) await clock.wind(HOUR_MS)
    assert.equal(chart.calls.length, 0)
    assert.equal(delivery.paused?.by, 'R. Moss')
    paused = undefined
    delivery.wake()
    await clock.windUntil('all are through', () => inState(intents, 'surfaced'))
  })
})

describe('a call without an answer', () => {
  const lost = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} } as const

  it('is verified after the target’s own delays and not sent again where it landed (F14, F15)', async t => {
    const { admit, open, inState, clock, chart, puts, store } = await world(t)
    const intent = writeIntent()
    let unanswered_at_ms = 0
    const asked: number[] = []
    chart.behave = call => {
      if (call.method === 'GET') asked.push(clock.now())
      if (call.method === 'GET' || unanswered_at_ms > 0) return undefined
      unanswered_at_ms = clock.now()
      good(chart, call)
      return lost
    }
    await admit(intent)
    open()
    await until(
      'it is unknown',
      async () => (await store.row(intent.intent_id))?.state === 'unknown',
    )
    await clock.windUntil('it is surfaced', () => inState([intent], 'surfaced'))
    assert.deepEqual(puts(), [refOf(intent)])
    assert.ok((asked[0] ?? 0) >= unanswered_at_ms + 2_000 + 1_000)
  })

  it('is sent again where it did not land, and only after that was seen', async t => {
    const { admit, open, inState, clock, chart } = await world(t)
    const intent = writeIntent()
    let first = true
    chart.behave = ({ method }) => {
      if (method !== 'PUT' || !first) return undefined
      first = false
      return lost
    }
    await admit(intent)
    open()
    await clock.windUntil('it is surfaced', () => inState([intent], 'surfaced'))
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['PUT', 'GET', 'PUT', 'GET'],
    )
  })

  it('keeps its key waiting, and the other keys not', async t => {
    const { admit, open, inState, clock, chart, puts } = await world(t)
    const [first, second] = [1, 2].map(n => writeIntent({ key: 'a', resource: patient(`M${n}`) }))
    const other = writeIntent()
    assert.ok(first && second)
    chart.behave = ({ resource, method }) =>
      resource === refOf(first) ? (method === 'PUT' ? lost : answer(503)) : undefined
    await admit(first, second, other)
    open()
    await clock.windUntil('the other is through', () => inState([other], 'surfaced'))
    await clock.wind(600_000)
    assert.ok(await inState([second], 'accepted'))
    assert.equal(puts().filter(resource => resource === refOf(first)).length, 1)
    chart.behave = () => undefined
    await clock.windUntil('the key is through', () => inState([first, second], 'surfaced'))
  })

  it('never makes a write land twice without a look in between, whatever the chart does', async () => {
    const behaviours = fc.array(
      fc.constantFrom('good', 'lost_landed', 'lost', 'busy', 'down', 'refused'),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(behaviours, fc.integer({ min: 1, max: 3 }), async (script, keys) => {
        await withContext(async t => {
          const { admit, open, clock, chart, store, bugs } = await world(t)
          const intents = Array.from({ length: 4 }, (_, n) => writeIntent({ key: `k${n % keys}` }))
          const left = [...script]
          /**
           * Resources of which a write may have landed and nobody has seen since whether it did.
           */
          const unseen = new Set<string>()
          chart.behave = call => {
            const turn = left.shift() ?? 'good'
            const writes = call.method === 'PUT'
            assert.ok(!writes || !unseen.has(call.resource), 'a write went out blindly')
            if (turn === 'lost_landed') good(chart, call)
            if (turn === 'lost_landed' || turn === 'lost') {
              if (writes) unseen.add(call.resource)
              return lost
            }
            if (turn === 'busy') return answer(503)
            if (turn === 'down') return { kind: 'not_sent', code: 'target_down', facts: {} }
            if (!writes) unseen.delete(call.resource)
            return turn === 'refused' && writes ? answer(409) : undefined
          }
          await admit(...intents)
          open()
          const ends = ['surfaced', 'committed', 'conflict']
          await clock.windUntil('every row has come to an end', async () => {
            const rows = await Promise.all(intents.map(({ intent_id }) => store.row(intent_id)))
            return rows.every(row => ends.includes(row?.state ?? ''))
          })
          assert.deepEqual(bugs, [])
        })
      }),
      { numRuns: 15 },
    )
  })
})

describe('what an earlier owner left in flight', () => {
  async function left(t: TestContext) {
    const data = await folder(t)
    const openIn = () => sqlite.open({ file: 'state.db' }, { data, signals: silentSignals })
    const before = await openIn()
    const intent = writeIntent()
    const content = JSON.stringify(intent.resource)
    const part = await world(t, { store: before })
    await part.admit(intent)
    assert.equal(content, (await before.row(intent.intent_id))?.content)
    await before.claim(at, { now_ms: part.clock.now(), lease_ms: 62_000, limit: 1 })
    await before.close()
    const store = await openIn()
    atEnd(t, () => store.close())
    return { ...part, intent, store, options: { ...part.options, store: part.clock.watch(store) } }
  }

  for (const landed of [true, false]) {
    it(`is verified first, ${landed ? 'and committed where it landed' : 'and sent again where it did not land'}`, async t => {
      const { intent, options, chart, clock, store } = await left(t)
      if (landed) chart.held.set(refOf(intent), JSON.stringify(intent.resource))
      const delivery = openDelivery(options)
      await clock.windUntil('it is surfaced', async () => {
        return (await store.row(intent.intent_id))?.state === 'surfaced'
      })
      assert.deepEqual(
        chart.calls.map(({ method }) => method),
        landed ? ['GET', 'GET'] : ['GET', 'PUT', 'GET'],
      )
      const moves = (await store.history(intent.intent_id)).map(({ to }) => to)
      assert.deepEqual(moves.slice(0, 3), ['accepted', 'in_flight', 'unknown'])
      const closed = delivery.close()
      await clock.windUntil('it is closed', () => isDone(closed))
    })
  }
})

describe('a world that fails', () => {
  it('is said and waited out: what was to be delivered is delivered later', async t => {
    const { admit, open, inState, clock, signals, options } = await world(t)
    let fails = true
    const failing = guarded(options.store, method => {
      if (fails && method === 'claim') throw new Failure('store_disk_full')
    })
    const intent = writeIntent()
    await admit(intent)
    open({ store: failing })
    await until('it was said', () =>
      signals.said.some(
        ({ what, facts }) => what === 'delivery waits' && facts.code === 'store_disk_full',
      ),
    )
    fails = false
    await clock.windUntil('it is delivered', () => inState([intent], 'surfaced'))
  })

  it('leaves a write that was made but not recorded to verification, after its lease (F14)', async t => {
    const { admit, open, inState, clock, chart, options } = await world(t)
    let fails = 1
    const failing = guarded(options.store, method => {
      if (method === 'move' && fails-- > 0) throw new Failure('store_disk_full')
    })
    const intent = writeIntent()
    await admit(intent)
    open({ store: failing })
    await clock.windUntil('it is surfaced', () => inState([intent], 'surfaced'))
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['PUT', 'GET', 'GET'],
    )
  })

  it('hands a bug over: nothing may go on as if it were well', async t => {
    const { admit, clock, options, bugs } = await world(t)
    const transport = {
      ...toyChart(),
      call: () => Promise.reject(new Bug('a transport never rejects')),
    }
    await admit(writeIntent())
    const delivery = openDelivery({ ...options, transport })
    await until('the bug was handed over', () => bugs.length > 0)
    assert.ok(bugs[0] instanceof Bug)
    const closed = delivery.close()
    await clock.windUntil('it is closed', () => isDone(closed))
  })
})

describe('closing', () => {
  it('lets the call under way come to its end, claims nothing more, then resolves', async t => {
    const { admit, options, clock, chart, inState, puts } = await world(t)
    const [first, second] = [1, 2].map(n => writeIntent({ key: 'a', resource: patient(`M${n}`) }))
    assert.ok(first && second)
    const held = Promise.withResolvers<void>()
    chart.behave = async ({ method }) => {
      if (method === 'PUT') await held.promise
      return undefined
    }
    await admit(first, second)
    const delivery = openDelivery(options)
    await until('the call is under way', () => puts().length === 1)
    const closed = delivery.close()
    await clock.wind(60_000)
    assert.equal(await isDone(closed), false)
    held.resolve()
    await clock.windUntil('it is closed', () => isDone(closed))
    assert.ok(await inState([first], 'surfaced'))
    assert.ok(await inState([second], 'accepted'))
    assert.equal(puts().length, 1)
  })
})
