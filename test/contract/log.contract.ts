// What every durable log promises, as tests: run for each driver of the table. Topics and groups
// have names of their own in each test, because a broker outlives the tests.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/model/errors.ts'
import type { Batch, Log, LogRecord, NewRecord, Subscription } from '../../src/model/log.ts'

export interface LogUnderTest {
  open(): Promise<Log>
  /** Opens the same log again after it was closed. */
  reopen(): Promise<Log>
  cleanup(): Promise<void>
}

/** A synthetic record. */
export function record(text: string, change: Partial<NewRecord> = {}): NewRecord {
  return { key: 'k', headers: {}, value: Buffer.from(text), ...change }
}

const everything = { records_max: 10_000, bytes_max: 100_000_000 }

export const textsOf = (records: readonly LogRecord[]) => records.map(r => r.value.toString())

const rejectsWith = (code: string) => (cause: unknown) =>
  cause instanceof Failure && cause.code === code

/** Looks again until it is so; fails after a generous while, so that a slow machine does not. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const until = Date.now() + 60_000
  while (!condition()) {
    assert.ok(Date.now() < until, `in vain: ${what}`)
    await sleep(5)
  }
}

interface Collected {
  readonly batches: Batch[]
  readonly errors: unknown[]
  readonly subscription: Subscription
  texts(): string[]
}

interface CollectOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly start?: 'earliest' | 'latest'
  readonly records_max?: number
  readonly bytes_max?: number
  readonly commits?: boolean
}

/** Subscribes and keeps every batch, committing it where it is asked to. */
export async function collect(log: Log, options: CollectOptions): Promise<Collected> {
  const batches: Batch[] = []
  const errors: unknown[] = []
  const { commits = true, ...rest } = options
  const subscribed: Promise<Subscription> = log.subscribe({
    start: 'earliest',
    records_max: 100,
    bytes_max: 1_000_000,
    ...rest,
    async onBatch(batch) {
      batches.push(batch)
      if (!commits) return
      const { topic, partition, next_offset, epoch } = batch
      await (await subscribed).commit(topic, partition, next_offset, epoch)
    },
    onError: cause => void errors.push(cause),
  })
  return {
    batches,
    errors,
    subscription: await subscribed,
    texts: () => batches.flatMap(batch => textsOf(batch.records)),
  }
}

