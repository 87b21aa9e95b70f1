// One segment of the log as a file, <data>/log/<number of its first row, 16 digits>.db, which any
// SQLite tool can open; <the same>.<n>.db is its nth rewrite, and the highest n counts. Rows are
// blocks of records (codec.ts), numbered as they were appended. `topics` holds every partition that
// exists, with its next offset when the segment began: so the newest segment knows where each
// partition goes on, whichever older segments are gone.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { systemDisk } from '../../kit/disk.ts'
import { failpoint } from '../../kit/failpoint.ts'
import type { Place } from './codec.ts'

export const FORMAT = 1

const TABLES = `
  CREATE TABLE log(
    seq INTEGER PRIMARY KEY,            -- number of the row in the whole log
    topic_partition INTEGER NOT NULL,   -- topics.id
    offset INTEGER NOT NULL,            -- of the first record
    n INTEGER NOT NULL,                 -- records
    time INTEGER NOT NULL,              -- of the append, milliseconds since 1970, never going back
    bytes INTEGER NOT NULL,             -- of this partition in this segment, this row included
    crc INTEGER NOT NULL,               -- see checksum()
    data BLOB NOT NULL,
    UNIQUE (topic_partition, offset)
  );
  CREATE TABLE topics(
    id INTEGER PRIMARY KEY,             -- the same in every segment
    name TEXT NOT NULL,
    partition INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,      -- next offset when it began here
    UNIQUE (name, partition)
  );
  CREATE TABLE segment(created_ms INTEGER NOT NULL);
  PRAGMA user_version = ${FORMAT};
`

export const PAGE_BYTES = 8192

/** For every connection that writes. Checkpoints are made by the writer, after its answers. */
const DURABLE = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 0;
  PRAGMA journal_size_limit = 67108864;
`

/**
 * How long a connection waits for another one's lock: a reader at the end of a checkpoint, mostly.
 */
const LOCK_MS_MAX = 2_000

const NAME = /^(\d{16})(?:\.([1-9]\d{0,8}))?\.db$/

export interface SegmentName {
  readonly name: string
  readonly first_seq: number
  /** 0 as it was written, n after its nth rewrite. */
  readonly rewrite: number
}

/** A partition as the segment's `topics` tell it. */
export interface TopicRow extends Place {
  readonly id: number
  readonly first_offset: number
}

export function segmentName({ first_seq, rewrite }: Omit<SegmentName, 'name'>): string {
  return `${String(first_seq).padStart(16, '0')}${rewrite === 0 ? '' : `.${rewrite}`}.db`
}

/**
 * The segments among the names of a folder, oldest first; of a segment and its rewrites the newest,
 * which has its name only since it is whole.
 */
export function segmentsAmong(names: readonly string[]): readonly SegmentName[] {
  const all = allAmong(names)
  return all.filter(({ first_seq }, i) => all[i + 1]?.first_seq !== first_seq)
}

/** Files of segments that a rewrite has replaced. */
export function replacedAmong(names: readonly string[]): readonly SegmentName[] {
  const all = allAmong(names)
  return all.filter(({ first_seq }, i) => all[i + 1]?.first_seq === first_seq)
}

function allAmong(names: readonly string[]): readonly SegmentName[] {
  return names
    .flatMap(name => {
      const [, first_seq, rewrite = '0'] = NAME.exec(name) ?? []
      if (first_seq === undefined) return []
      return [{ name, first_seq: Number(first_seq), rewrite: Number(rewrite) }]
    })
    .sort((a, b) => a.first_seq - b.first_seq || a.rewrite - b.rewrite)
}

export interface NewSegment {
  readonly first_seq: number
  readonly created_ms: number
  readonly topics: readonly TopicRow[]
}

/** Ends of the names of files that are not yet, or no longer, part of the log. */
export const UNFINISHED = /\.new(-wal|-shm|-journal)?$/

/** Adds a segment to the folder, whole and durable, name included, or not at all. */
export function addSegment(folder: string, { first_seq, created_ms, topics }: NewSegment): void {
  const file = join(folder, segmentName({ first_seq, rewrite: 0 }))
  const unfinished = `${file}.new`
  const db = beginSegment(unfinished, DURABLE)
  try {
    writeHead(db, { created_ms, topics })
    db.exec('COMMIT')
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
  failpoint('log.segment_made')
  systemDisk.rename(unfinished, { path: file })
  systemDisk.syncFolder(folder)
}

/** A new file with the tables of a segment, in a transaction; what lay there before is removed. */
export function beginSegment(file: string, settings: string): DatabaseSync {
  for (const suffix of ['', '-wal', '-shm']) systemDisk.remove(file + suffix)
  const db = new DatabaseSync(file)
  try {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES};${settings}BEGIN;${TABLES}`)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

export function writeHead(db: DatabaseSync, head: Omit<NewSegment, 'first_seq'>): void {
  db.prepare('INSERT INTO segment VALUES (?)').run(head.created_ms)
  for (const row of head.topics) insertTopic(db, row)
}

export function insertTopic(db: DatabaseSync, row: TopicRow): void {
  db.prepare('INSERT INTO topics(id, name, partition, first_offset) VALUES (?, ?, ?, ?)').run(
    row.id,
    row.topic,
    row.partition,
    row.first_offset,
  )
}

/** A connection whose COMMIT returns when the data is on the disk. */
export function openDurable(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: LOCK_MS_MAX })
  try {
    db.exec(DURABLE)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/**
 * A connection that cannot write; `frozen` says that no file of it can change, nor be made beside
 * it.
 */
export function openReadOnly(file: string, frozen = false): DatabaseSync {
  const url = pathToFileURL(file)
  if (frozen) url.searchParams.set('immutable', '1')
  const db = new DatabaseSync(url, { readOnly: true, timeout: LOCK_MS_MAX })
  try {
    // Reads the header and finds the write-ahead log, so that trouble shows here.
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

export function topicRows(db: DatabaseSync): readonly TopicRow[] {
  const rows = db.prepare('SELECT id, name, partition, first_offset FROM topics ORDER BY id').all()
  return rows.map(row => ({
    id: row.id as number,
    topic: row.name as string,
    partition: row.partition as number,
    first_offset: row.first_offset as number,
  }))
}

export interface ChecksumFacts extends Place {
  readonly offset: number
  readonly n: number
  readonly time: number
}

/** Over the block and over where and when it stands, so that neither can change unseen. */
export function checksum(facts: ChecksumFacts, data: Uint8Array): number {
  const { topic, partition, offset, n, time } = facts
  return crc32(data, crc32(`${topic} ${partition} ${offset} ${n} ${time} `))
}
