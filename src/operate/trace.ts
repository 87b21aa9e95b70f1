// One message's life on one page: every record that it left in the log, station by station, every
// write that came of it with its moves and what it waits for, its dead letters and what people did
// about them, what it mends and what mends it. Found by any of its ids, forwards and backwards.
import type { LetterWord } from '../model/dead_store.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord, Position } from '../model/log.ts'
import type { LetterRow, MessageRow, Search } from '../model/search.ts'
import { shown } from '../model/state.ts'
import type { LedgerMove, Store } from '../model/store.ts'
import { type Stands, type Waiting, waitingOfRows } from './waits.ts'

export interface TraceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly time_ms: number
  readonly headers: Readonly<Record<string, string>>
  /** Only where it was asked for: patient data. */
  readonly payload?: { readonly value: string; readonly value_encoding?: 'base64' }
}

export interface TraceWrite {
  readonly intent_id: string
  readonly event_id: string
  readonly target: string
  readonly resource: string
  readonly operation: string
  readonly state: string
  readonly shown: string
  readonly attempts: number
  readonly reason: string | undefined
  readonly target_id: string | undefined
  readonly waits: Waiting | undefined
  readonly moves: readonly LedgerMove[]
}

export interface TraceLetter
  extends Pick<LetterRow, 'id' | 'stage' | 'class' | 'code' | 'attempts' | 'intent_id'> {
  readonly first_failed_at: string
  readonly last_failed_at: string
  readonly state: 'open' | LetterWord
  /** Of whoever decided. */
  readonly by: string | undefined
  readonly why: string | undefined
  readonly at_ms: number | undefined
  /** The raw record that it became. */
  readonly made_raw_id: string | undefined
}

export interface Trace {
  readonly raw_id: string
  readonly control_id: string
  /** Where it is one message of a batch. */
  readonly index: number | undefined
  /** Oldest first. */
  readonly records: readonly TraceRecord[]
  /** Records that retention has taken, or that are more than a page holds. */
  readonly records_gone: number
  readonly writes: readonly TraceWrite[]
  readonly letters: readonly TraceLetter[]
  /** The raw record that it mends, and the first of that chain. */
  readonly repairs: string | undefined
  readonly root_id: string | undefined
  readonly repaired_by: readonly string[]
  /** Names of the replays that brought its events again. */
  readonly replays: readonly string[]
}

export interface TraceRooms {
  readonly log: Pick<LogReader, 'read'>
  readonly store: Store
  readonly search: Search
  readonly stands: Stands
  readonly now_ms: number
}

export interface TraceQuestion {
  /** A control id, raw_id, event_id or intent_id, or a dead letter's id or its first characters. */
  readonly id?: string
  /** An identifier of the patient. */
  readonly patient?: string
  readonly payload?: boolean
}

/** Messages that one answer tells of, the newest of those that fit. */
export const TRACES_MAX = 20

/** Oldest first. Of a batch: the message that was asked for alone. */
export async function trace(rooms: TraceRooms, question: TraceQuestion): Promise<readonly Trace[]> {
  const found = await messagesOf(rooms, question)
  const traces: Trace[] = []
  for (const one of found.slice(0, TRACES_MAX).toReversed()) {
    traces.push(await traceOf(one, rooms, question.payload === true))
  }
  return traces
}

const PAGE = { after: '', limit: TRACES_MAX }

/** Shorter beginnings of a letter's id fit too much. */
const LETTER_ID_MIN = 6

async function messagesOf(
  rooms: TraceRooms,
  { id = '', patient }: TraceQuestion,
): Promise<readonly MessageRow[]> {
  const { search, store } = rooms
  const find = async (filter: Parameters<Search['messages']>[0]) =>
    (await search.messages(filter, PAGE)).rows
  if (patient !== undefined) return find({ patient })
  if (id === '') return []
  const named = distinct([
    ...(await find({ control_id: id })),
    // A raw record as a whole: its messages are told of in it.
    ...(await find({ raw_id: id })).filter(({ index }) => index === undefined),
    ...(await find({ event_id: id })),
  ])
  if (named.length > 0) return named
  const row = await store.row(id)
  if (row !== undefined) {
    const { event_id, raw_id } = row.intent
    const own = await find({ event_id })
    return own.length > 0 ? own : find({ raw_id })
  }
  if (id.length < LETTER_ID_MIN) return []
  const letters = (await search.letters({ id }, PAGE)).rows
  const owners = await Promise.all(letters.map(letter => ownersOf(letter, find)))
  return distinct(owners.flat())
}

async function ownersOf(
  { raw_id, index, event_id }: LetterRow,
  find: (filter: Parameters<Search['messages']>[0]) => Promise<readonly MessageRow[]>,
): Promise<readonly MessageRow[]> {
  if (raw_id === undefined) return []
  const of = event_id === undefined ? [] : await find({ event_id })
  return of.length > 0 ? of : (await find({ raw_id })).filter(row => row.index === index)
}