export function logContract(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`the log ${name}`, () => {
    let under: LogUnderTest
    let log: Log
    let made = 0
    const unique = () => `t${process.pid}_${++made}`
    async function topicOf(texts: readonly string[] = [], partitions = 1): Promise<string> {
      const topic = unique()
      await log.createTopic(topic, { partitions })
      for (const text of texts) await log.append(topic, 0, [record(text)])
      return topic
    }
    const info = async (topic: string, partition = 0) => {
      const rows = await log.partitions()
      const row = rows.find(one => one.topic === topic && one.partition === partition)
      assert.ok(row, 'the partition is listed')
      return row
    }
    const group = async (wanted: string) => (await log.groups()).filter(row => row.group === wanted)

    before(async () => {
      under = await make()
      log = await under.open()
    })
    after(async () => {
      await log.close()
      await under.cleanup()
    })

    describe('append', () => {
      it('gives consecutive offsets from 0 on, per partition', async () => {
        const topic = await topicOf([], 2)
        assert.equal(await log.append(topic, 0, [record('a')]), 0)
        assert.equal(await log.append(topic, 0, [record('b'), record('c')]), 1)
        assert.equal(await log.append(topic, 1, [record('d')]), 0)
        assert.equal(await log.append(topic, 0, [record('e')]), 3)
        assert.equal((await info(topic, 0)).next_offset, 4)
        assert.equal((await info(topic, 1)).next_offset, 1)
      })

      it('keeps every byte, key and header as it is', async () => {
        const topic = await topicOf()
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
        const records: NewRecord[] = [
          {
            key: 'Ärzte|☤',
            headers: { a: '', 'x y': 'ü\n"\\', ['__proto__']: 'own' },
            value: bytes,
          },
          { key: '', headers: {}, value: new Uint8Array(0) },
          { key: 'k', headers: { latin: '\xff\xfe' }, value: bytes.subarray(10, 20) },
        ]
        await log.append(topic, 0, records)
        const read = await log.read(topic, 0, 0, everything)
        assert.equal(read.length, 3)
        read.forEach((found, i) => {
          assert.equal(found.key, records[i]?.key)
          assert.deepEqual(Object.entries(found.headers), Object.entries(records[i]?.headers ?? {}))
          assert.deepEqual([...found.value], [...(records[i]?.value ?? [])])
          assert.equal(found.offset, i)
          assert.equal(found.topic, topic)
        })
      })

      it('keeps the order of the calls, also when none waits for the one before', async () => {
        const topic = await topicOf()
        const texts = Array.from({ length: 500 }, (_, i) => `m${i}`)
        const offsets = await Promise.all(texts.map(text => log.append(topic, 0, [record(text)])))
        assert.deepEqual(
          offsets,
          texts.map((_, i) => i),
        )
        assert.deepEqual(textsOf(await log.read(topic, 0, 0, everything)), texts)
      })

      it('keeps the records of one call together while others append', async () => {
        const topic = await topicOf([], 2)
        const calls = Array.from({ length: 60 }, (_, i) => ['a', 'b', 'c'].map(s => `${i}${s}`))
        const firsts = await Promise.all(
          calls.map((texts, i) =>
            log.append(
              topic,
              i % 2,
              texts.map(text => record(text)),
            ),
          ),
        )
        for (const [i, texts] of calls.entries()) {
          const read = await log.read(topic, i % 2, firsts[i] as number, {
            records_max: 3,
            bytes_max: 100_000,
          })
          assert.deepEqual(textsOf(read), texts)
        }
      })

      it('carries a record of several megabytes', async () => {
        const topic = await topicOf(['before'])
        const value = Buffer.alloc(5_000_001, 'xyz')
        await log.append(topic, 0, [record('', { value }), record('after')])
        const read = await log.read(topic, 0, 1, { records_max: 2, bytes_max: 10_000_000 })
        assert.equal(read.length, 2)
        assert.ok(read[0]?.value.equals(value))
        assert.equal(read[1]?.value.toString(), 'after')
      })

      it('shows a record to readers once it has resolved', async () => {
        const topic = await topicOf()
        for (let i = 0; i < 20; i++) {
          const offset = await log.append(topic, 0, [record(`r${i}`)])
          assert.deepEqual(textsOf(await log.read(topic, 0, offset, everything)), [`r${i}`])
          assert.equal((await info(topic)).next_offset, offset + 1)
        }
      })

      it('refuses a topic or partition that does not exist', async () => {
        const topic = await topicOf()
        const refused = rejectsWith('topic_unknown')
        await assert.rejects(log.append(unique(), 0, [record('x')]), refused)
        await assert.rejects(log.append(topic, 1, [record('x')]), refused)
        await assert.rejects(log.read(unique(), 0, 0, everything), refused)
        await assert.rejects(log.offsetOfTime(unique(), 0, 0), refused)
        await assert.rejects(collect(log, { group: unique(), topics: [unique()] }), refused)
      })

      it('leaves an existing topic as it is when it is made again', async () => {
        const topic = await topicOf(['a'], 2)
        await log.createTopic(topic, { partitions: 5 })
        const rows = (await log.partitions()).filter(row => row.topic === topic)
        assert.deepEqual(
          rows.map(row => [row.partition, row.next_offset]),
          [
            [0, 1],
            [1, 0],
          ],
        )
      })
    })

    describe('read', () => {
      it('begins anywhere, also inside what one call appended', async () => {
        const topic = await topicOf()
        await log.append(
          topic,
          0,
          ['a', 'b', 'c', 'd'].map(text => record(text)),
        )
        await log.append(
          topic,
          0,
          ['e', 'f'].map(text => record(text)),
        )
        assert.deepEqual(textsOf(await log.read(topic, 0, 2, everything)), ['c', 'd', 'e', 'f'])
        assert.deepEqual(await log.read(topic, 0, 6, everything), [])
        assert.deepEqual(await log.read(topic, 0, 1000, everything), [])
      })

      it('keeps to its bounds, yet gives one record where there is one', async () => {
        const topic = await topicOf(Array.from({ length: 10 }, () => 'x'.repeat(1000)))
        const read = (records_max: number, bytes_max: number) =>
          log.read(topic, 0, 0, { records_max, bytes_max })
        assert.equal((await read(3, 1_000_000)).length, 3)
        assert.equal((await read(100, 1)).length, 1)
        const some = await read(100, 4500)
        assert.ok(some.length >= 1 && some.length <= 4, 'about 4500 bytes are at most four records')
      })

      it('finds the first record at or after a time', async () => {
        const topic = await topicOf(['a', 'b'])
        await sleep(30)
        const between = Date.now()
        await sleep(30)
        await log.append(topic, 0, [record('c')])
        await log.append(topic, 0, [record('d')])
        assert.equal(await log.offsetOfTime(topic, 0, 0), 0)
        assert.equal(await log.offsetOfTime(topic, 0, between), 2)
        assert.equal(await log.offsetOfTime(topic, 0, Date.now() + 100_000), 4)
        const [, , third] = await log.read(topic, 0, 0, everything)
        assert.ok(third && third.time_ms >= between && third.time_ms <= Date.now())
        assert.equal(await log.offsetOfTime(topic, 0, third.time_ms), 2)
      })

      it('answers the next offset for a time in an empty partition', async () => {
        assert.equal(await log.offsetOfTime(await topicOf(), 0, Date.now()), 0)
      })
    })

    describe('subscribe', () => {
      it('hands out what is there, in order, and then what comes', async () => {
        const topic = await topicOf(['a', 'b'])
        const reader = await collect(log, { group: unique(), topics: [topic] })
        await eventually(() => reader.texts().length === 2, 'what is there')
        await log.append(topic, 0, [record('c')])
        await eventually(() => reader.texts().length === 3, 'what comes')
        assert.deepEqual(reader.texts(), ['a', 'b', 'c'])
        await reader.subscription.close()
        assert.deepEqual(reader.errors, [])
      })

      it('begins at the end where it is told to', async () => {
        const topic = await topicOf(['old'])
        const reader = await collect(log, { group: unique(), topics: [topic], start: 'latest' })
        await log.append(topic, 0, [record('new')])
        await eventually(() => reader.texts().length > 0, 'the new record')
        assert.deepEqual(reader.texts(), ['new'])
        await reader.subscription.close()
      })

      it('keeps batches to their bounds and names the offset behind each', async () => {
        const topic = await topicOf(Array.from({ length: 25 }, (_, i) => `m${i}`))
        const reader = await collect(log, { group: unique(), topics: [topic], records_max: 10 })
        await eventually(() => reader.texts().length === 25, 'all records')
        let next = 0
        for (const { records, next_offset } of reader.batches) {
          assert.ok(records.length <= 10)
          assert.equal(records[0]?.offset, next)
          next += records.length
          assert.equal(next_offset, next)
        }
        await reader.subscription.close()
      })

      it('hands out one batch at a time per partition, and partitions side by side', async () => {
        const topic = await topicOf([], 2)
        for (const partition of [0, 1])
          await log.append(
            topic,
            partition,
            ['a', 'b', 'c'].map(text => record(text)),
          )
        const busy = [0, 0]
        let most = 0
        let together = 0
        let seen = 0
        const subscription = await log.subscribe({
          group: unique(),
          topics: [topic],
          start: 'earliest',
          records_max: 1,
          bytes_max: 1000,
          async onBatch({ partition }) {
            busy[partition] = (busy[partition] ?? 0) + 1
            most = Math.max(most, ...busy)
            const until = Date.now() + 2_000
            while (together < 2 && Date.now() < until) {
              together = Math.max(together, (busy[0] ?? 0) + (busy[1] ?? 0))
              await sleep(5)
            }
            busy[partition] = (busy[partition] ?? 0) - 1
            seen += 1
          },
          onError: assert.fail,
        })
        await eventually(() => seen === 6, 'six batches')
        assert.equal(most, 1)
        assert.equal(together, 2)
        await subscription.close()
      })

      it('gives every group everything', async () => {
        const topic = await topicOf(['a', 'b'])
        const readers = await Promise.all(
          [1, 2, 3].map(() => collect(log, { group: unique(), topics: [topic] })),
        )
        await log.append(topic, 0, [record('c')])
        await eventually(() => readers.every(one => one.texts().length === 3), 'all groups')
        for (const reader of readers) {
          assert.deepEqual(reader.texts(), ['a', 'b', 'c'])
          await reader.subscription.close()
        }
      })

      it('reads several topics in one subscription', async () => {
        const topics = [await topicOf(['a']), await topicOf(['b'])]
        const reader = await collect(log, { group: unique(), topics })
        await eventually(() => reader.texts().length === 2, 'both topics')
        assert.deepEqual(reader.batches.map(batch => batch.topic).sort(), topics.sort())
        await reader.subscription.close()
      })

      it('goes on behind the commit, and hands out again what was not committed', async () => {
        const topic = await topicOf(['a', 'b', 'c'])
        const name = unique()
        const first = await collect(log, { group: name, topics: [topic], commits: false })
        await eventually(() => first.texts().length === 3, 'three records')
        await first.subscription.commit(topic, 0, 2, first.batches[0]?.epoch ?? -1)
        await first.subscription.close()
        const second = await collect(log, { group: name, topics: [topic] })
        await eventually(() => second.texts().length > 0, 'the rest')
        assert.deepEqual(second.texts(), ['c'])
        await second.subscription.close()
        assert.deepEqual(await group(name), [
          { group: name, topic, partition: 0, committed_offset: 3 },
        ])
      })

      it('refuses a commit under an older epoch', async () => {
        const topic = await topicOf(['a'])
        const name = unique()
        const first = await collect(log, { group: name, topics: [topic], commits: false })
        await eventually(() => first.batches.length === 1, 'the first owner')
        const old = first.batches[0]?.epoch ?? -1
        await first.subscription.close()
        const second = await collect(log, { group: name, topics: [topic], commits: false })
        await eventually(() => second.batches.length === 1, 'the second owner')
        const epoch = second.batches[0]?.epoch ?? -1
        assert.ok(epoch > old, 'epochs grow')
        const refused = rejectsWith('log_fenced')
        await assert.rejects(second.subscription.commit(topic, 0, 1, old), refused)
        assert.equal((await group(name))[0]?.committed_offset, undefined)
        await second.subscription.commit(topic, 0, 1, epoch)
        assert.equal((await group(name))[0]?.committed_offset, 1)
        await second.subscription.close()
      })

      it('stops at a batch that rejects, tells why once, and keeps its commit', async () => {
        const topic = await topicOf(['a', 'b', 'c'])
        const name = unique()
        const broken = new Error('synthetic')
        const errors: unknown[] = []
        let handed = 0
        const subscribed: Promise<Subscription> = log.subscribe({
          group: name,
          topics: [topic],
          start: 'earliest',
          records_max: 1,
          bytes_max: 1000,
          async onBatch({ partition, next_offset, epoch }) {
            handed += 1
            if (handed === 2) throw broken
            await (await subscribed).commit(topic, partition, next_offset, epoch)
          },
          onError: cause => void errors.push(cause),
        })
        await eventually(() => errors.length > 0, 'the error')
        await (await subscribed).close()
        assert.deepEqual(errors, [broken])
        assert.equal(handed, 2)
        const again = await collect(log, { group: name, topics: [topic] })
        await eventually(() => again.texts().length === 2, 'what was not done')
        assert.deepEqual(again.texts(), ['b', 'c'])
        await again.subscription.close()
      })

      it('closes after the batch in hand, which may still commit', async () => {
        const topic = await topicOf(['a', 'b'])
        const name = unique()
        const entered = Promise.withResolvers<void>()
        const release = Promise.withResolvers<void>()
        const seen: string[] = []
        const subscribed: Promise<Subscription> = log.subscribe({
          group: name,
          topics: [topic],
          start: 'earliest',
          records_max: 1,
          bytes_max: 1000,
          async onBatch({ records, partition, next_offset, epoch }) {
            entered.resolve()
            await release.promise
            await (await subscribed).commit(topic, partition, next_offset, epoch)
            seen.push(...textsOf(records))
          },
          onError: assert.fail,
        })
        const subscription = await subscribed
        await entered.promise
        let closed = false
        const closing = subscription.close().then(() => {
          closed = true
        })
        await sleep(50)
        assert.equal(closed, false)
        release.resolve()
        await closing
        assert.deepEqual(seen, ['a'])
        assert.equal((await group(name))[0]?.committed_offset, 1)
      })
    })

    describe('groups', () => {
      it('lists a group from its first subscription on, and no more when it is given up', async () => {
        const topic = await topicOf()
        const name = unique()
        const reader = await collect(log, { group: name, topics: [topic] })
        assert.deepEqual(await group(name), [
          { group: name, topic, partition: 0, committed_offset: undefined },
        ])
        await reader.subscription.close()
        await log.removeGroup(name)
        assert.deepEqual(await group(name), [])
      })
    })

    describe('trim', () => {
      it('never loses what is at or above the offset, nor gives an offset twice', async () => {
        const topic = await topicOf(['a', 'b', 'c', 'd'])
        await log.trim([{ topic, partition: 0, offset: 2 }])
        const { first_offset, next_offset } = await info(topic)
        assert.ok(first_offset <= 2)
        assert.equal(next_offset, 4)
        const read = await log.read(topic, 0, 0, everything)
        assert.equal(read[0]?.offset, first_offset)
        assert.deepEqual(textsOf(read).slice(-2), ['c', 'd'])
        assert.equal(await log.append(topic, 0, [record('e')]), 4)
      })
    })

    describe('close and open again', () => {
      it('keeps records, offsets, topics and groups', async () => {
        const topic = await topicOf(['a', 'b'], 2)
        const empty = await topicOf()
        const name = unique()
        const reader = await collect(log, { group: name, topics: [topic] })
        await eventually(() => reader.texts().length === 2, 'both records')
        await log.close()
        log = await under.reopen()
        assert.deepEqual(textsOf(await log.read(topic, 0, 0, everything)), ['a', 'b'])
        assert.equal(await log.append(topic, 0, [record('c')]), 2)
        assert.equal(await log.append(topic, 1, [record('d')]), 0)
        assert.equal(await log.append(empty, 0, [record('e')]), 0)
        const rows = await group(name)
        assert.equal(rows.find(row => row.partition === 0)?.committed_offset, 2)
        const again = await collect(log, { group: name, topics: [topic] })
        await eventually(() => again.texts().length === 2, 'what came after')
        assert.deepEqual(again.texts().sort(), ['c', 'd'])
        await again.subscription.close()
      })

      it('answers what was asked before the close, and refuses what comes after', async () => {
        const topic = await topicOf()
        const asked = Promise.all(
          Array.from({ length: 50 }, (_, i) => log.append(topic, 0, [record(`m${i}`)])),
        )
        const closing = log.close()
        await assert.rejects(log.append(topic, 0, [record('late')]), rejectsWith('log_closed'))
        assert.equal((await asked).length, 50)
        await closing
        log = await under.reopen()
        assert.equal((await info(topic)).next_offset, 50)
      })
    })
  })
}
