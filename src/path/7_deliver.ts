// Station 7: one claimed intent is carried to its target. Its row is `in_flight` and durable before
// the first call; the verdict decides where it moves, by its outcome and nothing else (design:
// section 7).
import { assert } from '../kit/assert.ts'
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import type { Random } from '../kit/random.ts'
import { deathId } from '../model/dead_store.ts'
import type { LedgerRow, Verdict } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { TargetPlan } from '../model/plan.ts'
import type { Signals } from '../model/signals.ts'
import { type IntentState, waiting } from '../model/state.ts'
import type { Move, Store } from '../model/store.ts'
import { intentRecord } from './5_route.ts'
import { type Governance, rule } from './6_govern.ts'
import { verify } from './8_verify.ts'
import type { After } from './breaker.ts'
import { type CallContext, converse } from './converse.ts'
import { type DeadClass, deadRecord } from './dead_letter.ts'
import { mayBeUnseen, pauses, vain_ms } from './tries.ts'

export interface DeliverContext extends CallContext {
  readonly tenant: string
  readonly target: string
  readonly store: Store
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  /** From the adapter: how long after a call its effect may still appear. */
  readonly settle_ms: number
  /** From the adapter: until a read shows what was written. */
  readonly visible_ms: number
  /** What is done about a call that may have landed. */
  readonly on_unknown: TargetPlan['on_unknown']
  /** What rules over the target now. */
  readonly governance: Governance
  /** It is the one call that an open breaker lets through: its failure costs the row no try. */
  readonly probe?: boolean
}

/** Delivers one row that `store.claim` has moved to `in_flight`. */
export async function deliver(row: LedgerRow, context: DeliverContext): Promise<After> {
  assert(row.state === 'in_flight', 'only a claimed row is delivered')
  failpoint('deliver.claimed')
  failpoint('deliver.row', row.intent.key)
  if (await isRuledOut(row, context)) return 'no_call'
  const { revision } = row
  const began_ms = context.clock.now()
  const verdict = await converse(row.intent, context, input =>
    context.steps.deliver({ ...input, revision }),
  )
  failpoint('deliver.called')
  const { outcome } = verdict
  context.signals.count('delivered', { ...labels(context), outcome })
  tell('deliver', { row, began_ms, since_ms: row.first_at_ms, outcome }, context)
  return settle(row, verdict, context)
}

const labels = ({ tenant, target }: DeliverContext) => ({ tenant, target })

interface Told {
  readonly row: LedgerRow
  readonly began_ms: number
  readonly since_ms: number
  readonly outcome: string
}

function tell(
  station: 'deliver' | 'verify',
  { row, began_ms, since_ms, outcome }: Told,
  context: DeliverContext,
): void {
  context.signals.passed?.({
    ...{ station, labels: { ...labels(context), outcome }, began_ms },
    ended_ms: context.clock.now(),
    messages: [{ traceparent: row.intent.traceparent, since_ms }],
  })
}

/**
 * Whoever let a row go, and by whatever rules it was admitted: nothing goes out against what rules
 * now. What is denied goes on when that changes; what more people have to agree to waits for them.
 */
async function isRuledOut(row: LedgerRow, context: DeliverContext): Promise<boolean> {
  const { state, approvers, reason, facts } = rule(row.intent, context.governance)
  if (state !== 'denied' && approvers <= row.approvers) return false
  const verdict = { outcome: 'denied', code: reason, facts } as const
  const { attempts } = row
  const to = state === 'denied' ? 'denied' : 'accepted'
  const change: Change = { to, verdict, attempts, ...(state !== 'denied' && { approvers }) }
  await move(row, change, context)
  context.signals.count('governed', { ...labels(context), state })
  return true
}

/** One branch per outcome. */
async function settle(row: LedgerRow, verdict: Verdict, context: DeliverContext): Promise<After> {
  switch (verdict.outcome) {
    case 'ok':
    case 'already_applied':
      await commit(row, verdict, context)
      return 'go_on'
    case 'fix':
      await bury(row, { verdict, class: 'poison' }, context)
      return 'go_on'
    case 'conflict':
      if (await mayBeUnseen(row, verdict, context)) {
        await retry(row, { ...verdict, wait_ms: context.visible_ms }, context)
        return 'go_on'
      }
      await move(row, { to: 'conflict', verdict }, context)
      return 'go_on'
    case 'denied':
      await move(row, { to: verdict.outcome, verdict }, context)
      return 'go_on'
    case 'unknown':
      await move(row, { to: 'unknown', verdict, wait_ms: context.settle_ms }, context)
      if (context.on_unknown === 'hold') sayHeld(context, 1)
      return busy(verdict)
    case 'throttled':
    case 'transient':
      await retry(row, verdict, context)
      return busy(verdict)
    case 'missing_dependency':
      if (await waitsInVain(row, context)) await bury(row, { verdict, class: 'held' }, context)
      else await retry(row, verdict, context)
      return 'go_on'
    case 'auth':
    case 'config':
    case 'target_down':
      // The fault is the target's: it costs the row no try and none of its time (`vain_ms`).
      await move(row, { to: 'accepted', verdict, attempts: row.attempts }, context)
      return { pause: verdict.code ?? 'target_down' }
  }
}

