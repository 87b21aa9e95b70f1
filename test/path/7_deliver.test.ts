// Station 7: one claimed intent and what becomes of its row, by the outcome and nothing else. On
// the real store and the real log, against a toy chart.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import { type LedgerRow, readIntent } from '../../src/model/intent.ts'
import { limits } from '../../src/model/limits.ts'
import type { Governance } from '../../src/path/6_govern.ts'
import { deliver, prove, resolveUnknown } from '../../src/path/7_deliver.ts'
import { at, world } from './deliver_world.ts'
import { answer, diskFull, guarded, recordsOf, toySteps } from './rooms.ts'
import { encounter, GOVERNANCE, patient, TENANT, writeIntent } from './toy.ts'

describe('a delivery that succeeds', () => {
  it('is committed, then read back, then surfaced (K01, K09)', async t => {
    const { once, states, chart } = await world(t)
    const { after, intent, row } = await once()
    assert.equal(after, 'go_on')
    assert.deepEqual(await states(intent), ['accepted', 'in_flight', 'committed', 'surfaced'])
    assert.equal(row.target_id, `at-Patient/${intent.resource_id}`)
    assert.equal(row.attempts, 0)
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['PUT', 'GET'],
    )
  })

  it('was in flight, durable, before the first call (design: station 7)', async t => {
    const { once, store, chart } = await world(t)
    const intent = writeIntent()
    const seen: (string | undefined)[] = []
    const peeked = store.row.bind(store)
    chart.behave = async () => {
      seen.push((await peeked(intent.intent_id))?.state)
      return undefined
    }
    await once(intent)
    assert.deepEqual(seen, ['in_flight', 'committed'])
  })

  it('teaches the crosswalk the id at the target, for those that refer to it (J01)', async t => {
    const { once, store } = await world(t)
    const { intent } = await once(writeIntent({ resource: patient('M7') }))
    const { ids: known } = await store.known(intent, [`Patient/${intent.resource_id}`])
    assert.deepEqual(known, { 'Patient/p-M7': 'at-Patient/p-M7' })
  })

  it('stays committed where the target shows nothing yet, or does not answer (E07, K08)', async t => {
    for (const reading of [answer(404), answer(503)]) {
      const { once, chart } = await world(t)
      chart.behave = ({ method }) => (method === 'GET' ? reading : undefined)
      assert.equal((await once()).row.state, 'committed')
    }
  })

  it('is a conflict where the target shows something else, with the paths and a signal (K04, K06)', async t => {
    const { once, chart, signals } = await world(t)
    chart.behave = ({ method }) =>
      method === 'GET' ? { kind: 'answer', status: 200, headers: {}, body: '{}' } : undefined
    const { row } = await once()
    assert.equal(row.state, 'conflict')
    assert.equal(row.reason, 'target_mismatch')
    assert.deepEqual(row.facts, { paths: 'Patient' })
    assert.deepEqual(
      signals.said.map(({ level, what }) => `${level} ${what}`),
      ['warn the target shows something else than was written'],
    )
  })
})

describe('a newer write of the same resource that lands before the older one is read back', () => {
  it('makes no conflict of the older one', async t => {
    const { admit, claim, context, store, chart, clock } = await world(t)
    const older = writeIntent({ key: 'k', resource: patient('M1', { active: true }) })
    const newer = writeIntent({ key: 'k', resource: patient('M1', { active: false }) })
    await admit(older)
    await admit(newer)
    // The newer one has landed and is still under way when the older one asks what the chart shows.
    let landed = false
    chart.behave = async ({ method }) => {
      if (method === 'PUT' || landed) return undefined
      landed = true
      const claiming = { now_ms: clock.now(), lease_ms: 100_000, limit: 1 }
      assert.equal((await store.claim(at, claiming))[0]?.intent.intent_id, newer.intent_id)
      chart.held.set('Patient/p-M1', JSON.stringify(newer.resource))
      return undefined
    }
    await deliver(await claim(), context)
    assert.equal((await store.row(older.intent_id))?.state, 'committed')
  })

  it('makes none either when the newer one is through by then', async t => {
    const { once, context, store, chart } = await world(t)
    chart.behave = ({ method }) => (method === 'GET' ? answer(503) : undefined)
    const { row: older } = await once(writeIntent({ resource: patient('M1', { active: true }) }))
    assert.equal(older.state, 'committed')
    await once(writeIntent({ resource: patient('M1', { active: false }) }))
    chart.behave = () => undefined
    await prove(older, older.target_id, context)
    assert.equal((await store.row(older.intent.intent_id))?.state, 'committed')
  })
})

