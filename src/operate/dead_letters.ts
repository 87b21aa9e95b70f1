// Dead letters as a person reads them: each once, under its newest reason, the newest first, with
// what was decided about it, without its content unless asked.
import type { LetterState, LetterWord } from '../model/dead_store.ts'
import { type Code, catalogue } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord, PartitionInfo, Position } from '../model/log.ts'
import type { LetterFilter, LetterRow, Page, Paged, Search } from '../model/search.ts'
import type { Store } from '../model/store.ts'
import { fits } from './dead_filter.ts'

export interface DeadLetter {
  readonly id: string
  readonly tenant: string
  readonly channel: string
  readonly route: string
  /** '' where it died before it was routed. */
  readonly target: string
  readonly stage: string
  readonly class: string
  readonly code: string
  readonly path: string
  readonly message: string
  readonly hint: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly attempts: number
  readonly first_failed_at: string
  readonly last_failed_at: string
  readonly raw_id: string | undefined
  /** Of the message in its batch. */
  readonly index: number | undefined
  readonly control_id: string | undefined
  readonly event_id: string | undefined
  readonly intent_id: string | undefined
  readonly origin: string | undefined
  /** Where the dead letter itself stands. */
  readonly position: string
}

export type LetterStanding = 'open' | LetterWord

/** A letter with what was decided about it. */
export interface StandingLetter extends DeadLetter {
  readonly state: LetterStanding
  /** Undefined while it is open. */
  readonly said: LetterState | undefined
}

export interface LetterQuery extends LetterFilter {
  /** Undefined: whatever was decided. */
  readonly state?: LetterStanding | undefined
}

/** A letter with its record: patient data. */
export interface FoundLetter {
  readonly letter: StandingLetter
  readonly record: LogRecord
}

export interface LetterRooms {
  readonly log: Pick<LogReader, 'partitions' | 'read'>
  readonly store: Pick<Store, 'letterStates'>
  /** The index; where it cannot answer, the dead topics are read. */
  readonly search: Pick<Search, 'letters' | 'progress'>
}

const PORTION = limits.batch_records_max

/** A page of the letters that fit, the newest first. */
export async function pageOfLetters(
  rooms: LetterRooms,
  query: LetterQuery,
  page: Page,
): Promise<Paged<StandingLetter>> {
  const { state, ...filter } = query
  const { trouble, rebuilding } = await rooms.search.progress()
  const isIndexed = trouble === undefined && !rebuilding
  const ask = isIndexed ? indexedPage : scannedPage
  const rows: StandingLetter[] = []
  let next: string | undefined = page.after
  while (next !== undefined && rows.length < page.limit) {
    const limit = Math.min(PORTION, page.limit - rows.length)
    const portion: Paged<DeadLetter> = await ask(rooms, filter, { after: next, limit })
    const standing = await withStates(portion.rows, rooms.store)
    rows.push(...standing.filter(letter => state === undefined || state === letter.state))
    next = portion.next
  }
  return { rows, next }
}

async function indexedPage({ search }: LetterRooms, filter: LetterFilter, page: Page) {
  const { rows, next } = await search.letters(filter, page)
  return { rows: rows.map(letterOfRow), next }
}

function letterOfRow({ origin, position, ...row }: LetterRow): DeadLetter {
  return {
    ...row,
    ...wordsOf(row.code),
    origin: origin && placeOf(origin),
    position: placeOf(position),
  }
}

/** Reads back from the end, or from the letter that `after` names by its topic and offset. */
async function scannedPage(
  { log }: LetterRooms,
  filter: LetterFilter,
  { after, limit }: Page,
): Promise<Paged<DeadLetter>> {
  const { tenant } = filter
  const all = (await log.partitions()).filter(({ topic }) =>
    tenant === undefined ? topic.startsWith('dead.') : topic === `dead.${tenant}`,
  )
  const [begun, offset] = after.split(' ')
  const first = after === '' ? 0 : all.findIndex(({ topic }) => topic === begun)
  const rows: DeadLetter[] = []
  const seen = new Set<string>()
  for (const [i, info] of all.slice(first).entries()) {
    const end = i === 0 && after !== '' ? Number(offset) : info.next_offset
    for await (const record of backwards(log, { ...info, next_offset: end })) {
      const letter = letterOf(record)
      if (!seen.has(letter.id) && fits(letter, record, filter)) rows.push(letter)
      seen.add(letter.id)
      if (rows.length === limit) return { rows, next: `${record.topic} ${record.offset}` }
    }
  }
  return { rows, next: undefined }
}

async function* backwards(
  log: LetterRooms['log'],
  { topic, partition, first_offset, next_offset }: PartitionInfo,
): AsyncGenerator<LogRecord> {
  const bounds = { records_max: PORTION, bytes_max: limits.batch_bytes_max }
  for (let end = next_offset; end > first_offset; ) {
    const start = Math.max(first_offset, end - PORTION)
    const records: LogRecord[] = []
    for (let offset = start; offset < end; ) {
      const read = await log.read(topic, partition, offset, bounds)
      const last = read.at(-1)
      if (last === undefined) break
      records.push(...read.filter(record => record.offset < end))
      offset = last.offset + 1
    }
    yield* records.reverse()
    end = start
  }
}

