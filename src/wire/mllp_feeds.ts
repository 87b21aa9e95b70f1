// One row a feed: what `firth status` shows of a listener. The number of rows has a limit, because
// part of a feed's name comes from its sender.
import type { FeedStatus } from '../model/rooms.ts'

export interface FeedRow extends FeedStatus {
  connections: number
  received: number
  acknowledged: number
  refused: number
  last_at_ms: number | undefined
}

export class Feeds {
  readonly #rows = new Map<string, FeedRow>()
  readonly #door: string
  readonly #feeds_max: number

  /** `door` names the row of what belongs to no feed. */
  constructor(door: string, feeds_max: number) {
    this.#door = door
    this.#feeds_max = feeds_max
  }

  row(feed = this.#door): FeedRow {
    const known = this.#rows.get(feed)
    if (known !== undefined) return known
    if (feed !== this.#door && this.#rows.size >= this.#feeds_max) return this.row()
    const row = {
      feed,
      connections: 0,
      received: 0,
      acknowledged: 0,
      refused: 0,
      last_at_ms: undefined,
    }
    this.#rows.set(feed, row)
    return row
  }

  list(): readonly FeedStatus[] {
    return [...this.#rows.values()].map(row => ({ ...row }))
  }
}
