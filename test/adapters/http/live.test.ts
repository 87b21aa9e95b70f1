// The http adapter, its transport, the ledger and the delivery against a far end with a log of its
// own, which drops connections before and after the work, says no with 200, and asks for time.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { http } from '../../../adapters/http/http.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import type { WriteIntent } from '../../../src/model/intent.ts'
import type { TargetPlan } from '../../../src/model/plan.ts'
import { openDelivery } from '../../../src/path/delivery.ts'
import { http as transport } from '../../../src/transports/http/http.ts'
import { atEnd, handClock, openLog, openStore, recordsOf } from '../../path/rooms.ts'
import { ears, GOVERNANCE, id, patient, TARGET, TENANT, writeIntent } from '../../path/toy.ts'
import { type Mood, Tickets } from '../../peers/tickets.ts'
import { settingsOf, type Told } from './settings.ts'

const title = 'Call {Patient.name[0].family}'
const plain: Told = {
  takes: 'resource',
  request: { path: '/tickets', body: { title, external_id: '{intent_id}' } },
  id: 'body.id',
  outcomes: [{ when: 'body.success = false', outcome: 'fix' }],
}
const updating = {
  update: { path: '/tickets/{target_id}', body: { title } },
  verify: { path: '/tickets/{target_id}', expect: { title } },
}
const finding = {
  find: {
    path: '/tickets?external_id={intent_id}',
    items: 'body.results',
    where: { external_id: '{intent_id}' },
    id: 'id',
  },
}
const keyed = { idempotency_key: 'Idempotency-Key' }

interface WorldOptions {
  readonly told: Told
  readonly on_unknown: TargetPlan['on_unknown']
  readonly knows_keys?: boolean
}

async function world(t: TestContext, { told, on_unknown, knows_keys = false }: WorldOptions) {
  const far = await Tickets.open({ knows_keys })
  const config = settingsOf({ base_url: far.base, ...told })
  const clock = handClock()
  const carrier = await transport.open(http.transportConfig(config) as never, {
    signals: ears(),
  })
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const bugs: unknown[] = []
  const delivery = openDelivery({
    ...{ tenant: TENANT, target: TARGET, on_unknown, clock },
    steps: http.steps(config),
    transport: clock.watch(carrier),
    store: clock.watch(store),
    log: clock.watch(log),
    random: seededRandom(1),
    signals: ears(),
    settle_ms: http.settle_ms,
    visible_ms: http.visible_ms,
    in_flight_max: 4,
    governance: GOVERNANCE,
    onBug: cause => bugs.push(cause),
  })
  atEnd(t, async () => {
    let closed = false
    const closing = delivery.close().then(() => {
      closed = true
    })
    await Promise.race([closing, clock.windUntil('it is closed', () => closed)])
    await closing
    await carrier.close()
    await far.close()
    assert.deepEqual(bugs, [])
  })
  const admit = async (intents: readonly WriteIntent[]) => {
    const state = { state: 'accepted', reason: undefined, facts: {}, approvers: 0 } as const
    await store.admit(
      intents.map(intent => ({ intent, content: JSON.stringify(intent.resource), ...state })),
      clock.now(),
    )
    delivery.wake()
  }
  const become = ({ intent_id }: WriteIntent, ...states: readonly string[]) =>
    clock.windUntil(`${intent_id} is ${states}`, async () =>
      states.includes((await store.row(intent_id))?.state ?? ''),
    )
  return { far, store, log, delivery, admit, become }
}

const person = (value: string, family = 'Oak', more: Partial<WriteIntent> = {}) =>
  writeIntent({
    resource: patient(value, { name: [{ family }] }),
    identifier: id(value),
    ...more,
  })

