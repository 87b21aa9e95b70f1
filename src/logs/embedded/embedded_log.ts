// The embedded log as its own process uses it: a writer's thread, a reader's thread, and between
// them the partitions' ends and the newest blocks in memory.
import { Batcher } from '../../kit/batch.ts'
import { Failure } from '../../model/errors.ts'
import type {
  GroupInfo,
  Log,
  LogCopies,
  LogRecord,
  NewRecord,
  PartitionInfo,
  ReadOptions,
  SubscribeOptions,
  Subscription,
  Trim,
} from '../../model/log.ts'
import type { Signals } from '../../model/signals.ts'
import { Appender } from './appender.ts'
import { type Block, unpack } from './codec.ts'
import type { Commit } from './groups.ts'
import type { Owner } from './owner.ts'
import type { ReaderMethods } from './reader_thread.ts'
import { Space } from './space.ts'
import { Subscriber } from './subscriber.ts'
import { Tail } from './tail.ts'
import type { Thread } from './thread.ts'
import { type Partition, Topics } from './topics.ts'
import type { Opened } from './writer.ts'
import type { WriterMethods } from './writer_thread.ts'

export interface EmbeddedLogParts {
  readonly owner: Owner
  readonly writer: Thread<WriterMethods>
  readonly reader: Thread<ReaderMethods>
  readonly opened: Opened
  readonly signals: Signals
  /** `<data>/log`. */
  readonly folder: string
  readonly waiting_bytes_max: number
  readonly tail_bytes_max: number
}

/** Commits that share one transaction of the groups' file. */
const COMMITS_MAX = 1024

export class EmbeddedLog implements Log {
  readonly promises = { durable_after: 'fsync', owners: 'one' } as const
  readonly copies: LogCopies = {
    groups: async folder => {
      this.#requireOpen()
      await this.#parts.writer.call('copyGroups', folder)
    },
    records: async folder => {
      this.#requireOpen()
      const ends = await this.#parts.writer.call('linkSegments', folder)
      return ends.map(({ topic, partition, next_offset: offset }) => ({ topic, partition, offset }))
    },
  }
  #closing: Promise<void> | undefined
  /** Batches in hand may still commit while the log is closing, not after. */
  #ended = false
  readonly #parts: EmbeddedLogParts
  readonly #topics: Topics
  readonly #tail: Tail
  readonly #appender: Appender
  readonly #commits: Batcher<Commit, boolean>
  readonly #subscribers = new Set<Subscriber>()
  readonly #space: Space

  constructor(parts: EmbeddedLogParts) {
    const { writer } = parts
    this.#parts = parts
    this.#topics = new Topics(parts.opened.ends)
    this.#tail = new Tail(parts.tail_bytes_max)
    this.#appender = new Appender({ ...parts, tail: this.#tail })
    this.#space = new Space(parts)
    this.#commits = new Batcher(commits => writer.call('commit', commits), {
      items_max: COMMITS_MAX,
      weight_max: COMMITS_MAX,
    })
  }

  get waiting_bytes(): number {
    return this.#appender.waiting_bytes
  }

  get trouble(): string | undefined {
    return this.#appender.trouble
  }

  async createTopic(topic: string, options: { partitions?: number } = {}): Promise<void> {
    this.#requireOpen()
    if (this.#topics.has(topic)) return
    const { partitions = 1 } = options
    const ends = await this.#parts.writer.call('createTopic', { topic, partitions })
    for (const end of ends) this.#topics.add(end)
  }

  async partitions(): Promise<readonly PartitionInfo[]> {
    this.#requireOpen()
    return this.#parts.reader.call('partitions', undefined)
  }

  async append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    this.#requireOpen()
    const to = this.#topics.find(topic, partition)
    return records.length === 0 ? to.next_offset : this.#appender.append(to, records)
  }

  async read(
    topic: string,
    partition: number,
    offset: number,
    options: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    this.#requireOpen()
    return this.#read(this.#topics.find(topic, partition), offset, options)
  }

  async offsetOfTime(topic: string, partition: number, time_ms: number): Promise<number> {
    this.#requireOpen()
    this.#topics.find(topic, partition)
    return this.#parts.reader.call('offsetOfTime', { topic, partition, time_ms })
  }

  async offsetOfBytes(topic: string, partition: number, bytes: number): Promise<number> {
    this.#requireOpen()
    this.#topics.find(topic, partition)
    return this.#parts.reader.call('offsetOfBytes', { topic, partition, bytes })
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.#requireOpen()
    const { group, topics, start } = options
    for (const topic of topics) this.#topics.partitionsOf(topic)
    const assignments = await this.#parts.writer.call('assign', { group, topics, start })
    this.#requireOpen()
    for (const other of this.#subscribers) {
      const shared = other.group === group ? topics.find(topic => other.reads(topic)) : undefined
      if (shared !== undefined) other.fence(shared)
    }
    const lanes = assignments.map(assignment => ({
      assignment,
      partition: this.#topics.find(assignment.topic, assignment.partition),
    }))
    const subscriber = new Subscriber(options, lanes, {
      read: (partition, offset, limits) => this.#read(partition, offset, limits),
      commit: async (place, next_offset, { group, epoch }) => {
        if (this.#ended) throw new Failure('log_closed')
        const taken = await this.#commits.add({ ...place, group, next_offset, epoch }, 1)
        if (!taken) throw new Failure('log_fenced', { group, ...place, epoch })
      },
      ended: ended => void this.#subscribers.delete(ended),
    })
    this.#subscribers.add(subscriber)
    return subscriber
  }

  async groups(): Promise<readonly GroupInfo[]> {
    this.#requireOpen()
    const rows = await this.#parts.reader.call('groups', undefined)
    return rows.map(({ position: _, ...info }) => info)
  }

  async removeGroup(group: string): Promise<void> {
    this.#requireOpen()
    await this.#parts.writer.call('removeGroup', group)
  }

  /**
   * Kept in memory only: what is let go is decided again after a restart, by whoever decided
   * before.
   */
  async trim(trims: readonly Trim[]): Promise<void> {
    this.#requireOpen()
    for (const { topic, partition } of trims) this.#topics.find(topic, partition)
    await this.#space.trim(trims)
  }

  async compact(turn: (remove: () => Promise<void>) => Promise<void>): Promise<void> {
    this.#requireOpen()
    await this.#space.compact(turn)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { writer, reader, owner } = this.#parts
    await this.#space.close()
    await Promise.all([...this.#subscribers].map(subscriber => subscriber.close()))
    this.#ended = true
    await Promise.all([this.#appender.idle(), this.#commits.idle()])
    // The writer is the last to let go of its files, so that it leaves no write-ahead log behind.
    await reader.call('close', undefined)
    await writer.call('close', undefined)
    await Promise.all([writer.end(), reader.end()])
    owner.release()
  }

  /** From memory where it is recent, else from the disk. */
  async #read(
    { id, topic, partition }: Partition,
    offset: number,
    limits: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    let blocks: readonly Block[] | undefined = this.#tail.find(id, offset, limits)
    if (blocks === undefined) {
      const { records_max, bytes_max } = limits
      const request = { topic, partition, offset, records_max, bytes_max }
      blocks = (await this.#parts.reader.call('read', request)).blocks
    }
    return unpack(blocks, { topic, partition }, { ...limits, offset })
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new Failure('log_closed')
  }
}
