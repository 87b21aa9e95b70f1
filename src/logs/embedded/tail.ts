// The newest blocks of the log in memory, so that a consumer that keeps up needs no disk. They are
// the very bytes that were made durable. Whole groups leave, oldest first, when there is no room.
import type { ReadOptions } from '../../model/log.ts'
import type { Block } from './codec.ts'

export interface TailBlock extends Block {
  /** `topics.id`. */
  readonly id: number
}

interface Kept {
  readonly blocks: readonly TailBlock[]
  readonly bytes: number
}

export class Tail {
  #bytes = 0
  readonly #bytes_max: number
  readonly #groups = new Fifo<Kept>()
  readonly #partitions = new Map<number, Fifo<TailBlock>>()

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max
  }

  /** Takes a group that has become durable; the blocks of a partition in their order. */
  push(blocks: readonly TailBlock[], bytes: number): void {
    for (const block of blocks) this.#ofPartition(block.id).push(block)
    this.#groups.push({ blocks, bytes })
    this.#bytes += bytes
    while (this.#bytes > this.#bytes_max) this.#evict()
  }

  /** Blocks from the one that holds `offset` on; undefined where it is not here any more. */
  find(id: number, offset: number, limits: ReadOptions): readonly Block[] | undefined {
    const kept = this.#partitions.get(id)
    const start = kept === undefined ? -1 : indexOf(kept, offset)
    if (kept === undefined || start < 0) return undefined
    const blocks: Block[] = []
    let [records, bytes, next] = [0, 0, offset]
    for (let i = start; i < kept.length; i++) {
      const block = kept.at(i) as TailBlock
      // After a group that failed and was found all the same, the tail has a gap: the disk has it.
      if (block.offset > next) break
      blocks.push(block)
      records += block.offset + block.count - next
      bytes += block.bytes.byteLength
      next = block.offset + block.count
      if (records >= limits.records_max || bytes >= limits.bytes_max) break
    }
    return blocks
  }

  #ofPartition(id: number): Fifo<TailBlock> {
    let kept = this.#partitions.get(id)
    if (kept === undefined) {
      kept = new Fifo()
      this.#partitions.set(id, kept)
    }
    return kept
  }

  #evict(): void {
    const oldest = this.#groups.shift()
    for (const block of oldest?.blocks ?? []) this.#partitions.get(block.id)?.shift()
    this.#bytes -= oldest?.bytes ?? 0
  }
}

/** Index of the block that holds `offset`, by halves; -1 where none does. */
function indexOf(kept: Fifo<TailBlock>, offset: number): number {
  let low = 0
  let high = kept.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const block = kept.at(middle) as TailBlock
    if (offset < block.offset) high = middle - 1
    else if (offset >= block.offset + block.count) low = middle + 1
    else return middle
  }
  return -1
}

/** A queue with positions, both ends in constant time. */
class Fifo<T> {
  #items: (T | undefined)[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  at(index: number): T | undefined {
    return this.#items[this.#start + index]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#start]
    if (this.#start < this.#items.length) this.#items[this.#start++] = undefined
    if (this.#start > 64 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return item
  }
}
