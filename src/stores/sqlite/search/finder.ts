// Asks the index. What is rare leads (words), what is common is tested by bitmaps, and no question
// looks at more than EXAMINED_MAX rows before it answers with how far it came: a page may be short,
// never late.
import type { DatabaseSync } from 'node:sqlite'
import type { Position } from '../../../model/log.ts'
import type {
  LetterCount,
  LetterFilter,
  LetterRow,
  MessageFilter,
  MessageRow,
  Page,
  Paged,
} from '../../../model/search.ts'
import { RECORDS_OF_MAX } from '../../../model/search.ts'
import { type Bits, blockOf, both, rowsOf } from './bits.ts'
import { WHOLE } from './indexer.ts'
import { GROUP } from './letters.ts'
import { GENERATION_BITS, generationsOf, termsTable } from './schema.ts'
import { Statements } from './statements.ts'
import type { Tags } from './tags.ts'
import { fits, type MessageRecord, type Wanted, wantedOf, wordsOf } from './wanted.ts'

const EXAMINED_MAX = 50_000
/** Rows that one word leads to at a time. */
const WORD_ROWS = 1_000
export const PAGE_ROWS_MAX = 1_000

const MESSAGE = `SELECT m.n, m.raw_id, m.part, m.tenant, m.channel, m.control_id, m.message_type,
  m.stored_at_ms, t.topic AS topic_name, t."partition", m."offset"
  FROM messages m LEFT JOIN topics t ON t.id = m.topic`
const LETTER = `SELECT l.letter, l.failed_at_ms, m.control_id
  FROM letters l LEFT JOIN messages m ON m.n = l.message WHERE l.n = ?`

export class Finder {
  readonly #db: DatabaseSync
  readonly #sql: Statements
  readonly #tags: Tags
  readonly #bits: Bits

  constructor(db: DatabaseSync, shared: { readonly tags: Tags; readonly bits: Bits }) {
    this.#db = db
    this.#sql = new Statements(db)
    this.#tags = shared.tags
    this.#bits = shared.bits
  }

