// What the tries of one write say of it, read from its moves in the ledger: how much of its time it
// has spent, and whether a refused version is a conflict or only a read that lags.
import type { Clock } from '../kit/clock.ts'
import { catalogue, type Outcome } from '../model/errors.ts'
import type { LedgerRow, Verdict } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { LedgerMove, Store } from '../model/store.ts'

interface Tries {
  readonly store: Pick<Store, 'history'>
  readonly clock: Pick<Clock, 'now'>
  readonly visible_ms: number
}

/**
 * How much of its time a row has spent: its calls in vain and the waits that they led to, since it
 * was admitted or a person let it go again. Waiting for its turn, for a target that is paused, asks
 * for time or whose breaker is open, or for Firth to be started again, costs a row nothing. Where
 * the open breaker let this very row through in vain, it costs the breaker's wait that it led to:
 * so rows that always fail come to their end even where nothing else keeps their target busy.
 */
export async function vain_ms(row: LedgerRow, context: Tries): Promise<number> {
  const { wait_ms_max } = row.intent.on_failure.retry
  const calling = (from_ms: number, to_ms: number) =>
    Math.min(to_ms - from_ms, limits.conversation_ms_max)
  let spent_ms = 0
  let begun_ms: number | undefined
  let probed_ms: number | undefined
  for (const move of await context.store.history(row.intent.intent_id)) {
    const from_ms = begun_ms ?? move.at_ms
    begun_ms = move.to === 'in_flight' ? move.at_ms : undefined
    const since_probe_ms = move.at_ms - (probed_ms ?? move.at_ms)
    spent_ms += Math.min(since_probe_ms, limits.breaker_wait_ms_max, wait_ms_max)
    probed_ms = move.facts.probe === true ? move.at_ms : undefined
    if (move.to === 'in_flight' || isTargets(move)) continue
    const wait_ms = Math.min(Math.max(move.due_at_ms - move.at_ms, 0), wait_ms_max)
    spent_ms = isVain(move) ? spent_ms + calling(from_ms, move.at_ms) + wait_ms : 0
  }
  return begun_ms === undefined ? spent_ms : spent_ms + calling(begun_ms, context.clock.now())
}

function isVain({ from, to }: LedgerMove): boolean {
  const tried = from === 'in_flight' || from === 'unknown'
  return tried && (to === 'accepted' || to === 'unknown')
}

const isTargets = ({ reason, facts }: LedgerMove): boolean =>
  facts.probe === true || (reason !== undefined && pauses(catalogue[reason].outcome))

/** The fault is the target's, not the row's. */
export const pauses = (outcome: Outcome) =>
  outcome === 'auth' || outcome === 'config' || outcome === 'target_down'

/** A version that was just read is refused: reading lags behind writing, or others were quicker. */
export async function mayBeUnseen(
  row: LedgerRow,
  { code, facts }: Verdict,
  context: Tries,
): Promise<boolean> {
  if (code !== 'target_version_conflict' || facts.deleted || context.visible_ms === 0) return false
  const moves = await context.store.history(row.intent.intent_id)
  return moves.filter(({ reason }) => reason === code).length < STALE_TRIES_MAX
}

const STALE_TRIES_MAX = 2