describe('a row that a person let go', () => {
  const policyOf = (approval: 'one_approver' | 'two_approvers'): Governance => ({
    ...GOVERNANCE,
    policy: { demographics: approval },
  })

  it('is not sent against what rules now: it is denied, and seen (I06, H07)', async t => {
    for (const [governance, reason] of [
      [{ profile: [], policy: undefined }, 'operation_undeclared'],
      [{ ...GOVERNANCE, policy: {} }, 'policy_silent'],
    ] as const) {
      const { once, chart, context, store, claim, clock, states } = await world(t)
      chart.behave = () => answer(422)
      const { intent, row } = await once()
      assert.equal(row.state, 'conflict')
      const [calls, { epoch }] = [chart.calls.length, store]
      const { intent_id } = intent
      const again = {
        intent_id,
        from: 'conflict',
        to: 'accepted',
        at_ms: clock.now(),
        epoch,
      } as const
      await store.move([{ ...again, due_at_ms: clock.now(), attempts: 0 }])
      assert.equal(await deliver(await claim(), { ...context, governance }), 'no_call')
      const now = await store.row(intent_id)
      assert.deepEqual([now?.state, now?.reason, now?.attempts], ['denied', reason, 0])
      assert.equal(chart.calls.length, calls)
      assert.deepEqual((await states(intent)).slice(-3), ['accepted', 'in_flight', 'denied'])
    }
  })

  it('waits for the people whom its policy asks for by now, and goes out with them (I08)', async t => {
    const { admit, chart, context, store, claim, clock } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    const asking = { ...context, governance: policyOf('one_approver') }
    assert.equal(await deliver(await claim(), asking), 'no_call')
    const waits = await store.row(intent.intent_id)
    assert.deepEqual([waits?.state, waits?.approvers], ['awaiting_approval', 1])
    assert.equal(chart.calls.length, 0)
    const { content = '' } = waits ?? {}
    const { intent_id } = intent
    const word = { intent_id, word: 'approve', content, by: 'Ann', why: '' } as const
    assert.equal(await store.decide({ ...word, at_ms: clock.now() }), 'approved')
    assert.equal(await deliver(await claim(), asking), 'go_on')
    assert.equal((await store.row(intent_id))?.state, 'surfaced')
  })
})

