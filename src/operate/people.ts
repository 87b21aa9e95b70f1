// What waits for a person, and the person's word: approvals, calls that may have landed, dead
// writes that hold the later ones of their patient. The same answers beside a running engine and on
// the files without one. Every word is a move of the ledger with who, when, why and on what.
import type { LedgerRow, WriteIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import { riskOf } from '../model/risk.ts'
import type { IntentState } from '../model/state.ts'
import type { Decided, GivenApproval, Store } from '../model/store.ts'

/** `approval`: to be agreed to. `unknown`: may have landed. `dead`: holds the later ones. */
export type Waits = 'approval' | 'unknown' | 'dead'

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
}

export interface ShownWrite extends WaitingWrite {
  readonly state: IntentState
  /** Patient data. */
  readonly intent: WriteIntent
}

/** Rows that one list shows of each target. */
const LISTED_MAX = limits.batch_records_max

/** Oldest first, target by target. */
export async function waitingForPeople(
  store: Store,
  kinds: readonly Waits[],
): Promise<readonly WaitingWrite[]> {
  const targets = new Map(
    (await store.counts()).map(({ tenant, target }) => [`${tenant}/${target}`, { tenant, target }]),
  )
  const found: WaitingWrite[] = []
  for (const target of targets.values()) {
    for (const waits of kinds) {
      for (const row of await rowsOf(store, target, waits))
        found.push(await line(store, row, waits))
    }
  }
  return found
}

function rowsOf(
  store: Store,
  target: { tenant: string; target: string },
  waits: Waits,
): Promise<readonly LedgerRow[]> {
  if (waits === 'dead') return store.deadHolding(target, LISTED_MAX)
  const state = waits === 'approval' ? 'awaiting_approval' : 'unknown'
  return store.rowsInState(target, state, LISTED_MAX)
}

async function line(store: Store, row: LedgerRow, waits: Waits): Promise<WaitingWrite> {
  const { intent } = row
  return {
    intent_id: intent.intent_id,
    waits,
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
  }
}

/** The writes of this id, or whose id begins so. */
export async function showWrites(store: Store, id: string): Promise<readonly ShownWrite[]> {
  const rows = await rowsLike(store, id)
  return Promise.all(
    rows.map(async row => ({
      ...(await line(store, row, waitsOf(row.state))),
      state: row.state,
      intent: row.intent,
    })),
  )
}

const waitsOf = (state: IntentState): Waits =>
  state === 'awaiting_approval' ? 'approval' : state === 'dead' ? 'dead' : 'unknown'

async function rowsLike(store: Store, id: string): Promise<readonly LedgerRow[]> {
  if (id === '') return []
  const exact = await store.row(id)
  if (exact !== undefined) return [exact]
  const waiting = await waitingForPeople(store, ['approval', 'unknown', 'dead'])
  const like = waiting.filter(({ intent_id }) => intent_id.startsWith(id))
  const rows = await Promise.all(like.map(({ intent_id }) => store.row(intent_id)))
  return rows.filter(row => row !== undefined)
}

/** `landed` and `not_landed` are said of a call, `retry` and `drop` of a dead write. */
export const words = ['approve', 'reject', 'landed', 'not_landed', 'retry', 'drop'] as const
export type Word = (typeof words)[number]

export interface Saying {
  readonly word: Word
  /** An intent's id or its beginning, and where wanted `@` with the beginning of the content. */
  readonly ids: readonly string[]
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
  readonly at_ms: number
}

export interface Said {
  readonly asked: string
  readonly intent_id: string | undefined
  /** `ambiguous`: several begin so. `released`: a word other than approve and reject was taken. */
  readonly outcome: Decided | 'ambiguous' | 'released'
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

const releases = {
  landed: { from: 'unknown', to: 'committed' },
  not_landed: { from: 'unknown', to: 'accepted' },
  retry: { from: 'dead', to: 'accepted' },
  drop: { from: 'dead', to: 'withdrawn' },
} as const

/** What a person says landed is committed, not shown: reconciling reads it back as any other. */
async function release(
  store: Store,
  row: LedgerRow,
  saying: Saying & { readonly word: keyof typeof releases },
): Promise<'released' | 'not_waiting'> {
  const { word, by, why, at_ms } = saying
  const { from, to } = releases[word]
  const facts = { by, word, ...(why === '' ? {} : { why }) }
  const { intent_id } = row.intent
  const move = { intent_id, from, to, at_ms, epoch: store.epoch, facts, due_at_ms: at_ms }
  const [moved] = await store.move([move])
  return moved === true ? 'released' : 'not_waiting'
}

/** The same questions as text: from the command line, by the control socket or without one. */
export async function answerPeople(
  store: Store,
  args: Readonly<Record<string, string>>,
  now_ms: number,
): Promise<unknown> {
  const { ask = '', ids = '', by = '', why = '' } = args
  const word = words.find(one => one === ask)
  if (word !== undefined) {
    return say(store, { word, ids: ids.split(' ').filter(Boolean), by, why, at_ms: now_ms })
  }
  if (ask === 'show') return showWrites(store, ids)
  return waitingForPeople(store, ask === 'approvals' ? ['approval'] : ['unknown', 'dead'])
}
