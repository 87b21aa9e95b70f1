// A unit of the path is what restarts alone: it reads a topic as a consumer group, and when the
// world fails it, it begins again from its committed offset. A bug is not restarted: it ends the
// process.
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import type { Gate } from '../kit/gate.ts'
import type { Random } from '../kit/random.ts'
import { failureOf } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Batch, Log, Subscription } from '../model/log.ts'
import type { Signals } from '../model/signals.ts'

export interface UnitContext {
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
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
      await this.#begin(failed.reject)
      const ends = [failed.promise, stopped.promise]
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

  async #begin(onError: (cause: unknown) => void): Promise<void> {
    const { log } = this.#context
    const { group, onStart, work } = this.#options
    await onStart?.(await committedOffset(log, group, this.#options.topic))
    const subscribed = log.subscribe({
      group,
      topics: [this.#options.topic],
      start: 'earliest',
      records_max: limits.batch_records_max,
      bytes_max: limits.batch_bytes_max,
      onBatch: async batch => {
        await work(batch)
        const subscription = await subscribed
        const { topic, partition, next_offset, epoch } = batch
        await subscription.commit(topic, partition, next_offset, epoch)
        failpoint('unit.committed')
        this.trouble = undefined
        this.#failures = 0
      },
      onError,
    })
    this.#subscription = await subscribed
  }
}

async function committedOffset(log: Log, group: string, topic: string): Promise<number> {
  const groups = await log.groups()
  return groups.find(row => row.group === group && row.topic === topic)?.committed_offset ?? 0
}
