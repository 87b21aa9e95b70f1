// firth search: messages by what a person knows of them, with where each stands. The index names
// them, the ledger says where their writes are, the store what people did about their dead letters.
import type { LetterWord } from '../model/dead_store.ts'
import { Failure } from '../model/errors.ts'
import {
  fates,
  type MessageFilter,
  type MessageRow,
  type Page,
  type Search,
  type SearchProgress,
} from '../model/search.ts'
import type { WriteState } from '../model/search_store.ts'
import { type IntentState, moves, shown } from '../model/state.ts'
import type { Store } from '../model/store.ts'
import { askedObject } from './asked.ts'

export interface SearchRooms {
  readonly search: Search
  readonly store: Pick<Store, 'writesOf' | 'rawsInStates' | 'letterStates'>
}

/** What a message is in, beside the states of its writes. */
const stations = ['waiting', 'mapped', 'routed', ...fates, 'dead', 'decided'] as const
const views = ['pending', 'confirmed', 'failed'] as const
const states = Object.keys(moves) as IntentState[]

/** Every word that `--state` takes. A write that died is a dead letter, and found as one. */
export const searchStates: readonly string[] = [
  ...new Set<string>([...stations, ...views, ...states]),
]

export interface Question extends Omit<MessageFilter, 'ended'> {
  /** One of `searchStates`. */
  readonly state?: string | undefined
}

export interface FoundMessage extends Omit<MessageRow, 'ended' | 'event_ids'> {
  /** What it is in: words of `searchStates`, without the ledger's own. */
  readonly states: readonly string[]
  readonly writes: readonly Pick<WriteState, 'intent_id' | 'target' | 'state'>[]
}

export interface Found {
  readonly rows: readonly FoundMessage[]
  /**
   * Behind how much was looked at; undefined: at everything. A page may be short before its end.
   */
  readonly next: string | undefined
  readonly progress: SearchProgress
}

/** Messages that one page looks at where the ledger has to be asked of each. */
const EXAMINED_MAX = 4_000
const CHUNK = 200
/** Up to here the ledger names the messages, above it is asked about them. */
const LED_MAX = 5_000

export async function searchMessages(
  rooms: SearchRooms,
  question: Question,
  page: Page,
): Promise<Found> {
  const { state, ...names } = question
  if (state !== undefined && !searchStates.includes(state)) {
    throw new Failure('search_state_unknown', { state })
  }
  const station = stations.find(one => one === state)
  const inLedger = state === undefined || station !== undefined ? undefined : ledgerStates(state)
  const ended = station === 'decided' ? 'dead' : station
  const filter = { ...names, ended, ...(await ledBy(rooms, names, inLedger)) }
  const rows: FoundMessage[] = []
  let after: string | undefined = page.after
  for (let examined = 0; rows.length < page.limit && examined < EXAMINED_MAX; examined += CHUNK) {
    const chunk = await rooms.search.messages(filter, { after, limit: CHUNK })
    after = chunk.next
    for (const row of await withStates(rooms, chunk.rows)) {
      if (!isIn(row, { state, inLedger, target: names.target })) continue
      rows.push(row)
      if (rows.length < page.limit) continue
      after = row.place
      break
    }
    if (after === undefined) break
  }
  return { rows, next: after, progress: await rooms.search.progress() }
}

function ledgerStates(state: string): readonly IntentState[] {
  return states.filter(one => one === state || shown(one) === state)
}

/** Where few messages are in these states, they are all that has to be looked at. */
async function ledBy(
  { store }: SearchRooms,
  { tenant, target, raw_ids }: Omit<Question, 'state'>,
  inLedger: readonly IntentState[] | undefined,
): Promise<Pick<MessageFilter, 'raw_ids'>> {
  if (inLedger === undefined || raw_ids !== undefined) return {}
  const found = await store.rawsInStates({ states: inLedger, tenant, target, limit: LED_MAX })
  return found === undefined ? {} : { raw_ids: found }
}

async function withStates(
  { search, store }: SearchRooms,
  rows: readonly MessageRow[],
): Promise<readonly FoundMessage[]> {
  const raw_ids = [...new Set(rows.filter(row => row.targets.length > 0).map(row => row.raw_id))]
  const writes = Map.groupBy(await store.writesOf(raw_ids), ({ raw_id }) => raw_id)
  const open = await openDead({ search, store }, rows)
  return rows.map(({ ended, event_ids, ...row }) => {
    const own = (writes.get(row.raw_id) ?? []).filter(
      ({ event_id }) => row.index === undefined || event_ids.includes(event_id),
    )
    const isDead = open.has(row.raw_id)
    return {
      ...row,
      states: statesOf({ ended, own, isDead }),
      writes: own.map(({ intent_id, target, state }) => ({ intent_id, target, state })),
    }
  })
}

/** Raw records with a dead letter that nobody has decided on. */
async function openDead(
  { search, store }: Pick<SearchRooms, 'search' | 'store'>,
  rows: readonly MessageRow[],
): Promise<ReadonlySet<string>> {
  const dead = new Set(rows.filter(row => row.ended.includes('dead')).map(row => row.raw_id))
  const pages = await Promise.all(
    [...dead].map(raw_id => search.letters({ raw_id }, { after: '', limit: CHUNK })),
  )
  const letters = pages.flatMap(page => page.rows)
  const decided = new Map<string, LetterWord>(
    (await store.letterStates(letters.map(({ id }) => id))).map(one => [one.letter_id, one.state]),
  )
  return new Set(letters.filter(({ id }) => !decided.has(id)).map(({ raw_id = '' }) => raw_id))
}

function statesOf(of: {
  readonly ended: MessageRow['ended']
  readonly own: readonly WriteState[]
  readonly isDead: boolean
}): readonly string[] {
  const { ended, own, isDead } = of
  const said = fates.filter(fate => ended.includes(fate))
  const found = [...said, ...(isDead ? ['dead'] : []), ...own.map(({ state }) => shown(state))]
  if (found.length > 0) return [...new Set(found)]
  if (ended.includes('dead')) return ['decided']
  if (ended.includes('routed')) return ['routed']
  return ended.includes('event') ? ['mapped'] : ['waiting']
}

function isIn(
  { states: own, writes }: FoundMessage,
  wanted: {
    readonly state: string | undefined
    readonly inLedger: readonly IntentState[] | undefined
    readonly target: string | undefined
  },
): boolean {
  const { state, inLedger, target } = wanted
  if (state === undefined) return true
  if (inLedger === undefined) return own.includes(state)
  return writes.some(
    write => inLedger.includes(write.state) && (target ?? write.target) === write.target,
  )
}

/** How long an answer waits for the index to read what has just come. */
const CATCH_UP_MS = 2_000

/** For a running engine: what came a moment ago is found, and a rebuild holds nobody up. */
export async function answerSearch(
  rooms: SearchRooms & { readonly wait: (wait_ms: number) => Promise<void> },
  args: Readonly<Record<string, string>>,
): Promise<Found> {
  const asked = askedObject(args.ask ?? '', 'search', 'question', 'page')
  const { question, page } = asked as { question: Question; page: Page }
  await Promise.race([rooms.search.caughtUp(), rooms.wait(CATCH_UP_MS)])
  return searchMessages(rooms, question, page)
}
