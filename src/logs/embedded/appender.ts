// The near end of appending: packs what arrives while a commit runs into one piece of memory, hands
// it over to the writer's thread, and gives every caller its offset when the writer says that it is
// durable.
import { Batcher } from '../../kit/batch.ts'
import { catalogue, Failure, failureOf } from '../../model/errors.ts'
import type { NewRecord } from '../../model/log.ts'
import type { Signals } from '../../model/signals.ts'
import type { Appended, Part } from './active.ts'
import { type Prepared, pack, prepare } from './codec.ts'
import type { Tail, TailBlock } from './tail.ts'
import type { Thread } from './thread.ts'
import type { Partition } from './topics.ts'
import type { WriterMethods } from './writer_thread.ts'

/** A block ends when it holds this much; a reader reads whole blocks. */
const BLOCK_BYTES = 1_048_576
/** One group: one transaction, one sync. */
const GROUP_APPENDS_MAX = 8192
const GROUP_BYTES_MAX = 16_777_216

export interface AppenderOptions {
  readonly writer: Thread<WriterMethods>
  readonly tail: Tail
  readonly signals: Signals
  readonly waiting_bytes_max: number
}

interface Append {
  readonly to: Partition
  readonly records: readonly Prepared[]
  readonly bytes: number
}

/** The appends of a group that go to one partition. */
interface Share {
  readonly to: Partition
  readonly appends: Append[]
}

export class Appender {
  /** Why the last group failed, in words; undefined while appends work. */
  trouble: string | undefined
  readonly #batcher: Batcher<Append, number>
  readonly #options: AppenderOptions

  constructor(options: AppenderOptions) {
    this.#options = options
    this.#batcher = new Batcher(group => this.#write(group), {
      items_max: GROUP_APPENDS_MAX,
      weight_max: GROUP_BYTES_MAX,
    })
  }

  get waiting_bytes(): number {
    return this.#batcher.weight
  }

  /**
   * Resolves with the offset of the first record; rejects with `log_…`. The values must not change
   * before that: they are copied when their group is written.
   */
  append(to: Partition, records: readonly NewRecord[]): Promise<number> {
    const prepared = records.map(prepare)
    let bytes = 0
    for (const record of prepared) bytes += record.size
    const { waiting_bytes_max } = this.#options
    if (this.waiting_bytes + bytes > waiting_bytes_max) {
      const facts = { waiting_bytes: this.waiting_bytes, bytes, waiting_bytes_max }
      return Promise.reject(new Failure('log_overloaded', facts))
    }
    return this.#batcher.add({ to, records: prepared, bytes }, bytes)
  }

  /** Resolves when everything that was asked has been answered. */
  idle(): Promise<void> {
    return this.#batcher.idle()
  }

  async #write(group: readonly Append[]): Promise<readonly number[]> {
    const shares = sharesOf(group)
    const { parts, memory } = layOut(shares)
    const { writer } = this.#options
    try {
      // Durable when it answers: the writer's COMMIT has synced the write-ahead log.
      const appended = await writer.call('append', { parts, memory }, [memory])
      this.#works()
      return this.#publish(group, shares, { ...appended, parts })
    } catch (cause) {
      this.#fails(cause)
      throw cause
    }
  }

  /** Shows the group to those who read; answers the offset of each append. */
  #publish(
    group: readonly Append[],
    shares: readonly Share[],
    { bases, time_ms, memory, parts }: Appended & { parts: readonly Part[]; memory: ArrayBuffer },
  ): readonly number[] {
    const offsets = new Map<Append, number>()
    const blocks: TailBlock[] = []
    const nexts: number[] = []
    let at = 0
    shares.forEach(({ to, appends }, i) => {
      let offset = bases[i] as number
      for (const { bytes, count } of parts[i]?.blocks ?? []) {
        blocks.push({ id: to.id, offset, count, time_ms, bytes: new Uint8Array(memory, at, bytes) })
        offset += count
        at += bytes
      }
      nexts.push(offset)
      offset = bases[i] as number
      for (const append of appends) {
        offsets.set(append, offset)
        offset += append.records.length
      }
    })
    this.#options.tail.push(blocks, memory.byteLength)
    shares.forEach(({ to }, i) => {
      to.advance(nexts[i] as number)
    })
    return group.map(append => offsets.get(append) as number)
  }

  #works(): void {
    if (this.trouble === undefined) return
    this.trouble = undefined
    this.#options.signals.say('info', 'the log can be written again')
  }

  #fails(cause: unknown): void {
    const failure = failureOf(cause)
    if (failure === undefined) return
    const { message } = catalogue[failure.code]
    const { reason } = failure.facts
    const { signals } = this.#options
    if (this.trouble === undefined) signals.say('error', failure.code, failure.facts)
    signals.count('log_groups_failed', { code: failure.code })
    this.trouble = reason === undefined ? message : `${message} (${reason})`
  }
}

function sharesOf(group: readonly Append[]): readonly Share[] {
  const shares = new Map<Partition, Share>()
  for (const append of group) {
    const share = shares.get(append.to)
    if (share) share.appends.push(append)
    else shares.set(append.to, { to: append.to, appends: [append] })
  }
  return [...shares.values()]
}

/** Packs all records into one piece of memory, partition by partition, in blocks. */
function layOut(shares: readonly Share[]): { parts: readonly Part[]; memory: ArrayBuffer } {
  let size = 0
  for (const { appends } of shares) for (const append of appends) size += append.bytes
  // Never from the pool, which could not be handed over.
  const memory = Buffer.allocUnsafeSlow(size)
  let at = 0
  const parts = shares.map(({ to, appends }) => {
    const blocks: { bytes: number; count: number }[] = []
    let [start, count] = [at, 0]
    const end = () => {
      if (count > 0) blocks.push({ bytes: at - start, count })
      start = at
      count = 0
    }
    for (const append of appends) {
      for (const record of append.records) {
        if (at - start + record.size > BLOCK_BYTES) end()
        at = pack(memory, at, record)
        count += 1
      }
    }
    end()
    return { id: to.id, blocks }
  })
  return { parts, memory: memory.buffer }
}