describe('an HTTP target that behaves badly', () => {
  it('is sent the same request under the same key where no answer came', async t => {
    const { far, admit, become } = await world(t, {
      told: { ...plain, ...keyed },
      on_unknown: 'resend_same_id',
      knows_keys: true,
    })
    const intent = person('K1')
    far.moods = ['drops_after', 'garbled', 'drops_before']
    await admit([intent])
    await become(intent, 'surfaced')
    assert.equal(far.held.length, 1)
    assert.deepEqual([...new Set(far.writes.map(({ key }) => key))], [intent.intent_id])
    assert.equal(new Set(far.writes.map(({ body }) => body)).size, 1)
  })

  it('is asked for our mark first where it knows no key, and sent again only what is not there', async t => {
    const told = { ...plain, ...finding, ...updating }
    const { far, store, admit, become } = await world(t, { told, on_unknown: 'verify' })
    const [landed, lost] = [person('F1'), person('F2')]
    far.moods = ['drops_after']
    await admit([landed])
    await become(landed, 'surfaced')
    far.moods = ['drops_before']
    await admit([lost])
    await become(lost, 'surfaced')
    assert.deepEqual(far.held.map(one => one.external_id).sort(), [
      landed.intent_id,
      lost.intent_id,
    ])
    assert.equal(far.writes.length, 3)
    assert.equal((await store.row(landed.intent_id))?.target_id, '100')
  })

  it('is not sent again what may have landed where nobody could tell', async t => {
    const { far, store, admit, become } = await world(t, { told: plain, on_unknown: 'hold' })
    const [held, next] = [person('H1'), person('H2')]
    far.moods = ['drops_after']
    await admit([held])
    await become(held, 'unknown')
    await admit([next])
    await become(next, 'surfaced')
    assert.equal((await store.row(held.intent_id))?.state, 'unknown')
    assert.equal(far.writes.length, 2)
  })

  it('makes a dead letter where its body says no, and is waited for where it asks for time', async t => {
    const { far, log, admit, become } = await world(t, { told: plain, on_unknown: 'hold' })
    const [refused, late] = [person('D1'), person('D2')]
    far.moods = ['says_no']
    await admit([refused])
    await become(refused, 'dead')
    far.moods = ['busy']
    await admit([late])
    await become(late, 'surfaced')
    const [letter] = await recordsOf(log, `dead.${TENANT}`)
    assert.equal(letter?.headers['dlt.error.code'], 'target_refused')
    assert.deepEqual(
      far.held.map(one => one.external_id),
      [late.intent_id],
    )
  })

  it('learns of later events by an update of what the first one made', async t => {
    const told = { ...plain, ...finding, ...updating }
    const { far, admit, become } = await world(t, { told, on_unknown: 'verify' })
    const first = person('U1', 'Oak')
    await admit([first])
    await become(first, 'surfaced')
    const second = person('U1', 'Elm', { key: first.key })
    far.moods = ['drops_before']
    await admit([second])
    await become(second, 'surfaced')
    assert.deepEqual(
      far.held.map(one => one.title),
      ['Call Elm'],
    )
    assert.deepEqual(
      far.writes.map(({ method, url }) => `${method} ${url}`),
      ['POST /api/tickets', 'PATCH /api/tickets/100', 'PATCH /api/tickets/100'],
    )
  })

  const moods: readonly Mood[] = ['well', 'drops_after', 'drops_before', 'busy', 'garbled']
  const ways = [
    { name: 'by key', told: { ...plain, ...keyed }, on_unknown: 'resend_same_id' },
    { name: 'by search', told: { ...plain, ...finding, ...updating }, on_unknown: 'verify' },
  ] as const
  for (const { name, told, on_unknown } of ways) {
    it(`holds one thing for each write at the end, ${name}, whatever its moods`, async t => {
      const seed = Number(process.env.FIRTH_SEED ?? 7)
      t.diagnostic(`FIRTH_SEED=${seed}`)
      const random = seededRandom(seed)
      const { far, admit, become } = await world(t, { told, on_unknown, knows_keys: true })
      const intents = Array.from({ length: 12 }, (_, i) => person(`P${i}`))
      const some = () => moods[Math.floor(random.fraction() * moods.length)] ?? 'well'
      far.moods = Array.from({ length: 20 }, () => {
        const mood = some()
        return mood === 'busy' && random.fraction() < 0.8 ? 'drops_after' : mood
      })
      await admit(intents)
      for (const intent of intents) await become(intent, 'surfaced')
      const marks = far.held.map(one => one.external_id)
      if (on_unknown === 'verify') lookedBefore(far)
      assert.deepEqual(marks.toSorted(), intents.map(one => one.intent_id).toSorted())
    })
  }
})

/** No write whose end was open is sent again before its mark has been asked for. */
function lookedBefore({ asked }: Tickets): void {
  for (const [i, { method, body, mood }] of asked.entries()) {
    if (method !== 'POST' || mood === 'well' || mood === 'busy') continue
    const { external_id } = JSON.parse(body)
    const next = asked.slice(i + 1).find(one => `${one.url}${one.body}`.includes(external_id))
    assert.equal(next?.method, 'GET')
  }
}
