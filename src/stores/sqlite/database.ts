// One SQLite file, opened so that a COMMIT is on the disk when it returns (WAL, synchronous=FULL),
// with its prepared statements. The only place where SQLite's errors become failures of the
// catalogue.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Code, Failure } from '../../model/errors.ts'
import { migrate } from './schema.ts'

export type Value = string | number | null | Uint8Array

/**
 * How long a statement waits for another program that has the file locked, an operator's tool say.
 */
const LOCK_MS_MAX = 10_000

const SETTINGS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 1000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -65536;
`

export class Database {
  readonly raw: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  private constructor(raw: DatabaseSync) {
    this.raw = raw
  }

  /** Opens or makes the file, or memory for `:memory:`, and brings its tables up to date. */
  static open(file: string): Database {
    try {
      const raw = new DatabaseSync(file, { timeout: LOCK_MS_MAX })
      raw.exec(SETTINGS)
      migrate(raw)
      return new Database(raw)
    } catch (cause) {
      throw sqliteFailure(cause) ?? cause
    }
  }

  /** Texts of all statements used so far. */
  get statements(): readonly string[] {
    return [...this.#prepared.keys()]
  }

  all<T>(sql: string, ...values: readonly Value[]): T[] {
    return this.#statement(sql).all(...values) as T[]
  }

  get<T>(sql: string, ...values: readonly Value[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined
  }

  /** Rows changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  close(): void {
    this.#prepared.clear()
    this.raw.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.raw.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

// Primary result codes, https://sqlite.org/rescode.html
const codes: Readonly<Record<number, Code>> = {
  5: 'store_locked', // SQLITE_BUSY
  6: 'store_locked', // SQLITE_LOCKED
  8: 'store_read_only', // SQLITE_READONLY
  10: 'store_io_error', // SQLITE_IOERR
  11: 'store_corrupt', // SQLITE_CORRUPT
  13: 'store_disk_full', // SQLITE_FULL
  14: 'store_io_error', // SQLITE_CANTOPEN
  26: 'store_corrupt', // SQLITE_NOTADB
}

/**
 * The failure behind a SQLite error; undefined where it is our own mistake (a constraint, a type).
 */
export function sqliteFailure(cause: unknown): Failure | undefined {
  if (cause instanceof Failure) return cause
  const errcode = (cause as { errcode?: unknown } | null)?.errcode
  if (typeof errcode !== 'number') return undefined
  const code = codes[errcode & 0xff]
  return code === undefined ? undefined : new Failure(code, { sqlite: errcode }, cause)
}
