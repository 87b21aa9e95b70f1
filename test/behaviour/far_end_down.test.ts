// A far end that is down for an hour, by a clock that is wound: nothing is lost, doubled, reordered
// or dead, whatever way it is down; it is asked now and then, not once a write; another target is
// not held up. Then a real while: FIRTH_DOWN_SECONDS=60 makes it a minute, as CI does.
import assert from 'node:assert/strict'
import { describe, it, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/kit/random.ts'
import type { Answer, WriteIntent } from '../../src/model/intent.ts'
import { usualOnFailure } from '../../src/model/intent.ts'
import { type DeliveryOptions, openDelivery } from '../../src/path/delivery.ts'
import {
  freePorts,
  makeProject,
  type Project,
  type Running,
  startFirth,
} from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { emptyExpected, held, story } from '../harness/world.ts'
import {
  answer,
  atEnd,
  handClock,
  openLog,
  openStore,
  recordsOf,
  toyChart,
  toySteps,
} from '../path/rooms.ts'
import { ears, GOVERNANCE, patient, TENANT, writeIntent } from '../path/toy.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'
import { type Outage, startOutage } from '../peers/outage.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const ways: Readonly<Record<string, Answer>> = {
  'refuses connections': { kind: 'not_sent', code: 'target_down', facts: {} },
  'answers 503': answer(503),
  'answers 401': answer(401),
  'never answers': { kind: 'no_answer', code: 'target_answer_unknown', facts: {} },
}

async function world(t: TestContext) {
  const clock = handClock()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const bugs: unknown[] = []
  const open = (target: string) => {
    const chart = toyChart()
    const options: DeliveryOptions = {
      tenant: TENANT,
      target,
      steps: toySteps,
      transport: clock.watch(chart),
      store: clock.watch(store),
      log: clock.watch(log),
      clock,
      random: seededRandom(1),
      signals: ears(),
      settle_ms: 2_000,
      visible_ms: 1_000,
      in_flight_max: 4,
      on_unknown: 'verify',
      governance: GOVERNANCE,
      onBug: cause => bugs.push(cause),
    }
    const delivery = openDelivery(options)
    atEnd(t, () => {
      let closed = false
      const closing = delivery.close().then(() => {
        closed = true
      })
      return Promise.race([closing, clock.windUntil('it is closed', () => closed)])
    })
    return { chart, delivery }
  }
  const admit = (intents: readonly WriteIntent[]) =>
    store.admit(
      intents.map(intent => ({
        ...{ intent, content: JSON.stringify(intent.resource), approvers: 0 },
        ...{ state: 'accepted', reason: undefined, facts: {} },
      })),
      clock.now(),
    )
  const surfaced = async (intents: readonly WriteIntent[]) => {
    const rows = await Promise.all(intents.map(({ intent_id }) => store.row(intent_id)))
    return rows.every(row => row?.state === 'surfaced')
  }
  return { clock, store, log, bugs, open, admit, surfaced }
}

/** Three states of each of some patients, tried for a quarter of an hour each. */
function writesFor(target: string, patients: number): readonly WriteIntent[] {
  const retry = { wait_ms_min: 1_000, wait_ms_max: MINUTE_MS, for_ms: 15 * MINUTE_MS }
  const on_failure = { ...usualOnFailure, retry }
  return Array.from({ length: patients * 3 }, (_, n) =>
    writeIntent({
      target,
      key: `${target} ${n % patients}`,
      resource: patient(`${target}${n % patients}`, { revision: Math.floor(n / patients) }),
      on_failure,
    }),
  )
}

