// What is read from a segment when it is opened: where each partition goes on, and whether what
// stands at its end is whole.
import { basename, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { systemDisk } from '../../kit/disk.ts'
import { type Facts, Failure } from '../../model/errors.ts'
import type { SignalLevel } from '../../model/signals.ts'
import { faultOf } from './faults.ts'
import {
  checksum,
  FORMAT,
  openDurable,
  openReadOnly,
  replacedAmong,
  segmentsAmong,
  topicRows,
  UNFINISHED,
} from './segment.ts'
import { judgeWal } from './wal_tail.ts'

export interface PartitionEnd {
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly next_offset: number
  /** Of its blocks in this segment. */
  readonly bytes: number
}

/** Something found that an operator should know. */
export interface Remark {
  readonly level: SignalLevel
  readonly what: string
  readonly facts: Facts
}

/** How many of the last blocks are read again at opening, and up to how many bytes of them. */
const CHECKED_BLOCKS = 64
const CHECKED_BYTES = 16_777_216

/** Refuses a file that is no segment, or one of a later version. */
export function requireFormat(db: DatabaseSync, segment: string): void {
  const format = db.prepare('PRAGMA user_version').get()?.user_version as number
  if (format > FORMAT) throw new Failure('log_newer', { segment, format })
  if (format < FORMAT) throw new Failure('log_corrupt', { segment, reason: 'no tables of a log' })
}

export function partitionEnds(db: DatabaseSync): Map<number, PartitionEnd> {
  const last = db.prepare(
    'SELECT offset + n AS next_offset, bytes FROM log WHERE topic_partition = ? ORDER BY offset DESC LIMIT 1',
  )
  const ends = new Map<number, PartitionEnd>()
  for (const { first_offset, ...row } of topicRows(db)) {
    const found = last.get(row.id)
    ends.set(row.id, {
      ...row,
      next_offset: (found?.next_offset as number | undefined) ?? first_offset,
      bytes: (found?.bytes as number | undefined) ?? 0,
    })
  }
  return ends
}

/** Blocks at the end of the segment that do not match their checksums. */
export function damageAtEnd(db: DatabaseSync, segment: string): readonly Remark[] {
  const rows = db.prepare(
    `SELECT name, partition, offset, n, time, crc, data FROM log
     JOIN topics ON topics.id = topic_partition ORDER BY seq DESC LIMIT ${CHECKED_BLOCKS}`,
  )
  const damaged: Remark[] = []
  let bytes = 0
  for (const row of rows.iterate()) {
    const data = row.data as Uint8Array
    const [offset, n, time] = [row.offset as number, row.n as number, row.time as number]
    const place = { topic: row.name as string, partition: row.partition as number }
    if (checksum({ ...place, offset, n, time }, data) !== row.crc) {
      const facts = { segment, ...place, offset, records: n }
      damaged.push({ level: 'error', what: 'log_corrupt', facts })
    }
    bytes += data.byteLength
    if (bytes > CHECKED_BYTES) break
  }
  return damaged
}

/**
 * Puts a folder in order before its newest segment is opened: removes files of segments that were
 * never finished, that a rewrite has replaced, and whose removal was cut short; moves what waits in
 * write-ahead logs of sealed segments into their files.
 */
export function tidy(folder: string): readonly Remark[] {
  const remarks: Remark[] = [...settleRewrites(folder)]
  const names = systemDisk.list(folder)
  for (const name of names) {
    const whole = name.replace(/-(wal|shm)$/, '')
    if (!UNFINISHED.test(name) && (whole === name || names.includes(whole))) continue
    systemDisk.remove(join(folder, name))
    remarks.push({ level: 'info', what: 'an unfinished file was removed', facts: { file: name } })
  }
  const newest = `${segmentsAmong(names).at(-1)?.name}-wal`
  if (names.includes(newest)) remarks.push(...judgeWal(join(folder, newest)))
  const sealed = segmentsAmong(names).slice(0, -1)
  for (const { name } of sealed) {
    if (!names.includes(`${name}-wal`)) continue
    const damage = moveRest(join(folder, name))
    if (damage) remarks.push({ level: 'error', what: damage.code, facts: damage.facts })
  }
  return remarks
}

/**
 * A segment and its rewrite hold the same but for what was let go, so the rewrite replaces it. One
 * that is no segment, which only a damaged disk explains, is put aside and the older one counts.
 */
function settleRewrites(folder: string): readonly Remark[] {
  const remarks: Remark[] = []
  for (;;) {
    const names = systemDisk.list(folder)
    const replaced = replacedAmong(names)
    const newer = segmentsAmong(names).filter(({ first_seq }) =>
      replaced.some(older => older.first_seq === first_seq),
    )
    const broken = newer.filter(({ name }) => !isSegment(join(folder, name)))
    for (const { name } of broken) {
      systemDisk.rename(join(folder, name), { path: join(folder, `${name}.damaged`) })
      const facts = { segment: name, kept: `${name}.damaged` }
      remarks.push({ level: 'error', what: 'log_corrupt', facts })
    }
    if (broken.length > 0) continue
    for (const { name } of replaced)
      for (const suffix of ['', '-wal', '-shm']) systemDisk.remove(join(folder, name + suffix))
    return remarks
  }
}

function isSegment(file: string): boolean {
  let db: DatabaseSync | undefined
  try {
    db = openReadOnly(file, true)
    requireFormat(db, basename(file))
    return true
  } catch (cause) {
    const failure = faultOf(cause)
    if (failure?.code !== 'log_corrupt') throw cause
    return false
  } finally {
    db?.close()
  }
}

/**
 * A sealed segment that is damaged holds up nothing but its own readers: it is said, not thrown.
 */
function moveRest(file: string): Failure | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openDurable(file)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return undefined
  } catch (cause) {
    const failure = faultOf(cause, { segment: basename(file) })
    if (failure?.code !== 'log_corrupt') throw cause
    return failure
  } finally {
    db?.close()
  }
}
