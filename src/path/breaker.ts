// The breaker in front of one target's calls. Where the target itself is at fault, asks to be left
// alone, or fails several writes in a row, it opens and no call begins; after a while it lets one
// through, and one success closes it. While it is open nothing expires.
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import type { Random } from '../kit/random.ts'
import type { Code } from '../model/errors.ts'
import { limits } from '../model/limits.ts'

/**
 * What one row's calls say of the target. `no_call`: nothing, there was none. `go_on`: it did its
 * part, whatever became of the row.
 * `busy`: it failed for now, and `wait_ms` is how long it asks to be left alone. `pause`: the fault
 * is the target's, not the row's.
 */
export type After =
  | 'no_call'
  | 'go_on'
  | { readonly busy: Code; readonly wait_ms: number | undefined }
  | { readonly pause: Code }

export interface BreakerView {
  readonly state: 'closed' | 'open' | 'half_open'
  /** Milliseconds since 1970; undefined while it is closed. */
  readonly since_ms: number | undefined
  /** The next call goes at this moment; undefined while it is closed. */
  readonly next_ms: number | undefined
  /** Why it opened last. */
  readonly code: Code | undefined
}

export class Breaker {
  #since_ms: number | undefined
  #code: Code | undefined
  #until_ms = 0
  /** How often it opened without a success between. */
  #opened = 0
  #failures = 0
  readonly #failed = new Set<string>()
  /** The one call that it has let through. */
  #probe: string | undefined
  readonly #clock: Pick<Clock, 'now'>
  readonly #random: Random

  constructor(clock: Pick<Clock, 'now'>, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get view(): BreakerView {
    if (this.#since_ms === undefined) return CLOSED
    const state = this.#clock.now() < this.#until_ms ? 'open' : 'half_open'
    return { state, since_ms: this.#since_ms, next_ms: this.#until_ms, code: this.#code }
  }

  /** How many calls may begin now. */
  get room(): number {
    if (this.#since_ms === undefined) return Number.POSITIVE_INFINITY
    return this.#probe === undefined && this.#clock.now() >= this.#until_ms ? 1 : 0
  }

  /** A call for this row begins; true where it is the one that is let through. */
  begin(intent_id: string): boolean {
    if (this.#since_ms === undefined) return false
    this.#probe = intent_id
    return true
  }

  /** The call came to its end, by whatever way. */
  end(intent_id: string): void {
    if (this.#probe === intent_id) this.#probe = undefined
  }

  /** What the end of a call says; answers what it made of the breaker. */
  heard(intent_id: string, after: After): 'opened' | 'closed' | undefined {
    if (after === 'no_call') return undefined
    if (after === 'go_on') return this.#served()
    if ('pause' in after) return this.#open(after.pause)
    if (after.wait_ms !== undefined && after.wait_ms > 0) return this.#open(after.busy, after)
    if (this.#since_ms !== undefined) return this.#open(after.busy)
    this.#failures += 1
    this.#failed.add(intent_id)
    // One row that fails again and again is that row's trouble; several are the target's.
    const many = this.#failures >= limits.breaker_failures_max
    return many && this.#failed.size >= limits.breaker_rows_min ? this.#open(after.busy) : undefined
  }

  /** A person says that it is well again: the next call goes at once. */
  tryNow(): void {
    this.#until_ms = Math.min(this.#until_ms, this.#clock.now())
  }

  #served(): 'closed' | undefined {
    this.#failures = 0
    this.#failed.clear()
    if (this.#since_ms === undefined) return undefined
    // A call from before it opened says nothing of now, least of all against a wait asked for.
    if (this.#clock.now() < this.#until_ms) return undefined
    this.#since_ms = undefined
    this.#code = undefined
    this.#opened = 0
    return 'closed'
  }

  #open(code: Code, asked: { readonly wait_ms?: number | undefined } = {}): 'opened' | undefined {
    const now_ms = this.#clock.now()
    const first = this.#since_ms === undefined
    this.#since_ms ??= now_ms
    this.#code = code
    // Others that were under way when it opened make no wait longer, but what is asked for holds.
    if (asked.wait_ms !== undefined) {
      const wait_ms = Math.min(asked.wait_ms, limits.target_wait_ms_max)
      this.#until_ms = Math.max(this.#until_ms, now_ms + wait_ms)
    } else if (now_ms >= this.#until_ms) {
      this.#opened += 1
      this.#until_ms = now_ms + backoff(WAITS, this.#opened, this.#random)
    }
    return first ? 'opened' : undefined
  }
}

const CLOSED: BreakerView = {
  state: 'closed',
  since_ms: undefined,
  next_ms: undefined,
  code: undefined,
}

const WAITS = {
  wait_ms_min: limits.retry_wait_ms_min,
  wait_ms_max: limits.breaker_wait_ms_max,
}
