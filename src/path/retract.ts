// What a corrected mapping no longer makes of a message (design: G3). What has gone out is proposed
// to be taken back: a write of its own that people have to agree to, whatever the policy says. What
// has not gone out is withdrawn. Both are recorded with the replay that found it.
import { derivedId } from '../kit/ids.ts'
import type { LedgerRow, WriteIntent } from '../model/intent.ts'
import { type IntentState, mayMove } from '../model/state.ts'
import type { Admission, Store } from '../model/store.ts'
import { type Governance, govern } from './6_govern.ts'

export interface NoLongerMade {
  readonly raw_id: string
  /** Whether what the message comes to now lacks this intent, or its whole event. */
  lacks(intent: WriteIntent): boolean
  /** The replay that found it. */
  readonly replay: string
}

export interface RetractContext {
  readonly store: Pick<Store, 'rowsOfRaw' | 'newest' | 'admit' | 'move' | 'epoch'>
  readonly now_ms: number
  /** Of the targets that the replay may reach; undefined: this one is left alone. */
  governanceOf(target: string): Governance | undefined
}

/**
 * `proposed`: people are asked, or the target's rules deny it, which is seen too. `withdrawn`: it
 * had not gone out. `newer`: a newer write of the resource stands there by now.
 */
export type Proposal = 'proposed' | 'withdrawn' | 'newer'

export interface Proposed {
  readonly intent_id: string
  readonly target: string
  readonly proposal: Proposal
}

/** What would be done, without doing it; may be asked again and again. */
export async function toRetract(
  gone: NoLongerMade,
  context: RetractContext,
): Promise<readonly Proposed[]> {
  return toProposed(await judged(gone, context))
}

/** Does it; a second time changes nothing. */
export async function proposeRetractions(
  gone: NoLongerMade,
  context: RetractContext,
): Promise<readonly Proposed[]> {
  const { store, now_ms } = context
  const found = await judged(gone, context)
  const facts = { no_longer_made: true, replay: gone.replay }
  const admissions = found.flatMap(({ row, proposal }): readonly Admission[] => {
    const governance = context.governanceOf(row.intent.target)
    if (proposal !== 'proposed' || governance === undefined) return []
    const admission = govern(retractionOf(row.intent), governance)
    return [{ ...admission, facts: { ...admission.facts, ...facts } }]
  })
  if (admissions.length > 0) await store.admit(admissions, now_ms)
  const moves = found.flatMap(({ row }) =>
    mayMove(row.state, 'withdrawn') ? [withdrawal(row, { facts, context })] : [],
  )
  if (moves.length > 0) await store.move(moves)
  return toProposed(found)
}

interface Judged {
  readonly row: LedgerRow
  readonly proposal: Proposal
}

const toProposed = (found: readonly Judged[]): readonly Proposed[] =>
  found.map(({ row, proposal }) => {
    const { intent_id, target } = row.intent
    return { intent_id, target, proposal }
  })

async function judged(gone: NoLongerMade, context: RetractContext): Promise<readonly Judged[]> {
  const rows = (await context.store.rowsOfRaw(gone.raw_id)).filter(
    ({ intent }) =>
      intent.operation !== 'retract' &&
      gone.lacks(intent) &&
      context.governanceOf(intent.target) !== undefined,
  )
  const proposals = await Promise.all(rows.map(row => proposalOf(row, context)))
  return rows.flatMap((row, i) => {
    const proposal = proposals[i]
    return proposal === undefined ? [] : [{ row, proposal }]
  })
}

async function proposalOf(
  row: LedgerRow,
  { store }: RetractContext,
): Promise<Proposal | undefined> {
  if (mayHaveLanded(row)) {
    const newest = await store.newest(row.intent)
    return newest === undefined || newest === row.intent.intent_id ? 'proposed' : 'newer'
  }
  return mayMove(row.state, 'withdrawn') ? 'withdrawn' : undefined
}

/** Of this content or of one before it. */
const mayHaveLanded = ({ state, target_id }: LedgerRow): boolean =>
  target_id !== undefined || AT_THE_TARGET.includes(state)

const AT_THE_TARGET: readonly IntentState[] = [
  'in_flight',
  'unknown',
  'committed',
  'surfaced',
  'reconciled',
]

/** At the place of what it takes back, so that a newer write of the resource overtakes it. */
function retractionOf(intent: WriteIntent): WriteIntent {
  const { also_keys: _, identities: __, ...rest } = intent
  return {
    ...rest,
    intent_id: derivedId(intent.intent_id, 'retract'),
    operation: 'retract',
    waits_for: [],
    approval: intent.approval === 'two_approvers' ? 'two_approvers' : 'one_approver',
  }
}

function withdrawal(
  { intent, state: from }: LedgerRow,
  of: {
    readonly facts: Readonly<Record<string, string | boolean>>
    readonly context: RetractContext
  },
) {
  const { store, now_ms } = of.context
  const { intent_id } = intent
  return {
    intent_id,
    from,
    to: 'withdrawn',
    at_ms: now_ms,
    epoch: store.epoch,
    facts: of.facts,
  } as const
}
