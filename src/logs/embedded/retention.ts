// Which sealed segments may go: those in which every record is below what its partition was trimmed
// to, and below what every group of its topic has yet to read. Pure, so that it can be tried case
// by case.
import type { GroupRow } from './groups.ts'
import type { Extent } from './reader.ts'

export interface Trim {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Names of segments that hold nothing any more. */
export function droppable(
  extents: readonly Extent[],
  trims: readonly Trim[],
  groups: readonly GroupRow[],
): readonly string[] {
  const floors = new Map(trims.map(trim => [placeOf(trim), trim.offset]))
  for (const group of groups) {
    const floor = floors.get(placeOf(group))
    if (floor !== undefined) floors.set(placeOf(group), Math.min(floor, group.position))
  }
  const kept = new Set<string>()
  for (const extent of extents) {
    const empty = extent.first_offset === extent.next_offset
    const below = extent.next_offset <= (floors.get(placeOf(extent)) ?? 0)
    if (!extent.sealed || !(empty || below)) kept.add(extent.segment)
  }
  return [...new Set(extents.map(extent => extent.segment))].filter(name => !kept.has(name))
}

const placeOf = ({ topic, partition }: { topic: string; partition: number }) =>
  `${partition} ${topic}`
