// Retention: by age, never past what somebody has yet to read. On the real log, by a clock of the
// test.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { Bug } from '../../src/kit/assert.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { keptWholeFrom, wholeSince } from '../../src/model/keep_store.ts'
import type { GroupInfo, Log, PartitionInfo, Span, Trim } from '../../src/model/log.ts'
import type { Pin } from '../../src/model/pin.ts'
import { type Plan, usualAlerts } from '../../src/model/plan.ts'
import { openRetention, retain, unreadFrom } from '../../src/operate/retention.ts'
import { admission, intent } from '../contract/store_samples.ts'
import { diskFull, guarded, handClock, openLog, openStore, recordsOf } from '../path/rooms.ts'
import { ears } from '../path/toy.ts'

const DAY_MS = 86_400_000
const RAW = 'raw.harbor.adt_in'

const plan: Plan = {
  project: '/nowhere',
  tenants: [],
  engine: {
    log: { kind: 'embedded', config: {} },
    store: { kind: 'sqlite', config: {} },
    limits: {
      unanswered_bytes_max: 1,
      mapping_ms_max: 1,
      keep_ms: 30 * DAY_MS,
      keep_dead_ms: 365 * DAY_MS,
      keep_audit_ms: 3_650 * DAY_MS,
      keep_ledger_ms: 90 * DAY_MS,
      duplicate_window_ms: 7 * DAY_MS,
    },
    keep: {},
    operate: { alerts: usualAlerts },
  },
}

async function world(t: TestContext, topics: readonly string[]) {
  const log = await openLog(t, topics)
  const store = await openStore(t)
  const clock = handClock(systemClock.now())
  const signals = ears()
  const trims: (readonly [string, number, readonly Span[]])[] = []
  const watched: Log = guarded(log, (method, args) => {
    if (method !== 'trim') return
    // A round that rewrites trims anew before it removes anything; the same twice is one.
    for (const { topic, offset, kept = [] } of args[0] as readonly Trim[]) {
      const trim = [topic, offset, kept] as const
      if (!trims.some(one => JSON.stringify(one) === JSON.stringify(trim))) trims.push(trim)
    }
  })
  const onBug = (cause: unknown): void => assert.fail(String(cause))
  const context = { log: watched, store, clock, signals, plan, onBug }
  const fill = async (topic: string, count: number) => {
    const record = { key: 'k', headers: {}, value: Buffer.alloc(200_000, 0x41) }
    for (let i = 0; i < count; i++) await log.append(topic, 0, [record])
  }
  return { log, store, clock, signals, trims, context, fill }
}

/** Reads a topic as a group and commits up to an offset. */
async function read(log: Log, group: string, topic: string, next_offset: number): Promise<void> {
  const first = Promise.withResolvers<number>()
  const subscription = await log.subscribe({
    group,
    topics: [topic],
    start: 'earliest',
    records_max: 1,
    bytes_max: 1_000_000,
    onBatch: async batch => first.resolve(batch.epoch),
    onError: first.reject,
  })
  await subscription.commit(topic, 0, next_offset, await first.promise)
  await subscription.close()
}