describe('a delivery that fails', () => {
  it('waits with growing distances where it may pass later, and counts its tries (F13, F16)', async t => {
    for (const status of [503, 429, 424]) {
      const { once, chart, claim, context, store, clock, log } = await world(t)
      chart.behave = () => answer(status)
      const { after, intent, row } = await once()
      const busy = { busy: row.reason, wait_ms: undefined }
      assert.deepEqual(after, status === 424 ? 'go_on' : busy)
      assert.equal(row.state, 'accepted')
      assert.equal(row.attempts, 1)
      const waits = [row.due_at_ms - clock.now()]
      for (let i = 0; i < 4; i++) {
        await clock.wind(waits.at(-1) ?? 0)
        await deliver(await claim(), context)
        const again = await store.row(intent.intent_id)
        waits.push((again?.due_at_ms ?? 0) - clock.now())
      }
      waits.forEach((wait_ms, i) => {
        const step = limits.retry_wait_ms_min * 2 ** i
        assert.ok(wait_ms >= step / 2 && wait_ms <= step, `wait ${i} is ${wait_ms} ms`)
      })
      assert.equal((await store.row(intent.intent_id))?.attempts, 5)
      assert.deepEqual(await recordsOf(log, `dead.${TENANT}`), [])
    }
  })

  it('waits as long as the target asks (F19)', async t => {
    const { once, chart, clock } = await world(t)
    chart.behave = () => answer(429, { 'retry-after': '120' })
    assert.equal((await once()).row.due_at_ms, clock.now() + 120_000)
  })

  it('is a dead letter at once where the record is wrong, with its own bytes and reason (F20)', async t => {
    const { once, chart, log, signals } = await world(t)
    chart.behave = () => answer(400)
    const { intent, row } = await once()
    assert.equal(row.state, 'dead')
    assert.equal(row.reason, 'target_refused')
    const [dead, ...others] = await recordsOf(log, `dead.${TENANT}`)
    assert.ok(dead)
    assert.deepEqual(others, [])
    assert.equal(dead.key, intent.key)
    assert.deepEqual(readIntent(dead.value.toString()), intent)
    assert.equal(dead.headers.raw_id, intent.raw_id)
    assert.equal(dead.headers['dlt.stage'], 'deliver')
    assert.equal(dead.headers['dlt.class'], 'poison')
    assert.equal(dead.headers['dlt.error.code'], 'target_refused')
    assert.equal(dead.headers['dlt.error.path'], 'Patient.name')
    assert.equal(dead.headers['dlt.route'], 'chart')
    assert.equal(dead.headers['dlt.attempts'], '1')
    assert.deepEqual(
      signals.said.map(({ what }) => what),
      ['write dead-lettered'],
    )
  })

  it('writes the same dead letter again after a death in between: readers show it once', async t => {
    const { admit, claim, chart, log, store, context } = await world(t)
    chart.behave = () => answer(400)
    const intent = writeIntent()
    await admit(intent)
    const row = await claim()
    const dying = guarded(store, method => {
      if (method === 'move') throw diskFull()
    })
    await assert.rejects(deliver(row, { ...context, store: dying }), { code: 'log_disk_full' })
    assert.equal((await store.row(intent.intent_id))?.state, 'in_flight')
    await deliver(row, context)
    const ids = (await recordsOf(log, `dead.${TENANT}`)).map(({ headers }) => headers['dlt.id'])
    assert.equal(ids.length, 2)
    assert.equal(new Set(ids).size, 1)
  })

  it('is not moved to dead before its dead letter stands (G5)', async t => {
    const { admit, claim, chart, log, store, context } = await world(t)
    chart.behave = () => answer(400)
    const intent = writeIntent()
    await admit(intent)
    const full = guarded(log, method => {
      if (method === 'append') throw diskFull()
    })
    await assert.rejects(deliver(await claim(), { ...context, log: full }), {
      code: 'log_disk_full',
    })
    assert.equal((await store.row(intent.intent_id))?.state, 'in_flight')
  })

  it('is for a person where the target has a newer version or forbids the write (G03, G14)', async t => {
    for (const [status, state] of [
      [409, 'conflict'],
      [403, 'denied'],
    ] as const) {
      const { once, chart, log } = await world(t)
      chart.behave = () => answer(status)
      const { after, row } = await once()
      assert.equal(after, 'go_on')
      assert.equal(row.state, state)
      assert.deepEqual(row.facts, { status })
      assert.deepEqual(await recordsOf(log, `dead.${TENANT}`), [])
    }
  })

  it('pauses the target where the fault is the target’s, and costs the row no try', async t => {
    const refused = { kind: 'not_sent', code: 'target_down', facts: {} } as const
    for (const [trouble, pause] of [
      [answer(401), 'target_auth'],
      [refused, 'target_down'],
    ] as const) {
      const { once, chart } = await world(t)
      chart.behave = () => trouble
      const { after, row } = await once()
      assert.deepEqual(after, { pause })
      assert.equal(row.state, 'accepted')
      assert.equal(row.attempts, 0)
    }
  })

  it('is unknown where no answer came: it may have landed (F14)', async t => {
    const { once, chart, log } = await world(t)
    chart.behave = () => ({ kind: 'no_answer', code: 'target_answer_unknown', facts: {} })
    const { row } = await once()
    assert.equal(row.state, 'unknown')
    assert.equal(row.reason, 'target_answer_unknown')
    assert.deepEqual(await recordsOf(log, `dead.${TENANT}`), [])
  })

  it('says nothing of the patient in its signals and facts (N09)', async t => {
    for (const status of [400, 401, 403, 409, 429, 503]) {
      const { once, chart, signals, store } = await world(t)
      chart.behave = () => answer(status)
      const resource = patient('CANARY', { name: [{ family: 'CANARY' }] })
      const { intent } = await once(writeIntent({ resource, key: 'CANARY' }))
      assert.doesNotMatch(JSON.stringify(signals.said), /CANARY/)
      assert.doesNotMatch(JSON.stringify(await store.history(intent.intent_id)), /CANARY/)
    }
  })
})

