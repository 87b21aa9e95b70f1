// Exponential backoff with full jitter, so that many waiters do not come back at one moment.
import type { Random } from './random.ts'

export interface BackoffLimits {
  readonly wait_ms_min: number
  readonly wait_ms_max: number
}

/**
 * Wait before attempt `attempt` (1 = the first retry), in milliseconds: at least half of the
 * doubled step.
 */
export function backoff(limits: BackoffLimits, attempt: number, random: Random): number {
  const step = Math.min(limits.wait_ms_max, limits.wait_ms_min * 2 ** Math.min(attempt - 1, 40))
  return Math.round(step / 2 + (random.fraction() * step) / 2)
}