describe('a round of retention', () => {
  it('keeps what is younger than the plan says', async t => {
    const { context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 3)
    await clock.wind(29 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [])
  })

  it('lets go of what is older and read, and gives its space back', async t => {
    const { log, context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 20)
    await read(log, 'transform', RAW, 20)
    await clock.wind(31 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [[RAW, 20, []]])
    assert.ok((await recordsOf(log, RAW)).length < 20)
  })

  it('keeps what one of its readers has not read, however old (design: section 4)', async t => {
    const { log, context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 20)
    await read(log, 'ahead', RAW, 20)
    await read(log, 'behind', RAW, 4)
    await clock.wind(365 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [[RAW, 4, []]])
    assert.ok((await log.partitions()).every(({ first_offset }) => first_offset <= 4))
  })

  it('lets go of nothing before the first commit of a reader', async t => {
    const { log, context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 5)
    const held = Promise.withResolvers<void>()
    const subscription = await log.subscribe({
      group: 'slow',
      topics: [RAW],
      start: 'earliest',
      records_max: 1,
      bytes_max: 1_000_000,
      onBatch: () => held.promise,
      onError: () => {},
    })
    await clock.wind(365 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [])
    held.resolve()
    await subscription.close()
  })

  it('is held back no longer by a group that was given up', async t => {
    const { log, context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 5)
    await read(log, 'given_up', RAW, 1)
    await clock.wind(31 * DAY_MS)
    await log.removeGroup('given_up')
    await retain(context)
    assert.deepEqual(trims, [[RAW, 5, []]])
  })

  it('lets dead letters go when somebody has decided on them, and the audit after its years', async t => {
    const dead = 'dead.harbor'
    const { context, clock, log, store, fill, trims } = await world(t, [dead, 'audit.harbor'])
    const letter = (id: string) => ({ key: id, headers: { 'dlt.id': id }, value: Buffer.from(id) })
    await log.append(dead, 0, [letter('closed'), letter('open'), letter('closed_too')])
    await fill('audit.harbor', 1)
    for (const letter_id of ['closed', 'closed_too']) {
      const state = {
        tenant: 'harbor',
        state: 'dropped',
        by: 'R. Moss',
        why: '',
        at_ms: 1,
      } as const
      const made = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }
      await store.closeLetters([{ letter_id, ...state, ...made }])
    }
    await clock.wind(364 * DAY_MS)
    await retain(context)
    assert.equal(trims.length, 0)
    await clock.wind(2 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims.at(-1), [dead, 3, [{ from_offset: 1, to_offset: 2 }]])
    trims.length = 0
    await clock.wind(3_650 * DAY_MS)
    await retain(context)
    assert.ok(trims.some(([topic, offset]) => topic === 'audit.harbor' && offset === 1))
  })

  it('keeps an open dead letter with the record that it comes from, in the midst of what goes', async t => {
    const { context, clock, log, fill, trims } = await world(t, [RAW, 'dead.harbor'])
    await fill(RAW, 20)
    const origin = {
      'dlt.origin.topic': RAW,
      'dlt.origin.partition': '0',
      'dlt.origin.offset': '7',
    }
    const headers = { 'dlt.id': 'one', ...origin }
    await log.append('dead.harbor', 0, [{ key: 'k', headers, value: Buffer.from('x') }])
    await clock.wind(31 * DAY_MS)
    const holders = await retain(context)
    assert.deepEqual(trims, [[RAW, 20, [{ from_offset: 7, to_offset: 8 }]]])
    const [first, ...more] = await recordsOf(log, RAW)
    assert.equal(first?.offset, 7)
    assert.ok(more.length < 19)
    assert.deepEqual(
      holders.map(({ topic, why, name, records }) => ({ topic, why, name, records })),
      [{ topic: RAW, why: 'open_dead_letter', name: 'one', records: 1 }],
    )
  })

  it('keeps the event and the message of a write that is not finished', async t => {
    const canonical = 'canonical.harbor'
    const { context, clock, log, store, fill, trims } = await world(t, [RAW, canonical])
    await fill(RAW, 9)
    for (const at of [2, 4, 6]) {
      const headers = { source_topic: RAW, source_partition: '0', source_offset: String(at) }
      await log.append(canonical, 0, [{ key: 'k', headers, value: Buffer.from('{}') }])
    }
    const unfinished = intent({ tenant: 'harbor', sequence: 1 })
    await store.admit([admission(unfinished)], 1)
    await clock.wind(31 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [
      [RAW, 9, [{ from_offset: 4, to_offset: 5 }]],
      [canonical, 3, [{ from_offset: 1, to_offset: 2 }]],
    ])
  })

  it('keeps no more of a topic than firth.yaml says, however young', async t => {
    const { context, fill, trims, log } = await world(t, [RAW])
    await fill(RAW, 20)
    const limits = { ...plan.engine.limits, keep_bytes_max: 1_100_000 }
    await retain({ ...context, plan: { ...plan, engine: { ...plan.engine, limits } } })
    assert.deepEqual(trims, [[RAW, 15, []]])
    assert.deepEqual(
      (await recordsOf(log, RAW)).map(({ offset }) => offset).slice(-5),
      [15, 16, 17, 18, 19],
    )
  })

  it('forgets finished writes after their time, and says up to where (F03)', async t => {
    const { context, clock, store } = await world(t, [])
    const rows = Array.from({ length: 3 }, () => intent({ tenant: 'harbor' }))
    const [done, waits, young] = rows
    assert.ok(done && waits && young)
    await store.admit(
      rows.map(one => admission(one)),
      clock.now(),
    )
    const commit = async (one: typeof done, at_ms: number) => {
      const { intent_id } = one
      const move = { intent_id, at_ms, epoch: store.epoch }
      await store.move([{ ...move, from: 'accepted', to: 'in_flight' }])
      await store.move([{ ...move, from: 'in_flight', to: 'committed' }])
    }
    await commit(done, clock.now())
    await clock.wind(91 * DAY_MS)
    await commit(young, clock.now())
    await retain(context)
    assert.equal(await store.row(done.intent_id), undefined)
    assert.equal((await store.row(waits.intent_id))?.state, 'accepted')
    assert.equal((await store.row(young.intent_id))?.state, 'committed')
    assert.equal(await store.getCursor(wholeSince('harbor')), String(done.sequence + 1))
  })

  it('and somebody who pins at any moment of it: the pin is kept, or who pinned is told', async t => {
    // The round stops at each of its calls in turn, and there somebody takes a pin.
    for (let stopAt = 0; stopAt < 12; stopAt++) {
      const { log, store, clock, context, fill } = await world(t, [RAW])
      await fill(RAW, 20)
      await clock.wind(31 * DAY_MS)
      const pins: Pin[] = []
      let [calls, told] = [0, undefined as boolean | undefined]
      const take = async () => {
        const span = { from_offset: 3, to_offset: 9 }
        pins.push({ topic: RAW, partition: 0, ...span, why: 'replay', name: 'r' })
        const whole = Number((await store.getCursor(keptWholeFrom(RAW, 0))) ?? 0)
        told = whole > 3
      }
      const stopping = guarded(log, async () => {
        if (calls++ === stopAt) await take()
      })
      await retain({ ...context, log: stopping, pins: [async () => [...pins]] })
      if (told !== false) continue
      const offsets = (await recordsOf(log, RAW)).map(({ offset }) => offset)
      for (let offset = 3; offset < 9; offset++)
        assert.ok(offsets.includes(offset), `${offset} is kept, stopped at call ${stopAt}`)
    }
  })

  it('forgets marks of duplicates after their window, and none before (F03)', async t => {
    const { context, clock, store } = await world(t, [])
    const mark = (control_id: string, marked_at_ms: number) => ({
      tenant: 'harbor',
      channel: 'adt_in',
      feed: 'f',
      control_id,
      content: 'c',
      raw_id: control_id,
      marked_at_ms,
    })
    const marks = [mark('old', clock.now()), mark('new', clock.now() + DAY_MS)]
    await store.putMarks(marks)
    await clock.wind(7 * DAY_MS + 1)
    await retain(context)
    assert.deepEqual(await store.findMarks(marks), [undefined, 'new'])
  })
})