const busy = ({ code, wait_ms }: Verdict): After => ({ busy: code ?? 'target_transient', wait_ms })

/** A row that ended the process whenever it was worked alone (design: G9). */
export async function setAside(
  row: LedgerRow,
  deaths: number,
  context: DeliverContext,
): Promise<After> {
  const verdict: Verdict = { outcome: 'fix', code: 'record_crashes', facts: { deaths } }
  await bury(row, { verdict, class: 'poison' }, context)
  return 'no_call'
}

/** Calls that may have landed, of a target where a person has to say whether they did. */
export function sayHeld(
  context: Pick<DeliverContext, 'signals' | 'tenant' | 'target'>,
  count: number,
) {
  const { signals, tenant, target } = context
  signals.say('warn', 'calls without an answer wait for a person', { tenant, target, count })
}

/** Committed, which also teaches the crosswalk the id at the target; then proof of receipt. */
export async function commit(
  row: LedgerRow,
  verdict: Verdict,
  context: DeliverContext,
): Promise<void> {
  const { tenant, target } = context
  const found = Object.entries(verdict.found ?? {}).map(([reference, target_id]) => {
    const [resource_type = '', resource_id = ''] = reference.split('/')
    return { tenant, target, resource_type, resource_id, target_id }
  })
  if (found.length > 0) await context.store.learn(found)
  const moved = await move(row, { to: 'committed', verdict }, context)
  failpoint('deliver.committed')
  if (moved) await prove({ ...row, state: 'committed' }, verdict.target_id, context)
}

/**
 * Reads back a committed row. Where that tells nothing it stays committed, and reconciling asks
 * again.
 */
export async function prove(
  row: LedgerRow,
  target_id: string | undefined,
  context: DeliverContext,
): Promise<void> {
  const began_ms = context.clock.now()
  let shown = await verify(row, target_id, context)
  // A read may still show what stood before.
  if (shown.kind === 'differs' && context.visible_ms > 0) {
    await context.clock.sleep(context.visible_ms)
    shown = await verify(row, target_id, context)
  }
  failpoint('verify.read')
  tell('verify', { row, began_ms, since_ms: began_ms, outcome: shown.kind }, context)
  if (shown.kind === 'same') {
    await move(row, { to: 'surfaced', verdict: shown.verdict }, context)
  }
  if (shown.kind === 'differs' && !(await overtaken(row, context))) {
    context.signals.say('warn', 'the target shows something else than was written', {
      ...labels(context),
      intent_id: row.intent.intent_id,
    })
    await move(row, { to: 'conflict', verdict: shown.verdict }, context)
  }
  failpoint('verify.moved')
}

/**
 * Whether what the target shows may be of another write of this resource. Asked after reading, and
 * in this order: a write that landed before it is still under way, or is the newest by now.
 */
export async function overtaken({ intent }: LedgerRow, context: DeliverContext): Promise<boolean> {
  for (const state of ['in_flight', 'unknown'] as const) {
    const rows = await context.store.rowsInState(context, state, limits.batch_records_max)
    const same = rows.some(
      ({ intent: other }) =>
        other.resource_type === intent.resource_type && other.resource_id === intent.resource_id,
    )
    if (same) return true
  }
  return (await context.store.newest(intent)) !== intent.intent_id
}

/**
 * A row whose call may have landed: only what the target shows decides (requirement F14), or it is
 * sent again where the target knows the same id for the same write.
 */
export async function resolveUnknown(row: LedgerRow, context: DeliverContext): Promise<After> {
  const isRestored = row.facts.restored === true
  // Of a call that the engine before a restore may have made nothing is still on its way.
  const again = isRestored ? { wait_ms: 0 } : {}
  if (context.on_unknown === 'resend_same_id') {
    await retry(row, { ...RESENT, ...again }, context)
    return 'go_on'
  }
  const shown = await verify(row, row.target_id, context)
  if (shown.kind === 'same') await commit(row, shown.verdict, context)
  // That engine may have gone on, and what stands there be newer: a person decides.
  if (shown.kind === 'differs' && isRestored) {
    await move(row, { to: 'conflict', verdict: shown.verdict }, context)
    return 'go_on'
  }
  // Absent, or still the older content, after the settle time: it did not land, so it may be sent
  // again.
  if (shown.kind === 'absent' || shown.kind === 'differs')
    await retry(row, { ...shown.verdict, ...again }, context)
  const { outcome, code } = shown.verdict
  if (shown.kind !== 'unanswered') return 'go_on'
  return pauses(outcome) ? { pause: code ?? 'target_down' } : busy(shown.verdict)
}

