// The log on disks that fail: no acknowledgement without a sync, refusals in words, nothing half
// there, and it goes on by itself when the disk does.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openEmbeddedReader } from '../../../src/logs/embedded/offline.ts'
import { Failure } from '../../../src/model/errors.ts'
import type { Log } from '../../../src/model/log.ts'
import { collect, eventually, record, textsOf } from '../../contract/log.contract.ts'
import { requirePart } from '../../peers/require.ts'
import { checkAll, killAfter, startChild } from './appending.ts'
import { folder, folderOf, listening, logOf, openLog } from './setup.ts'

const runs = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
const strace = requirePart('strace', runs('strace', '-V'), "install the package 'strace'")
const prlimit = requirePart('prlimit', runs('prlimit', '--version'), "install 'util-linux'")
const tmpfs = requirePart('tmpfs', canMount(), 'run as root where file systems may be mounted')

const ext4 = requirePart(
  'ext4',
  runs('mkfs.ext4', '-V') && canMountImage(),
  'run as root where images may be mounted, with e2fsprogs',
)

function canMountImage(): boolean {
  const where = folder()
  const image = join(where, 'image')
  const disk = join(where, 'disk')
  mkdirSync(disk)
  const mounted =
    runs('dd', 'if=/dev/zero', `of=${image}`, 'bs=1M', 'count=4') &&
    runs('mkfs.ext4', '-q', image) &&
    runs('mount', '-o', 'loop', image, disk)
  if (mounted) execFileSync('umount', [disk])
  rmSync(where, { recursive: true })
  return mounted
}

function canMount(): boolean {
  const where = folder()
  const mounted = runs('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', where)
  if (mounted) execFileSync('umount', [where])
  rmSync(where, { recursive: true })
  return mounted
}

/** A small file system of its own; it goes with the test. */
function smallDisk(t: TestContext, size: string): { data: string; remount(options: string): void } {
  const data = folderOf(t, path => void execFileSync('umount', [path]))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', data])
  return {
    data,
    remount: options => void execFileSync('mount', ['-o', `remount,${options}`, data]),
  }
}

const failsWith = (code: string) => (cause: unknown) =>
  cause instanceof Failure && cause.code === code
const everything = { records_max: 100_000, bytes_max: 100_000_000 }
const kilobytes = (count: number) => Buffer.alloc(count * 1000, 'x')

/** Appends until the log refuses; answers how many it took and the refusal. */
async function fill(log: Log, topic: string): Promise<{ taken: number; cause: unknown }> {
  for (let taken = 0; taken < 10_000; taken++) {
    try {
      await log.append(topic, 0, [record('', { value: kilobytes(20) })])
    } catch (cause) {
      return { taken, cause }
    }
  }
  throw new Error('the disk never filled')
}

