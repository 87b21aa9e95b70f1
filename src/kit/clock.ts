// Time, behind an interface, so that tests and the simulator own it (STYLE.md 19).
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00Z. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For durations and limits. */
  elapsed(): number
  /** Resolves after `wait_ms`, or at once when `signal` aborts (it never rejects). */
  sleep(wait_ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `run` once after `wait_ms`; the returned function cancels. Does not hold the process. */
  after(wait_ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(wait_ms, signal) {
    try {
      await delay(wait_ms, undefined, signal ? { signal } : {})
    } catch (cause) {
      if (!signal?.aborted) throw cause
    }
  },
  after(wait_ms, run) {
    const timer = setTimeout(run, wait_ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
