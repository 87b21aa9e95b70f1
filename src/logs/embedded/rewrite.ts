// Rewrites a sealed segment without what was let go: copies the blocks that stay into a file of its
// own, step by step, and gives it its name when all of it is on the disk. From that name on the
// rewrite is the segment; the file before it is removed by the writer, or at the next opening.
// Blocks are copied as they are, with their checksums: what was damaged stays seen as damaged.
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { present } from '../../kit/assert.ts'
import { systemDisk } from '../../kit/disk.ts'
import { failpoint } from '../../kit/failpoint.ts'
import { withFaults } from './faults.ts'
import { type Floor, placeOf, stays } from './retention.ts'
import {
  beginSegment,
  type SegmentName,
  segmentName,
  segmentsAmong,
  topicRows,
  writeHead,
} from './segment.ts'
import { connect, type ReadConnection } from './view.ts'

/**
 * Without a journal, for nobody reads the file before it has its name; each COMMIT is still synced,
 * so that no step leaves the disk more than its own bytes to write.
 */
const UNFINISHED_SETTINGS = 'PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;'

export interface RewriteOptions {
  /** `<data>/log`. */
  readonly folder: string
  readonly segment: string
  readonly floors: readonly Floor[]
}

export class Rewrite {
  readonly #folder: string
  readonly #segment: string
  /** Of the rewrite. */
  readonly #name: string
  readonly #from: ReadConnection
  readonly #to: DatabaseSync
  readonly #rows: Iterator<unknown>
  readonly #data: StatementSync
  readonly #insert: StatementSync
  readonly #floors: ReadonlyMap<number, Floor | undefined>
  /** By partition: bytes of the blocks copied so far. */
  readonly #bytes = new Map<number, number>()

  /** Throws `log_…` where the disk fails. */
  constructor({ folder, segment, floors }: RewriteOptions) {
    const of = segmentsAmong(systemDisk.list(folder)).find(({ name }) => name === segment)
    const { first_seq, rewrite }: SegmentName = present(of, 'the segment that is rewritten')
    this.#folder = folder
    this.#segment = segment
    this.#name = segmentName({ first_seq, rewrite: rewrite + 1 })
    this.#from = connect(join(folder, segment), true)
    try {
      const { db } = this.#from
      const topics = topicRows(db)
      this.#floors = this.#byId(floors)
      const created = present(db.prepare('SELECT created_ms FROM segment').get(), 'its birth')
      this.#to = beginSegment(this.#unfinished, UNFINISHED_SETTINGS)
      writeHead(this.#to, { topics, created_ms: created.created_ms as number })
      this.#insert = this.#to.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      this.#rows = db.prepare(HEADS).iterate()
      this.#data = db.prepare('SELECT data FROM log WHERE seq = ?')
    } catch (cause) {
      this.#from.close()
      throw cause
    }
  }

  get #unfinished(): string {
    return join(this.#folder, `${this.#name}.new`)
  }

  /** Copies about so many bytes, synced when it returns; false when nothing is left to copy. */
  step(bytes_max: number): boolean {
    if (!this.#to.isTransaction) this.#to.exec('BEGIN')
    let more = true
    for (let [bytes, rows] = [0, 0]; more && bytes < bytes_max && rows < STEP_ROWS_MAX; rows++) {
      const { value, done } = this.#rows.next()
      more = !done
      if (more) bytes += this.#copy(value as Head)
    }
    this.#to.exec('COMMIT')
    failpoint('log.rewrite_step')
    return more
  }

  /**
   * The rewrite takes the segment's place, durable when it returns; unless by now a block should
   * stay that was not copied, or the segment itself is gone.
   */
  finish(floors: readonly Floor[]): void {
    if (!this.#mayReplace(floors)) {
      this.abandon()
      return
    }
    this.#close()
    failpoint('log.rewritten')
    systemDisk.rename(this.#unfinished, { path: join(this.#folder, this.#name) })
    systemDisk.syncFolder(this.#folder)
    failpoint('log.switched')
  }

  #mayReplace(floors: readonly Floor[]): boolean {
    const now = this.#byId(floors)
    for (const row of this.#from.db.prepare(HEADS).iterate()) {
      const { topic_partition: id, offset, n } = row as unknown as Head
      const block = { from_offset: offset, to_offset: offset + n }
      if (stays(now.get(id), block) && !stays(this.#floors.get(id), block)) return false
    }
    return segmentsAmong(systemDisk.list(this.#folder)).some(({ name }) => name === this.#segment)
  }

  #byId(floors: readonly Floor[]): ReadonlyMap<number, Floor | undefined> {
    const byPlace = new Map(floors.map(floor => [placeOf(floor), floor]))
    return new Map(topicRows(this.#from.db).map(row => [row.id, byPlace.get(placeOf(row))]))
  }

  abandon(): void {
    this.#close()
    systemDisk.remove(this.#unfinished)
  }

  #close(): void {
    if (!this.#to.isOpen) return
    this.#to.close()
    this.#from.close()
  }

  /** The bytes that were copied: none of a block that goes. */
  #copy({ seq, topic_partition: id, offset, n, time, crc }: Head): number {
    if (!stays(this.#floors.get(id), { from_offset: offset, to_offset: offset + n })) return 0
    const data = this.#data.get(seq)?.data as Uint8Array
    const bytes = (this.#bytes.get(id) ?? 0) + data.byteLength
    this.#bytes.set(id, bytes)
    this.#insert.run(seq, id, offset, n, time, bytes, crc, data)
    return data.byteLength
  }
}

/** Blocks that one step looks at, so that its end comes soon where nothing is copied. */
const STEP_ROWS_MAX = 20_000

/** A row without its data, which is not read where it goes. */
interface Head {
  readonly seq: number
  readonly topic_partition: number
  readonly offset: number
  readonly n: number
  readonly time: number
  readonly crc: number
}

const HEADS = 'SELECT seq, topic_partition, offset, n, time, crc FROM log ORDER BY seq'

/** One rewrite at a time, as calls to a thread of its own. */
export class Rewriter {
  #rewrite: Rewrite | undefined

  begin(options: RewriteOptions): void {
    this.abandon()
    withFaults({ segment: options.segment }, () => {
      this.#rewrite = new Rewrite(options)
    })
  }

  step(bytes_max: number): boolean {
    return this.#on(rewrite => rewrite.step(bytes_max))
  }

  finish(floors: readonly Floor[]): void {
    this.#on(rewrite => rewrite.finish(floors))
    this.#rewrite = undefined
  }

  abandon(): void {
    this.#rewrite?.abandon()
    this.#rewrite = undefined
  }

  /** What failed is not gone on with: the segment stays as it is. */
  #on<T>(work: (rewrite: Rewrite) => T): T {
    try {
      return withFaults({}, () => work(present(this.#rewrite, 'a rewrite was begun')))
    } catch (cause) {
      this.#rewrite?.abandon()
      this.#rewrite = undefined
      throw cause
    }
  }
}
