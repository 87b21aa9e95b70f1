// Moments as a person types them.
import { UsageError } from './command.ts'

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * `2026-11-21`, `2026-11-21T08:00:00Z` (without a zone: of this machine), or how long ago: `90s`,
 * `15m`, `2h`, `7d`. Milliseconds since 1970. UsageError for anything else.
 */
export function momentOf(name: string, text: string, now_ms: number): number {
  const ago = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  if (ago !== null) return now_ms - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)
  // Date.parse reads far more than times: "1.5" is a day of 2001 to it.
  const time_ms = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time_ms)) return time_ms
  throw new UsageError(
    `--${name} wants a time such as 2026-11-21T08:00:00Z, or how long ago: 15m, 2h, 7d.`,
  )
}