test('every acknowledgement has a sync of the log between the write and itself', {
  skip: strace,
}, async t => {
  const data = folderOf(t)
  const trace = join(data, 'trace')
  const calls = 'trace=pwrite64,write,fsync,fdatasync'
  const under = ['strace', '-f', '-y', '-s', '65536', '-e', calls, '-o', trace]
  const child = startChild({ data, callers: 4, appends: 40, under })
  await child.ended
  assert.equal(child.acks.length, 40, child.errors)
  const lines = readFileSync(trace, 'latin1').split('\n')
  for (const { number } of child.acks) {
    const written = lines.findIndex(
      line => /pwrite64\(.*-wal>/.test(line) && line.includes(`<${number}>`),
    )
    const acked = lines.findIndex(
      line => /write\(1</.test(line) && new RegExp(`ACK \\S+ \\d+ ${number}\\\\n`).test(line),
    )
    assert.ok(written >= 0 && acked > written, `record ${number} is written before its answer`)
    assert.ok(
      syncedBetween(lines.slice(written, acked)),
      `record ${number} is synced before its answer`,
    )
  }
})

/** A sync of the write-ahead log that began and succeeded within these lines. */
function syncedBetween(lines: readonly string[]): boolean {
  const begun = new Set<string>()
  for (const line of lines) {
    const pid = /^\d+/.exec(line)?.[0] ?? ''
    if (/f(data)?sync\(\d+<[^>]*-wal>\)\s+= 0/.test(line)) return true
    if (/f(data)?sync\(\d+<[^>]*-wal>\s*<unfinished/.test(line)) begun.add(pid)
    if (begun.has(pid) && /<\.\.\. f(data)?sync resumed>.*= 0/.test(line)) return true
  }
  return false
}

test('a sync that fails is a refusal, and nothing is built on the connection that failed', {
  skip: strace,
}, async t => {
  const data = folderOf(t)
  const setup = await openLog(data)
  await setup.close()
  const wal = join(data, 'log', '0000000000000001.db-wal')
  const under = ['strace', '-f', '-o', '/dev/null', '-P', wal, '-e', 'trace=fsync,fdatasync']
  const inject = ['-e', 'inject=fsync,fdatasync:error=EIO:when=12..14']
  const child = startChild({ data, callers: 1, appends: 60, under: [...under, ...inject] })
  await child.ended
  assert.equal(child.acks.length + child.naks.length, 60, child.errors)
  assert.ok(child.naks.length > 0, 'at least one append met the failing sync')
  for (const { code } of child.naks) assert.equal(code, 'log_io_error')
  const lastNak = Math.max(...child.naks.map(nak => nak.number))
  assert.ok(
    child.acks.some(ack => ack.number > lastNak),
    'it went on',
  )
  await checkAll(data, child.acks)
})

test('a limit on file sizes is a refusal, and appends go on when it is lifted', {
  skip: prlimit,
}, async t => {
  const data = folderOf(t)
  const under = ['prlimit', '--fsize=1500000:unlimited']
  const child = startChild({ data, callers: 4, under })
  t.after(() => child.process.kill('SIGKILL'))
  await eventually(() => child.naks.length >= 10 || child.process.exitCode !== null, child.errors)
  assert.equal(child.process.exitCode, null, child.errors)
  for (const { code } of child.naks) assert.equal(code, 'log_io_error')
  execFileSync('prlimit', ['--pid', String(child.process.pid), '--fsize=unlimited:unlimited'])
  await killAfter(child, child.acks.length + 200)
  await checkAll(data, child.acks)
})

test('a full disk is a refusal in words, and appends go on by themselves when there is room', {
  skip: tmpfs,
}, async t => {
  const { data } = smallDisk(t, '6m')
  writeFileSync(join(data, 'ballast'), kilobytes(3000))
  const signals = listening()
  const log = await logOf(data, { tail_bytes_max: 0 }, signals)
  await log.createTopic('t')
  let acknowledged = 0
  for (let round = 0; round < 3; round++) {
    const { taken, cause } = await fill(log, 't')
    acknowledged += taken
    assert.ok(failsWith('log_disk_full')(cause), String(cause))
    assert.match(log.trouble ?? '', /no room on the disk/)
    for (let i = 0; i < 5; i++)
      await assert.rejects(
        log.append('t', 0, [record('', { value: kilobytes(500) })]),
        failsWith('log_disk_full'),
      )
    assert.equal(log.waiting_bytes, 0)
    if (round === 0) rmSync(join(data, 'ballast'))
    if (round === 1) break
  }
  const records = await log.read('t', 0, 0, everything)
  assert.ok(records.length >= acknowledged, 'everything acknowledged is there')
  records.forEach(({ offset, value }, i) => {
    assert.equal(offset, i)
    assert.ok(value.equals(kilobytes(20)), 'nothing refused is there by half')
  })
  assert.deepEqual(
    signals.said.map(said => said.what),
    ['log_disk_full', 'the log can be written again', 'log_disk_full'],
  )
})

test('a full disk gets room by trimming alone', { skip: tmpfs }, async t => {
  const { data } = smallDisk(t, '6m')
  const log = await logOf(data, { segment_bytes_max: 500_000, tail_bytes_max: 0 })
  await log.createTopic('t')
  const reader = await collect(log, { group: 'g', topics: ['t'] })
  for (let i = 0; i < 60; i++) await log.append('t', 0, [record('', { value: kilobytes(20) })])
  await eventually(() => reader.texts().length === 60, 'the group reads')
  await reader.subscription.close()
  const { taken } = await fill(log, 't')
  const until = (await log.groups())[0]?.committed_offset
  assert.equal(until, 60)
  await log.trim([{ topic: 't', partition: 0, offset: until }])
  assert.equal((await log.append('t', 0, [record('room again')])) >= 60 + taken, true)
  assert.equal(log.trouble, undefined)
  assert.ok(((await log.partitions())[0]?.first_offset ?? 0) > 0)
})

test('a disk that cannot be written is a refusal to open, and readable all the same', {
  skip: tmpfs,
}, async t => {
  const { data, remount } = smallDisk(t, '20m')
  const child = startChild({ data, callers: 8 })
  await killAfter(child, 300)
  remount('ro')
  await assert.rejects(openLog(data), failsWith('log_read_only'))
  await checkAll(data, child.acks)
  // After a power cut the index of the write-ahead log may be gone.
  remount('rw')
  for (const name of ['0000000000000001.db-shm', 'groups.db-shm'])
    rmSync(join(data, 'log', name), { force: true })
  remount('ro')
  await checkAll(data, child.acks)
  const reader = openEmbeddedReader(data)
  assert.deepEqual(await reader.groups(), [])
  await reader.close()
  remount('rw')
  await (await openLog(data)).close()
  await checkAll(data, child.acks)
})

test('a disk that turns read-only under a running log is a refusal, and costs nothing', {
  skip: ext4,
}, async t => {
  const disk = folderOf(t, path => void spawnSync('umount', [path]))
  const image = `${disk}.img`
  t.after(() => rmSync(image))
  execFileSync('dd', ['if=/dev/zero', `of=${image}`, 'bs=1M', 'count=32', 'status=none'])
  execFileSync('mkfs.ext4', ['-q', image])
  execFileSync('mount', ['-o', 'loop', image, disk])
  const data = join(disk, 'data')
  const log = await openLog(data)
  await log.createTopic('t')
  for (let i = 0; i < 20; i++) assert.equal(await log.append('t', 0, [record(`r${i}`)]), i)
  // What the kernel does by itself when the disk fails beneath the file system.
  execFileSync('mount', ['-o', 'remount,abort', disk])
  await assert.rejects(log.append('t', 0, [record('refused')]))
  await assert.rejects(log.append('t', 0, [record('refused')]), failsWith('log_read_only'))
  assert.match(log.trouble ?? '', /cannot be written/)
  assert.equal((await log.read('t', 0, 0, everything)).length, 20)
  await log.close()
  execFileSync('umount', [disk])
  execFileSync('mount', ['-o', 'loop', image, disk])
  const again = await openLog(data)
  const texts = textsOf(await again.read('t', 0, 0, everything))
  assert.deepEqual(
    texts.slice(0, 20),
    Array.from({ length: 20 }, (_, i) => `r${i}`),
  )
  assert.equal(await again.append('t', 0, [record('more')]), texts.length)
  await again.close()
})

test('a block that the disk has altered is refused by name, the rest is read', async t => {
  const data = folderOf(t)
  const first = await logOf(data)
  await first.createTopic('t')
  for (const text of ['a'.repeat(200), 'MARKER_MARKER', 'c'.repeat(200)])
    await first.append('t', 0, [record(text)])
  await first.close()
  const file = join(data, 'log', '0000000000000001.db')
  const bytes = readFileSync(file)
  bytes.write('X', bytes.indexOf('MARKER_MARKER'))
  writeFileSync(file, bytes)
  const signals = listening()
  const log = await logOf(data, {}, signals)
  const facts = { segment: '0000000000000001.db', topic: 't', partition: 0, offset: 1, records: 1 }
  assert.deepEqual(signals.said, [{ level: 'error', what: 'log_corrupt', facts }])
  await assert.rejects(log.read('t', 0, 0, everything), (cause: unknown) => {
    assert.ok(cause instanceof Failure)
    assert.equal(cause.code, 'log_corrupt')
    assert.deepEqual(cause.facts, facts)
    return true
  })
  assert.equal((await log.read('t', 0, 0, { records_max: 1, bytes_max: 1 }))[0]?.offset, 0)
  assert.deepEqual(textsOf(await log.read('t', 0, 2, everything)), ['c'.repeat(200)])
  assert.equal(await log.append('t', 0, [record('d')]), 3)
})

test('a newest segment that is no database is refused by name', async t => {
  const data = folderOf(t)
  await (await openLog(data)).close()
  writeFileSync(join(data, 'log', '0000000000000001.db'), kilobytes(20))
  await assert.rejects(openLog(data), (cause: unknown) => {
    return (
      failsWith('log_corrupt')(cause) &&
      /0000000000000001/.test(JSON.stringify((cause as Failure).facts))
    )
  })
  await assert.rejects(openEmbeddedReader(data).partitions(), failsWith('log_corrupt'))
})

test('a group that stands beyond the end of a restored log misses nothing new, and it is said', async t => {
  const data = folderOf(t)
  const first = await logOf(data)
  await first.createTopic('t')
  for (const text of ['a', 'b', 'c']) await first.append('t', 0, [record(text)])
  const reader = await collect(first, { group: 'g', topics: ['t'] })
  await eventually(() => reader.texts().length === 3, 'it reads all')
  await first.close()
  rmSync(join(data, 'log', '0000000000000001.db'))
  const signals = listening()
  const log = await logOf(data, {}, signals)
  assert.deepEqual(
    signals.said.map(({ level, what }) => [level, what]),
    [['error', 'a group stood beyond the end of the log']],
  )
  await log.createTopic('t')
  await log.append('t', 0, [record('new')])
  const again = await collect(log, { group: 'g', topics: ['t'] })
  await eventually(() => again.texts().length > 0, 'the new record')
  assert.deepEqual(again.texts(), ['new'])
})
