// The search index as it grows: records of synthetic messages are put straight into it, as if the
// log had held them, and the same questions are asked at each size. Every question has an answer of
// a known size, so that a wrong one is no fast one.
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import type { Headers, LogRecord } from '../../src/model/log.ts'
import type { MessageFilter } from '../../src/model/search.ts'
import { Bits } from '../../src/stores/sqlite/search/bits.ts'
import { Finder } from '../../src/stores/sqlite/search/finder.ts'
import { Indexer } from '../../src/stores/sqlite/search/indexer.ts'
import { prepare } from '../../src/stores/sqlite/search/schema.ts'
import { Tags } from '../../src/stores/sqlite/search/tags.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface SearchOptions {
  /** Sizes at which questions are asked, in messages. */
  readonly sizes: readonly number[]
  /** Each question at each size. */
  readonly rounds: number
}

export interface SearchSize {
  readonly messages: number
  /** Records indexed in a second, since the size before. */
  readonly records_per_second: number
  readonly file_bytes: number
  /** By question. */
  readonly ms: Readonly<Record<string, Spread>>
}

const STEP = 500
const PATIENTS = 100_000
const CHANNELS = 10
const TYPES = ['ADT^A01', 'ADT^A08', 'ORU^R01', 'ORM^O01', 'SIU^S12']
/** One of so many is dead, and one of so many is of a type that nothing else is. */
const DEAD_EVERY = 1_000
const RARE_EVERY = 100_000
const START_MS = 1_767_600_000_000
const PER_MESSAGE = 4

export async function measureSearch({ sizes, rounds }: SearchOptions): Promise<SearchSize[]> {
  const folder = await mkdtemp(join(tmpdir(), 'firth-bench-'))
  const file = join(folder, 'search.db')
  const db = new DatabaseSync(file)
  try {
    prepare(db)
    const shared = { tags: new Tags(db), bits: new Bits(db) }
    const indexer = new Indexer(db, shared)
    const finder = new Finder(db, shared)
    const found: SearchSize[] = []
    let messages = 0
    for (const size of sizes) {
      const began = performance.now()
      const before = messages
      for (; messages < size; messages += STEP) indexer.take(recordsOf(messages))
      const seconds = (performance.now() - began) / 1000
      const { size: file_bytes } = await stat(file)
      const records_per_second = Math.round(((messages - before) * PER_MESSAGE) / seconds)
      const ms = ask(finder, { messages, rounds })
      found.push({ messages, records_per_second, file_bytes, ms })
      console.error(`${messages} messages, ${records_per_second} records/s`)
    }
    return found
  } finally {
    db.close()
    await rm(folder, { recursive: true })
  }
}

const patientOf = (n: number) => `P${(n * 7_919) % PATIENTS}`
const rawIdOf = (n: number) => n.toString(36).padStart(26, '0')
const hex = (n: number, kind: string) => kind + n.toString(16).padStart(31, '0')

function recordsOf(from: number): LogRecord[] {
  return Array.from({ length: STEP }, (_, i) => messageOf(from + i)).flat()
}

/** What one message leaves in the log: itself, and an event with two intents, or a dead letter. */
function messageOf(n: number): LogRecord[] {
  const type = n % RARE_EVERY === 7 ? 'RDE^O11' : (TYPES[n % TYPES.length] ?? '')
  const channel = `channel_${n % CHANNELS}`
  const raw_id = rawIdOf(n)
  const own = { raw_id, tenant: 'north', channel, control_id: `C${n}`, message_type: type }
  const at = { partition: 0, time_ms: START_MS + n, key: 'feed' }
  const value = Buffer.from(
    `MSH|^~\\&|HIS|N|||20260105080000||${type}|C${n}|P|2.5.1\rPID|1||${patientOf(n)}^^^N\r`,
  )
  const raw = { ...at, topic: `raw.north.${channel}`, offset: n, headers: own, value }
  if (n % DEAD_EVERY === 3) return [raw, ...dead(n, own), ...dead(n, own), ...dead(n, own)]
  const event_id = hex(n, 'e')
  const patient = { system: 'urn:oid:2.999', value: patientOf(n) }
  const event = Buffer.from(JSON.stringify({ id: event_id, patient, visit: null, resources: {} }))
  const of = (topic: string, offset: number, headers: Headers, bytes: Buffer): LogRecord => {
    return { ...at, topic, offset, headers: { ...own, event_id, ...headers }, value: bytes }
  }
  const target = `target_${n % 3}`
  const intent = (i: number) =>
    of(`outbound.north.${target}`, n * 2 + i, { target, intent_id: hex(n * 2 + i, 'i') }, EMPTY)
  return [raw, of('canonical.north', n, {}, event), intent(0), intent(1)]
}