describe('an hour of a target that', () => {
  for (const [way, trouble] of Object.entries(ways)) {
    it(`${way} loses, doubles, reorders and kills nothing, and holds nobody else up (F24)`, async t => {
      const { clock, log, bugs, open, admit, surfaced } = await world(t)
      const [down, well] = [open('chart'), open('lab')]
      const [mine, others] = [writesFor('chart', 6), writesFor('lab', 6)]
      down.chart.behave = () => trouble
      await admit(mine)
      await clock.wind(1)
      const begun_ms = clock.now()
      await admit(others)
      await clock.windUntil('the others are through', () => surfaced(others))
      assert.ok(clock.now() - begun_ms < MINUTE_MS, 'the others waited for nobody')
      while (clock.now() - begun_ms < HOUR_MS) await clock.wind(MINUTE_MS / 4)
      assert.notEqual(down.delivery.breaker.state, 'closed')
      assert.ok(down.chart.calls.length < 250, `${down.chart.calls.length} calls in an hour`)
      down.chart.calls.length = 0
      down.chart.behave = () => undefined
      const back_ms = clock.now()
      await clock.windUntil('all are through', () => surfaced(mine))
      assert.ok(clock.now() - back_ms < 3 * MINUTE_MS, 'it is served soon after it is back')
      const puts = down.chart.calls.filter(({ method }) => method === 'PUT')
      assert.equal(puts.length, mine.length, 'each write once')
      for (const one of new Set(mine.map(({ key }) => key))) {
        const wanted = mine
          .filter(({ key }) => key === one)
          .map(({ resource }) => resource.revision)
        const bodies = puts.map(({ body }) => JSON.parse(body ?? '{}') as Record<string, unknown>)
        const id = mine.find(({ key }) => key === one)?.resource_id
        const found = bodies.filter(body => body.id === id).map(({ revision }) => revision)
        assert.deepEqual(found, wanted)
      }
      assert.deepEqual(await recordsOf(log, `dead.${TENANT}`), [])
      assert.deepEqual(well.delivery.breaker.state, 'closed')
      assert.deepEqual(bugs, [])
    })
  }
})

const DOWN_MS = Number(process.env.FIRTH_DOWN_SECONDS ?? 4) * 1_000

const project = (port: number, chart: string, lab: string): Promise<Project> =>
  makeProject({
    'channels/harbor/tenant.yaml': [
      'tenant: harbor',
      'name: Harbor',
      'time_zone: America/Los_Angeles',
      'environment: test',
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1", LAB: "urn:oid:2.999.2", HIS: "urn:oid:2.999.3" }',
      'targets:',
      '  chart:',
      '    fhir_r4:',
      `      base_url: ${chart}`,
      '  lab:',
      '    fhir_r4:',
      `      base_url: ${lab}`,
      '',
    ].join('\n'),
    'channels/harbor/feed.yaml': [
      'channel: feed',
      'tenant: harbor',
      'about: Everything of the harbor.',
      'source:',
      '  mllp:',
      `    port: ${port}`,
      'transform: base',
      'routes:',
      '  - name: chart',
      '    to: chart',
      '  - name: lab',
      '    to: lab',
      '',
    ].join('\n'),
  })

test('a real far end that is down for a while catches up, and the other one never waits', async () => {
  const [port = 0] = await freePorts(1)
  const peers = await Promise.all([startMedplumProcess(), startMedplumProcess()])
  const [chart, lab] = peers.map(({ base }) => base)
  const outage: Outage = await startOutage(chart ?? '')
  const made = await project(port, outage.base, lab ?? '')
  let firth: Running | undefined
  try {
    const expected = emptyExpected()
    const messages = story(1, 24, expected)
    firth = await startFirth(made)
    await sendAll(messages.slice(0, 8), { port })
    outage.mode = 'down'
    await sendAll(messages.slice(8, 16), { port })
    await delay(DOWN_MS / 2)
    outage.mode = 'silent'
    await sendAll(messages.slice(16), { port })
    await delay(DOWN_MS / 2)
    await reaches(lab ?? '', expected)
    outage.mode = 'up'
    await reaches(chart ?? '', expected)
    assert.equal(await firth.stop(), 0)
  } finally {
    await firth?.kill()
    await outage.close()
    for (const peer of peers) await peer.stop()
    await made.remove()
  }
})

/** Waits until a far end holds what is expected, each once. */
async function reaches(base: string, expected: ReturnType<typeof emptyExpected>): Promise<void> {
  const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => a.localeCompare(b))
  const end_ms = Date.now() + 180_000
  for (;;) {
    const found = await held(base)
    assert.deepEqual(found.doubled, [], 'a resource stands at the far end twice')
    try {
      assert.deepEqual(sorted(found.patients), sorted(expected.patients))
      assert.deepEqual(sorted(found.visits), sorted(expected.visits))
      assert.deepEqual(sorted(found.reports), sorted(expected.reports))
      return
    } catch (cause) {
      if (Date.now() > end_ms) throw cause
      await delay(500)
    }
  }
}