const distinct = (rows: readonly MessageRow[]): readonly MessageRow[] => [
  ...new Map(rows.map(row => [row.place, row])).values(),
]

async function traceOf(message: MessageRow, rooms: TraceRooms, payload: boolean): Promise<Trace> {
  const { raw_id, index } = message
  const positions = await rooms.search.recordsOf(raw_id, index)
  const found = await Promise.all(positions.map(position => readOne(rooms.log, position)))
  const records = found.filter(record => record !== undefined).sort(byTime)
  const raw = records.find(({ topic }) => topic.startsWith('raw.'))
  const letters = (await rooms.search.letters({ raw_id }, { after: '', limit: 100 })).rows
  const own = letters.filter(letter => index === undefined || isOf(letter, message))
  return {
    raw_id,
    control_id: message.control_id,
    index,
    records: records.map(record => traceRecord(record, payload)),
    records_gone: positions.length - records.length,
    writes: await writesOf(message, rooms),
    letters: await lettersOf(own, rooms),
    repairs: raw?.headers.repairs,
    root_id: raw?.headers.root_id,
    repaired_by: await rooms.search.repairsOf(raw_id),
    replays: [...new Set(records.flatMap(({ headers }) => headers.replay ?? []))],
  }
}

const isOf = ({ index, event_id }: LetterRow, message: MessageRow): boolean =>
  index === message.index || (event_id !== undefined && message.event_ids.includes(event_id))

/** The record that stands exactly there; undefined where it is not kept any more. */
async function readOne(
  log: TraceRooms['log'],
  { topic, partition, offset }: Position,
): Promise<LogRecord | undefined> {
  const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
  const [record] = await log.read(topic, partition, offset, bounds)
  return record?.offset === offset ? record : undefined
}

const LEVELS = ['raw.', 'canonical.', 'outbound.', 'dead.', 'audit.']
const levelOf = ({ topic }: LogRecord) => LEVELS.findIndex(level => topic.startsWith(level))

const byTime = (a: LogRecord, b: LogRecord) =>
  a.time_ms - b.time_ms || levelOf(a) - levelOf(b) || a.offset - b.offset

function traceRecord(record: LogRecord, payload: boolean): TraceRecord {
  const { topic, partition, offset, time_ms, headers, value } = record
  const shownRecord = { topic, partition, offset, time_ms, headers }
  if (!payload) return shownRecord
  const text = value.toString('utf8')
  const isText = Buffer.from(text).equals(value)
  return {
    ...shownRecord,
    payload: isText
      ? { value: text }
      : { value: value.toString('base64'), value_encoding: 'base64' },
  }
}

async function writesOf(
  { raw_id, index, event_ids }: MessageRow,
  { store, stands, now_ms }: TraceRooms,
): Promise<readonly TraceWrite[]> {
  const rows = (await store.rowsOfRaw(raw_id)).filter(
    ({ intent }) => index === undefined || event_ids.includes(intent.event_id),
  )
  const waits = await waitingOfRows(rows, { store, stands, now_ms })
  const writes = rows.map(async ({ intent, state, attempts, reason, target_id }, i) => ({
    intent_id: intent.intent_id,
    event_id: intent.event_id,
    target: intent.target,
    resource: `${intent.resource_type}/${intent.resource_id}`,
    operation: intent.operation,
    state,
    shown: shown(state),
    attempts,
    reason,
    target_id,
    waits: waits[i],
    moves: await store.history(intent.intent_id),
  }))
  return Promise.all(writes)
}

async function lettersOf(
  letters: readonly LetterRow[],
  { store }: TraceRooms,
): Promise<readonly TraceLetter[]> {
  if (letters.length === 0) return []
  const states = await store.letterStates(letters.map(({ id }) => id))
  const decided = new Map(states.map(one => [one.letter_id, one]))
  return letters.toReversed().map(letter => {
    const { id, stage, class: kind, code, attempts, intent_id } = letter
    const said = decided.get(id)
    return {
      ...{ id, stage, class: kind, code, attempts, intent_id },
      first_failed_at: letter.first_failed_at,
      last_failed_at: letter.last_failed_at,
      state: said?.state ?? 'open',
      by: said?.by,
      why: said?.why,
      at_ms: said?.at_ms,
      made_raw_id: said?.raw_id,
    }
  })
}

/** For a running engine: what came a moment ago is told of, and a rebuild holds nobody up. */
const CATCH_UP_MS = 2_000

export async function answerTrace(
  rooms: TraceRooms & { readonly wait: (wait_ms: number) => Promise<void> },
  args: Readonly<Record<string, string>>,
): Promise<readonly Trace[]> {
  await Promise.race([rooms.search.caughtUp(), rooms.wait(CATCH_UP_MS)])
  return trace(rooms, {
    ...(args.id === undefined ? {} : { id: args.id }),
    ...(args.patient === undefined ? {} : { patient: args.patient }),
    payload: args.payload === 'yes',
  })
}