const EMPTY = Buffer.alloc(0)

function dead(n: number, own: Headers): LogRecord[] {
  const headers = {
    ...own,
    'dlt.id': hex(n, 'd'),
    'dlt.tenant': 'north',
    'dlt.channel': own.channel ?? '',
    'dlt.stage': 'transform',
    'dlt.class': 'poison',
    'dlt.error.code': n % 2 === 0 ? 'mapping_failed' : 'segment_missing',
    'dlt.last-failed-at': new Date(START_MS + n).toISOString(),
  }
  const at = { topic: 'dead.north', partition: 0, offset: n, time_ms: START_MS + n }
  return [{ ...at, key: '', headers, value: EMPTY }]
}

function ask(
  finder: Finder,
  { messages, rounds }: { readonly messages: number; readonly rounds: number },
): Record<string, Spread> {
  const page = { after: '', limit: 50 }
  const middle = Math.floor(messages / 2)
  const day = { since_ms: START_MS + middle, until_ms: START_MS + middle + 10_000 }
  const questions: Record<string, { readonly filter: MessageFilter; readonly rows: number }> = {
    newest: { filter: {}, rows: 50 },
    control_id: { filter: { control_id: `C${middle}` }, rows: 1 },
    control_id_missing: { filter: { control_id: 'nobody' }, rows: 0 },
    patient: {
      filter: { patient: patientOf(middle) },
      rows: Math.min(50, Math.floor(messages / PATIENTS)),
    },
    patient_and_type: { filter: { patient: patientOf(middle), type: 'RDE^O11' }, rows: 0 },
    rare_type: {
      filter: { type: 'RDE^O11' },
      rows: Math.min(50, Math.ceil(messages / RARE_EVERY)),
    },
    // Each common, never together: the worst that can be asked of bitmaps.
    never_together: { filter: { channel: 'channel_1', type: 'ADT^A01' }, rows: 0 },
    time_in_the_middle: { filter: { ...day, channel: 'channel_2' }, rows: 50 },
    dead: { filter: { ended: 'dead' }, rows: Math.min(50, Math.ceil(messages / DEAD_EVERY)) },
    waiting: { filter: { ended: 'waiting' }, rows: 0 },
  }
  const measured: Record<string, Spread> = {}
  for (const [name, { filter, rows }] of Object.entries(questions)) {
    measured[name] = timed(rounds, () => {
      assert.equal(finder.messages(filter, page).rows.length, rows, name)
    })
  }
  measured.letters = timed(rounds, () => {
    assert.equal(finder.letters({ code: 'segment_missing' }, page).rows.length, 50)
  })
  measured.letter_counts = timed(rounds, () => {
    const counts = finder.letterCounts({})
    const total = counts.reduce((sum, { count }) => sum + count, 0)
    assert.equal(total, Math.ceil(messages / DEAD_EVERY))
  })
  measured.records_of = timed(rounds, () => {
    assert.ok(finder.recordsOf(rawIdOf(middle)).length >= 2)
  })
  return measured
}

function timed(rounds: number, run: () => void): Spread {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
  return spreadOf(times)
}
