// Station 9: what we believe against what the target holds. In rounds, oldest first, the newest
// write of each resource is read back; what differs moves to the exception queue with the paths
// that differ.
import type { Rate } from '../kit/rate.ts'
import { failureOf } from '../model/errors.ts'
import type { LedgerRow } from '../model/intent.ts'
import type { IntentState } from '../model/state.ts'
import { type DeliverContext, overtaken } from './7_deliver.ts'
import { verify } from './8_verify.ts'
import { DEATHS_MAX, type Hands } from './hands.ts'

export interface ReconcileOptions {
  /** Between two rounds. */
  readonly every_ms: number
  /**
   * Rows are left alone until they are this old, so that later writes of the same visit are
   * through.
   */
  readonly age_ms_min: number
  readonly rows_max: number
  /** Ends a round after the row in hand. */
  readonly stop?: AbortSignal
}

export interface ReconcileContext extends DeliverContext {
  /** Calls that may begin in a second; undefined: as many as the target answers. */
  readonly rate?: Rate | undefined
  /** The target is not to be called at the moment. */
  halted?(): boolean
  /** Absent: nothing is known of a death before. */
  readonly hands?: Hands | undefined
}

export interface Round {
  readonly checked: number
  readonly same: number
  readonly different: number
}

export async function reconcile(
  context: ReconcileContext,
  options: ReconcileOptions,
): Promise<Round> {
  const round = { checked: 0, same: 0, different: 0 }
  for (const state of ['committed', 'surfaced'] as const) {
    for (const row of await ripe(state, context, options)) {
      await allowed(context, options.stop)
      if (options.stop?.aborted || context.halted?.()) return round
      const found = await inHand({ ...row, state }, context)
      if (found === undefined) continue
      round.checked += 1
      round[found] += 1
    }
  }
  if (round.different > 0) {
    const { tenant, target } = context
    context.signals.say('warn', 'the target differs from what was written', {
      tenant,
      target,
      ...round,
    })
  }
  return round
}

/** Reading back is paid for like any call, and waits like one. */
async function allowed({ rate, clock }: ReconcileContext, stop?: AbortSignal): Promise<void> {
  while (rate !== undefined && rate.available() === 0 && !stop?.aborted) {
    await clock.sleep(rate.wait_ms(), stop)
  }
}

/**
 * After a death each row is read back alone, because an answer may have been the reason; one that
 * ended the process again and again is for a person (design: G9).
 */
function inHand(
  row: LedgerRow & { readonly state: keyof typeof ONE_ON },
  context: ReconcileContext,
): Promise<'same' | 'different' | undefined> {
  const { hands } = context
  if (!hands?.careful) return compare(row, context)
  return hands.alone(`reconcile ${row.intent.intent_id}`, async deaths => {
    if (deaths < DEATHS_MAX) return compare(row, context)
    await context.store.move([
      {
        intent_id: row.intent.intent_id,
        from: row.state,
        to: 'conflict',
        at_ms: context.clock.now(),
        epoch: context.store.epoch,
        reason: 'record_crashes',
        facts: { deaths },
      },
    ])
    return 'different'
  })
}

/** One step on for what the target shows; undefined where it is not known yet. */
async function compare(
  row: LedgerRow & { readonly state: keyof typeof ONE_ON },
  context: DeliverContext,
): Promise<'same' | 'different' | undefined> {
  const newest = (await context.store.newest(row.intent)) === row.intent.intent_id
  const shown = newest ? await verify(row, row.target_id, context) : undefined
  if (shown?.kind === 'unanswered') return undefined
  const different = shown !== undefined && shown.kind !== 'same'
  if (different && (await overtaken(row, context))) return undefined
  await context.store.move([
    {
      intent_id: row.intent.intent_id,
      from: row.state,
      to: different ? 'conflict' : ONE_ON[row.state],
      at_ms: context.clock.now(),
      epoch: context.store.epoch,
      reason: different ? shown.verdict.code : undefined,
      facts: shown?.verdict.facts ?? { overtaken: true },
    },
  ])
  return different ? 'different' : 'same'
}

/** A write that a newer one has replaced can no longer be shown; it goes on for that reason. */
const ONE_ON = { committed: 'surfaced', surfaced: 'reconciled' } as const

async function ripe(
  state: IntentState,
  context: DeliverContext,
  options: ReconcileOptions,
): Promise<readonly LedgerRow[]> {
  const rows = await context.store.rowsInState(context, state, options.rows_max)
  const before_ms = context.clock.now() - options.age_ms_min
  return rows.filter(row => row.changed_at_ms <= before_ms)
}

/** Rounds until it is closed. A round that the world fails is said and tried again. */
export function openReconciling(
  given: ReconcileContext & { onBug(cause: unknown): void },
  options: ReconcileOptions,
): { close(): Promise<void> } {
  const { rate } = given
  const context = { ...given, spend: rate && ((calls: number) => rate.spend(calls)) }
  const { clock, signals, tenant, target } = context
  const stop = new AbortController()
  const round = { ...options, stop: stop.signal }
  const failed = (cause: unknown) => {
    const failure = failureOf(cause)
    if (failure === undefined) return context.onBug(cause)
    signals.say('error', 'reconciling waits', {
      tenant,
      target,
      code: failure.code,
      ...failure.facts,
    })
  }
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(options.every_ms, stop.signal)
      if (!stop.signal.aborted) await reconcile(context, round).catch(failed)
    }
  })()
  return {
    async close() {
      stop.abort()
      await ended
    },
  }
}