describe('a write whose reference is missing at the target', () => {
  /** A visit that waits for its patient, when the patient has come to an end. */
  async function visitBehind(t: TestContext, status: number) {
    const part = await world(t)
    const { admit, claim, context, chart } = part
    const first = writeIntent({ key: 'k', resource: patient('M1') })
    const visit = encounter('V1', 'M1')
    const second = writeIntent({ key: 'k', resource: visit, waits_for: [first.intent_id] })
    await admit(first)
    await admit(second)
    chart.behave = ({ method, resource }) => {
      if (method === 'GET') return undefined
      return resource.startsWith('Patient') ? answer(status) : answer(424)
    }
    await deliver(await claim(), context)
    await deliver(await claim(), context)
    return { ...part, second }
  }

  it('is a dead letter at once, as held, where that resource died and will not come', async t => {
    const { store, log, second } = await visitBehind(t, 400)
    assert.equal((await store.row(second.intent_id))?.state, 'dead')
    const [, held] = await recordsOf(log, `dead.${TENANT}`)
    assert.equal(held?.headers['dlt.class'], 'held')
    assert.equal(held?.headers['dlt.error.code'], 'target_reference_missing')
  })

  it('waits where that resource is there: what is missing may be another, or not shown yet (K08)', async t => {
    const { store, second } = await visitBehind(t, 200)
    const row = await store.row(second.intent_id)
    assert.equal(row?.state, 'accepted')
    assert.equal(row?.attempts, 1)
  })
})

describe('a target that asks to be left alone', () => {
  it('is told of as a whole, and the row keeps to it (Retry-After)', async t => {
    const { context, once, clock } = await world(t)
    for (const [wait_ms, kept_ms] of [
      [7_200_000, 7_200_000],
      [1e12, limits.target_wait_ms_max],
    ] as const) {
      const verdict = {
        outcome: 'throttled',
        code: 'target_throttled',
        facts: {},
        wait_ms,
      } as const
      context.steps = { ...toySteps, deliver: () => ({ verdict }) }
      const { after, row } = await once()
      assert.deepEqual(after, { busy: 'target_throttled', wait_ms })
      assert.equal(row.due_at_ms - clock.now(), kept_ms)
    }
  })

  it('for no time at all is not asked again at once', async t => {
    const { context, once, clock } = await world(t)
    const verdict = {
      outcome: 'throttled',
      code: 'target_throttled',
      facts: {},
      wait_ms: 0,
    } as const
    context.steps = { ...toySteps, deliver: () => ({ verdict }) }
    const { row } = await once()
    assert.ok(row.due_at_ms - clock.now() >= limits.retry_wait_ms_min / 2)
  })
})

