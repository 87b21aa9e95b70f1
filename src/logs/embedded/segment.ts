// One segment of the log as a file: its name, tables, checksums. Any SQLite tool can open it.
//   <data>/log/<number of its first row, 16 digits>.db
// Rows are blocks of records (codec.ts), numbered over all segments without a gap. `topics` holds
// every partition that exists, with its next offset when the segment began: so the newest segment
// knows where each partition goes on, whichever older segments are gone.
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

const NAME = /^(\d{16})\.db$/

export interface SegmentName {
  readonly name: string
  readonly first_seq: number
}

/** A partition as the segment's `topics` tell it. */
export interface TopicRow extends Place {
  readonly id: number
  readonly first_offset: number
}

export const segmentName = (first_seq: number) => `${String(first_seq).padStart(16, '0')}.db`

/** The segments among the names of a folder, oldest first. */
export function segmentsAmong(names: readonly string[]): readonly SegmentName[] {
  return names
    .map(name => ({ name, first_seq: Number(NAME.exec(name)?.[1] ?? -1) }))
    .filter(segment => segment.first_seq >= 0)
    .sort((a, b) => a.first_seq - b.first_seq)
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
  const file = join(folder, segmentName(first_seq))
  const unfinished = `${file}.new`
  for (const suffix of ['', '-wal', '-shm']) systemDisk.remove(unfinished + suffix)
  const db = new DatabaseSync(unfinished)
  try {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES};${DURABLE}BEGIN;${TABLES}`)
    db.prepare('INSERT INTO segment VALUES (?)').run(created_ms)
    for (const row of topics) insertTopic(db, row)
    db.exec('COMMIT')
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
  failpoint('log.segment_made')
  systemDisk.rename(unfinished, { path: file })
  systemDisk.syncFolder(folder)
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
