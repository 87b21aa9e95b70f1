// The embedded log: the contract of every log in three shapes (served from memory, from the disk
// alone, over many small segments), and what is peculiar to it.
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { embedded } from '../../../src/logs/embedded/embedded.ts'
import { openEmbeddedReader } from '../../../src/logs/embedded/offline.ts'
import { Failure } from '../../../src/model/errors.ts'
import { limits } from '../../../src/model/limits.ts'
import type { Log } from '../../../src/model/log.ts'
import {
  collect,
  eventually,
  type LogUnderTest,
  logContract,
  record,
  textsOf,
} from '../../contract/log.contract.ts'
import { type EmbeddedConfig, folder, folderOf, logOf, openLog } from './setup.ts'

async function underTest(change: Partial<EmbeddedConfig>): Promise<LogUnderTest> {
  const data = folder()
  return {
    open: () => openLog(data, change),
    reopen: () => openLog(data, change),
    cleanup: async () => rmSync(data, { recursive: true }),
  }
}

logContract('embedded', () => underTest({}))
logContract('embedded, read from the disk', () => underTest({ tail_bytes_max: 0 }))
logContract('embedded, in small segments', () =>
  underTest({ tail_bytes_max: 0, segment_bytes_max: 1 }),
)

const everything = { records_max: 10_000, bytes_max: 100_000_000 }
const failsWith = (code: string) => (cause: unknown) =>
  cause instanceof Failure && cause.code === code
const segments = (data: string) =>
  readdirSync(join(data, 'log')).filter(name => /^\d+\.db$/.test(name))
/** Every append ends a segment. */
const tiny = { segment_bytes_max: 1, tail_bytes_max: 0 }

async function append(log: Log, topic: string, ...texts: string[]): Promise<void> {
  for (const text of texts) await log.append(topic, 0, [record(text)])
}

test('a second owner of a data folder is refused in words, also in the same process', async t => {
  const data = folderOf(t)
  const log = await logOf(data)
  await assert.rejects(openLog(data), failsWith('data_in_use'))
  await log.close()
  await (await openLog(data)).close()
})

test('appends above waiting_bytes_max are refused, and taken again when there is room', async t => {
  const log = await logOf(folderOf(t), { waiting_bytes_max: 1_048_576 })
  await log.createTopic('t')
  const value = Buffer.alloc(300_000)
  const asked = Array.from({ length: 8 }, () => log.append('t', 0, [record('', { value })]))
  assert.ok(log.waiting_bytes > 900_000 && log.waiting_bytes <= 1_048_576)
  const results = await Promise.allSettled(asked)
  const refused = results.filter(result => result.status === 'rejected')
  assert.equal(refused.length, 5)
  for (const { reason } of refused) assert.ok(failsWith('log_overloaded')(reason))
  assert.equal(await log.append('t', 0, [record('room again')]), 3)
  assert.equal(log.waiting_bytes, 0)
  await log.close()
})

test('a group that begins at the end keeps its place without a commit', async t => {
  const data = folderOf(t)
  let log = await logOf(data)
  await log.createTopic('t')
  await append(log, 't', 'old')
  await collect(log, { group: 'g', topics: ['t'], start: 'latest' })
  await log.close()
  log = await logOf(data)
  await append(log, 't', 'new')
  const reader = await collect(log, { group: 'g', topics: ['t'], start: 'latest' })
  await eventually(() => reader.texts().length > 0, 'the record that came while nobody read')
  assert.deepEqual(reader.texts(), ['new'])
  await log.close()
})

test('a newer subscription of the group takes the topic over from a live one', async t => {
  const log = await logOf(folderOf(t))
  await log.createTopic('t')
  const first = await collect(log, { group: 'g', topics: ['t'] })
  const second = await collect(log, { group: 'g', topics: ['t'] })
  await append(log, 't', 'a')
  await eventually(() => second.texts().length === 1, 'the new owner reads')
  assert.deepEqual(first.texts(), [])
  assert.equal(first.errors.length, 1)
  assert.ok(failsWith('log_fenced')(first.errors[0]))
  await log.close()
})

test('an epoch is never used again, not even when the group was given up meanwhile', async t => {
  const log = await logOf(folderOf(t))
  await log.createTopic('t')
  await append(log, 't', 'a', 'b')
  const first = await collect(log, { group: 'g', topics: ['t'], commits: false })
  await eventually(() => first.batches.length > 0, 'the first batch')
  const old = first.batches[0]?.epoch ?? -1
  await log.removeGroup('g')
  const second = await collect(log, { group: 'g', topics: ['t'], commits: false })
  await assert.rejects(first.subscription.commit('t', 0, 2, old), failsWith('log_fenced'))
  await eventually(() => second.texts().length === 2, 'the group begins anew')
  await log.close()
})

test('trimmed segments are removed, offsets go on, and nothing that is kept has a gap', async t => {
  const data = folderOf(t)
  let log = await logOf(data, tiny)
  await log.createTopic('a')
  await log.createTopic('b')
  await append(log, 'a', 'a0', 'a1')
  await append(log, 'b', 'b0')
  await append(log, 'a', 'a2', 'a3')
  await append(log, 'b', 'b1')
  const before = segments(data).length
  await log.trim([{ topic: 'a', partition: 0, offset: 4 }])
  assert.ok(segments(data).length < before)
  // b0 stands between removed segments and is kept.
  assert.deepEqual(textsOf(await log.read('b', 0, 0, everything)), ['b0', 'b1'])
  assert.deepEqual(await log.read('a', 0, 0, everything), [])
  const rows = await log.partitions()
  assert.deepEqual(
    rows.map(row => [row.topic, row.first_offset, row.next_offset]),
    [
      ['a', 4, 4],
      ['b', 0, 2],
    ],
  )
  await log.close()
  log = await logOf(data, tiny)
  assert.equal(await log.append('a', 0, [record('a4')]), 4)
  assert.deepEqual(textsOf(await log.read('a', 0, 0, everything)), ['a4'])
  assert.equal(await log.offsetOfTime('a', 0, 0), 4)
  await log.close()
})

