// A unit of the path is what restarts alone: it reads a topic as a consumer group, and when the
// world fails it, it begins again from its committed offset. A bug is not restarted: it ends the
// process.
import { assert } from '../kit/assert.ts'
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import type { Gate } from '../kit/gate.ts'
import type { Random } from '../kit/random.ts'
import { failureOf } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Batch, Log, LogRecord, Subscription } from '../model/log.ts'
import type { Signals } from '../model/signals.ts'
import { DEATHS_MAX, type Hands } from './hands.ts'

export interface UnitContext {
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  /** Absent: nothing is known of a death before. */
  readonly hands?: Hands | undefined
  /** A bug inside a unit: the process ends, the log resumes. */
  onBug(cause: unknown): void
}

export interface UnitOptions {
  readonly group: string
  readonly topic: string
  /** Called before the first batch of each start, with the offset at which it begins. */
  onStart?(committed_offset: number): Promise<void>
  /** While it is shut nothing is read; what is in hand comes to its end. */
  readonly gate?: Gate | undefined
  /** When it resolves, the batch is done and its offset is committed. */
  work(batch: Batch): Promise<void>
  /**
   * Sets a record aside that ended the process whenever it was worked alone (G9); when it resolves,
   * the record's dead letter is durable. Absent: records are never taken alone.
   */
  bury?(record: LogRecord, deaths: number): Promise<void>
}

export interface Unit {
  readonly group: string
  /** The reason why it waits to begin again, or undefined while it works. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

const RESTART = { wait_ms_min: 100, wait_ms_max: 10_000 }

export function openUnit(options: UnitOptions, context: UnitContext): Unit {
  const unit = new Restarting(options, context)
  void unit.run().catch(context.onBug)
  return unit
}

class Restarting implements Unit {
  trouble: string | undefined
  #failures = 0
  /** What was in hand at a death, at most, lies before this offset. */
  #aloneUntil: number | undefined
  #subscription: Subscription | undefined
  readonly #stop = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #options: UnitOptions
  readonly #context: UnitContext

  constructor(options: UnitOptions, context: UnitContext) {
    this.#options = options
    this.#context = context
  }

  get group(): string {
    return this.#options.group
  }

  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) await this.#once()
    } finally {
      this.#ended.resolve()
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#ended.promise
  }

  /** From one start to the failure, the pause or the stop that ends it. */
  async #once(): Promise<void> {
    const { clock, random, signals } = this.#context
    const { gate } = this.#options
    await gate?.whenOpen(this.#stop.signal)
    if (this.#stop.signal.aborted) return
    try {
      const failed = Promise.withResolvers<never>()
      // Where the stop comes first, nobody waits for the failure any more.
      failed.promise.catch(() => {})
      const stopped = Promise.withResolvers<void>()
      this.#stop.signal.addEventListener('abort', () => stopped.resolve())
      const alone = Promise.withResolvers<void>()
      await this.#begin({ onError: failed.reject, aloneDone: alone.resolve })
      const ends = [failed.promise, stopped.promise, alone.promise]
      await Promise.race(gate === undefined ? ends : [...ends, gate.whenShut])
      await this.#subscription?.close()
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      this.trouble = failure.code
      this.#failures += 1
      signals.say('error', 'unit begins again', {
        unit: this.group,
        code: failure.code,
        ...failure.facts,
      })
      await this.#subscription?.close()
      await clock.sleep(backoff(RESTART, this.#failures, random), this.#stop.signal)
    }
  }

  async #begin(told: { onError(cause: unknown): void; aloneDone(): void }): Promise<void> {
    const { log } = this.#context
    const { group, topic, onStart } = this.#options
    const committed = await committedOffset(log, group, topic)
    const until = await this.#inHandUntil(committed)
    const isAlone = committed < until
    await onStart?.(committed)
    const subscribed = log.subscribe({
      group,
      topics: [topic],
      start: 'earliest',
      records_max: isAlone ? 1 : limits.batch_records_max,
      bytes_max: limits.batch_bytes_max,
      onBatch: async batch => {
        const subscription = await subscribed
        if (!isAlone) return this.#take(batch, subscription)
        await this.#alone(batch, subscription)
        if (batch.next_offset >= until) told.aloneDone()
      },
      onError: told.onError,
    })
    this.#subscription = await subscribed
  }

  /** Behind the last record that may have been in hand at a death; 0 where there was none. */
  async #inHandUntil(committed: number): Promise<number> {
    const { log, hands } = this.#context
    const { topic, bury } = this.#options
    if (!hands?.careful || bury === undefined) return 0
    if (this.#aloneUntil === undefined) {
      const info = (await log.partitions()).find(one => one.topic === topic)
      this.#aloneUntil = Math.min(committed + limits.batch_records_max, info?.next_offset ?? 0)
    }
    return this.#aloneUntil
  }

  async #take(batch: Batch, subscription: Subscription): Promise<void> {
    await this.#options.work(batch)
    await this.#done(batch, subscription)
  }

  async #done(batch: Batch, subscription: Subscription): Promise<void> {
    const { topic, partition, next_offset, epoch } = batch
    await subscription.commit(topic, partition, next_offset, epoch)
    failpoint('unit.committed')
    this.trouble = undefined
    this.#failures = 0
  }

  /** One record, with nothing else in hand that is taken so (G9). */
  async #alone(batch: Batch, subscription: Subscription): Promise<void> {
    const { group, bury } = this.#options
    const { hands, signals } = this.#context
    const [record, ...more] = batch.records
    if (record === undefined) return this.#done(batch, subscription)
    assert(more.length === 0, 'a record that is taken alone comes alone')
    const { topic, partition, offset } = record
    await hands?.alone(`${group} ${topic}/${partition}/${offset}`, async deaths => {
      if (deaths < DEATHS_MAX) return this.#take(batch, subscription)
      await bury?.(record, deaths)
      signals.say('error', 'a record that ended Firth is set aside', {
        unit: group,
        offset,
        deaths,
      })
      await this.#done(batch, subscription)
    })
  }
}

async function committedOffset(log: Log, group: string, topic: string): Promise<number> {
  const groups = await log.groups()
  return groups.find(row => row.group === group && row.topic === topic)?.committed_offset ?? 0
}
