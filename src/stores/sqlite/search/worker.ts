// The thread of the search index: it follows the log in small steps, answers questions between
// them, and leaves half of its time to others while it is behind. A file that cannot be used is
// made anew; any other trouble is told and tried again.
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../../kit/assert.ts'
import { systemClock } from '../../../kit/clock.ts'
import { Failure } from '../../../model/errors.ts'
import type { LogReader } from '../../../model/log.ts'
import type { SearchProgress } from '../../../model/search.ts'
import { sqliteFailure } from '../database.ts'
import { Bits } from './bits.ts'
import { Finder } from './finder.ts'
import { Follower } from './follow.ts'
import { Indexer } from './indexer.ts'
import type { SearchCall, SearchMethods, SearchOptions, SearchReply } from './protocol.ts'
import { Pruner } from './prune.ts'
import { prepare } from './schema.ts'
import { Tags } from './tags.ts'

const port = present(parentPort, 'the search index runs in a worker thread')
const { file, data, reader_module } = workerData as SearchOptions

/** Between looks at a log that has nothing new. */
const IDLE_MS = 200
/** Between tries after a failure. */
const TROUBLE_MS = 2_000
/** The longest rest that is left to others after a step. */
const REST_MS_MAX = 100
const CAUGHT_UP_MS = 10
/** Between looks at what retention has taken. */
const PRUNE_EVERY_MS = 60_000

interface Index {
  readonly db: DatabaseSync
  readonly finder: Finder
  readonly follower: Follower
  readonly pruner: Pruner
  readonly indexer: Indexer
}

let index: Index | undefined
let rebuilding = false
let trouble: string | undefined
let closing = false
let prune_at = 0
/** Cut short where somebody waits for it. */
let rest = new AbortController()

const { openReader } = (await import(reader_module)) as {
  openReader(data: string): LogReader
}
const reader = openReader(data)

function open(): Index {
  let db = new DatabaseSync(file, { timeout: 10_000 })
  let fresh: boolean | undefined
  try {
    fresh = prepare(db)
  } catch (cause) {
    db.close()
    if (!isDamaged(cause)) throw cause
  }
  if (fresh === undefined) {
    if (db.isOpen) db.close()
    remove()
    db = new DatabaseSync(file, { timeout: 10_000 })
    fresh = prepare(db)
  }
  rebuilding ||= fresh === true
  const shared = { tags: new Tags(db), bits: new Bits(db) }
  const indexer = new Indexer(db, shared)
  return {
    db,
    indexer,
    finder: new Finder(db, shared),
    follower: new Follower(reader, indexer),
    pruner: new Pruner(db, shared.bits),
  }
}

function remove(): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const isDamaged = (cause: unknown) =>
  [11, 26].includes(((cause as { errcode?: number } | null)?.errcode ?? 0) & 0xff)

function shut(): void {
  index?.db.close()
  index = undefined
}

async function step(): Promise<boolean> {
  try {
    index ??= open()
    const more = await index.follower.step()
    if (!more) rebuilding = false
    const pruned = !more && (await prune(index))
    trouble = undefined
    return more || pruned
  } catch (cause) {
    const failure = sqliteFailure(cause)
    if (failure === undefined) throw cause
    trouble = failure.code
    shut()
    if (isDamaged(cause)) remove()
    return false
  }
}

/** Whether there is more of it to do; looked at now and then, and only where nothing is unread. */
async function prune({ pruner, indexer }: Index): Promise<boolean> {
  if (systemClock.elapsed() < prune_at) return false
  const more = await pruner.step(reader)
  indexer.forget()
  if (!more) prune_at = systemClock.elapsed() + PRUNE_EVERY_MS
  return more
}

async function follow(): Promise<void> {
  while (!closing) {
    const began = systemClock.elapsed()
    const more = await step()
    const worked = systemClock.elapsed() - began
    const wait_ms = trouble ? TROUBLE_MS : more ? Math.min(worked, REST_MS_MAX) : IDLE_MS
    await systemClock.sleep(wait_ms, rest.signal)
    if (rest.signal.aborted) rest = new AbortController()
  }
}

/** Failure `search_unavailable` while the file cannot be used. */
function here(): Index {
  if (index === undefined) throw new Failure('search_unavailable', { why: trouble ?? 'opening' })
  return index
}

async function progress(): Promise<SearchProgress> {
  const { behind, records } = (await index?.follower.progress()) ?? { behind: 0, records: 0 }
  return { records, behind, rebuilding, trouble }
}

/** Until what stands in the log now has been read; Failure `search_unavailable` on trouble. */
async function caughtUp(): Promise<void> {
  const ends = await reader.partitions()
  for (;;) {
    if (trouble !== undefined) throw new Failure('search_unavailable', { why: trouble })
    if (index?.follower.hasRead(ends)) return
    rest.abort()
    await systemClock.sleep(CAUGHT_UP_MS)
  }
}

const methods: SearchMethods = {
  messages: (filter, page) => here().finder.messages(filter, page),
  letters: (filter, page) => here().finder.letters(filter, page),
  letterCounts: filter => here().finder.letterCounts(filter),
  recordsOf: (raw_id, index) => here().finder.recordsOf(raw_id, index),
  repairsOf: raw_id => here().finder.repairsOf(raw_id),
  progress,
  caughtUp,
}

async function answer({ id, method, values }: SearchCall): Promise<void> {
  try {
    const run = methods[method] as (...values: readonly unknown[]) => unknown
    port.postMessage({ id, value: await run(...values) } satisfies SearchReply)
  } catch (cause) {
    const failure = sqliteFailure(cause)
    if (failure === undefined) throw cause
    const { code, facts } = failure
    port.postMessage({ id, failure: { code, facts } } satisfies SearchReply)
  }
}

const following = follow()

port.on('message', async (call: SearchCall | 'close') => {
  if (call !== 'close') return answer(call)
  closing = true
  rest.abort()
  await following
  shut()
  await reader.close()
  port.close()
})