test('what was let go in a segment that must stay is there until the segment is rewritten', async t => {
  const data = folderOf(t)
  const log = await logOf(data, tiny)
  await log.createTopic('a')
  await log.createTopic('b')
  await Promise.all([append(log, 'a', 'a0'), append(log, 'b', 'b0')])
  await append(log, 'a', 'a1', 'a2')
  const first = async () => (await log.partitions()).find(row => row.topic === 'a')?.first_offset
  // The first segment holds b0 as well, so only that of a1 can go.
  await log.trim([{ topic: 'a', partition: 0, offset: 2 }])
  assert.deepEqual(textsOf(await log.read('a', 0, 0, everything)), ['a0', 'a2'])
  assert.equal(await first(), 0)
  await log.compact(remove => remove())
  assert.deepEqual(textsOf(await log.read('a', 0, 0, everything)), ['a2'])
  assert.deepEqual(textsOf(await log.read('b', 0, 0, everything)), ['b0'])
  assert.equal(await first(), 2)
  await log.close()
})

test('a group holds back what it has not read, until it commits or is given up', async t => {
  const data = folderOf(t)
  const log = await logOf(data, tiny)
  await log.createTopic('t')
  await append(log, 't', 'a', 'b', 'c')
  const reader = await collect(log, { group: 'slow', topics: ['t'], commits: false })
  await eventually(() => reader.texts().length === 3, 'three records')
  await log.trim([{ topic: 't', partition: 0, offset: 3 }])
  assert.equal((await log.partitions())[0]?.first_offset, 0)
  await reader.subscription.commit('t', 0, 2, reader.batches[0]?.epoch ?? -1)
  await log.trim([{ topic: 't', partition: 0, offset: 3 }])
  assert.equal((await log.partitions())[0]?.first_offset, 2)
  await reader.subscription.close()
  await log.removeGroup('slow')
  await log.trim([{ topic: 't', partition: 0, offset: 3 }])
  assert.equal((await log.partitions())[0]?.first_offset, 3)
  await log.close()
})

test('an old segment is sealed and let go without a further append', async t => {
  const data = folderOf(t)
  const log = await logOf(data, { segment_age_ms_max: 50 })
  await log.createTopic('t')
  await append(log, 't', 'a')
  await new Promise(resolve => setTimeout(resolve, 100))
  await log.trim([{ topic: 't', partition: 0, offset: 1 }])
  const [row] = await log.partitions()
  assert.deepEqual([row?.first_offset, row?.next_offset, row?.bytes], [1, 1, 0])
  assert.equal(segments(data).length, 1)
  await log.close()
})

test('readers lose nothing that is kept while segments come and go beneath them', async t => {
  const data = folderOf(t)
  const log = await logOf(data, { segment_bytes_max: 20_000, tail_bytes_max: 0 })
  await log.createTopic('t')
  const total = 400
  const value = Buffer.alloc(1000, 'v')
  const reader = openEmbeddedReader(data)
  const live = await collect(log, { group: 'g', topics: ['t'], records_max: 7 })
  let done = false
  const reading = (async () => {
    let next = 0
    while (!done || next < total) {
      const records = await reader.read('t', 0, next, { records_max: 50, bytes_max: 100_000 })
      for (const [i, { offset }] of records.entries()) {
        assert.ok(i === 0 ? offset >= next : offset === next, 'in order and without a gap')
        next = offset + 1
      }
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  try {
    for (let i = 0; i < total; i++) {
      await log.append('t', 0, [record('', { value })])
      if (i % 20 === 0) await log.trim([{ topic: 't', partition: 0, offset: i }])
    }
  } finally {
    done = true
  }
  await reading
  await eventually(() => live.texts().length === total, 'the group reads everything')
  assert.deepEqual(live.errors, [])
  await log.trim([{ topic: 't', partition: 0, offset: total - 1 }])
  assert.ok(((await log.partitions())[0]?.first_offset ?? 0) > 0, 'segments went meanwhile')
  await reader.close()
  await log.close()
})

test('space is told per partition', async t => {
  const log = await logOf(folderOf(t), { segment_bytes_max: 100_000 })
  await log.createTopic('small')
  await log.createTopic('large')
  const value = Buffer.alloc(10_000)
  for (let i = 0; i < 30; i++) await log.append('large', 0, [record('', { value })])
  await append(log, 'small', 'x')
  const bytes = Object.fromEntries((await log.partitions()).map(row => [row.topic, row.bytes]))
  assert.ok((bytes.large ?? 0) >= 300_000 && (bytes.large ?? 0) < 310_000)
  assert.ok((bytes.small ?? 0) > 0 && (bytes.small ?? 0) < 100)
  await log.close()
})

test('no setting can make it refuse a record of the largest size for ever', async t => {
  const minimum = Number(embedded.fields.waiting_bytes_max.schema.minimum)
  const log = await logOf(folderOf(t), { waiting_bytes_max: minimum })
  await log.createTopic('t')
  const value = Buffer.alloc(limits.record_bytes_max)
  assert.equal(await log.append('t', 0, [record('', { value })]), 0)
})
