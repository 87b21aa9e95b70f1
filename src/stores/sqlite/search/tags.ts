// Tags by name. Most come from configuration; the types of messages come from senders, so their
// number is limited and what is beyond shares one tag.
import type { DatabaseSync } from 'node:sqlite'

/** Different values of one name; above it they are told from each other by their rows only. */
const VALUES_MAX = 4_096
export const OTHER = '\u0000other'

export class Tags {
  readonly #db: DatabaseSync
  readonly #ids = new Map<string, number>()
  readonly #values = new Map<string, number>()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.load()
  }

  /** From the file; again after a transaction that failed. */
  load(): void {
    this.#ids.clear()
    this.#values.clear()
    const rows = this.#db.prepare('SELECT id, name FROM tags').all() as {
      id: number
      name: string
    }[]
    for (const { id, name } of rows) this.#learn(name, id)
  }

  /** The tag of a value, made where it is new. */
  make(name: string, value: string): number {
    const known = this.#ids.get(`${name}=${value}`)
    if (known !== undefined) return known
    const full = (this.#values.get(name) ?? 0) >= VALUES_MAX && value !== OTHER
    if (full) return this.make(name, OTHER)
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO tags (name, count) VALUES (?, 0)')
      .run(`${name}=${value}`)
    this.#learn(`${name}=${value}`, Number(lastInsertRowid))
    return Number(lastInsertRowid)
  }

  /** Undefined where no row has it. */
  find(name: string, value: string): number | undefined {
    return this.#ids.get(`${name}=${value}`) ?? this.#ids.get(`${name}=${OTHER}`)
  }

  /** Every value of a name, with its tag. */
  all(name: string): readonly { readonly value: string; readonly tag: number }[] {
    const begin = `${name}=`
    return [...this.#ids]
      .filter(([full]) => full.startsWith(begin))
      .map(([full, tag]) => ({ value: full.slice(begin.length), tag }))
  }

  add(tag: number, count: number): void {
    this.#db.prepare('UPDATE tags SET count = count + ? WHERE id = ?').run(count, tag)
  }

  count(tag: number): number {
    const row = this.#db.prepare('SELECT count FROM tags WHERE id = ?').get(tag)
    return (row as { count: number } | undefined)?.count ?? 0
  }

  #learn(full: string, id: number): void {
    const name = full.slice(0, full.indexOf('='))
    this.#ids.set(full, id)
    this.#values.set(name, (this.#values.get(name) ?? 0) + 1)
  }
}
