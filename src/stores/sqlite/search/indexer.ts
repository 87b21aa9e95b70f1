// Writes records of the log into the index: one call is one transaction, in which the positions
// move as well, so that a crash makes nothing twice and leaves nothing out.
import type { DatabaseSync } from 'node:sqlite'
import type { Headers, LogRecord } from '../../../model/log.ts'
import { type Bits, blockOf } from './bits.ts'
import { Letters } from './letters.ts'
import { GENERATION_BITS, makeTerms, termsTable } from './schema.ts'
import { Statements } from './statements.ts'
import type { Tags } from './tags.ts'
import { type InnerMessage, wordOf, wordsOfEvent, wordsOfRaw } from './words.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}

/** Part of a raw record as a whole. */
export const WHOLE = -1

interface NewMessage {
  readonly raw_id: string
  readonly part: number
  readonly headers: Headers
  readonly stored_at_ms: number
  /** Only of a raw record. */
  readonly topic: number | null
  readonly offset: number | null
  readonly batch: boolean
}

/** Messages whose number is kept at hand. */
const KNOWN_MAX = 50_000

export class Indexer {
  readonly #db: DatabaseSync
  readonly #tags: Tags
  readonly #bits: Bits
  readonly #letters: Letters
  readonly #topics = new Map<string, number>()
  readonly #sql: Statements
  readonly #generations = new Set<number>()
  readonly #known = new Map<string, { readonly n: number; readonly batch: boolean }>()
  /** Words of this transaction, by message. */
  #words = new Map<number, Set<string>>()
  #times = new Map<number, { first_ms: number; last_ms: number }>()
  #next: number

  constructor(db: DatabaseSync, shared: { readonly tags: Tags; readonly bits: Bits }) {
    this.#db = db
    this.#tags = shared.tags
    this.#bits = shared.bits
    this.#letters = new Letters(db, shared)
    this.#sql = new Statements(db)
    this.#next = this.#top()
    for (const row of this.#sql.all('SELECT id, topic, "partition" FROM topics')) {
      this.#topics.set(`${row.topic}/${row.partition}`, Number(row.id))
    }
  }

  /** Where each partition is to be read on. */
  positions(): ReadonlyMap<string, number> {
    const rows = this.#sql.all('SELECT topic, "partition", next_offset FROM topics')
    return new Map(rows.map(row => [`${row.topic}/${row.partition}`, Number(row.next_offset)]))
  }