const RESENT: Verdict = {
  outcome: 'unknown',
  code: 'target_answer_unknown',
  facts: { resent: true },
}

/** Whether something of its own event that it refers to has ended without being made. */
async function waitsInVain(row: LedgerRow, context: DeliverContext): Promise<boolean> {
  const others = await Promise.all(row.intent.waits_for.map(id => context.store.row(id)))
  return others.some(other => other !== undefined && UNMADE.includes(other.state))
}

const UNMADE: readonly IntentState[] = ['dead', 'denied', 'rejected', 'withdrawn']

async function retry(row: LedgerRow, verdict: Verdict, context: DeliverContext): Promise<void> {
  const bounds = row.intent.on_failure.retry
  if ((await vain_ms(row, context)) > bounds.for_ms) {
    return bury(row, { verdict, class: 'exhausted' }, context)
  }
  if (context.probe) {
    const probed = { ...verdict, facts: { ...verdict.facts, probe: true } }
    await move(row, { to: 'accepted', verdict: probed, attempts: row.attempts }, context)
    return
  }
  // No wait at all is no wish to be asked again at once.
  const asked_ms = Math.min(verdict.wait_ms ?? 0, limits.target_wait_ms_max)
  const wait_ms = asked_ms || backoff(bounds, row.attempts + 1, context.random)
  await move(row, { to: 'accepted', verdict, wait_ms }, context)
}

/**
 * The dead letter first: a death in between writes it again under the same id, and readers show it
 * once.
 */
async function bury(
  row: LedgerRow,
  reason: { verdict: Verdict; class: DeadClass },
  context: DeliverContext,
): Promise<void> {
  const { intent } = row
  const { verdict } = reason
  const code = verdict.code ?? 'delivery_exhausted'
  const now_ms = context.clock.now()
  const moves = await context.store.history(intent.intent_id)
  const record = deadRecord(
    {
      id: deathId(intent.intent_id, moves.filter(({ to }) => to === 'dead').length),
      tenant: intent.tenant,
      channel: intent.channel,
      route: intent.route,
      stage: 'deliver',
      class: reason.class,
      code,
      path: String(verdict.facts.path ?? ''),
      facts: { ...verdict.facts, target: intent.target },
      attempts: row.attempts + 1,
      first_failed_at_ms: row.first_at_ms,
      last_failed_at_ms: now_ms,
      origin: {
        topic: topicOf.canonical(intent.tenant),
        partition: 0,
        offset: intent.sequence,
        time_ms: row.first_at_ms,
        group: `deliver.${intent.tenant}.${intent.target}`,
      },
      deployment: intent.deployment,
    },
    intentRecord(intent),
  )
  await context.log.append(topicOf.dead(intent.tenant), 0, [record])
  failpoint('deliver.buried')
  await move(row, { to: 'dead', verdict }, context)
  const holds = intent.on_failure.on_dead === 'hold'
  context.signals.say('warn', 'write dead-lettered', { ...labels(context), code, holds })
}

interface Change {
  readonly to: IntentState
  readonly verdict: Verdict
  readonly wait_ms?: number
  readonly attempts?: number
  readonly approvers?: number
}

/** False where the row is no longer ours to move: an earlier or a later owner has it. */
async function move(row: LedgerRow, change: Change, context: DeliverContext): Promise<boolean> {
  const { to, verdict, wait_ms = 0 } = change
  const at_ms = context.clock.now()
  const tries = waiting.includes(to) ? row.attempts + 1 : row.attempts
  const step: Move = {
    intent_id: row.intent.intent_id,
    from: row.state,
    to,
    at_ms,
    epoch: context.store.epoch,
    reason: verdict.code,
    facts: verdict.facts,
    due_at_ms: at_ms + wait_ms,
    attempts: change.attempts ?? tries,
    ...(change.approvers === undefined ? {} : { approvers: change.approvers }),
    ...(verdict.target_id === undefined ? {} : { target_id: verdict.target_id }),
    ...(verdict.target_version === undefined ? {} : { target_version: verdict.target_version }),
  }
  const [moved] = await context.store.move([step])
  if (!moved) {
    context.signals.say('warn', 'a ledger row was not ours to move', { ...labels(context), to })
  }
  return moved === true
}
