// What is common to many rows (a channel, a type, a target, an end) as bitmaps, 8,192 rows each:
// ten million rows are 1,221 of them, so any combination is decided in milliseconds, found or not.
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export const BLOCK_ROWS = 8_192
const BLOCK_BYTES = BLOCK_ROWS / 8

/** Bitmaps kept in memory; 16 MiB. */
const BLOCKS_KEPT_MAX = 16_384

export const blockOf = (n: number) => Math.floor(n / BLOCK_ROWS)

interface Kept {
  /** Undefined: no row of the block has the tag. */
  bitmap: Uint8Array | undefined
  dirty: boolean
}

export class Bits {
  readonly #kept = new Map<string, Kept>()
  readonly #read: StatementSync
  readonly #write: StatementSync

  constructor(db: DatabaseSync) {
    this.#read = db.prepare('SELECT bitmap FROM bits WHERE tag = ? AND block = ?')
    this.#write = db.prepare('INSERT OR REPLACE INTO bits VALUES (?, ?, ?)')
  }

  /** Whether the bit was another one before. */
  put(tag: number, n: number, value: boolean): boolean {
    const kept = this.#find(tag, blockOf(n))
    if (kept.bitmap === undefined) {
      if (!value) return false
      kept.bitmap = new Uint8Array(BLOCK_BYTES)
    }
    const at = (n % BLOCK_ROWS) >> 3
    const mask = 1 << (n & 7)
    const before = kept.bitmap[at] ?? 0
    if (((before & mask) !== 0) === value) return false
    kept.bitmap[at] = before ^ mask
    kept.dirty = true
    return true
  }

  has(tag: number, n: number): boolean {
    const { bitmap } = this.#find(tag, blockOf(n))
    return bitmap !== undefined && ((bitmap[(n % BLOCK_ROWS) >> 3] ?? 0) & (1 << (n & 7))) !== 0
  }

  /** Undefined where no row of the block has the tag. Not to be changed. */
  block(tag: number, block: number): Uint8Array | undefined {
    return this.#find(tag, block).bitmap
  }

  /** Inside the transaction of what they tell of. */
  flush(): void {
    for (const [key, kept] of this.#kept) {
      if (!kept.dirty || kept.bitmap === undefined) continue
      const [tag, block] = key.split(' ').map(Number) as [number, number]
      this.#write.run(tag, block, kept.bitmap)
      kept.dirty = false
    }
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= BLOCKS_KEPT_MAX) break
      this.#kept.delete(key)
    }
  }

  /** After a transaction that failed, and after rows were removed behind its back. */
  forget(): void {
    this.#kept.clear()
  }

  #find(tag: number, block: number): Kept {
    const key = `${tag} ${block}`
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const row = this.#read.get(tag, block) as { bitmap: Uint8Array } | undefined
    const kept = { bitmap: row && Uint8Array.from(row.bitmap), dirty: false }
    this.#kept.set(key, kept)
    return kept
  }
}

/** What all of the first have and none of the second; undefined where that is no row. */
export function both(
  all: readonly (Uint8Array | undefined)[],
  none: readonly (Uint8Array | undefined)[],
): Uint8Array | undefined {
  const result = new Uint8Array(BLOCK_BYTES).fill(0xff)
  for (const bitmap of all) {
    if (bitmap === undefined) return undefined
    for (let i = 0; i < BLOCK_BYTES; i++) result[i] = (result[i] ?? 0) & (bitmap[i] ?? 0)
  }
  for (const bitmap of none) {
    if (bitmap === undefined) continue
    for (let i = 0; i < BLOCK_BYTES; i++) result[i] = (result[i] ?? 0) & ~(bitmap[i] ?? 0)
  }
  return result
}

/** Rows of a bitmap, the highest first. */
export function* rowsOf(bitmap: Uint8Array, block: number): Generator<number> {
  for (let i = BLOCK_BYTES - 1; i >= 0; i--) {
    const byte = bitmap[i] ?? 0
    for (let bit = 7; byte !== 0 && bit >= 0; bit--) {
      if ((byte & (1 << bit)) !== 0) yield block * BLOCK_ROWS + i * 8 + bit
    }
  }
}