  messages(filter: MessageFilter, { after, limit }: Page): Paged<MessageRow> {
    const below = after === '' ? this.#top('messages') + 1 : Number(after)
    const rows_max = Math.min(limit, PAGE_ROWS_MAX)
    const wanted = wantedOf(filter, this.#tags)
    const rows: MessageRow[] = []
    if (wanted === undefined) return { rows, next: undefined }
    let examined = 0
    for (const n of this.#candidates(filter, { wanted, below })) {
      examined += 1
      const row = this.#message(n)
      if (row !== undefined && fits(row, filter)) rows.push(this.#messageRow(row))
      if (rows.length >= rows_max || examined >= EXAMINED_MAX) return { rows, next: String(n) }
    }
    return { rows, next: undefined }
  }

  letters(filter: LetterFilter, { after, limit }: Page): Paged<LetterRow> {
    const below = after === '' ? this.#top('letters') + 1 : Number(after)
    const rows: LetterRow[] = []
    let examined = 0
    for (const n of this.#letterCandidates(filter, below)) {
      examined += 1
      const letter = this.#letter(n, filter)
      if (letter !== undefined) rows.push(letter)
      const full = rows.length >= Math.min(limit, PAGE_ROWS_MAX)
      if (full || examined >= EXAMINED_MAX) return { rows, next: String(n) }
    }
    return { rows, next: undefined }
  }

  letterCounts(filter: LetterFilter): readonly LetterCount[] {
    const groups = this.#tags.all(GROUP).map(({ value, tag }) => {
      const [tenant, channel, code, kind] = JSON.parse(value) as [string, string, string, string]
      return { tag, tenant, channel, code, class: kind }
    })
    const { tenant, channel, code, class: kind, ...rest } = filter
    const named = groups.filter(
      group =>
        (tenant ?? group.tenant) === group.tenant &&
        (channel ?? group.channel) === group.channel &&
        (code ?? group.code) === group.code &&
        (kind ?? group.class) === group.class,
    )
    const whole = Object.values(rest).every(value => value === undefined)
    const counts = named.map(({ tag, ...group }) => ({
      ...group,
      count: whole ? this.#tags.count(tag) : 0,
    }))
    if (!whole) this.#countOneByOne(filter, counts)
    return counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count)
  }

  recordsOf(raw_id: string, index?: number): readonly Position[] {
    const parts = index === undefined ? 'part >= ?' : 'part IN (-1, ?)'
    return this.#sql.all<Position>(
      `SELECT t.topic, t."partition", r."offset" FROM records r JOIN topics t ON t.id = r.topic
        WHERE r.message IN (SELECT n FROM messages WHERE raw_id = ? AND ${parts})
        ORDER BY r.message, r.topic, r."offset" LIMIT ?`,
      ...[raw_id, index ?? WHOLE, RECORDS_OF_MAX],
    )
  }

  repairsOf(raw_id: string): readonly string[] {
    const sql = 'SELECT raw_id FROM repairs WHERE repairs = ? ORDER BY raw_id'
    const rows = this.#sql.all(sql, raw_id)
    return rows.map(row => String(row.raw_id))
  }

  #top(table: 'messages' | 'letters'): number {
    const row = this.#sql.get(`SELECT max(n) AS top FROM ${table}`)
    return Number((row as { top: number | null }).top ?? -1)
  }

  #candidates(
    filter: MessageFilter,
    { wanted, below }: { readonly wanted: Wanted; readonly below: number },
  ): Iterable<number> {
    const { raw_id, raw_ids } = filter
    if (raw_id !== undefined) return this.#ofRaws([raw_id], { wanted, below })
    const words = wordsOf(filter)
    if (words.length > 0) return this.#byWords(words, { wanted, below })
    if (raw_ids !== undefined) return this.#ofRaws(raw_ids, { wanted, below })
    return this.#byBits(filter, { wanted, below })
  }

  *#ofRaws(
    raw_ids: readonly string[],
    { wanted, below }: { readonly wanted: Wanted; readonly below: number },
  ): Generator<number> {
    const sql = 'SELECT n FROM messages WHERE raw_id = ? AND n < ?'
    const found = raw_ids.flatMap(raw_id => this.#sql.all(sql, raw_id, below))
    for (const n of found.map(row => Number(row.n)).sort((a, b) => b - a)) {
      if (this.#isWanted(n, wanted)) yield n
    }
  }

  *#byWords(
    words: readonly string[],
    { wanted, below }: { readonly wanted: Wanted; readonly below: number },
  ): Generator<number> {
    for (const generation of generationsOf(this.#db)) {
      if (generation > (below - 1) >> GENERATION_BITS) continue
      const table = termsTable(generation)
      const find = this.#db.prepare(
        `SELECT rowid AS n FROM ${table} WHERE ${table} MATCH ? AND rowid < ?
          ORDER BY rowid DESC LIMIT ?`,
      )
      let from = below
      for (;;) {
        const rows = find.all(words.join(' '), from, WORD_ROWS)
        for (const row of rows) if (this.#isWanted(Number(row.n), wanted)) yield Number(row.n)
        if (rows.length < WORD_ROWS) break
        from = Number(rows.at(-1)?.n)
      }
    }
  }

  *#byBits(
    { since_ms = 0, until_ms = Infinity }: MessageFilter,
    { wanted, below }: { readonly wanted: Wanted; readonly below: number },
  ): Generator<number> {
    const times = this.#db.prepare(
      'SELECT block, first_ms, last_ms FROM times WHERE block <= ? ORDER BY block DESC',
    )
    for (const row of times.iterate(blockOf(Math.max(0, below - 1)))) {
      if (Number(row.last_ms) < since_ms || Number(row.first_ms) >= until_ms) continue
      const block = Number(row.block)
      const bitmap = both(
        wanted.all.map(tag => this.#bits.block(tag, block)),
        wanted.none.map(tag => this.#bits.block(tag, block)),
      )
      if (bitmap === undefined) continue
      for (const n of rowsOf(bitmap, block)) if (n < below) yield n
    }
  }

  #isWanted(n: number, { all, none }: Wanted): boolean {
    return all.every(tag => this.#bits.has(tag, n)) && !none.some(tag => this.#bits.has(tag, n))
  }

  #message(n: number): MessageRecord | undefined {
    const row = this.#sql.get(`${MESSAGE} WHERE m.n = ?`, n)
    return row as unknown as MessageRecord | undefined
  }

  #messageRow(row: MessageRecord): MessageRow {
    const { n, part, topic_name, partition, offset, ...names } = row
    const having = (name: string) =>
      this.#tags
        .all(name)
        .filter(({ tag }) => this.#bits.has(tag, n))
        .map(({ value }) => value)
    const events = 'SELECT event_id FROM batch_events WHERE message = ?'
    const position =
      topic_name === null || offset === null
        ? undefined
        : { topic: topic_name, partition: partition ?? 0, offset }
    return {
      ...names,
      place: String(n),
      index: part === WHOLE ? undefined : part,
      position,
      targets: having('target').sort(),
      ended: having('ended').filter(end => end !== 'any') as MessageRow['ended'],
      event_ids: part === WHOLE ? [] : this.#sql.all(events, n).map(one => String(one.event_id)),
    }
  }

  *#letterCandidates(filter: LetterFilter, below: number): Generator<number> {
    const { id, patient, control_id, raw_id } = filter
    if (id !== undefined) {
      const sql = 'SELECT n FROM letters WHERE id >= ? AND id < ? AND n < ? ORDER BY n DESC'
      for (const row of this.#sql.all(sql, id, `${id}\uffff`, below)) yield Number(row.n)
      return
    }
    if (patient !== undefined || control_id !== undefined || raw_id !== undefined) {
      yield* this.#lettersOfMessages({ patient, control_id, raw_id }, below)
      return
    }
    const tags = this.#letterTags(filter)
    if (tags === undefined) return
    for (let block = blockOf(Math.max(0, below - 1)); block >= 0; block--) {
      const bitmap = both(
        tags.map(tag => this.#bits.block(tag, block)),
        [],
      )
      if (bitmap === undefined) continue
      for (const n of rowsOf(bitmap, block)) if (n < below) yield n
    }
  }

  /** Letters of one patient or message: so few that they are put in order here. */
  *#lettersOfMessages(filter: MessageFilter, below: number): Generator<number> {
    const find = 'SELECT n FROM letters WHERE message = ? AND n < ?'
    const found: number[] = []
    const from = { wanted: { all: [], none: [] }, below: this.#top('messages') + 1 }
    let examined = 0
    for (const message of this.#candidates(filter, from)) {
      for (const row of this.#sql.all(find, message, below)) found.push(Number(row.n))
      examined += 1
      if (examined >= EXAMINED_MAX) break
    }
    yield* found.sort((a, b) => b - a)
  }

  #letterTags(filter: LetterFilter): readonly number[] | undefined {
    const { tenant, channel, target, stage, class: kind, code } = filter
    const tags: number[] = []
    const named = { tenant, channel, target, stage, class: kind, code }
    for (const [name, value] of Object.entries(named)) {
      if (value === undefined) continue
      const tag = this.#tags.find(`letter_${name}`, value)
      if (tag === undefined) return undefined
      tags.push(tag)
    }
    return tags
  }

  #letter(n: number, filter: LetterFilter): LetterRow | undefined {
    const row = this.#sql.get(LETTER, n)
    if (row === undefined) return undefined
    const stored = JSON.parse(String(row.letter)) as LetterRow
    // A write knows its message by the raw_id alone; a person knows it by its control id.
    const control_id = stored.control_id ?? (String(row.control_id ?? '') || undefined)
    const letter = { ...stored, control_id }
    const { since_ms = 0, until_ms = Infinity, patient: _, id, ...named } = filter
    const at_ms = Number(row.failed_at_ms)
    if (at_ms < since_ms || at_ms >= until_ms) return undefined
    if (id !== undefined && !letter.id.startsWith(id)) return undefined
    const wanted = Object.entries(named).filter(([, value]) => value !== undefined)
    const same = wanted.every(([name, value]) => letter[name as keyof typeof named] === value)
    return same ? letter : undefined
  }

  #countOneByOne(
    filter: LetterFilter,
    counts: { tenant: string; channel: string; code: string; class: string; count: number }[],
  ): void {
    for (const n of this.#letterCandidates(filter, this.#top('letters') + 1)) {
      const letter = this.#letter(n, filter)
      const group = counts.find(
        one =>
          one.tenant === letter?.tenant &&
          one.channel === letter.channel &&
          one.code === letter.code &&
          one.class === letter.class,
      )
      if (group !== undefined) group.count += 1
    }
  }
}
