// Replays of a whole engine with real deployments: what a dry run says is what then happens, and
// what could do harm is refused with its reason.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { type Code, Failure } from '../../src/model/errors.ts'
import { answerControl } from '../../src/operate/control.ts'
import { askedOfRequest, type DryLook } from '../../src/operate/replay_answer.ts'
import type { DryReplay } from '../../src/operate/replay_dry.ts'
import { planReplay, type ReplayRequest } from '../../src/operate/replay_plan.ts'
import { type ReplayLine, replayPins, type ShownReplay } from '../../src/operate/replays.ts'
import { recordsOf, until } from '../path/rooms.ts'
import { deployWorld, harbor, type RunningWorld, TENANT_FILE, wordFile } from './deploy_world.ts'
import { settled } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }
const RAW = 'raw.harbor.adt_in'
const CANONICAL = 'canonical.harbor'

const request = (change: Partial<ReplayRequest> = {}): ReplayRequest => ({
  name: 'wards',
  topic: RAW,
  from: '0',
  to: undefined,
  only: {},
  targets: ['chart'],
  deployment: 'current',
  rate_per_second: undefined,
  by: 'Ann',
  why: 'ward codes',
  ...change,
})

function asker({ engine }: RunningWorld) {
  const ask = <T>(args: Readonly<Record<string, string>>) =>
    answerControl(engine, rates, { clock: systemClock })({ command: 'replay', args }) as Promise<T>
  return {
    ask,
    begin: (change?: Partial<ReplayRequest>) =>
      ask<ShownReplay>({ do: 'begin', ...askedOfRequest(request(change)) }),
    async dry(change?: Partial<ReplayRequest>): Promise<DryReplay> {
      let look = await ask<DryLook>({
        do: 'dry',
        ...askedOfRequest(request({ name: '', ...change })),
      })
      while (look.report === undefined) {
        await systemClock.sleep(5)
        look = await ask<DryLook>({ do: 'dry_look', id: look.id })
      }
      return look.report
    },
    async done(name = 'wards'): Promise<void> {
      await until('it has ended', async () => (await engine.store.replay(name))?.state === 'done')
      await until('its writes are through', () => settled(engine))
    },
  }
}

/** Three messages were mapped and written by the first deployment; the second one runs. */
async function mended(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const world = await deployWorld(t)
  await world.write(harbor('one'))
  const running = await world.start()
  for (const id of ['A', 'B', 'C']) await running.send(id)
  await until('all is written', async () => {
    return world.chart.held.size === 3 && (await settled(running.engine))
  })
  const first = await running.activeHash()
  await world.write({ 'transforms/harbor/word.ts': wordFile('two'), ...files })
  await running.deploy()
  const words = () =>
    [...world.chart.held.values()].map(text => (JSON.parse(text) as { language: string }).language)
  return { world, running, first, words, ...asker(running) }
}

const refusedBy = (code: Code) => (cause: unknown) => {
  assert.ok(cause instanceof Failure)
  assert.equal(cause.code, code)
  return true
}