describe('an unknown row', () => {
  async function unknown(t: TestContext, landed: boolean) {
    const part = await world(t)
    const { chart } = part
    chart.behave = call => {
      if (call.method === 'PUT' && landed) chart.held.set(call.resource, call.body ?? '')
      return { kind: 'no_answer', code: 'target_answer_unknown', facts: {} }
    }
    const { row, intent } = await part.once()
    assert.equal(row.state, 'unknown')
    chart.behave = () => undefined
    chart.calls.length = 0
    return { ...part, row, intent }
  }

  it('is committed and surfaced where the target shows it, without another write (F15)', async t => {
    const { row, intent, context, states, chart } = await unknown(t, true)
    assert.equal(await resolveUnknown(row, context), 'go_on')
    assert.deepEqual((await states(intent)).slice(-3), ['unknown', 'committed', 'surfaced'])
    assert.ok(chart.calls.every(({ method }) => method === 'GET'))
  })

  it('may be sent again where the target shows nothing or the older content', async t => {
    for (const older of [undefined, '{}']) {
      const { row, intent, context, store, chart } = await unknown(t, false)
      if (older !== undefined) chart.held.set(`Patient/${intent.resource_id}`, older)
      assert.equal(await resolveUnknown(row, context), 'go_on')
      assert.equal((await store.row(intent.intent_id))?.state, 'accepted')
      assert.equal(chart.calls.length, 1)
    }
  })

  it('is a conflict for a person after a restore, where what stands there may be newer', async t => {
    const { row, intent, context, store, chart } = await unknown(t, false)
    const restored = { ...row, facts: { restored: true } }
    chart.held.set(`Patient/${intent.resource_id}`, JSON.stringify({ resourceType: 'Patient' }))
    assert.equal(await resolveUnknown(restored, context), 'go_on')
    const now = await store.row(intent.intent_id)
    assert.deepEqual([now?.state, now?.reason], ['conflict', 'target_mismatch'])
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['GET'],
    )
  })

  it('goes out after a restore where the target shows nothing of it', async t => {
    const { row, intent, context, store } = await unknown(t, false)
    await resolveUnknown({ ...row, facts: { restored: true } }, context)
    assert.equal((await store.row(intent.intent_id))?.state, 'accepted')
  })

  it('stays unknown where the target does not answer, and is never sent for that (F14)', async t => {
    for (const [trouble, after] of [
      [answer(503), { busy: 'target_transient', wait_ms: undefined }],
      [answer(401), { pause: 'target_auth' }],
      [{ kind: 'not_sent', code: 'target_down', facts: {} }, { pause: 'target_down' }],
    ] as const) {
      const { row, intent, context, store, chart } = await unknown(t, false)
      chart.behave = () => trouble
      assert.deepEqual(await resolveUnknown(row, context), after)
      assert.equal((await store.row(intent.intent_id))?.state, 'unknown')
    }
  })

  it('is given up in the end where it never lands, as exhausted', async t => {
    const { row, intent, context, store, clock, log, chart, claim } = await unknown(t, false)
    const lost = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} } as const
    let next: LedgerRow | undefined = row
    for (let tries = 0; next?.state === 'unknown' && tries < 1_000; tries++) {
      chart.behave = () => undefined
      await resolveUnknown(next, context)
      await clock.wind(limits.retry_wait_ms_max)
      chart.behave = () => lost
      if ((await store.row(intent.intent_id))?.state === 'accepted') {
        await deliver(await claim(), context)
      }
      next = await store.row(intent.intent_id)
    }
    assert.equal(next?.state, 'dead')
    const [dead] = await recordsOf(log, `dead.${TENANT}`)
    assert.equal(dead?.headers['dlt.class'], 'exhausted')
  })
})

describe('a row that is not ours', () => {
  it('is not delivered unless it was claimed', async t => {
    const { admit, store, context } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    const row = (await store.row(intent.intent_id)) as LedgerRow
    await assert.rejects(deliver(row, context), Bug)
  })

  it('is not moved on: whoever has it now decides, and it is said', async t => {
    const { admit, claim, store, context, clock, signals, chart } = await world(t)
    const intent = writeIntent()
    await admit(intent)
    const row = await claim()
    const lost = {
      from: 'in_flight',
      to: 'unknown',
      at_ms: clock.now(),
      epoch: store.epoch,
    } as const
    await store.move([{ intent_id: intent.intent_id, ...lost }])
    await deliver(row, context)
    assert.equal((await store.row(intent.intent_id))?.state, 'unknown')
    assert.deepEqual(
      signals.said.map(({ what }) => what),
      ['a ledger row was not ours to move'],
    )
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['PUT'],
    )
  })
})

describe('a visit that refers to its patient', () => {
  it('is delivered after the patient, with the id that the patient has there (B18)', async t => {
    const { admit, claim, context, store } = await world(t)
    const first = writeIntent({ key: 'k', resource: patient('M1') })
    const visit = encounter('V1', 'M1')
    const second = writeIntent({ key: 'k', resource: visit, waits_for: [first.intent_id] })
    await admit(second)
    await admit(first)
    const seen: Readonly<Record<string, string>>[] = []
    const steps = {
      ...toySteps,
      deliver: (input: Parameters<typeof toySteps.deliver>[0]) => {
        seen.push(input.known)
        return toySteps.deliver(input)
      },
    }
    const order: string[] = []
    for (let i = 0; i < 2; i++) {
      const row = await claim()
      order.push(row.intent.resource_type)
      await deliver(row, { ...context, steps })
    }
    assert.deepEqual(order, ['Patient', 'Encounter'])
    assert.deepEqual(seen.at(-1), { 'Patient/p-M1': 'at-Patient/p-M1' })
    assert.equal((await store.row(second.intent_id))?.state, 'surfaced')
  })
})