/** Every letter that fits, in portions; one that was written again comes once. */
export async function* eachLetter(
  rooms: LetterRooms,
  query: LetterQuery,
): AsyncGenerator<readonly StandingLetter[]> {
  const seen = new Set<string>()
  let after: string | undefined = ''
  while (after !== undefined) {
    const page: Paged<StandingLetter> = await pageOfLetters(rooms, query, { after, limit: PORTION })
    const fresh = page.rows.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    yield fresh
    after = page.next
  }
}

export async function withStates(
  letters: readonly DeadLetter[],
  store: LetterRooms['store'],
): Promise<readonly StandingLetter[]> {
  if (letters.length === 0) return []
  const states = await store.letterStates(letters.map(({ id }) => id))
  const byId = new Map(states.map(state => [state.letter_id, state]))
  return letters.map(letter => {
    const said = byId.get(letter.id)
    return { ...letter, state: said?.state ?? 'open', said }
  })
}

/** Undefined where retention has taken it. */
export async function recordOf(
  log: LetterRooms['log'],
  { position }: DeadLetter,
): Promise<LogRecord | undefined> {
  const [topic = '', partition, offset] = position.split('/')
  const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
  const [record] = await log.read(topic, Number(partition), Number(offset), bounds)
  return record?.offset === Number(offset) ? record : undefined
}

/** How many died of one reason at one place. */
export interface ReasonCount {
  readonly code: string
  readonly tenant: string
  readonly channel: string
  readonly target: string
  readonly count: number
  /** FHIR instants. */
  readonly oldest: string
  readonly newest: string
}

/** The most first. */
export async function reasonsOf(
  rooms: LetterRooms,
  query: LetterQuery,
): Promise<readonly ReasonCount[]> {
  const counts = new Map<string, ReasonCount>()
  for await (const portion of eachLetter(rooms, query)) {
    for (const letter of portion) {
      const { code, tenant, channel, target, last_failed_at: at } = letter
      const key = JSON.stringify([code, tenant, channel, target])
      const one = counts.get(key) ?? { count: 0, oldest: at, newest: at }
      const [oldest = at] = [one.oldest, at].sort()
      const newest = [one.newest, at].sort().at(-1) ?? at
      counts.set(key, { code, tenant, channel, target, count: one.count + 1, oldest, newest })
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)
}

/**
 * Letters of this id, else of this raw_id or control id, else those whose id begins so. The newest
 * first.
 */
export async function findLetters(
  rooms: LetterRooms,
  name: string,
): Promise<readonly StandingLetter[]> {
  if (name === '') return []
  const begun = await allOf(rooms, { id: name })
  const exact = begun.filter(({ id }) => id === name)
  if (exact.length > 0) return exact
  for (const filter of [{ raw_id: name }, { control_id: name }]) {
    const found = await allOf(rooms, filter)
    if (found.length > 0) return found
  }
  return begun
}

async function allOf(rooms: LetterRooms, query: LetterQuery): Promise<readonly StandingLetter[]> {
  const all: StandingLetter[] = []
  for await (const portion of eachLetter(rooms, query)) all.push(...portion)
  return all
}

export function letterOf(record: LogRecord): DeadLetter {
  const { headers } = record
  const code = headers['dlt.error.code'] ?? ''
  const origin = headers['dlt.origin.topic']
  const facts = factsOf(headers['dlt.error.facts'])
  return {
    id: headers['dlt.id'] ?? '',
    tenant: headers['dlt.tenant'] ?? '',
    channel: headers['dlt.channel'] ?? '',
    route: headers['dlt.route'] ?? '',
    target: headers.target ?? String(facts.target ?? ''),
    stage: headers['dlt.stage'] ?? '',
    class: headers['dlt.class'] ?? '',
    code,
    path: headers['dlt.error.path'] ?? '',
    ...wordsOf(code),
    facts,
    attempts: Number(headers['dlt.attempts'] ?? 1),
    first_failed_at: headers['dlt.first-failed-at'] ?? '',
    last_failed_at: headers['dlt.last-failed-at'] ?? '',
    raw_id: headers.raw_id,
    index: headers.index === undefined ? undefined : Number(headers.index),
    control_id: headers.control_id,
    event_id: headers.event_id,
    intent_id: headers.intent_id,
    origin:
      origin === undefined
        ? undefined
        : `${origin}/${headers['dlt.origin.partition']}/${headers['dlt.origin.offset']}`,
    position: `${record.topic}/${record.partition}/${record.offset}`,
  }
}

/** A letter of another version may have a code that is not known here. */
function wordsOf(code: string): Pick<DeadLetter, 'message' | 'hint'> {
  if (!Object.hasOwn(catalogue, code)) return { message: '', hint: '' }
  const { message, hint } = catalogue[code as Code]
  return { message, hint }
}

const placeOf = ({ topic, partition, offset }: Position) => `${topic}/${partition}/${offset}`

/** Another program may have written the letter. */
function factsOf(text = '{}'): Readonly<Record<string, unknown>> {
  try {
    const facts: unknown = JSON.parse(text)
    return typeof facts === 'object' && facts !== null ? { ...facts } : {}
  } catch {
    // What cannot be read is no fact; the letter is shown all the same.
    return {}
  }
}
