// Reading over all segments of a folder. It looks at the folder anew for each request, so segments
// that come and go in another thread or process need no word to it.
import { join } from 'node:path'
import { systemDisk } from '../../kit/disk.ts'
import { Failure } from '../../model/errors.ts'
import type { PartitionInfo, ReadOptions } from '../../model/log.ts'
import type { Block, Place } from './codec.ts'
import { faultOf, withFaults } from './faults.ts'
import { GROUPS_FILE, type GroupRow, groupRows } from './groups.ts'
import { segmentsAmong } from './segment.ts'
import { connect, type Found, SegmentView } from './view.ts'

export interface ReadRequest extends Place, ReadOptions {
  readonly offset: number
}

export interface TimeRequest extends Place {
  readonly time_ms: number
}

/** A partition in one of the segments that hold it. */
interface Stretch extends Found {
  readonly view: SegmentView
}

/** What a segment holds of a partition: offsets from `first_offset` to below `next_offset`. */
export interface Extent {
  readonly segment: string
  readonly sealed: boolean
  readonly topic: string
  readonly partition: number
  readonly first_offset: number
  readonly next_offset: number
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
      let from = Math.max(offset, stretches[0]?.first_offset ?? 0)
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
          first_offset: stretches[0]?.first_offset ?? 0,
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
      const [oldest, newest] = [stretches[0], stretches.at(-1)]
      if (oldest === undefined || newest === undefined) return 0
      let low = oldest.first_offset
      let high = newest.view.end(newest).next_offset
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        const stretch = stretches[lastBefore(stretches, middle)]
        const block = stretch?.view.blockAt(stretch, middle)
        if (block === undefined || block.time_ms < time_ms)
          low = Math.max(middle + 1, block?.next_offset ?? 0)
        else high = Math.max(low, block.offset)
      }
      return low
    })
  }

  /** What every segment holds, for retention. */
  extents(): readonly Extent[] {
    return this.#reading(() =>
      this.#views.flatMap(view =>
        view.topics.map(({ id, topic, partition, first_offset }) => {
          const { next_offset } = view.end({ id, first_offset })
          const { name: segment, sealed } = view
          return { segment, sealed, topic, partition, first_offset, next_offset }
        }),
      ),
    )
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

  /**
   * Where a partition is kept, oldest first, without a gap: what stands before a removed segment
   * that held records of the partition was let go as well.
   */
  #stretches(place: Place): readonly Stretch[] {
    const stretches: Stretch[] = []
    for (const view of this.#views.toReversed()) {
      const found = view.find(place)
      const later = stretches[0]
      // Every segment since the partition was made names it.
      if (found === undefined) break
      const adjacent = later === undefined || view.last_seq + 1 === later.view.first_seq
      if (!adjacent && view.end(found).next_offset !== later.first_offset) break
      stretches.unshift({ view, ...found })
    }
    if (stretches.length === 0) throw new Failure('topic_unknown', { ...place })
    return stretches
  }
}

/** Index of the stretch in which `offset` lies. */
function lastBefore(stretches: readonly Stretch[], offset: number): number {
  return Math.max(
    0,
    stretches.findLastIndex(stretch => stretch.first_offset <= offset),
  )
}
