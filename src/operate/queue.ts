// The queue as a person looks at it: writes that wait or need somebody, each with what it waits for
// and since when, page by page. No patient data: a patient is only ever asked for.
import type { LedgerRow } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import { type IntentState, isState, waiting } from '../model/state.ts'
import type { Store } from '../model/store.ts'
import { type Stands, type Waiting, waitingOfRows } from './waits.ts'

export interface QueueLine {
  readonly intent_id: string
  readonly tenant: string
  readonly target: string
  readonly channel: string
  readonly route: string
  readonly event_kind: string
  readonly operation: string
  /** Canonical `Type/id`. */
  readonly resource: string
  readonly raw_id: string
  readonly state: IntentState
  readonly attempts: number
  readonly reason: string | undefined
  /** Since when it stands so; milliseconds since 1970. */
  readonly since_ms: number
  /** Undefined where it has come to its end. */
  readonly waits: Waiting | undefined
}

export interface QueueFilter {
  /** '': every one. */
  readonly tenant: string
  readonly target: string
  /** Undefined: what waits, and what a person has to decide. */
  readonly state: IntentState | undefined
  /** '': every one; else `system|value`, or a value of any system. */
  readonly patient: string
}

export interface QueuePage {
  readonly lines: readonly QueueLine[]
  /** Where the next page begins; undefined where this is the last. */
  readonly next: string | undefined
}

/** States that nobody but a person ends. */
const EXCEPTIONS: readonly IntentState[] = ['conflict', 'denied', 'dead']
const USUAL: readonly IntentState[] = [...waiting, ...EXCEPTIONS]

interface Rooms {
  readonly store: Store
  readonly stands: Stands
  readonly now_ms: number
}

/** `after` is the `next` of the page before, '' for the first. Oldest first, target by target. */
export async function queuePage(
  rooms: Rooms,
  filter: QueueFilter,
  page: { readonly after: string; readonly limit: number },
): Promise<QueuePage> {
  const limit = Math.min(Math.max(1, page.limit), limits.batch_records_max)
  const piles = await pilesOf(rooms.store, filter)
  if (filter.patient !== '') return patientPage(rooms, filter, { piles, after: page.after, limit })
  const rows: LedgerRow[] = []
  let place: Place | undefined = placeOf(page.after, piles)
  while (place !== undefined && rows.length < limit) {
    const { tenant, target, state } = place.pile
    const wanted = { after: place.after, limit: limit - rows.length }
    const found = await rooms.store.pageOfState({ tenant, target }, state, wanted)
    rows.push(...found.rows)
    place = found.next === undefined ? nextPile(place.pile, piles) : { ...place, after: found.next }
  }
  return { lines: await linesOf(rows, rooms), next: place && textOf(place) }
}

interface Pile {
  readonly tenant: string
  readonly target: string
  readonly state: IntentState
}

/** Inside which pile, and behind which row of it. */
interface Place {
  readonly pile: Pile
  readonly after: string
}

const nameOf = ({ tenant, target, state }: Pile) => `${tenant}/${target}/${state}`
const textOf = ({ pile, after }: Place) => `${nameOf(pile)}:${after.replace(' ', '.')}`

/** What there is of what is asked for, in a fixed order. */
async function pilesOf(store: Store, filter: QueueFilter): Promise<readonly Pile[]> {
  const states = filter.state === undefined ? USUAL : [filter.state]
  const piles = (await store.counts()).filter(
    ({ tenant, target, state }) =>
      states.includes(state) &&
      (filter.tenant === '' || tenant === filter.tenant) &&
      (filter.target === '' || target === filter.target),
  )
  return piles.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** A pile that has emptied since the page before is passed over. */
function placeOf(after: string, piles: readonly Pile[]): Place | undefined {
  const [name = '', place = ''] = after.split(':')
  const pile = piles.find(one => nameOf(one) >= name)
  const inside = pile !== undefined && nameOf(pile) === name ? place.replace('.', ' ') : ''
  return pile && { pile, after: inside }
}

function nextPile(pile: Pile, piles: readonly Pile[]): Place | undefined {
  const next = piles.find(one => nameOf(one) > nameOf(pile))
  return next && { pile: next, after: '' }
}

interface PatientPage {
  readonly piles: readonly Pile[]
  /** The last write of the page before; where it has gone since, the list begins anew. */
  readonly after: string
  readonly limit: number
}

/** A patient has few writes that wait, so all are read and a page is cut from them. */
async function patientPage(
  rooms: Rooms,
  { state, patient }: QueueFilter,
  { piles, after, limit }: PatientPage,
): Promise<QueuePage> {
  const targets = new Map(piles.map(one => [`${one.tenant}/${one.target}`, one]))
  const rows: LedgerRow[] = []
  for (const { tenant, target } of targets.values()) {
    rows.push(...(await rooms.store.rowsOfPatient({ tenant, target }, patient)))
  }
  const wanted = rows.filter(row => state === undefined || row.state === state)
  const first = wanted.findIndex(({ intent }) => intent.intent_id === after) + 1
  const shown = wanted.slice(first, first + limit)
  const next = first + limit < wanted.length ? shown.at(-1)?.intent.intent_id : undefined
  return { lines: await linesOf(shown, rooms), next }
}

async function linesOf(rows: readonly LedgerRow[], rooms: Rooms): Promise<readonly QueueLine[]> {
  const waits = await waitingOfRows(rows, rooms)
  return rows.map(({ intent, state, attempts, reason, changed_at_ms }, i) => ({
    intent_id: intent.intent_id,
    tenant: intent.tenant,
    target: intent.target,
    channel: intent.channel,
    route: intent.route,
    event_kind: intent.event_kind,
    operation: intent.operation,
    resource: `${intent.resource_type}/${intent.resource_id}`,
    raw_id: intent.raw_id,
    state,
    attempts,
    reason,
    since_ms: changed_at_ms,
    waits: waits[i],
  }))
}

/** The same question as text: from the command line, by the control socket or without one. */
export function answerQueue(
  rooms: Rooms,
  args: Readonly<Record<string, string>>,
): Promise<QueuePage> {
  const { tenant = '', target = '', patient = '', after = '', limit = '50', state = '' } = args
  const filter = { tenant, target, patient, state: isState(state) ? state : undefined }
  return queuePage(rooms, filter, { after, limit: Number(limit) })
}
