// The tables of search.db. Whoever changes them raises FORMAT: a file of another format is not
// brought up but made anew from the log, which holds all that is in it.
import type { DatabaseSync } from 'node:sqlite'

export const FORMAT = 2

/** Messages whose terms share a table, so that an insert costs the same at any size. */
export const GENERATION_BITS = 18

/**
 * topics     how far each partition has been read; moves in one transaction with what was read.
 * messages   one row a message, `n` in the order in which they were stored; `part` is the index in
 *            its batch, -1 for a raw record as a whole. `batch`: it holds messages of its own.
 * records    where the records of each message stand.
 * letters    one row a dead letter under its newest reason, `n` in the order of their first.
 * bits       for each tag and each 8,192 rows one bitmap: what is common is told by these.
 * terms_<g>  words of messages as hashes (FTS5), one table for 2^18 messages: what is rare.
 */
const TABLES = `
  CREATE TABLE topics (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, "partition" INTEGER NOT NULL,
    next_offset INTEGER NOT NULL, UNIQUE (topic, "partition")
  ) STRICT;
  CREATE TABLE messages (
    n INTEGER PRIMARY KEY, raw_id TEXT NOT NULL, part INTEGER NOT NULL, batch INTEGER NOT NULL,
    tenant TEXT NOT NULL, channel TEXT NOT NULL, control_id TEXT NOT NULL,
    message_type TEXT NOT NULL, stored_at_ms INTEGER NOT NULL, topic INTEGER, "offset" INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX messages_raw ON messages (raw_id, part);
  CREATE TABLE times (
    block INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    message INTEGER NOT NULL, topic INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    PRIMARY KEY (message, topic, "offset")
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE batch_events (
    event_id TEXT PRIMARY KEY, message INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_events_message ON batch_events (message);
  CREATE TABLE repairs (
    repairs TEXT NOT NULL, raw_id TEXT NOT NULL, PRIMARY KEY (repairs, raw_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE letters (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, message INTEGER, failed_at_ms INTEGER NOT NULL,
    topic INTEGER NOT NULL, "offset" INTEGER NOT NULL, tags TEXT NOT NULL, letter TEXT NOT NULL
  ) STRICT;
  CREATE INDEX letters_message ON letters (message) WHERE message IS NOT NULL;
  CREATE TABLE tags (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, count INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE bits (
    tag INTEGER NOT NULL, block INTEGER NOT NULL, bitmap BLOB NOT NULL, PRIMARY KEY (tag, block)
  ) STRICT, WITHOUT ROWID;
`

/** What is lost by a power cut is read from the log again, so nothing here waits for the disk. */
const SETTINGS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -65536;
`

/** Whether the file was empty; undefined where it is of another format and has to go. */
export function prepare(db: DatabaseSync): boolean | undefined {
  db.exec(SETTINGS)
  const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (user_version === FORMAT) return false
  if (user_version !== 0) return undefined
  db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${FORMAT}; COMMIT`)
  return true
}

export const termsTable = (generation: number) => `terms_${generation}`

/** Exact words only: no text, no places, no sizes; they are hashes already. */
export function makeTerms(db: DatabaseSync, generation: number): void {
  db.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS ${termsTable(generation)} USING fts5(
      term, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
    )`,
  )
}

/** Newest first. */
export function generationsOf(db: DatabaseSync): readonly number[] {
  const rows = db
    .prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'terms_*' AND sql LIKE 'CREATE V%'")
    .all() as { name: string }[]
  return rows.map(({ name }) => Number(name.slice('terms_'.length))).sort((a, b) => b - a)
}
