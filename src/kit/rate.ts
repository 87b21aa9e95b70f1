// A token bucket that may go into debt: whoever begins asks first, and what it then spends is taken
// whatever is left. So a conversation of several calls is never stopped in its middle, and over
// time no more is spent than comes in.
import type { Clock } from './clock.ts'

/** How much may be saved up for, in milliseconds of income; at least one token. */
const SAVED_MS_MAX = 100

export interface Rate {
  readonly per_second: number
  /** Whole tokens that are there at the moment; 0 while it is in debt. */
  available(): number
  spend(tokens: number): void
  /** Milliseconds until a token is there; 0 where one is. */
  wait_ms(): number
}

/** Begins with its savings full. `per_second` is above 0. */
export function openRate(per_second: number, clock: Pick<Clock, 'elapsed'>): Rate {
  const tokens_max = Math.max(1, (per_second * SAVED_MS_MAX) / 1_000)
  let tokens = tokens_max
  let at_ms = clock.elapsed()
  const earn = () => {
    const now_ms = clock.elapsed()
    tokens = Math.min(tokens_max, tokens + ((now_ms - at_ms) * per_second) / 1_000)
    at_ms = now_ms
  }
  // Time comes in whole milliseconds and income in fractions: what is a billionth short is there.
  const EPSILON = 1e-9
  return {
    per_second,
    available() {
      earn()
      return Math.max(0, Math.floor(tokens + EPSILON))
    },
    spend(count) {
      earn()
      tokens -= count
    },
    wait_ms() {
      earn()
      return Math.max(0, Math.ceil(((1 - tokens - EPSILON) * 1_000) / per_second))
    },
  }
}

/** Spends for a conversation whose first token was taken when it was let begin. */
export function prepaid(rate: Rate): (tokens: number) => void {
  let paid = 1
  return tokens => {
    const due = Math.max(0, tokens - paid)
    paid = Math.max(0, paid - tokens)
    if (due > 0) rate.spend(due)
  }
}
