// Which sealed segments may go, and which are worth being rewritten without what was let go. A
// record stays at or above what its partition was trimmed to, above what a group of its topic has
// yet to read, and where a span keeps it. Pure, so that it can be tried case by case.
import type { Span, Trim } from '../../model/log.ts'
import type { Place } from './codec.ts'
import type { GroupRow } from './groups.ts'

/** A partition's records below `offset` may go, but for those in the spans. */
export interface Floor extends Place {
  readonly offset: number
  /** Disjoint, in order. */
  readonly kept: readonly Span[]
}

/** Bytes of a sealed segment, and those of them in blocks that stay. */
export interface Weight {
  readonly segment: string
  readonly bytes: number
  readonly kept_bytes: number
}

/** A rewrite copies what stays; it is worth that where at least as much goes. */
const KEPT_SHARE_MAX = 0.5

/** Partitions without a floor were never trimmed: all of them stays. */
export function floorsOf(trims: readonly Trim[], groups: readonly GroupRow[]): readonly Floor[] {
  return trims.map(({ topic, partition, offset, kept = [] }) => {
    const readers = groups.filter(row => row.topic === topic && row.partition === partition)
    const floor = Math.min(offset, ...readers.map(({ position }) => position))
    return { topic, partition, offset: floor, kept: merged(kept) }
  })
}

/** The spans without their overlaps, in order. */
function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from_offset - b.from_offset)) {
    const last = result.at(-1)
    if (last === undefined || span.from_offset > last.to_offset) result.push(span)
    else if (span.to_offset > last.to_offset)
      result[result.length - 1] = { ...last, to_offset: span.to_offset }
  }
  return result
}

/** Whether a block with these offsets holds a record that stays. */
export function stays(floor: Floor | undefined, { from_offset, to_offset }: Span): boolean {
  if (floor === undefined || to_offset > floor.offset) return true
  // The last span that begins before the block ends: by halves, for pins may be many.
  const { kept } = floor
  let [low, high] = [0, kept.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((kept[middle]?.from_offset ?? 0) < to_offset) low = middle + 1
    else high = middle
  }
  return (kept[low - 1]?.to_offset ?? 0) > from_offset
}

export interface Held {
  /** Behind the partition's last record in the segment, and the bytes of all of them there. */
  readonly next_offset: number
  readonly bytes: number
  /** Bytes of the blocks that hold an offset of the span. */
  of(span: Span): number
}

/** Bytes of a partition in a segment that stay; a block that two spans share may count twice. */
export function keptBytes(floor: Floor | undefined, { next_offset, bytes, of }: Held): number {
  if (floor === undefined || bytes === 0) return bytes
  const above = { from_offset: floor.offset, to_offset: next_offset }
  let kept = of(above)
  for (const span of floor.kept) {
    if (kept >= bytes) return bytes
    const { from_offset } = span
    if (from_offset >= next_offset) break
    kept += of({ from_offset, to_offset: Math.min(span.to_offset, floor.offset) })
  }
  return Math.min(kept, bytes)
}

export interface Decision {
  readonly drop: readonly string[]
  readonly rewrite: readonly string[]
}

export function decide(weights: readonly Weight[]): Decision {
  const named = (list: readonly Weight[]) => list.map(({ segment }) => segment)
  const drop = weights.filter(({ kept_bytes }) => kept_bytes === 0)
  const rewrite = weights.filter(
    ({ bytes, kept_bytes }) => kept_bytes > 0 && kept_bytes <= bytes * KEPT_SHARE_MAX,
  )
  return { drop: named(drop), rewrite: named(rewrite) }
}

export const placeOf = ({ topic, partition }: Place) => `${partition} ${topic}`
