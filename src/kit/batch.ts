// Group commit: whatever arrives while a write runs is the next group. No timer, so an idle caller
// pays one write and a busy crowd shares it. Order of arrival is kept.

export interface BatchLimits {
  readonly items_max: number
  readonly weight_max: number
}

interface Waiting<T, R> {
  readonly item: T
  readonly weight: number
  readonly resolve: (result: R) => void
  readonly reject: (cause: unknown) => void
}

export class Batcher<T, R> {
  #waiting: Waiting<T, R>[] = []
  #writing = false
  #idle: PromiseWithResolvers<void> | undefined
  readonly #write: (items: readonly T[]) => Promise<readonly (R | Error)[]>
  readonly #limits: BatchLimits
  #weight = 0

  /** `write` answers in the order of its items; an Error in its answer fails that item alone. */
  constructor(
    write: (items: readonly T[]) => Promise<readonly (R | Error)[]>,
    limits: BatchLimits,
  ) {
    this.#write = write
    this.#limits = limits
  }

  /** What waits or is being written, in the unit that callers weigh by (bytes, mostly). */
  get weight(): number {
    return this.#weight
  }

  add(item: T, weight = 0): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject })
      this.#weight += weight
      if (!this.#writing) {
        this.#writing = true
        // After the current burst of I/O callbacks: one group for all frames of this turn.
        setImmediate(() => void this.#run())
      }
    })
  }

  /** Resolves when nothing waits and nothing is being written; at once where that is so. */
  async idle(): Promise<void> {
    if (!this.#writing) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#take()
      try {
        const results = await this.#write(group.map(entry => entry.item))
        group.forEach((entry, i) => {
          const result = results[i]
          if (result instanceof Error) entry.reject(result)
          else entry.resolve(result as R)
        })
      } catch (cause) {
        for (const entry of group) entry.reject(cause)
      }
      for (const entry of group) this.#weight -= entry.weight
    }
    this.#writing = false
    this.#idle?.resolve()
    this.#idle = undefined
  }

  #take(): Waiting<T, R>[] {
    let count = 0
    let weight = 0
    while (count < this.#waiting.length && count < this.#limits.items_max) {
      weight += this.#waiting[count]?.weight ?? 0
      if (count > 0 && weight > this.#limits.weight_max) break
      count++
    }
    return this.#waiting.splice(0, count)
  }
}
