// Reading over all segments of a folder. It looks at the folder anew for each request, so segments
// that come and go in another thread or process need no word to it.
import { join } from 'node:path'
import { systemDisk } from '../../kit/disk.ts'
import { Failure } from '../../model/errors.ts'
import type { PartitionInfo, ReadOptions } from '../../model/log.ts'
import type { Block, Place } from './codec.ts'
import { faultOf, withFaults } from './faults.ts'
import { GROUPS_FILE, type GroupRow, groupRows } from './groups.ts'
import { type Floor, keptBytes, placeOf, type Weight } from './retention.ts'
import { segmentsAmong } from './segment.ts'
import { connect, type Found, SegmentView } from './view.ts'

export interface ReadRequest extends Place, ReadOptions {
  readonly offset: number
}

export interface TimeRequest extends Place {
  readonly time_ms: number
}

export interface BytesRequest extends Place {
  readonly bytes: number
}

/** A partition in one of the segments that hold it. */
interface Stretch extends Found {
  readonly view: SegmentView
}

/** How often the folder is looked at again when a segment vanished between looking and opening. */
const LOOKS_MAX = 5

export class Reader {
  #views: readonly SegmentView[] = []
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Blocks from the one that holds `offset` on, as many as the bounds need; none at the end. */
  read({ offset, records_max, bytes_max, ...place }: ReadRequest): readonly Block[] {
    return this.#reading(() => {
      const stretches = this.#stretches(place)
      const blocks: Block[] = []
      let [records, bytes] = [0, 0]
      let from = offset
      for (const { view, ...found } of stretches.slice(lastBefore(stretches, from))) {
        for (const block of view.blocks({ ...place, ...found }, from)) {
          blocks.push(block)
          const next = block.offset + block.count
          records += next - Math.max(from, block.offset)
          bytes += block.bytes.byteLength
          from = next
          if (records >= records_max || bytes >= bytes_max) return blocks
        }
      }
      return blocks
    })
  }

  partitions(): readonly PartitionInfo[] {
    return this.#reading(() => {
      const newest = this.#views.at(-1)
      if (newest === undefined) return []
      return newest.topics.map(({ topic, partition }) => {
        const stretches = this.#stretches({ topic, partition })
        const ends = stretches.map(stretch => stretch.view.end(stretch))
        return {
          topic,
          partition,
          first_offset: firstOf(stretches),
          next_offset: ends.at(-1)?.next_offset ?? 0,
          bytes: ends.reduce((sum, end) => sum + end.bytes, 0),
        }
      })
    })
  }

  /** By halves over the offsets: times never go back in the log. */
  offsetOfTime({ time_ms, ...place }: TimeRequest): number {
    return this.#reading(() => {
      const stretches = this.#stretches(place)
      let low = firstOf(stretches)
      let high = endOf(stretches)
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        const block = blockBefore(stretches, middle)
        if (block === undefined || block.time_ms < time_ms)
          low = Math.max(middle + 1, block?.next_offset ?? 0)
        else high = Math.max(low, block.offset)
      }
      return low
    })
  }

  groups(): readonly GroupRow[] {
    const file = join(this.#folder, GROUPS_FILE)
    if (systemDisk.size(file) === undefined) return []
    return withFaults({ file: GROUPS_FILE }, () => {
      const connection = connect(file)
      try {
        return groupRows(connection.db)
      } finally {
        connection.close()
      }
    })
  }

  /** Lets go of segments that were removed. */
  refresh(): void {
    this.#reading(() => {})
  }

  close(): void {
    for (const view of this.#views) view.close()
    this.#views = []
  }

  /** After an error every connection is opened again: a file that failed once is not trusted. */
  #reading<T>(work: () => T): T {
    try {
      this.#look()
      return work()
    } catch (cause) {
      this.close()
      throw faultOf(cause, { folder: this.#folder }) ?? cause
    }
  }

  #look(): void {
    for (let looks = 1; ; looks++) {
      const names = segmentsAmong(systemDisk.list(this.#folder))
      const known = new Map(this.#views.map(view => [view.name, view]))
      const fresh: SegmentView[] = []
      try {
        for (const segment of names) {
          if (known.has(segment.name)) continue
          const sealed = segment !== names.at(-1)
          const view = new SegmentView(this.#folder, { ...segment, sealed })
          fresh.push(view)
          known.set(segment.name, view)
        }
      } catch (cause) {
        for (const view of fresh) view.close()
        if (looks < LOOKS_MAX && this.#changedSince(names)) continue
        throw cause
      }
      const now = new Set(names.map(segment => segment.name))
      for (const view of this.#views) if (!now.has(view.name)) view.close()
      this.#views = names.map(segment => known.get(segment.name) as SegmentView)
      for (const view of this.#views.slice(0, -1)) view.sealed = true
      return
    }
  }

  #changedSince(names: readonly { name: string }[]): boolean {
    const now = segmentsAmong(systemDisk.list(this.#folder))
    return names.some(({ name }) => !now.some(segment => segment.name === name))
  }

  /** From the newest segment back, and by halves in the one where the bytes run out. */
  offsetOfBytes({ bytes, ...place }: BytesRequest): number {
    return this.#reading(() => {
      const stretches = this.#stretches(place)
      let room = bytes
      for (const { view, ...found } of stretches.toReversed()) {
        const end = view.end(found)
        if (end.bytes <= room) {
          room -= end.bytes
          continue
        }
        let [low, high] = [found.first_offset, end.next_offset]
        while (low < high) {
          const middle = Math.floor((low + high) / 2)
          const span = { from_offset: middle, to_offset: end.next_offset }
          if (view.bytesOf(found, span) > room) low = middle + 1
          else high = middle
        }
        return low
      }
      return firstOf(stretches)
    })
  }

  /** What would stay of every sealed segment, for retention. */
  weigh(floors: readonly Floor[]): readonly Weight[] {
    const byPlace = new Map(floors.map(floor => [placeOf(floor), floor]))
    return this.#reading(() =>
      this.#views
        .filter(view => view.sealed)
        .map(view => {
          let [bytes, kept_bytes] = [0, 0]
          for (const { topic, partition, ...found } of view.topics) {
            const floor = byPlace.get(placeOf({ topic, partition }))
            const end = view.end(found)
            bytes += end.bytes
            kept_bytes += keptBytes(floor, { ...end, of: span => view.bytesOf(found, span) })
          }
          return { segment: view.name, bytes, kept_bytes }
        }),
    )
  }

  /** Where a partition is kept, oldest first. What was let go leaves gaps between its records. */
  #stretches(place: Place): readonly Stretch[] {
    const stretches: Stretch[] = []
    for (const view of this.#views.toReversed()) {
      const found = view.find(place)
      // Every segment since the partition was made names it.
      if (found === undefined) break
      stretches.unshift({ view, ...found })
    }
    if (stretches.length === 0) throw new Failure('topic_unknown', { ...place })
    return stretches
  }
}

/** The first offset that is kept, or the end where none is. */
function firstOf(stretches: readonly Stretch[]): number {
  for (const stretch of stretches) {
    const first = stretch.view.first(stretch)
    if (first !== undefined) return first
  }
  return endOf(stretches)
}

function endOf(stretches: readonly Stretch[]): number {
  const newest = stretches.at(-1)
  return newest === undefined ? 0 : newest.view.end(newest).next_offset
}

/** The block that holds `offset`, or the last one before it, over all segments. */
function blockBefore(stretches: readonly Stretch[], offset: number) {
  for (let i = lastBefore(stretches, offset); i >= 0; i--) {
    const stretch = stretches[i]
    const block = stretch?.view.blockAt(stretch, offset)
    if (block !== undefined) return block
  }
  return undefined
}

/** Index of the stretch in which `offset` lies. */
function lastBefore(stretches: readonly Stretch[], offset: number): number {
  return Math.max(
    0,
    stretches.findLastIndex(stretch => stretch.first_offset <= offset),
  )
}
