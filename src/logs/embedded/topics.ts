// The partitions of an open log as its own process sees them: where each ends, and who waits for
// more.
import { Failure } from '../../model/errors.ts'
import type { PartitionEnd } from './recover.ts'

export class Partition {
  readonly id: number
  readonly topic: string
  readonly partition: number
  /** Behind the last record that is durable. */
  next_offset: number
  #changed: PromiseWithResolvers<void> | undefined

  constructor({ id, topic, partition, next_offset }: PartitionEnd) {
    this.id = id
    this.topic = topic
    this.partition = partition
    this.next_offset = next_offset
  }

  /** Told by the writer's answer, or by a reader that saw the commit before the answer came. */
  advance(next_offset: number): void {
    this.next_offset = Math.max(this.next_offset, next_offset)
    this.wake()
  }

  /** Resolves at the next append, or when somebody wakes those who wait. */
  changed(): Promise<void> {
    this.#changed ??= Promise.withResolvers()
    return this.#changed.promise
  }

  wake(): void {
    this.#changed?.resolve()
    this.#changed = undefined
  }
}

export class Topics {
  readonly #topics = new Map<string, Partition[]>()

  constructor(ends: readonly PartitionEnd[]) {
    for (const end of ends) this.add(end)
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** One that is known stays as it is. */
  add(end: PartitionEnd): void {
    const partitions = this.#topics.get(end.topic) ?? []
    this.#topics.set(end.topic, partitions)
    partitions[end.partition] ??= new Partition(end)
  }

  /** Throws `topic_unknown`. */
  find(topic: string, partition: number): Partition {
    const found = this.#topics.get(topic)?.[partition]
    if (found === undefined) throw new Failure('topic_unknown', { topic, partition })
    return found
  }

  /** Throws `topic_unknown`. */
  partitionsOf(topic: string): readonly Partition[] {
    const found = this.#topics.get(topic)
    if (found === undefined) throw new Failure('topic_unknown', { topic })
    return found
  }
}
