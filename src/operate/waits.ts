// What a write waits for and since when, in one function for every surface: status, trace, queue,
// release. It reads a row, what the ledger knows of its place, and how its target stands.
import type { LedgerRow } from '../model/intent.ts'
import type { Pause } from '../model/pause_store.ts'
import type { HeldBack } from '../model/queue_store.ts'
import type { Store } from '../model/store.ts'
import type { BreakerView } from '../path/breaker.ts'
import type { Delivery } from '../path/delivery.ts'

/**
 * `turn`: an earlier write of its patient or resource. `reference`: something that it refers to.
 * `answer`: the target's, to a call under way. `delivery`: nothing, it goes next. `engine`: Firth
 * is not running. `person`: somebody has to say what becomes of it.
 */
export type WaitsFor =
  | 'approval'
  | 'retry'
  | 'turn'
  | 'reference'
  | 'target_paused'
  | 'breaker'
  | 'rate'
  | 'verification'
  | 'answer'
  | 'delivery'
  | 'engine'
  | 'person'

export interface Waiting {
  readonly for: WaitsFor
  /** Milliseconds since 1970. */
  readonly since_ms: number
  /** When it ends by itself, where that is known. */
  readonly until_ms?: number
  /** The write behind which it stands, or that it refers to. */
  readonly behind?: string
  /** One line without patient data. */
  readonly words: string
}

/** How a target stands. */
export interface TargetStands {
  readonly paused: Pause | undefined
  /** Undefined: no engine serves it. */
  readonly delivery: DeliveryStands | undefined
}

export type DeliveryStands = Pick<
  Delivery,
  'breaker' | 'rate_wait_ms' | 'on_unknown' | 'verify_after_ms'
>

/** Undefined where the row has come to its end. */
export function waitingOf(
  row: LedgerRow,
  held: HeldBack | undefined,
  at: { readonly target: TargetStands; readonly now_ms: number },
): Waiting | undefined {
  const { state, changed_at_ms: since_ms, reason } = row
  const { target } = at
  const after = reason === undefined ? '' : ` after ${reason}`
  switch (state) {
    case 'awaiting_approval': {
      const given = held?.approvals ?? 0
      const words = `approval of ${row.approvers - given}${given === 0 ? '' : `, ${given} agreed`}`
      return { for: 'approval', since_ms, words }
    }
    case 'requested':
    case 'validated':
    case 'accepted':
      return inTheQueue(row, held, at)
    case 'in_flight':
      return { for: 'answer', since_ms, words: 'answer of the target' }
    case 'unknown':
      if (target.delivery?.on_unknown === 'hold') {
        return { for: 'person', since_ms, words: `person to say whether it landed${after}` }
      }
      return targetsFault(target) ?? verification(row, target)
    case 'committed':
      return { for: 'verification', since_ms, words: 'verification by reconciling' }
    case 'parked':
    case 'conflict':
    case 'denied':
    case 'dead':
      return { for: 'person', since_ms, words: `person${after}` }
    case 'surfaced':
    case 'reconciled':
    case 'rejected':
    case 'superseded':
    case 'withdrawn':
    case 'compensated':
      return undefined
  }
}

function inTheQueue(
  row: LedgerRow,
  held: HeldBack | undefined,
  { target, now_ms }: { readonly target: TargetStands; readonly now_ms: number },
): Waiting {
  const { changed_at_ms: since_ms, due_at_ms, reason } = row
  const { behind, merge = false, reference } = held ?? {}
  if (behind !== undefined) {
    const words = `${merge ? 'merge' : 'turn behind'} ${behind.slice(0, 12)}`
    return { for: 'turn', since_ms, behind, words }
  }
  if (reference !== undefined) {
    const words = `reference ${reference.slice(0, 12)}`
    return { for: 'reference', since_ms, behind: reference, words }
  }
  const fault = targetsFault(target)
  if (fault !== undefined) return fault
  if (due_at_ms > now_ms) {
    const after = reason === undefined ? '' : ` after ${reason}`
    const words = `retry at ${timeOf(due_at_ms)}${after}`
    return { for: 'retry', since_ms, until_ms: due_at_ms, words }
  }
  if (target.delivery === undefined) return { for: 'engine', since_ms, words: 'start of Firth' }
  const { rate_wait_ms } = target.delivery
  if (rate_wait_ms > 0) {
    return { for: 'rate', since_ms, until_ms: now_ms + rate_wait_ms, words: 'rate of the target' }
  }
  return { for: 'delivery', since_ms, words: 'delivery, it goes next' }
}

/** Why nobody calls the target at the moment. */
function targetsFault({ paused, delivery }: TargetStands): Waiting | undefined {
  if (paused !== undefined) {
    const words = `target paused by ${paused.by}`
    return { for: 'target_paused', since_ms: paused.at_ms, words }
  }
  return delivery && breakerOpen(delivery.breaker)
}

function breakerOpen({ state, since_ms, next_ms, code }: BreakerView): Waiting | undefined {
  if (state === 'closed' || since_ms === undefined || next_ms === undefined) return undefined
  const words = `breaker open after ${code}, next try at ${timeOf(next_ms)}`
  return { for: 'breaker', since_ms, until_ms: next_ms, words }
}

function verification(row: LedgerRow, { delivery }: TargetStands): Waiting {
  const { changed_at_ms: since_ms } = row
  if (delivery === undefined) return { for: 'engine', since_ms, words: 'start of Firth' }
  const until_ms = since_ms + delivery.verify_after_ms
  const words = `verification at ${timeOf(until_ms)}`
  return { for: 'verification', since_ms, until_ms, words }
}

const timeOf = (at_ms: number): string => new Date(at_ms).toISOString()

/** How each target stands: by a running engine, or by the files alone. */
export type Stands = (tenant: string, target: string) => TargetStands

export function standsOf(engine: { readonly deliveries: ReadonlyMap<string, Delivery> }): Stands {
  return (tenant, target) => {
    const delivery = engine.deliveries.get(`${tenant}.${target}`)
    return { paused: delivery?.paused, delivery }
  }
}

export async function standsOfFiles(store: Pick<Store, 'paused'>): Promise<Stands> {
  const paused = (await store.paused()).filter(({ kind }) => kind === 'target')
  return (tenant, target) => ({
    paused: paused.find(one => one.tenant === tenant && one.name === target),
    delivery: undefined,
  })
}

/** The same for many rows, in their order. */
export async function waitingOfRows(
  rows: readonly LedgerRow[],
  of: { readonly store: Pick<Store, 'heldBack'>; readonly stands: Stands; readonly now_ms: number },
): Promise<readonly (Waiting | undefined)[]> {
  const held = await of.store.heldBack(rows.map(({ intent }) => intent.intent_id))
  const byId = new Map(held.map(one => [one.intent_id, one]))
  return rows.map(row => {
    const { intent_id, tenant, target } = row.intent
    const at = { target: of.stands(tenant, target), now_ms: of.now_ms }
    return waitingOf(row, byId.get(intent_id), at)
  })
}
