// A consumer group's reading: per partition one lane, which hands out one batch at a time and
// sleeps, without a timer, until an append wakes it.
import { assert } from '../../kit/assert.ts'
import { Failure } from '../../model/errors.ts'
import type { LogRecord, ReadOptions, SubscribeOptions, Subscription } from '../../model/log.ts'
import type { Assignment } from './groups.ts'
import type { Partition } from './topics.ts'

export interface SubscriberContext {
  read(partition: Partition, offset: number, limits: ReadOptions): Promise<readonly LogRecord[]>
  /** Durable when it resolves; rejects with `log_fenced` where the epoch is not the newest. */
  commit(
    place: { readonly topic: string; readonly partition: number },
    next_offset: number,
    by: { readonly group: string; readonly epoch: number },
  ): Promise<void>
  /** Called once, when the last lane has ended. */
  ended(subscriber: Subscriber): void
}

interface Lane {
  readonly partition: Partition
  readonly assignment: Assignment
}

export class Subscriber implements Subscription {
  #closing = false
  #ended: Promise<void>
  readonly #lanes: readonly Lane[]
  readonly #options: SubscribeOptions
  readonly #context: SubscriberContext

  constructor(options: SubscribeOptions, lanes: readonly Lane[], context: SubscriberContext) {
    this.#options = options
    this.#lanes = lanes
    this.#context = context
    this.#ended = this.#runAll()
  }

  get group(): string {
    return this.#options.group
  }

  reads(topic: string): boolean {
    return this.#options.topics.includes(topic)
  }

  async commit(
    topic: string,
    partition: number,
    next_offset: number,
    epoch: number,
  ): Promise<void> {
    const lane = this.#lanes.find(
      ({ partition: own }) => own.topic === topic && own.partition === partition,
    )
    assert(lane !== undefined, 'a subscription commits only what it reads')
    assert(
      Number.isInteger(next_offset) &&
        next_offset >= 0 &&
        next_offset <= lane.partition.next_offset,
      'a commit stays inside the log: beyond its end it would skip what comes next',
    )
    await this.#context.commit({ topic, partition }, next_offset, { group: this.group, epoch })
  }

  /** Another subscription of the group has taken a topic over. */
  fence(topic: string): void {
    this.#stop(new Failure('log_fenced', { group: this.group, topic }))
  }

  async close(): Promise<void> {
    this.#stop(undefined)
    await this.#ended
  }

  /** Ends all lanes after their batch in hand; the first cause, where there is one, is told. */
  #stop(cause: unknown): void {
    if (this.#closing) return
    this.#closing = true
    for (const { partition } of this.#lanes) partition.wake()
    if (cause !== undefined) this.#options.onError(cause)
  }

  async #runAll(): Promise<void> {
    // Not before subscribe() has answered: the first batch may want to commit.
    await new Promise(resolve => setImmediate(resolve))
    await Promise.all(this.#lanes.map(lane => this.#run(lane).catch(cause => this.#stop(cause))))
    this.#context.ended(this)
  }

  async #run({ partition, assignment }: Lane): Promise<void> {
    const { topic, epoch } = assignment
    let offset = assignment.position
    while (!this.#closing) {
      if (offset >= partition.next_offset) {
        await partition.changed()
        continue
      }
      const end = partition.next_offset
      const records = await this.#context.read(partition, offset, this.#options)
      if (this.#closing) return
      const last = records.at(-1)
      // Nothing there though the log goes on: it was let go meanwhile.
      offset = last === undefined ? end : last.offset + 1
      if (last === undefined) continue
      partition.advance(offset)
      await this.#options.onBatch({
        topic,
        partition: partition.partition,
        epoch,
        records,
        next_offset: offset,
      })
    }
  }
}