describe('retention', () => {
  it('goes in rounds, says a round that fails, and ends when it is closed', async t => {
    const { context, clock, signals, log, fill, trims } = await world(t, [RAW])
    await fill(RAW, 3)
    await read(log, 'transform', RAW, 3)
    let fails = true
    const failing = guarded(context.log, method => {
      if (fails && method === 'groups') throw diskFull()
    })
    const retention = openRetention({ ...context, log: failing })
    await clock.windUntil('it was said', () =>
      signals.said.some(({ what }) => what === 'retention waits'),
    )
    fails = false
    await clock.wind(31 * DAY_MS)
    await clock.windUntil('a later round', () => trims.length > 0)
    await retention.close()
  })

  it('hands a bug over', async t => {
    const { context } = await world(t, [])
    const bug = Promise.withResolvers<unknown>()
    const broken = guarded(context.store, () => {
      throw new Bug('a broken invariant')
    })
    const retention = openRetention({ ...context, store: broken, onBug: bug.resolve })
    assert.ok((await bug.promise) instanceof Bug)
    await retention.close()
  })
})

describe('unreadFrom', () => {
  const info = (first_offset: number, next_offset: number): PartitionInfo => ({
    topic: RAW,
    partition: 0,
    first_offset,
    next_offset,
    bytes: 1,
  })
  const group = (
    committed_offset: number | undefined,
    change: Partial<GroupInfo> = {},
  ): GroupInfo => ({
    group: 'g',
    topic: RAW,
    partition: 0,
    committed_offset,
    ...change,
  })

  it('is the end where nobody reads', () => {
    assert.equal(unreadFrom(info(3, 9), []), 9)
    const elsewhere = [group(4, { topic: 'raw.harbor.oru_in' }), group(5, { partition: 1 })]
    assert.equal(unreadFrom(info(3, 9), elsewhere), 9)
  })

  it('is the begin where a reader has not committed yet', () => {
    assert.equal(unreadFrom(info(3, 9), [group(7), group(undefined)]), 3)
  })

  it('is never behind what any reader has read', () => {
    const offsets = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(offsets, committed => {
        const from = unreadFrom(
          info(0, 20),
          committed.map(offset => group(offset)),
        )
        assert.equal(from, Math.min(...committed))
      }),
    )
  })
})
