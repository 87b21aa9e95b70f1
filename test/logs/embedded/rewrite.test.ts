// Rewriting a segment: what stays is read as before, at its offsets and with its times; whatever
// files a death leaves behind, and whoever reads or pins meanwhile.
import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEmbeddedReader } from '../../../src/logs/embedded/offline.ts'
import { Rewrite } from '../../../src/logs/embedded/rewrite.ts'
import type { Log } from '../../../src/model/log.ts'
import { folderOf, listening, logOf } from './setup.ts'

const everything = { records_max: 10_000, bytes_max: 100_000_000 }
const BYTES = 1_000
const FILES = /\.db$/

const namesIn = (data: string) =>
  readdirSync(join(data, 'log')).filter(name => FILES.test(name) && name !== 'groups.db')

async function fill(log: Log, topics: readonly string[], count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const appends = topics.map(topic => {
      const value = Buffer.alloc(BYTES, `${topic} ${i} `)
      return log.append(topic, 0, [{ key: String(i), headers: { i: String(i) }, value }])
    })
    await Promise.all(appends)
  }
}

/** Two topics in segments that they share: one flows, of the other somebody needs everything. */
async function shared(log: Log, count = 300): Promise<void> {
  for (const topic of ['flows', 'stopped']) await log.createTopic(topic)
  await fill(log, ['flows', 'flows', 'flows', 'stopped'], count)
}

const contentOf = async (log: Pick<Log, 'read'>, topic: string) =>
  (await log.read(topic, 0, 0, everything)).map(({ offset, key, value, time_ms, headers }) => [
    ...[offset, key, time_ms, headers.i, value.toString()],
  ])

test('a stopped channel pins its own records and not those of its neighbours', async t => {
  const data = folderOf(t)
  const log = await logOf(data, { segment_bytes_max: 100_000, tail_bytes_max: 0 })
  await shared(log)
  const stopped = await contentOf(log, 'stopped')
  const bytes = async () => (await log.partitions()).reduce((sum, row) => sum + row.bytes, 0)
  const before = await bytes()
  await log.trim([{ topic: 'flows', partition: 0, offset: 900 }])
  assert.equal(await bytes(), before, 'no segment can go as a whole')
  await log.compact(remove => remove())
  assert.ok((await bytes()) < before * 0.35, 'only what is pinned is left')
  assert.deepEqual(await contentOf(log, 'stopped'), stopped)
  const rows = await log.partitions()
  assert.equal(rows.find(row => row.topic === 'stopped')?.first_offset, 0)
  const again = await log.append('flows', 0, [{ key: 'k', headers: {}, value: Buffer.from('x') }])
  assert.equal(again, 900, 'offsets go on')
  await log.close()
  const reader = openEmbeddedReader(data)
  assert.deepEqual(await contentOf(reader, 'stopped'), stopped, 'also for another process')
  await reader.close()
})

test('single records that are kept stay in the midst of what goes, and are found by their time', async t => {
  const log = await logOf(folderOf(t), { segment_bytes_max: 50_000, tail_bytes_max: 0 })
  await log.createTopic('t')
  await fill(log, ['t'], 400)
  const before = await contentOf(log, 't')
  const kept = [
    { from_offset: 7, to_offset: 9 },
    { from_offset: 200, to_offset: 201 },
  ]
  const trims = [{ topic: 't', partition: 0, offset: 390, kept }]
  await log.trim(trims)
  await log.compact(remove => remove())
  const after = await contentOf(log, 't')
  const offsets = after.map(([offset]) => Number(offset))
  for (const offset of [7, 8, 200, 390, 399]) assert.ok(offsets.includes(offset))
  assert.ok(after.length < 120, 'most of the rest is gone')
  assert.deepEqual(
    after,
    before.filter(([offset]) => offsets.includes(Number(offset))),
  )
  const [row] = await log.partitions()
  assert.equal(row?.first_offset, offsets[0])
  for (const [offset, , time_ms] of after.filter((_, i) => i % 9 === 0)) {
    const found = await log.offsetOfTime('t', 0, Number(time_ms))
    const [first] = await log.read('t', 0, found, { records_max: 1, bytes_max: 1 })
    assert.equal(first?.time_ms, time_ms)
    assert.ok((first?.offset ?? 0) <= Number(offset))
  }
  // The spans let go, in a second rewrite of the same segments.
  await log.trim([{ topic: 't', partition: 0, offset: 390 }])
  await log.compact(remove => remove())
  assert.ok(((await log.partitions())[0]?.first_offset ?? 0) > 200)
})

