// The write-ahead log of a process that died: what SQLite will keep is told from what it will not,
// and damage to acknowledged records is told from an append that was cut off.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { walTail } from '../../../src/logs/embedded/wal_tail.ts'
import { record } from '../../contract/log.contract.ts'
import { folderOf, listening, logOf } from './setup.ts'

const everything = { records_max: 100, bytes_max: 1_000_000 }
const WAL = join('log', '0000000000000001.db-wal')

/** A data folder as a death leaves it: ten commits in the write-ahead log, no owner, no index. */
async function afterDeath(t: TestContext): Promise<string> {
  const live = folderOf(t)
  const log = await logOf(live)
  await log.createTopic('t')
  for (let i = 0; i < 10; i++) await log.append('t', 0, [record(`record ${i}`)])
  const dead = folderOf(t)
  mkdirSync(join(dead, 'log'))
  for (const name of ['0000000000000001.db', '0000000000000001.db-wal'])
    execFileSync('cp', [join(live, 'log', name), join(dead, 'log', name)])
  return dead
}

/** What the log says at opening, and how many records it then holds. */
async function opened(data: string) {
  const signals = listening()
  const log = await logOf(data, {}, signals)
  const records = (await log.read('t', 0, 0, everything)).length
  return { said: signals.said.map(({ level, what }) => `${level} ${what}`), records }
}

/** Positions of frames, from the page size in the header. */
function framesOf(wal: Buffer): number[] {
  const stride = 24 + wal.readUInt32BE(8)
  return Array.from({ length: Math.floor((wal.length - 32) / stride) }, (_, i) => 32 + i * stride)
}

test('a whole write-ahead log is taken in silence', async t => {
  const data = await afterDeath(t)
  const tail = walTail(readFileSync(join(data, WAL)))
  assert.ok(tail.committed >= 20)
  assert.deepEqual([tail.lost, tail.lostCommits], [0, 0])
  assert.deepEqual(await opened(data), { said: [], records: 10 })
})

test('an append cut off anywhere costs itself, and is told from damage', async t => {
  const data = await afterDeath(t)
  const wal = readFileSync(join(data, WAL))
  const last = framesOf(wal).at(-1) ?? 0
  for (let cut = last - 100; cut < wal.length; cut += 997) {
    const { lostCommits } = walTail(wal.subarray(0, cut))
    assert.equal(lostCommits, 0)
  }
  // The last frame, which carries the commit, is missing; the ones before it are there.
  writeFileSync(join(data, WAL), wal.subarray(0, last))
  const said = ['info an unfinished append was cut off']
  assert.deepEqual(await opened(data), { said, records: 9 })
})

test('a last append that is not whole is said, for it may have been acknowledged', async t => {
  const data = await afterDeath(t)
  const wal = readFileSync(join(data, WAL))
  wal.writeUInt8(wal.readUInt8(wal.length - 1) ^ 1, wal.length - 1)
  writeFileSync(join(data, WAL), wal)
  const said = ['warn the last append to the log is not whole']
  assert.deepEqual(await opened(data), { said, records: 9 })
})

test('damage to what was acknowledged is said, never passed over', async t => {
  const data = await afterDeath(t)
  const wal = readFileSync(join(data, WAL))
  const frames = framesOf(wal)
  const middle = (frames[Math.floor(frames.length / 2)] ?? 0) + 30
  wal.writeUInt8(wal.readUInt8(middle) ^ 1, middle)
  writeFileSync(join(data, WAL), wal)
  const { said, records } = await opened(data)
  assert.deepEqual(said, ['error log_corrupt'])
  assert.ok(records < 10)
  assert.ok(readFileSync(join(data, `${WAL}.damaged`)).equals(wal), 'it is kept as it was')
})

test('what is no write-ahead log holds nothing', () => {
  const nothing = { committed: 0, lost: 0, lostCommits: 0 }
  assert.deepEqual(walTail(Buffer.alloc(0)), nothing)
  assert.deepEqual(walTail(Buffer.alloc(100_000)), nothing)
  assert.deepEqual(walTail(Buffer.alloc(100_000, 7)), nothing)
})
