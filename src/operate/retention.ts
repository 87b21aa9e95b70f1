// Retention: by age and size, per topic, never past what a group has not read, and never what a pin
// needs (design: section 4). The rule is here and the same for every log; the driver only lets go.
// Whoever needs old records pins them, then asks from where on a partition is whole, then reads: a
// round writes down from where on it will be whole before it asks the pins that it trims by, so one
// of the two always sees the other.
import type { Clock } from '../kit/clock.ts'
import { failureOf } from '../model/errors.ts'
import { keptWholeFrom } from '../model/keep_store.ts'
import type { GroupInfo, Log, PartitionInfo, Span, Trim } from '../model/log.ts'
import type { Pin, PinSource } from '../model/pin.ts'
import type { Plan } from '../model/plan.ts'
import type { Signals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import { type NamedDeployment, unnamedDeployments } from './retention_deployments.ts'
import { type Holder, holdersOf } from './retention_holders.ts'
import { intentPins, letterPins } from './retention_pins.ts'
import { keepRuleOf } from './retention_rules.ts'

export interface RetentionContext {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  readonly signals: Signals
  readonly plan: Plan
  /** Beside open dead letters and unfinished writes, which are always asked. */
  readonly pins?: readonly PinSource[]
  /** Removes snapshots of deployments; absent: there are none. */
  prune?(names: readonly NamedDeployment[]): Promise<number>
  onBug(cause: unknown): void
}

export interface Retention {
  /** What held back old records in the last round, the most records first. */
  readonly holders: readonly Holder[]
  close(): Promise<void>
}

const EVERY_MS = 10 * 60_000
/** Finished writes that one transaction forgets. */
const WRITES_MAX = 500

/** Rounds until it is closed. */
export function openRetention(context: RetentionContext): Retention {
  const stop = new AbortController()
  const pins = pinsOf(context)
  let holders: readonly Holder[] = []
  const ended = (async () => {
    while (!stop.signal.aborted) {
      try {
        holders = await retain(context, { pins, stop: stop.signal })
      } catch (cause) {
        failed(cause, context)
      }
      await context.clock.sleep(EVERY_MS, stop.signal)
    }
  })()
  return {
    get holders() {
      return holders
    },
    async close() {
      stop.abort()
      await ended
    },
  }
}

function failed(cause: unknown, { signals, onBug }: RetentionContext): void {
  const failure = failureOf(cause)
  if (failure === undefined) onBug(cause)
  else signals.say('error', 'retention waits', { code: failure.code, ...failure.facts })
}

export function pinsOf(context: Pick<RetentionContext, 'log' | 'store' | 'pins'>): PinSource {
  const sources = [letterPins(context), intentPins(context), ...(context.pins ?? [])]
  return async () => (await Promise.all(sources.map(source => source()))).flat()
}

interface Rounding {
  readonly pins: PinSource
  readonly stop?: AbortSignal
}

/** One round; answers what holds records back that are old enough to go. */
export async function retain(
  context: RetentionContext,
  { pins, stop }: Rounding = { pins: pinsOf(context) },
): Promise<readonly Holder[]> {
  const { log, store, clock, plan } = context
  const now_ms = clock.now()
  await store.dropMarksBefore(now_ms - plan.engine.limits.duplicate_window_ms)
  const aged = await agedOf(context, now_ms)
  const groups = await log.groups()
  for (const info of aged) await sayWholeFrom(store, info, groups)
  const held = await pins()
  await log.trim(trimsOf(aged, groups, held))
  await forget(context, { now_ms, stop })
  await log.compact(async remove => {
    await log.trim(trimsOf(aged, groups, await pins()))
    await remove()
  })
  if (context.prune !== undefined) await context.prune(await unnamedDeployments(context))
  return holdersOf({ aged, groups, pins: held, log })
}

/** A partition with the first offset that neither its age nor its size would let go. */
export interface Aged extends PartitionInfo {
  readonly aged_offset: number
}

async function agedOf({ log, plan }: RetentionContext, now_ms: number): Promise<readonly Aged[]> {
  const aged: Aged[] = []
  for (const info of await log.partitions()) {
    const rule = keepRuleOf(info.topic, plan.engine)
    if (rule === undefined) continue
    const { topic, partition } = info
    const { keep_ms, keep_bytes_max } = rule
    const old = await log.offsetOfTime(topic, partition, now_ms - keep_ms)
    const much =
      keep_bytes_max === undefined || info.bytes <= keep_bytes_max
        ? 0
        : await log.offsetOfBytes(topic, partition, keep_bytes_max)
    aged.push({ ...info, aged_offset: Math.max(old, much) })
  }
  return aged
}

/** Durable before anything is let go. */
async function sayWholeFrom(
  store: Pick<Store, 'getCursor' | 'setCursor'>,
  info: Aged,
  groups: readonly GroupInfo[],
): Promise<void> {
  const offset = Math.min(info.aged_offset, unreadFrom(info, groups))
  const cursor = keptWholeFrom(info.topic, info.partition)
  if (offset > Number((await store.getCursor(cursor)) ?? 0))
    await store.setCursor(cursor, String(offset))
}

function trimsOf(
  aged: readonly Aged[],
  groups: readonly GroupInfo[],
  pins: readonly Pin[],
): readonly Trim[] {
  return aged.flatMap(info => {
    const { topic, partition } = info
    const offset = Math.min(info.aged_offset, unreadFrom(info, groups))
    if (offset <= info.first_offset) return []
    const kept = pins
      .filter(pin => pin.topic === topic && pin.partition === partition)
      .filter(pin => pin.from_offset < offset)
      .map(({ from_offset, to_offset }): Span => {
        return { from_offset, to_offset: Math.min(to_offset ?? offset, offset) }
      })
    return [{ topic, partition, offset, kept }]
  })
}

/** Finished writes, in small transactions: deliveries go on between them. */
async function forget(
  { store, plan }: RetentionContext,
  { now_ms, stop }: { readonly now_ms: number; readonly stop: AbortSignal | undefined },
): Promise<void> {
  const before_ms = now_ms - plan.engine.limits.keep_ledger_ms
  const tenants = new Set((await store.counts()).map(({ tenant }) => tenant))
  for (const tenant of tenants) {
    let gone = WRITES_MAX
    while (gone === WRITES_MAX && stop?.aborted !== true)
      gone = await store.letGoFinished(tenant, before_ms, WRITES_MAX)
  }
}

/** The first offset that some group has yet to read. */
export function unreadFrom(info: PartitionInfo, groups: readonly GroupInfo[]): number {
  const readers = groups.filter(
    group => group.topic === info.topic && group.partition === info.partition,
  )
  return Math.min(
    info.next_offset,
    ...readers.map(group => group.committed_offset ?? info.first_offset),
  )
}
