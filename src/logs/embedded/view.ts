// One segment as readers see it: a read-only connection and what never changes about the file. It
// works beside a writer in another process, without one, after a crash, and on a disk that cannot
// be written.
import { basename, join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { systemDisk } from '../../kit/disk.ts'
import { Failure } from '../../model/errors.ts'
import type { Span } from '../../model/log.ts'
import type { Block, Place } from './codec.ts'
import { requireFormat } from './recover.ts'
import { checksum, openReadOnly, type SegmentName, type TopicRow, topicRows } from './segment.ts'

/** A read-only connection, and what has to be cleaned up behind it. */
export interface ReadConnection {
  readonly db: DatabaseSync
  close(): void
}

/**
 * Opens a SQLite file for reading; `sealed` says that nobody writes to it any more. Where nothing
 * can be written beside the file, SQLite cannot follow its write-ahead log: then the file is read
 * as it is where it has none, and else from a copy of both.
 */
export function connect(file: string, sealed = false): ReadConnection {
  if (sealed && isWhole(file)) return connectFrozen(file)
  try {
    const db = openReadOnly(file)
    return { db, close: () => db.close() }
  } catch (cause) {
    if (!cannotMakeFiles(cause) || systemDisk.size(file) === undefined) throw cause
  }
  return isWhole(file) ? connectFrozen(file) : connectCopy(file)
}

/** Nothing of it waits in a write-ahead log. */
const isWhole = (file: string) => (systemDisk.size(`${file}-wal`) ?? 0) === 0

/** One descriptor, no locks, no files beside it: right only where nobody writes. */
function connectFrozen(file: string): ReadConnection {
  const db = openReadOnly(file, true)
  return { db, close: () => db.close() }
}

/** SQLITE_READONLY, _IOERR, _FULL and _CANTOPEN, in all their variants. */
function cannotMakeFiles(cause: unknown): boolean {
  const { errcode } = cause as { errcode?: number }
  return errcode !== undefined && [8, 10, 13, 14].includes(errcode & 0xff)
}

function connectCopy(file: string): ReadConnection {
  const folder = systemDisk.makeTemporaryFolder('firth_log_')
  const remove = () => systemDisk.removeFolder(folder)
  try {
    const copy = join(folder, basename(file))
    for (const suffix of ['', '-wal']) systemDisk.copy(file + suffix, { path: copy + suffix })
    const db = openReadOnly(copy)
    return {
      db,
      close() {
        db.close()
        remove()
      },
    }
  } catch (cause) {
    remove()
    throw cause
  }
}

/** A partition in one segment. */
export interface Found {
  readonly id: number
  readonly first_offset: number
}

/** Behind the partition's last record in a segment, and the bytes of all of them there. */
export interface End {
  readonly next_offset: number
  readonly bytes: number
}

export class SegmentView {
  readonly name: string
  /** Nothing is written to it any more: a newer one exists. */
  sealed: boolean
  // What does not change any more once it is sealed is read once.
  #topics: readonly TopicRow[] | undefined
  readonly #ends = new Map<number, End>()
  readonly #firsts = new Map<number, number | undefined>()
  readonly #found = new Map<string, Found>()
  readonly #connection: ReadConnection
  readonly #find: StatementSync
  readonly #last: StatementSync
  readonly #from: StatementSync
  readonly #at: StatementSync
  readonly #first: StatementSync

  constructor(folder: string, { name, sealed }: SegmentName & { sealed: boolean }) {
    this.name = name
    this.sealed = sealed
    this.#connection = connect(join(folder, name), sealed)
    const { db } = this.#connection
    try {
      requireFormat(db, name)
      const row = 'SELECT offset, n, time, crc, data FROM log WHERE topic_partition = ?'
      const end = 'SELECT offset, n, time, bytes FROM log WHERE topic_partition = ?'
      this.#find = db.prepare(
        'SELECT id, first_offset FROM topics WHERE name = ? AND partition = ?',
      )
      this.#last = db.prepare(`${end} ORDER BY offset DESC LIMIT 1`)
      this.#at = db.prepare(`${end} AND offset <= ? ORDER BY offset DESC LIMIT 1`)
      this.#from = db.prepare(`${row} AND offset >= ? ORDER BY offset`)
      this.#first = db.prepare('SELECT min(offset) AS offset FROM log WHERE topic_partition = ?')
    } catch (cause) {
      this.#connection.close()
      throw cause
    }
  }

  /** Every partition that the segment names. */
  get topics(): readonly TopicRow[] {
    if (this.#topics !== undefined) return this.#topics
    const rows = topicRows(this.#connection.db)
    if (this.sealed) this.#topics = rows
    return rows
  }

  find({ topic, partition }: Place): Found | undefined {
    const key = `${partition} ${topic}`
    const known = this.#found.get(key)
    if (known) return known
    const row = this.#find.get(topic, partition)
    if (row === undefined) return undefined
    const found = { id: row.id as number, first_offset: row.first_offset as number }
    this.#found.set(key, found)
    return found
  }

  end({ id, first_offset }: Found): End {
    const known = this.#ends.get(id)
    if (known !== undefined) return known
    const row = this.#last.get(id)
    const end: End = {
      next_offset: row === undefined ? first_offset : (row.offset as number) + (row.n as number),
      bytes: (row?.bytes as number | undefined) ?? 0,
    }
    if (this.sealed) this.#ends.set(id, end)
    return end
  }

  /** The partition's first offset that the segment holds; undefined where it holds none. */
  first({ id }: Found): number | undefined {
    if (this.#firsts.has(id)) return this.#firsts.get(id)
    const first = (this.#first.get(id)?.offset as number | null) ?? undefined
    if (this.sealed) this.#firsts.set(id, first)
    return first
  }

  /** Bytes of the blocks that hold an offset of the span, all of them counted whole. */
  bytesOf({ id }: Found, { from_offset, to_offset }: Span): number {
    const held = this.blockAt({ id }, from_offset)
    const from = held && held.next_offset > from_offset ? held.offset : from_offset
    return to_offset <= from ? 0 : this.#bytesBelow(id, to_offset) - this.#bytesBelow(id, from)
  }

  #bytesBelow(id: number, offset: number): number {
    return (this.#at.get(id, offset - 1)?.bytes as number | undefined) ?? 0
  }

  /**
   * The block that holds `offset`, or the last one before it: where it begins, ends, and its time.
   */
  blockAt({ id }: Pick<Found, 'id'>, offset: number) {
    const row = this.#at.get(id, offset)
    if (row === undefined) return undefined
    const first = row.offset as number
    return { offset: first, next_offset: first + (row.n as number), time_ms: row.time as number }
  }

  /** Blocks from the one that holds `offset` on. Throws `log_corrupt` where a checksum is wrong. */
  *blocks(place: Place & Found, offset: number): Generator<Block> {
    const start = this.blockAt(place, offset)
    const from = start && start.next_offset > offset ? start.offset : offset
    for (const row of this.#from.iterate(place.id, from)) {
      const block = {
        offset: row.offset as number,
        count: row.n as number,
        time_ms: row.time as number,
        bytes: row.data as Uint8Array<ArrayBuffer>,
      }
      const facts = { ...place, offset: block.offset, n: block.count, time: block.time_ms }
      if (checksum(facts, block.bytes) !== row.crc) {
        const { topic, partition } = place
        throw new Failure('log_corrupt', {
          segment: this.name,
          topic,
          partition,
          offset: block.offset,
          records: block.count,
        })
      }
      yield block
    }
  }

  close(): void {
    this.#connection.close()
  }
}
