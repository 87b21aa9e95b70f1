// How people write spans of time, ranges of them, and rates: `500ms 1s 5m 24h 7d`, `1s..5m`,
// `10/s`. Parsed once, where configuration is read; behind that only milliseconds and numbers are
// passed on.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNIT_MS

/** A year and some; a longer wait is a slip of the pen. */
const LONGEST_MS = 400 * UNIT_MS.d

const DURATION = String.raw`\d{1,7}(?:\.\d{1,3})?(?:ms|s|m|h|d)`

/** For schemas; as regular expressions of JavaScript and of JSON Schema. */
export const DURATION_PATTERN = `^${DURATION}$`
export const RANGE_PATTERN = String.raw`^${DURATION}\.\.${DURATION}$`
export const RATE_PATTERN = String.raw`^\d{1,6}(?:\.\d{1,3})?/(?:s|min|h)$`

/** Milliseconds, at least 1; undefined for what is no span of time, or none that can be meant. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  if (match === null) return undefined
  const ms = Math.round(Number(match[1]) * UNIT_MS[match[2] as Unit])
  return ms >= 1 && ms <= LONGEST_MS ? ms : undefined
}

export interface WrittenRange {
  readonly ms_min: number
  readonly ms_max: number
}

/** `1s..5m`; undefined where it is none, or the second is less than the first. */
export function parseRange(text: string): WrittenRange | undefined {
  const [first = '', second = '', ...rest] = text.split('..')
  const ms_min = parseDuration(first)
  const ms_max = parseDuration(second)
  if (rest.length > 0 || ms_min === undefined || ms_max === undefined) return undefined
  return ms_min <= ms_max ? { ms_min, ms_max } : undefined
}

const PER_S = { s: 1, min: 60, h: 3_600 } as const

/** Per second, above 0; undefined for what is no rate. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)\/(s|min|h)$/.exec(text)
  if (match === null) return undefined
  const rate = Number(match[1]) / PER_S[match[2] as keyof typeof PER_S]
  return rate > 0 ? rate : undefined
}

/** The shortest exact writing of milliseconds: 90000 → `90s`, 300000 → `5m`. */
export function writeDuration(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse()
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
