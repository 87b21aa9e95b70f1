// Brings into the log what acts on dead letters have left in the store's outbox. After a death, or
// an append that failed, nobody knows what stands already: then the ends of the topics are read
// first, and what stands there under its `act_id` is not appended again.
import { failpoint } from '../kit/failpoint.ts'
import type { OutboxRow } from '../model/dead_store.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import type { Store } from '../model/store.ts'

export interface Outbox {
  /** Resolves when the outbox is empty. One at a time; the next one waits. */
  flush(): Promise<void>
}

/** Rows of one step. */
const ROWS_MAX = limits.batch_records_max
const READ = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }

type Rooms = { readonly log: Log; readonly store: Pick<Store, 'outbox' | 'clearOutbox'> }

export function openOutbox(rooms: Rooms): Outbox {
  let sure = false
  let last: Promise<void> = Promise.resolve()
  const flush = async () => {
    for (;;) {
      const rows = await rooms.store.outbox(ROWS_MAX)
      if (rows.length === 0) break
      const left = sure ? rows : await missing(rows, rooms.log)
      sure = false
      await append(left, rooms.log)
      failpoint('dead.appended')
      await rooms.store.clearOutbox(rows.map(({ n }) => n))
      failpoint('dead.cleared')
    }
    sure = true
  }
  return {
    flush() {
      const done = last.then(flush)
      last = done.catch(() => {
        // Whoever asked is told; what stays in the outbox is looked for before it is appended.
      })
      return done
    },
  }
}

/** In their order, topic by topic; repairs before the lines that tell of them. */
async function append(rows: readonly OutboxRow[], log: Log): Promise<void> {
  const topics = Map.groupBy(rows, row => row.topic)
  const ordered = [...topics].sort(([a], [b]) => Number(isAudit(a)) - Number(isAudit(b)))
  for (const [topic, own] of ordered) {
    await log.createTopic(topic)
    for (const portion of portionsOf(own)) {
      await log.append(
        topic,
        0,
        portion.map(({ record }) => record),
      )
    }
  }
}

const isAudit = (topic: string) => topic.startsWith('audit.')

/** What a log takes at a time. */
function portionsOf(rows: readonly OutboxRow[]): readonly (readonly OutboxRow[])[] {
  const portions: OutboxRow[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    if (bytes >= limits.batch_bytes_max) {
      portions.push([])
      bytes = 0
    }
    portions.at(-1)?.push(row)
    bytes += row.record.value.length
  }
  return portions
}

async function missing(rows: readonly OutboxRow[], log: Log): Promise<readonly OutboxRow[]> {
  const standing = new Map<string, ReadonlySet<string>>()
  for (const [topic, own] of Map.groupBy(rows, row => row.topic)) {
    const from = Math.min(...own.map(({ from_offset }) => from_offset))
    standing.set(topic, await actsFrom(topic, from, log))
  }
  return rows.filter(({ topic, record }) => !standing.get(topic)?.has(record.headers.act_id ?? ''))
}

async function actsFrom(topic: string, from: number, log: Log): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let offset = from; ; ) {
    const records = await log.read(topic, 0, offset, READ)
    for (const { headers } of records) if (headers.act_id !== undefined) found.add(headers.act_id)
    const last = records.at(-1)
    if (last === undefined) return found
    offset = last.offset + 1
  }
}
