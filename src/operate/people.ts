// What waits for a person, and the person's word: approvals, calls that may have landed, dead
// writes that hold the later ones of their patient. The same answers beside a running engine and on
// the files without one. Every word is a move of the ledger with who, when, why and on what.
import { jsonDiff } from '../kit/json_diff.ts'
import type { LedgerRow, WriteIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import { riskOf } from '../model/risk.ts'
import type { IntentState } from '../model/state.ts'
import type { Decided, GivenApproval, Store } from '../model/store.ts'
import type { Look } from '../path/8_verify.ts'
import { isGoverned, release, type Saying, type Word, words, wordsFor } from './people_words.ts'
import { type Stands, type Waiting, waitingOfRows } from './waits.ts'

/**
 * `approval`: to be agreed to. `unknown`: may have landed. `dead`: holds the later ones.
 * `conflict`: the target holds something else. `denied`: the target, or our own rules, forbid it.
 * `parked`: a person took it out of the engine's hands. `none`: it waits for nobody.
 */
export type Waits = 'approval' | 'unknown' | 'dead' | 'conflict' | 'denied' | 'parked' | 'none'

export interface WaitingWrite {
  readonly intent_id: string
  readonly waits: Waits
  readonly tenant: string
  readonly target: string
  readonly channel: string
  readonly route: string
  readonly event_kind: string
  readonly operation: string
  /** Canonical `Type/id`. */
  readonly resource: string
  /** Class of risk; undefined where the type has none. */
  readonly risk: string | undefined
  readonly approvers: number
  readonly approvals: readonly GivenApproval[]
  /** sha256 of what would be written: what a person agrees to. */
  readonly content: string
  readonly raw_id: string
  readonly since_ms: number
  readonly reason: string | undefined
  /** What it waits for, in words; undefined where it has come to its end. */
  readonly waiting: Waiting | undefined
  /** Words that a person may say of it now. */
  readonly words: readonly Word[]
}

export interface ShownWrite extends WaitingWrite {
  readonly state: IntentState
  /** Patient data. */
  readonly intent: WriteIntent
  /** What was wanted against what the target holds now; undefined where it cannot be asked. */
  readonly look: (Look & { readonly differences: readonly Difference[] }) | undefined
}

/** One place of the resource. Patient data. */
export interface Difference {
  /** `Patient.name[0].family` */
  readonly path: string
  /** Undefined: it is not there. */
  readonly ours: unknown
  readonly theirs: unknown
}

export interface PeopleRooms {
  readonly store: Store
  readonly stands: Stands
  /** Asks a row's target; absent where no engine runs. Undefined while no call may begin. */
  look?(row: LedgerRow): Promise<Look | undefined>
}

/** Rows that one list shows of each target. */
const LISTED_MAX = limits.batch_records_max

/** Oldest first, target by target. */
export async function waitingForPeople(
  rooms: PeopleRooms,
  kinds: readonly Waits[],
  now_ms: number,
): Promise<readonly WaitingWrite[]> {
  const rows = await rowsForPeople(rooms.store, kinds)
  return linesOf(rows, rooms, now_ms)
}

async function rowsForPeople(store: Store, kinds: readonly Waits[]): Promise<readonly LedgerRow[]> {
  const targets = new Map(
    (await store.counts()).map(({ tenant, target }) => [`${tenant}/${target}`, { tenant, target }]),
  )
  const found: LedgerRow[] = []
  for (const target of targets.values()) {
    for (const waits of kinds) found.push(...(await rowsOf(store, target, waits)))
  }
  return found
}

async function rowsOf(
  store: Store,
  target: { tenant: string; target: string },
  waits: Waits,
): Promise<readonly LedgerRow[]> {
  if (waits === 'none') return []
  if (waits === 'dead') return store.deadHolding(target, LISTED_MAX)
  const state = waits === 'approval' ? 'awaiting_approval' : waits
  const rows = await store.rowsInState(target, state, LISTED_MAX)
  // What our own rules forbid waits for no word of a person; firth queue shows it.
  return rows.filter(row => !isGoverned(row))
}

async function linesOf(
  rows: readonly LedgerRow[],
  rooms: PeopleRooms,
  now_ms: number,
): Promise<readonly WaitingWrite[]> {
  const waiting = await waitingOfRows(rows, { ...rooms, now_ms })
  return Promise.all(rows.map((row, i) => line(rooms.store, row, waiting[i])))
}

async function line(
  store: Store,
  row: LedgerRow,
  waiting: Waiting | undefined,
): Promise<WaitingWrite> {
  const { intent } = row
  return {
    intent_id: intent.intent_id,
    waits: waitsOf(row.state),
    tenant: intent.tenant,
    target: intent.target,
    channel: intent.channel,
    route: intent.route,
    event_kind: intent.event_kind,
    operation: intent.operation,
    resource: `${intent.resource_type}/${intent.resource_id}`,
    risk: riskOf(intent),
    approvers: row.approvers,
    approvals: row.approvers === 0 ? [] : await store.approvals(intent.intent_id),
    content: row.content,
    raw_id: intent.raw_id,
    since_ms: row.changed_at_ms,
    reason: row.reason,
    waiting,
    words: wordsFor(row),
  }
}

/** The writes of this id, or whose id begins so; what their targets hold now, where one can ask. */
export async function showWrites(
  rooms: PeopleRooms,
  id: string,
  now_ms: number,
): Promise<readonly ShownWrite[]> {
  const rows = await rowsLike(rooms.store, id)
  const lines = await linesOf(rows, rooms, now_ms)
  // Whoever names several is told their ids; nobody is called for that.
  const asked = rows.length === 1 ? rooms.look : undefined
  const looks = await Promise.all(rows.map(row => asked?.(row)))
  return lines.flatMap((one, i) => {
    const row = rows[i]
    if (row === undefined) return []
    return { ...one, state: row.state, intent: row.intent, look: compared(looks[i]) }
  })
}

/** What a server adds to every resource is no difference. */
const SERVERS_OWN = ['id', 'meta', 'text', 'implicitRules']

function compared(look: Look | undefined): ShownWrite['look'] {
  if (look === undefined) return undefined
  const { ours, theirs } = look
  const found = theirs === undefined ? [] : jsonDiff(ours, theirs)
  const differences = found
    .filter(({ path }) => !SERVERS_OWN.includes(String(path[0])))
    .map(({ path, before, after }) => ({
      path: path.reduce<string>(
        (text, step) => text + (typeof step === 'number' ? `[${step}]` : `.${step}`),
        ours.resourceType,
      ),
      ours: before,
      theirs: after,
    }))
  return { ...look, differences }
}

function waitsOf(state: IntentState): Waits {
  if (state === 'awaiting_approval') return 'approval'
  return RELEASED.find(one => one === state) ?? 'none'
}

/** What `firth release` lists. */
const RELEASED: readonly Waits[] = ['unknown', 'dead', 'conflict', 'denied', 'parked']

async function rowsLike(store: Store, id: string): Promise<readonly LedgerRow[]> {
  if (id === '') return []
  const exact = await store.row(id)
  if (exact !== undefined) return [exact]
  const waiting = await rowsForPeople(store, ['approval', ...RELEASED])
  return waiting.filter(({ intent }) => intent.intent_id.startsWith(id))
}

export interface Said {
  readonly asked: string
  readonly intent_id: string | undefined
  /**
   * `ambiguous`: several begin so. `released`: a word other than approve and reject was taken.
   * `governed`: our own policy or profile forbids it, and no word goes past them.
   */
  readonly outcome: Decided | 'ambiguous' | 'released' | 'governed'
  readonly state: IntentState | undefined
}

/** One answer for each id, in their order; each is taken or refused alone. */
export async function say(store: Store, saying: Saying): Promise<readonly Said[]> {
  const answers: Said[] = []
  for (const asked of saying.ids) {
    const [id = '', content = ''] = asked.split('@')
    const rows = await rowsLike(store, id)
    const [row] = rows
    if (row === undefined || rows.length > 1) {
      const outcome = row === undefined ? 'unknown' : 'ambiguous'
      answers.push({ asked, intent_id: undefined, outcome, state: undefined })
      continue
    }
    const outcome = row.content.startsWith(content) ? await sayOne(store, row, saying) : 'changed'
    const { intent_id } = row.intent
    answers.push({ asked, intent_id, outcome, state: (await store.row(intent_id))?.state })
  }
  return answers
}

function sayOne(store: Store, row: LedgerRow, saying: Saying): Promise<Said['outcome']> {
  const { word, by, why, at_ms } = saying
  if (word !== 'approve' && word !== 'reject') return release(store, row, { ...saying, word })
  const { intent_id } = row.intent
  return store.decide({ intent_id, word, content: row.content, by, why, at_ms })
}

/** The same questions as text: from the command line, by the control socket or without one. */
export async function answerPeople(
  rooms: PeopleRooms,
  args: Readonly<Record<string, string>>,
  now_ms: number,
): Promise<unknown> {
  const { ask = '', ids = '', by = '', why = '' } = args
  const word = words.find(one => one === ask)
  if (word !== undefined) {
    const named = ids.split(' ').filter(Boolean)
    return say(rooms.store, { word, ids: named, by, why, at_ms: now_ms })
  }
  if (ask === 'show') return showWrites(rooms, ids, now_ms)
  return waitingForPeople(rooms, ask === 'approvals' ? ['approval'] : RELEASED, now_ms)
}
