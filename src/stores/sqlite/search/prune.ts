// Lets go of messages of which retention has left no record: rows at once, bitmaps when their block
// is empty, words when their table is. What still has its dead letter is still found.
import type { DatabaseSync } from 'node:sqlite'
import type { LogReader, PartitionInfo } from '../../../model/log.ts'
import { type Bits, BLOCK_ROWS, blockOf } from './bits.ts'
import { GENERATION_BITS, generationsOf, termsTable } from './schema.ts'
import { Statements } from './statements.ts'

/** Messages that one step looks at. */
const STEP_ROWS = 1_000

/** Lines of the audit stay for years, and find nothing that could be shown. */
const KEEPING = ['raw.', 'canonical.', 'outbound.', 'dead.']

export class Pruner {
  readonly #db: DatabaseSync
  readonly #sql: Statements
  readonly #bits: Bits
  /** As retention stood at the last sweep. */
  #seen = ''
  #sweep: { readonly cutoff_ms: number; next: number } | undefined

  constructor(db: DatabaseSync, bits: Bits) {
    this.#db = db
    this.#sql = new Statements(db)
    this.#bits = bits
  }

  /** Whether there is more to do. Looks through what is old once each time that retention moves. */
  async step(reader: LogReader): Promise<boolean> {
    const partitions = await reader.partitions()
    if (this.#sweep === undefined) {
      const seen = JSON.stringify(partitions.map(info => [info.topic, info.first_offset]))
      if (seen === this.#seen) return false
      this.#seen = seen
      this.#sweep = { cutoff_ms: await oldestKept(reader, partitions), next: 0 }
    }
    const { cutoff_ms, next } = this.#sweep
    const rows = this.#sql.all(
      'SELECT n FROM messages WHERE n >= ? AND stored_at_ms < ? ORDER BY n LIMIT ?',
      ...[next, cutoff_ms, STEP_ROWS],
    )
    // The newest row stays: numbers go on from it, and none is ever given twice.
    const top = this.#top()
    const old = rows.map(row => Number(row.n)).filter(n => n < top)
    this.#remove(old.filter(n => !this.#stands(n, partitions)))
    this.#sweep.next = Number(rows.at(-1)?.n ?? 0) + 1
    if (rows.length < STEP_ROWS) this.#sweep = undefined
    return this.#sweep !== undefined
  }

  #stands(n: number, partitions: readonly PartitionInfo[]): boolean {
    const records = this.#sql.all(
      `SELECT t.topic, t."partition", r."offset" FROM records r JOIN topics t ON t.id = r.topic
        WHERE r.message = ?`,
      n,
    )
    const own = records.some(({ topic, partition, offset }) => {
      if (!KEEPING.some(level => String(topic).startsWith(level))) return false
      const info = partitions.find(one => one.topic === topic && one.partition === partition)
      return info !== undefined && Number(offset) >= info.first_offset
    })
    // A batch stands while one of its messages does.
    const inner = `SELECT 1 FROM messages i JOIN messages w ON w.raw_id = i.raw_id AND w.part = -1
      WHERE w.n = ? AND w.batch = 1 AND i.part >= 0 LIMIT 1`
    return own || this.#sql.get(inner, n) !== undefined
  }

  #remove(rows: readonly number[]): void {
    if (rows.length === 0) return
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const n of rows) {
        this.#sql.run(
          'DELETE FROM repairs WHERE raw_id = (SELECT raw_id FROM messages WHERE n = ?)',
          n,
        )
        this.#sql.run('DELETE FROM records WHERE message = ?', n)
        this.#sql.run('DELETE FROM batch_events WHERE message = ?', n)
        this.#sql.run('DELETE FROM messages WHERE n = ?', n)
      }
      for (const block of new Set(rows.map(blockOf))) this.#removeBlock(block)
      for (const generation of new Set(rows.map(n => n >> GENERATION_BITS))) {
        this.#removeWords(generation)
      }
      this.#db.exec('COMMIT')
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw cause
    } finally {
      this.#bits.forget()
    }
  }

  /** The newest block and table are still written to. */
  #removeBlock(block: number): void {
    const top = this.#top()
    const from = block * BLOCK_ROWS
    if (blockOf(top) <= block || this.#holds(from, from + BLOCK_ROWS)) return
    this.#sql.run('DELETE FROM times WHERE block = ?', block)
    // Tags of letters count letters, whose numbers are others.
    this.#sql.run(
      `DELETE FROM bits WHERE block = ? AND tag IN
        (SELECT id FROM tags WHERE name NOT GLOB 'letter_*')`,
      block,
    )
  }

  #removeWords(generation: number): void {
    const from = generation * 2 ** GENERATION_BITS
    const to = from + 2 ** GENERATION_BITS
    if (this.#top() < to || this.#holds(from, to)) return
    if (generationsOf(this.#db).includes(generation)) {
      this.#db.exec(`DROP TABLE ${termsTable(generation)}`)
    }
  }

  #holds(from: number, to: number): boolean {
    const sql = 'SELECT 1 FROM messages WHERE n >= ? AND n < ? LIMIT 1'
    return this.#sql.get(sql, from, to) !== undefined
  }

  #top(): number {
    return Number(this.#sql.get('SELECT max(n) AS top FROM messages')?.top ?? -1)
  }
}

/** What was stored before has lost its record in some channel at least. */
async function oldestKept(
  reader: LogReader,
  partitions: readonly PartitionInfo[],
): Promise<number> {
  let cutoff_ms = 0
  for (const { topic, partition, first_offset } of partitions) {
    if (!topic.startsWith('raw.') || first_offset === 0) continue
    const bounds = { records_max: 1, bytes_max: 1 }
    const [first] = await reader.read(topic, partition, first_offset, bounds)
    cutoff_ms = Math.max(cutoff_ms, first?.time_ms ?? Number.MAX_SAFE_INTEGER)
  }
  return cutoff_ms
}
