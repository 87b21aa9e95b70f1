// The durable log: what any driver promises (embedded, Apache Kafka). Words are Kafka's: topic,
// partition, offset, consumer group. Offsets count from 0 and may have gaps; order is by offset.

export type Headers = Readonly<Record<string, string>>

export interface NewRecord {
  readonly key: string
  readonly headers: Headers
  /** Bytes as they are; the log never looks inside. */
  readonly value: Uint8Array
}

export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface LogRecord extends NewRecord, Position {
  readonly value: Buffer
  /** When it was appended, milliseconds since 1970, by the clock of the log. */
  readonly time_ms: number
}

export interface PartitionInfo {
  readonly topic: string
  readonly partition: number
  /** The oldest offset that is still kept. */
  readonly first_offset: number
  /** The offset that the next record will get (Kafka: the high watermark). */
  readonly next_offset: number
  /** Space on disk, bytes; approximate. */
  readonly bytes: number
}

export interface GroupInfo {
  readonly group: string
  readonly topic: string
  readonly partition: number
  /** The next offset to be read, or undefined before the first commit. */
  readonly committed_offset: number | undefined
}

export interface LogPromises {
  /** What an append has survived when it resolves. */
  readonly durable_after: 'fsync' | 'quorum' | 'nothing'
  /** How many processes may share the log. */
  readonly owners: 'one' | 'many'
}

export interface Batch {
  readonly topic: string
  readonly partition: number
  /** Of this ownership of the partition; a commit under an older epoch is refused. */
  readonly epoch: number
  readonly records: readonly LogRecord[]
  /** Behind the last record: what a commit of the whole batch names. */
  readonly next_offset: number
}

export interface SubscribeOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Where a group without a committed offset begins. */
  readonly start: 'earliest' | 'latest'
  readonly records_max: number
  readonly bytes_max: number
  /**
   * Handed one batch at a time per partition; the next is fetched when the promise resolves. A
   * rejection stops the subscription and is given to `onError`: the caller's unit restarts from the
   * committed offset.
   */
  onBatch(batch: Batch): Promise<void>
  onError(cause: unknown): void
}

export interface Subscription {
  /** Durable before it resolves. Everything below `next_offset` is done. */
  commit(topic: string, partition: number, next_offset: number, epoch: number): Promise<void>
  /** Stops after the batch in hand; resolves when `onBatch` has returned. */
  close(): Promise<void>
}

export interface ReadOptions {
  readonly records_max: number
  readonly bytes_max: number
}

/** Offsets from `from_offset` to below `to_offset`. */
export interface Span {
  readonly from_offset: number
  readonly to_offset: number
}

/** What nobody needs any more: everything below `offset`, but for the spans that are kept. */
export interface Trim {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly kept?: readonly Span[]
}

/** How a running log is copied: its groups first, for what they have done must be in all else. */
export interface LogCopies {
  /** Writes where every group stands to a new file of the folder. */
  groups(folder: string): Promise<void>
  /**
   * Puts files into the folder, on the same file system, that hold everything appended before and
   * that nothing changes any more, whatever retention does. Answers where each partition ends.
   */
  records(folder: string): Promise<readonly Position[]>
}

export interface Log {
  readonly promises: LogPromises
  /** Makes the topic where it is missing; an existing one is left as it is. */
  createTopic(topic: string, options?: { partitions?: number }): Promise<void>
  partitions(): Promise<readonly PartitionInfo[]>
  /**
   * Appends records to one partition, in order and all or none. Resolves with the offset of the
   * first when they are durable (`promises.durable_after`). Rejects with a Failure (`log_…`) when
   * they are not; a rejected append may still be found after a crash, never half of it.
   */
  append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number>
  /** Records from `offset` on, possibly none; below the first kept offset it begins there. */
  read(
    topic: string,
    partition: number,
    offset: number,
    options: ReadOptions,
  ): Promise<readonly LogRecord[]>
  /**
   * The offset of the first record whose time is at or after `time_ms`; `next_offset` where none
   * is.
   */
  offsetOfTime(topic: string, partition: number, time_ms: number): Promise<number>
  /** The first offset from which on the partition takes no more than `bytes`. */
  offsetOfBytes(topic: string, partition: number, bytes: number): Promise<number>
  subscribe(options: SubscribeOptions): Promise<Subscription>
  groups(): Promise<readonly GroupInfo[]>
  /** Gives a group up: its offsets no longer hold anything back. */
  removeGroup(group: string): Promise<void>
  /**
   * Lets go of what nobody needs, as far as the driver's segments allow; partitions that are not
   * named stay whole. Replaces everything that was asked before. Never asked by readers.
   */
  trim(trims: readonly Trim[]): Promise<void>
  /**
   * Gives back the space of what was let go between records that stay. Slow on purpose: appends and
   * reads go on beside it. Before it removes anything it asks for a `turn`, in which the caller may
   * trim anew: what is kept by then stays.
   */
  compact(turn: (remove: () => Promise<void>) => Promise<void>): Promise<void>
  /** Absent where the driver's own tools make backups. */
  readonly copies?: LogCopies
  /** Bytes that wait to become durable. */
  readonly waiting_bytes: number
  /** The reason why appends fail at the moment, or undefined while they work. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

/** What commands need beside a running engine: reading, and nothing that could disturb it. */
export type LogReader = Pick<Log, 'partitions' | 'read' | 'offsetOfTime' | 'groups' | 'close'>