  /** Records in the order in which they were appended, of one partition or of several. */
  take(records: readonly LogRecord[]): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const record of records) this.#record(record)
      this.#writeWords()
      this.#writeTimes()
      this.#bits.flush()
      const ends = new Map(records.map(record => [this.#topicOf(record), record.offset + 1]))
      for (const [topic, next] of ends) {
        this.#sql.run('UPDATE topics SET next_offset = ? WHERE id = ?', next, topic)
      }
      this.#db.exec('COMMIT')
    } catch (cause) {
      this.#undo()
      throw cause
    }
  }

  /** After rows were removed behind its back. */
  forget(): void {
    this.#known.clear()
    this.#generations.clear()
  }

  #undo(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    this.#words = new Map()
    this.#times = new Map()
    this.#known.clear()
    this.#topics.clear()
    this.#generations.clear()
    this.#bits.forget()
    this.#tags.load()
    this.#next = this.#top()
  }

  #record(record: LogRecord): void {
    const { headers } = record
    const level = record.topic.slice(0, record.topic.indexOf('.'))
    if (level === 'raw') {
      this.#raw(record)
      return
    }
    const message = headers.raw_id === undefined ? undefined : this.#messageOf(record)
    if (message !== undefined) this.#note(record, message)
    if (level === 'dead') {
      this.#letters.put(record, { topic: this.#topicOf(record), message })
      if (message !== undefined) this.#end(message, 'dead')
    }
    if (message === undefined) return
    if (level === 'canonical') this.#event(record, message)
    if (level === 'outbound') {
      this.#tag(message, 'target', headers.target)
      this.#end(message, 'routed')
    }
    if (level === 'audit' && headers.fate !== undefined) this.#end(message, headers.fate)
  }

  #raw(record: LogRecord): void {
    const { headers, time_ms: stored_at_ms, offset } = record
    const { raw_id } = headers
    if (raw_id === undefined) return
    const { words, inner } = wordsOfRaw(record)
    const topic = this.#topicOf(record)
    const of = { raw_id, headers, stored_at_ms, topic, offset }
    const whole = this.#make({ ...of, part: WHOLE, batch: inner.length > 0 })
    this.#addWords(whole, words)
    this.#note(record, whole)
    for (const one of inner) this.#inner(one, { ...of, part: one.index, batch: false })
    const { repairs } = headers
    if (repairs) this.#sql.run('INSERT OR IGNORE INTO repairs VALUES (?, ?)', repairs, raw_id)
  }

  #inner(one: InnerMessage, of: NewMessage): void {
    const { control_id, message_type, words } = one
    const n = this.#make({ ...of, headers: { ...of.headers, control_id, message_type } })
    this.#addWords(n, words)
  }

  #event(record: LogRecord, message: number): void {
    const { event_id, index } = record.headers
    this.#addWords(message, wordsOfEvent(record))
    this.#end(message, 'event')
    if (index === undefined || event_id === undefined) return
    this.#sql.run('INSERT OR IGNORE INTO batch_events VALUES (?, ?)', event_id, message)
  }

  #end(message: number, end: string): void {
    this.#tag(message, 'ended', end)
    this.#tag(message, 'ended', 'any')
  }

  #note(record: LogRecord, message: number): void {
    const topic = this.#topicOf(record)
    this.#sql.run('INSERT OR IGNORE INTO records VALUES (?, ?, ?)', message, topic, record.offset)
  }

  /** Of what came of a message: its row, or that of the message of the batch. */
  #messageOf(record: LogRecord): number {
    const { raw_id = '', index, event_id } = record.headers
    const whole = this.#find(raw_id, WHOLE) ?? { n: this.#stub(record, WHOLE), batch: false }
    if (index !== undefined) {
      return this.#find(raw_id, Number(index))?.n ?? this.#stub(record, Number(index))
    }
    if (!whole.batch || event_id === undefined) return whole.n
    const [found] = this.#sql.all('SELECT message FROM batch_events WHERE event_id = ?', event_id)
    return found === undefined ? whole.n : Number(found.message)
  }

  /** The raw record is gone, or comes later: what others say of it. */
  #stub({ headers, time_ms }: LogRecord, part: number): number {
    const raw_id = headers.raw_id ?? ''
    const batch = part === WHOLE && headers.index !== undefined
    const known = part !== WHOLE || !batch ? headers : { ...headers, control_id: '' }
    const n = this.#make({
      raw_id,
      part,
      headers: known,
      stored_at_ms: Date.parse(headers.received_at ?? '') || time_ms,
      topic: null,
      offset: null,
      batch,
    })
    if (known.control_id) this.#addWords(n, [wordOf('control_id', known.control_id)])
    return n
  }

  #make({ raw_id, part, headers, stored_at_ms, topic, offset, batch }: NewMessage): number {
    const { tenant = '', channel = '', control_id = '', message_type = '' } = headers
    const known = this.#find(raw_id, part)
    const n = known?.n ?? this.#next++
    this.#sql.run(
      `INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (n) DO UPDATE SET
        batch = excluded.batch, tenant = excluded.tenant, channel = excluded.channel,
        control_id = excluded.control_id, message_type = excluded.message_type,
        topic = excluded.topic, "offset" = excluded."offset"`,
      ...[n, raw_id, part, batch ? 1 : 0, tenant, channel, control_id, message_type],
      ...[stored_at_ms, topic, offset],
    )
    this.#remember(`${raw_id} ${part}`, { n, batch })
    this.#time(n, stored_at_ms)
    this.#tag(n, 'tenant', tenant)
    this.#tag(n, 'channel', channel)
    this.#tag(n, 'type', message_type)
    const code = message_type.split('^')[0] ?? ''
    if (code !== message_type) this.#tag(n, 'type', code)
    return n
  }

  #find(raw_id: string, part: number): { readonly n: number; readonly batch: boolean } | undefined {
    const key = `${raw_id} ${part}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const sql = 'SELECT n, batch FROM messages WHERE raw_id = ? AND part = ?'
    const [row] = this.#sql.all(sql, raw_id, part)
    if (row === undefined) return undefined
    return this.#remember(key, { n: Number(row.n), batch: row.batch === 1 })
  }

  #remember<T extends { readonly n: number; readonly batch: boolean }>(key: string, one: T): T {
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(key, one)
    return one
  }

  #tag(n: number, name: string, value: string | undefined): void {
    if (value) this.#bits.put(this.#tags.make(name, value), n, true)
  }

  #time(n: number, at_ms: number): void {
    const block = blockOf(n)
    const known = this.#times.get(block) ?? { first_ms: at_ms, last_ms: at_ms }
    known.first_ms = Math.min(known.first_ms, at_ms)
    known.last_ms = Math.max(known.last_ms, at_ms)
    this.#times.set(block, known)
  }

  #writeTimes(): void {
    for (const [block, { first_ms, last_ms }] of this.#times) {
      this.#sql.run(
        `INSERT INTO times VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE SET
          first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)`,
        ...[block, first_ms, last_ms],
      )
    }
    this.#times.clear()
  }

  #addWords(n: number, words: readonly string[]): void {
    const known = this.#words.get(n) ?? new Set()
    for (const word of words) known.add(word)
    this.#words.set(n, known)
  }

  /**
   * In rising order and each row once: FTS5 writes what it holds to its tree whenever a row comes
   * that is not above the last one. A row that comes again in a later transaction adds its words.
   */
  #writeWords(): void {
    const rows = [...this.#words].filter(([, words]) => words.size > 0).sort(([a], [b]) => a - b)
    for (const [n, words] of rows) {
      const generation = n >> GENERATION_BITS
      if (!this.#generations.has(generation)) makeTerms(this.#db, generation)
      this.#generations.add(generation)
      const sql = `INSERT INTO ${termsTable(generation)} (rowid, term) VALUES (?, ?)`
      this.#sql.run(sql, n, [...words].join(' '))
    }
    this.#words.clear()
  }

  #topicOf({ topic, partition }: Place): number {
    const key = `${topic}/${partition}`
    const known = this.#topics.get(key)
    if (known !== undefined) return known
    this.#sql.run('INSERT OR IGNORE INTO topics VALUES (NULL, ?, ?, 0)', topic, partition)
    const sql = 'SELECT id FROM topics WHERE topic = ? AND "partition" = ?'
    const id = Number(this.#sql.all(sql, topic, partition)[0]?.id)
    this.#topics.set(key, id)
    return id
  }

  #top(): number {
    return Number(this.#sql.get('SELECT max(n) AS top FROM messages')?.top ?? -1) + 1
  }
}
