// Retention: by age, never past what somebody has yet to read. On the real log, by a clock of the
// test.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { Bug } from '../../src/kit/assert.ts'
import { systemClock } from '../../src/kit/clock.ts'
import type { GroupInfo, Log, PartitionInfo, Trim } from '../../src/model/log.ts'
import type { Plan } from '../../src/model/plan.ts'
import { openRetention, retain, unreadFrom } from '../../src/operate/retention.ts'
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
      duplicate_window_ms: 7 * DAY_MS,
    },
  },
}

async function world(t: TestContext, topics: readonly string[]) {
  const log = await openLog(t, topics)
  const store = await openStore(t)
  const clock = handClock(systemClock.now())
  const signals = ears()
  const trims: [string, number][] = []
  const watched: Log = guarded(log, (method, args) => {
    if (method !== 'trim') return
    for (const { topic, offset } of args[0] as readonly Trim[]) trims.push([topic, offset])
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
    assert.deepEqual(trims, [[RAW, 20]])
    assert.ok((await recordsOf(log, RAW)).length < 20)
  })

  it('keeps what one of its readers has not read, however old (design: section 4)', async t => {
    const { log, context, clock, fill, trims } = await world(t, [RAW])
    await fill(RAW, 20)
    await read(log, 'ahead', RAW, 20)
    await read(log, 'behind', RAW, 4)
    await clock.wind(365 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [[RAW, 4]])
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
    assert.deepEqual(trims, [[RAW, 5]])
  })

  it('keeps dead letters and the audit, however old', async t => {
    const { context, clock, fill, trims } = await world(t, ['dead.harbor', 'audit.harbor'])
    await fill('dead.harbor', 3)
    await fill('audit.harbor', 3)
    await clock.wind(3_650 * DAY_MS)
    await retain(context)
    assert.deepEqual(trims, [])
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
    const close = openRetention({ ...context, log: failing })
    await clock.windUntil('it was said', () =>
      signals.said.some(({ what }) => what === 'retention waits'),
    )
    fails = false
    await clock.wind(31 * DAY_MS)
    await clock.windUntil('a later round', () => trims.length > 0)
    await close()
  })

  it('hands a bug over', async t => {
    const { context } = await world(t, [])
    const bug = Promise.withResolvers<unknown>()
    const broken = guarded(context.store, () => {
      throw new Bug('a broken invariant')
    })
    const close = openRetention({ ...context, store: broken, onBug: bug.resolve })
    assert.ok((await bug.promise) instanceof Bug)
    await close()
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
