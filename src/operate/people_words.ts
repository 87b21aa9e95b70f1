// The words that a person may say of a write, and where each leads: moves of the ledger with who,
// when and why. No word leads past an approval, nor past what our own rules forbid.
import type { LedgerRow } from '../model/intent.ts'
import type { IntentState } from '../model/state.ts'
import type { Store } from '../model/store.ts'

/**
 * `landed` and `not_landed` are said of a call. `retry`: write it again, over what the target holds
 * by then. `accept_theirs`: what the target holds is right. `park`: keep it, and what stands behind
 * it, until a person says more. `drop`: give it up.
 */
export const words = [
  'approve',
  'reject',
  'landed',
  'not_landed',
  'retry',
  'accept_theirs',
  'park',
  'drop',
] as const
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

type Release = Exclude<Word, 'approve' | 'reject'>
type Ways = Readonly<Partial<Record<IntentState, IntentState>>>

/** From which state a word leads where; each is a legal move of `model/state.ts`. */
export const releases: Readonly<Record<Release, Ways>> = {
  landed: { unknown: 'committed' },
  not_landed: { unknown: 'accepted' },
  retry: {
    dead: 'accepted',
    conflict: 'accepted',
    denied: 'accepted',
    parked: 'accepted',
    rejected: 'accepted',
    withdrawn: 'accepted',
  },
  accept_theirs: { conflict: 'reconciled' },
  park: { accepted: 'parked', unknown: 'parked' },
  drop: {
    dead: 'withdrawn',
    conflict: 'withdrawn',
    denied: 'withdrawn',
    parked: 'withdrawn',
    accepted: 'withdrawn',
    awaiting_approval: 'withdrawn',
  },
}

export function wordsFor(row: LedgerRow): readonly Word[] {
  const { state } = row
  const decided: readonly Word[] = state === 'awaiting_approval' ? ['approve', 'reject'] : []
  const names = Object.keys(releases) as Release[]
  const leading = names.filter(word => releases[word][state] !== undefined)
  return [...decided, ...leading.filter(word => word !== 'retry' || !isGoverned(row))]
}

/** What station 6 forbade: the target's own refusals tell its status. */
export const isGoverned = ({ state, reason, facts }: LedgerRow): boolean =>
  state === 'denied' &&
  (reason === 'policy_silent' || (reason === 'operation_undeclared' && !('status' in facts)))

/** What a person says landed is committed, not shown: reconciling reads it back as any other. */
export async function release(
  store: Store,
  row: LedgerRow,
  saying: Omit<Saying, 'ids'> & { readonly word: Release },
): Promise<'released' | 'not_waiting' | 'governed'> {
  const { word, by, why, at_ms } = saying
  const { state: from } = row
  const to = releases[word][from]
  if (to === undefined) return 'not_waiting'
  if (word === 'retry' && isGoverned(row)) return 'governed'
  const facts = { by, word, ...(why === '' ? {} : { why }) }
  const { intent_id } = row.intent
  const again = word === 'retry' ? { attempts: 0 } : {}
  const { epoch } = store
  const move = { intent_id, from, to, at_ms, epoch, facts, due_at_ms: at_ms, ...again }
  const [moved] = await store.move([move])
  return moved === true ? 'released' : 'not_waiting'
}
