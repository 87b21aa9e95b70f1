// The newest segment, the only one that is written. Its COMMIT is the call that makes appends
// durable. What it knows in memory (next offsets, next row) is read from the file when it is opened
// and advances only with a commit; after any error the object is thrown away and the file is opened
// again.
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert } from '../../kit/assert.ts'
import { failpoint } from '../../kit/failpoint.ts'
import { Failure } from '../../model/errors.ts'
import {
  damageAtEnd,
  type PartitionEnd,
  partitionEnds,
  type Remark,
  requireFormat,
} from './recover.ts'
import {
  checksum,
  insertTopic,
  openDurable,
  PAGE_BYTES,
  type SegmentName,
  type TopicRow,
} from './segment.ts'

/** Blocks of one partition, as they lie in the memory of a group, one behind the other. */
export interface Part {
  /** `topics.id`. */
  readonly id: number
  /** Bytes and records of each block. */
  readonly blocks: readonly { readonly bytes: number; readonly count: number }[]
}

/** Parts of all partitions, in the order in which they lie in the memory. */
export interface Group {
  readonly parts: readonly Part[]
  readonly memory: ArrayBuffer
}

/** Offset of the first record of each part, and the time of all. */
export interface Appended {
  readonly bases: readonly number[]
  readonly time_ms: number
}

/** A checkpoint moves this much of the write-ahead log into the file at once. */
const CHECKPOINT_BYTES = 1000 * PAGE_BYTES

export class ActiveSegment {
  readonly first_seq: number
  readonly created_ms: number
  readonly name: string
  /** By id. */
  readonly ends: Map<number, PartitionEnd>
  #seq: number
  #time_ms: number
  #bytes = 0
  #unmoved_bytes = 0
  readonly #db: DatabaseSync
  readonly #begin: StatementSync
  readonly #insert: StatementSync
  readonly #commit: StatementSync

  /** Throws what SQLite throws, or `log_corrupt`. Everything it then builds on is on the disk. */
  constructor(folder: string, { name, first_seq }: SegmentName) {
    this.name = name
    this.first_seq = first_seq
    this.#db = openDurable(join(folder, name))
    try {
      // After a failed fsync the kernel may call pages clean that never reached the disk. Moving
      // the write-ahead log into the file writes and syncs them again, before anything is built
      // upon them.
      if (!this.checkpoint('TRUNCATE'))
        throw new Failure('log_io_error', { segment: name, reason: 'a reader holds the file' })
      requireFormat(this.#db, name)
      const last = this.#db.prepare('SELECT seq, time FROM log ORDER BY seq DESC LIMIT 1').get()
      const created = this.#db.prepare('SELECT created_ms FROM segment').get()
      this.created_ms = created?.created_ms as number
      this.#seq = ((last?.seq as number | undefined) ?? first_seq - 1) + 1
      this.#time_ms = (last?.time as number | undefined) ?? this.created_ms
      this.ends = partitionEnds(this.#db)
      for (const end of this.ends.values()) this.#bytes += end.bytes
      this.#begin = this.#db.prepare('BEGIN IMMEDIATE')
      this.#insert = this.#db.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      this.#commit = this.#db.prepare('COMMIT')
    } catch (cause) {
      this.#db.close()
      throw cause
    }
  }

  /** The number of the next row. */
  get next_seq(): number {
    return this.#seq
  }

  /** The time of the last append, or of the beginning. */
  get time_ms(): number {
    return this.#time_ms
  }

  get bytes(): number {
    return this.#bytes
  }

  get topics(): readonly TopicRow[] {
    return [...this.ends.values()].map(end => ({ ...end, first_offset: end.next_offset }))
  }

  damage(): readonly Remark[] {
    return damageAtEnd(this.#db, this.name)
  }

  /** All parts or none. The bytes are on the disk when it returns: COMMIT has synced them. */
  append({ parts, memory }: Group, now_ms: number): Appended {
    const time_ms = Math.max(now_ms, this.#time_ms)
    let seq = this.#seq
    let at = 0
    const after: PartitionEnd[] = []
    this.#begin.run()
    for (const part of parts) {
      const end = this.ends.get(part.id)
      assert(end !== undefined, 'a part names a partition that exists')
      let { next_offset: offset, bytes } = end
      for (const block of part.blocks) {
        const data = new Uint8Array(memory, at, block.bytes)
        const row = { ...end, offset, n: block.count, time: time_ms }
        const crc = checksum(row, data)
        bytes += block.bytes
        this.#insert.run(seq, part.id, offset, block.count, time_ms, bytes, crc, data)
        seq += 1
        offset += block.count
        at += block.bytes
      }
      after.push({ ...end, next_offset: offset, bytes })
    }
    assert(at === memory.byteLength, 'the parts fill the memory of their group')
    failpoint('log.written')
    this.#commit.run()
    failpoint('log.committed')
    this.#advance(after, { seq, time_ms, bytes: at })
    return { bases: after.map((end, i) => end.next_offset - records(parts[i])), time_ms }
  }

  #advance(
    after: readonly PartitionEnd[],
    to: { readonly seq: number; readonly time_ms: number; readonly bytes: number },
  ): void {
    for (const end of after) this.ends.set(end.id, end)
    this.#seq = to.seq
    this.#time_ms = to.time_ms
    this.#bytes += to.bytes
    this.#unmoved_bytes += to.bytes
  }

  /** Makes partitions; durable when it returns. */
  addTopics(rows: readonly TopicRow[]): void {
    this.#begin.run()
    for (const row of rows) insertTopic(this.#db, row)
    this.#commit.run()
    for (const { first_offset, ...row } of rows)
      this.ends.set(row.id, { ...row, next_offset: first_offset, bytes: 0 })
  }

  /** Whether enough waits in the write-ahead log to be moved into the file. */
  get wantsCheckpoint(): boolean {
    return this.#unmoved_bytes >= CHECKPOINT_BYTES
  }

  /**
   * Moves the write-ahead log into the file: `PASSIVE` as much as readers allow at the moment,
   * `TRUNCATE` all of it, and empties it. False where a reader stood in the way for too long.
   */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): boolean {
    const result = this.#db.prepare(`PRAGMA wal_checkpoint(${mode})`).get()
    this.#unmoved_bytes = 0
    return result?.busy === 0
  }

  close(): void {
    this.#db.close()
  }
}

function records(part: Part | undefined): number {
  let count = 0
  for (const block of part?.blocks ?? []) count += block.count
  return count
}
