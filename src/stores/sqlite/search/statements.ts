// Statements of one database, each prepared once.
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, unknown>>

export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  all<T = Row>(sql: string, ...values: readonly Value[]): T[] {
    return this.#of(sql).all(...values) as T[]
  }

  get<T = Row>(sql: string, ...values: readonly Value[]): T | undefined {
    return this.#of(sql).get(...values) as T | undefined
  }

  /** The row that was written last. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#of(sql).run(...values).lastInsertRowid)
  }

  #of(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