describe('a replay by the deployment that runs', () => {
  it('does what its dry run says, and the dry run does nothing', async t => {
    const { running, words, dry, begin, done, world } = await mended(t)
    const stood = (await recordsOf(running.engine.log, CANONICAL)).length
    const before = await dry()
    assert.deepEqual(before.events, { same: 0, changed: 3, new: 0, lost: 0 })
    assert.deepEqual(before.writes, { chart: { revision: 3 } })
    assert.deepEqual(
      before.changes.map(({ kind, at, records }) => [kind, at, records]),
      [['resource_changed', 'Patient.language', 3]],
    )
    assert.equal((await recordsOf(running.engine.log, CANONICAL)).length, stood)
    assert.deepEqual(words(), ['one', 'one', 'one'])
    const puts = () => world.chart.calls.filter(({ method }) => method === 'PUT').length
    const written = puts()
    await begin()
    await done()
    assert.deepEqual(words(), ['two', 'two', 'two'])
    assert.equal(puts(), written + 3)
    const after = await dry()
    assert.deepEqual(after.events, { same: 3, changed: 0, new: 0, lost: 0 })
    assert.deepEqual(after.writes, { chart: { nothing: 3 } })
  })

  it('names no target: events for readers only, and the dry run counts no write', async t => {
    const { running, words, dry, begin, done } = await mended(t)
    assert.deepEqual((await dry({ targets: [] })).writes, {})
    await begin({ targets: [] })
    await done()
    assert.deepEqual(words(), ['one', 'one', 'one'])
    assert.equal((await recordsOf(running.engine.log, CANONICAL)).length, 6)
  })

  it('says of older states that newer ones stand, and of a policy that people are asked', async t => {
    const asking = TENANT_FILE.replace(
      '{ chart: { toy: {} } }',
      '{ chart: { toy: {}, policy: ask } }\npolicies: { ask: { other: one_approver } }',
    )
    const files = { 'channels/harbor/tenant.yaml': asking }
    const { dry, begin, running, words } = await mended(t, files)
    assert.deepEqual((await dry()).writes, { chart: { needs_approval: 3 } })
    await begin()
    const waiting = async () =>
      (await running.engine.store.counts()).find(one => one.state === 'awaiting_approval')?.count
    await until('people are asked', async () => (await waiting()) === 3)
    assert.deepEqual(words(), ['one', 'one', 'one'])
  })

  it('shows no value unless it is asked for, and hides who the message was of', async t => {
    const { dry } = await mended(t)
    const { samples, ...rest } = await dry()
    assert.equal(samples.length, 3)
    assert.ok(!JSON.stringify(rest).includes('"one"'))
  })

  it('by the deployment of the records makes the same bytes (G6)', async t => {
    const { running, first, begin, done, dry } = await mended(t)
    const before = (await recordsOf(running.engine.log, CANONICAL)).map(one => String(one.value))
    for (const deployment of ['recorded', first]) {
      assert.equal((await dry({ deployment })).events.same, 3)
      await begin({ name: deployment, deployment, targets: [] })
      await done(deployment)
      const again = (await recordsOf(running.engine.log, CANONICAL))
        .filter(({ headers }) => headers.replay === deployment)
        .map(one => String(one.value))
      assert.deepEqual(again, before)
    }
  })

  it('goes on after a restart of the engine, with nothing twice', async t => {
    const { world, running, begin } = await mended(t)
    for (let n = 0; n < 30; n++) await running.send(`N${n}`)
    await until('all is mapped', () => settled(running.engine))
    await begin({ rate_per_second: 30 })
    await until('it has begun', async () => {
      return ((await running.engine.store.replay('wards'))?.counts.read ?? 0) > 3
    })
    await running.engine.stop()
    const next = await world.start()
    await asker(next).done()
    const again = (await recordsOf(next.engine.log, CANONICAL)).filter(one => one.headers.replay)
    assert.equal(again.length, 33)
    assert.equal(new Set(again.map(({ headers }) => headers.event_id)).size, 33)
  })
})