test('what is pinned while a rewrite runs stays: it looks again before it takes the place', async t => {
  const data = folderOf(t)
  const log = await logOf(data, { segment_bytes_max: 100_000, tail_bytes_max: 0 })
  await shared(log, 200)
  const flows = await contentOf(log, 'flows')
  await log.trim([{ topic: 'flows', partition: 0, offset: 600 }])
  const kept = [{ from_offset: 0, to_offset: 600 }]
  await log.compact(async remove => {
    await log.trim([{ topic: 'flows', partition: 0, offset: 600, kept }])
    await remove()
  })
  assert.deepEqual(await contentOf(log, 'flows'), flows)
  assert.ok(
    namesIn(data).every(name => !/\.1\.db$/.test(name)),
    'no rewrite took a place',
  )
})

test('a reader in the midst of a segment reads on while it is rewritten', async t => {
  const data = folderOf(t)
  const log = await logOf(data, { segment_bytes_max: 100_000, tail_bytes_max: 0 })
  await shared(log, 200)
  const stopped = await contentOf(log, 'stopped')
  const reader = openEmbeddedReader(data)
  t.after(() => reader.close())
  await log.trim([{ topic: 'flows', partition: 0, offset: 600 }])
  const read: unknown[] = []
  let offset = 0
  const next = async () => {
    const records = await reader.read('stopped', 0, offset, { records_max: 3, bytes_max: 9_000 })
    for (const record of records) read.push(record.value.toString())
    offset += records.length
  }
  await log.compact(async remove => {
    await next()
    await remove()
    await next()
  })
  while (offset < 200) await next()
  assert.deepEqual(
    read,
    stopped.map(row => row.at(-1)),
  )
})

test('whichever files a death leaves, everything that stays is read once and in order', async t => {
  const data = folderOf(t)
  const folder = join(data, 'log')
  let log = await logOf(data, { segment_bytes_max: 60_000, tail_bytes_max: 0 })
  await shared(log, 100)
  const stopped = await contentOf(log, 'stopped')
  await log.close()
  const floors = [{ topic: 'flows', partition: 0, offset: 300, kept: [] }]
  const sealed = namesIn(data).slice(0, -1)
  assert.ok(sealed.length >= 4)
  for (const [i, segment] of sealed.entries()) {
    const rewrite = new Rewrite({ folder, segment, floors })
    while (rewrite.step(10_000));
    // Step by step: copied in part, copied and renamed beside the old one, and the old one gone.
    if (i % 4 === 0) continue
    rewrite.finish(floors)
    if (i % 4 === 2) rmSync(join(folder, segment))
    if (i % 4 === 3) {
      const other = segment.replace(/\.db$/, '.2.db')
      copyFileSync(join(folder, segment.replace(/\.db$/, '.1.db')), join(folder, other))
    }
  }
  const reader = openEmbeddedReader(data)
  assert.deepEqual(await contentOf(reader, 'stopped'), stopped, 'before anybody recovered')
  await reader.close()
  log = await logOf(data, { segment_bytes_max: 60_000, tail_bytes_max: 0 })
  assert.deepEqual(await contentOf(log, 'stopped'), stopped)
  const numbers = namesIn(data).map(name => name.slice(0, 16))
  assert.equal(new Set(numbers).size, numbers.length, 'one file a segment')
  assert.ok(readdirSync(folder).every(name => !name.includes('.new')))
})

test('a rewrite that is no segment is put aside, and the older file counts', async t => {
  const data = folderOf(t)
  let log = await logOf(data, { segment_bytes_max: 60_000 })
  await shared(log, 60)
  const stopped = await contentOf(log, 'stopped')
  await log.close()
  const [first = ''] = namesIn(data)
  const broken = first.replace(/\.db$/, '.1.db')
  writeFileSync(join(data, 'log', broken), Buffer.alloc(20_000, 7))
  const signals = listening()
  log = await logOf(data, { segment_bytes_max: 60_000 }, signals)
  assert.deepEqual(await contentOf(log, 'stopped'), stopped)
  assert.ok(
    signals.said.some(({ what, facts }) => what === 'log_corrupt' && facts.segment === broken),
  )
  assert.ok(statSync(join(data, 'log', `${broken}.damaged`)).size > 0)
})
