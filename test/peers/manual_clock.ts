// A clock that a test moves by hand: waits end in the order of their time, and nothing else passes
// it.
import type { Clock } from '../../src/kit/clock.ts'

export class ManualClock implements Clock {
  #now_ms = 0
  readonly #due: { at_ms: number; run: () => void }[] = []

  now(): number {
    return Date.UTC(2026, 0, 1) + this.#now_ms
  }

  elapsed(): number {
    return this.#now_ms
  }

  /** How many waits stand. */
  get waits(): number {
    return this.#due.length
  }

  after(wait_ms: number, run: () => void): () => void {
    const entry = { at_ms: this.#now_ms + wait_ms, run }
    this.#due.push(entry)
    return () => {
      const at = this.#due.indexOf(entry)
      if (at >= 0) this.#due.splice(at, 1)
    }
  }

  sleep(wait_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const cancel = this.after(wait_ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })
  }

  /** Moves on, step by step, and lets what was due run to its next wait. */
  async pass(ms: number): Promise<void> {
    const end_ms = this.#now_ms + ms
    for (;;) {
      const due = this.#due.filter(entry => entry.at_ms <= end_ms)
      const [next] = due.sort((a, b) => a.at_ms - b.at_ms)
      if (next === undefined) break
      this.#due.splice(this.#due.indexOf(next), 1)
      this.#now_ms = next.at_ms
      next.run()
      await settled()
    }
    this.#now_ms = end_ms
    await settled()
  }
}

/** Everything that was due without a wait has run. */
export const settled = () => new Promise<void>(resolve => setImmediate(resolve))