describe('a replay is refused', () => {
  it('for a topic, span, target or deployment that is none', async t => {
    const { begin, running } = await mended(t)
    const refused = (change: Partial<ReplayRequest>, code: Code) =>
      assert.rejects(begin(change), refusedBy(code))
    await refused({ topic: 'raw.harbor.other' }, 'topic_unknown')
    await refused({ topic: 'dead.harbor' }, 'replay_topic_wrong')
    await refused({ topic: 'canonical.elsewhere' }, 'replay_topic_wrong')
    await refused({ from: '3' }, 'replay_span_empty')
    await refused({ from: '2', to: '1' }, 'replay_span_empty')
    await refused({ targets: ['other'] }, 'replay_target_unknown')
    await refused({ topic: 'outbound.harbor.chart', targets: [] }, 'replay_target_unknown')
    await refused({ deployment: '9'.repeat(16) }, 'deployment_unknown')
    assert.deepEqual(await running.engine.store.replays({ limit: 9 }), [])
  })

  it('under a name that was used for something else; the same words go on with it', async t => {
    const { begin, done, ask } = await mended(t)
    await begin()
    await done()
    assert.equal((await begin({ by: 'Bo', why: 'again' })).state, 'done')
    await assert.rejects(begin({ from: '1' }), refusedBy('replay_name_used'))
    const [line] = await ask<ReplayLine[]>({ do: 'list' })
    assert.equal(line?.by, 'Ann')
  })

  it('beyond the reach of the ledger, but for readers (G6)', async t => {
    const { begin, done, running, dry } = await mended(t)
    await running.engine.store.setCursor('ledger.whole_since_sequence.harbor', '2')
    await assert.rejects(begin(), refusedBy('replay_beyond_ledger'))
    await assert.rejects(begin({ topic: CANONICAL, from: '1' }), refusedBy('replay_beyond_ledger'))
    await assert.rejects(dry(), refusedBy('replay_beyond_ledger'))
    await begin({ topic: CANONICAL, from: '2', name: 'within' })
    await done('within')
    await begin({ targets: [] })
    await done()
  })

  it('where a part of its span was let go, with the first record that is kept', async t => {
    const { running, begin } = await mended(t)
    const { log, store } = running.engine
    const trimmed = (await log.partitions()).map(info =>
      info.topic === RAW ? { ...info, first_offset: 2 } : info,
    )
    const { read, offsetOfTime } = log
    const planned = planReplay(request(), {
      log: {
        partitions: async () => trimmed,
        read: (...args) => read.apply(log, args),
        offsetOfTime: (...args) => offsetOfTime.apply(log, args),
      },
      store,
      tenant: () => running.engine.plan.tenants[0],
      find: async () => undefined,
      now: () => 0,
    })
    await assert.rejects(planned, cause => {
      assert.ok(refusedBy('replay_trimmed')(cause))
      assert.deepEqual((cause as Failure).facts, { topic: RAW, first_offset: 2 })
      return true
    })
    assert.equal((await begin({ from: '2' })).from_offset, 2)
  })
})

describe('a replay that runs', () => {
  it('is paused, resumed and cancelled by people, and pins what it still needs', async t => {
    const { running, begin, ask } = await mended(t)
    for (let n = 0; n < 20; n++) await running.send(`N${n}`)
    const { log, store } = running.engine
    await begin({ rate_per_second: 1 })
    const pins = await replayPins({ log, store })
    assert.deepEqual(
      pins.map(({ topic, why, name }) => [topic, why, name]),
      [
        [RAW, 'replay', 'wards'],
        [CANONICAL, 'replay', 'wards'],
      ],
    )
    assert.equal(pins[0]?.to_offset, 23)
    const word = (what: string) => ask<ShownReplay>({ do: what, name: 'wards', by: 'Bo', why: 'x' })
    assert.equal((await word('pause')).state, 'paused')
    assert.equal((await replayPins({ log, store })).length, 2)
    await assert.rejects(word('pause'), refusedBy('replay_not_turned'))
    assert.equal((await word('resume')).state, 'running')
    const last = await word('cancel')
    assert.equal(last.state, 'cancelled')
    assert.deepEqual(
      last.words.map(one => [one.word, one.by]),
      [
        ['start', 'Ann'],
        ['pause', 'Bo'],
        ['resume', 'Bo'],
        ['cancel', 'Bo'],
      ],
    )
    assert.deepEqual(await replayPins({ log, store }), [])
    await assert.rejects(ask({ do: 'show', name: 'none' }), refusedBy('replay_unknown'))
    const acts = (await recordsOf(log, 'audit.harbor')).flatMap(one => one.headers.act ?? [])
    for (const act of ['replay_pause', 'replay_resume', 'replay_cancel']) {
      assert.ok(acts.includes(act))
    }
  })
})
