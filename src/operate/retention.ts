// Retention: by age, per topic, and never past what a group has not read (design: section 4). The
// rule is here and the same for every log; the driver only lets go of whole segments.
import type { Clock } from '../kit/clock.ts'
import { failureOf } from '../model/errors.ts'
import type { GroupInfo, Log, PartitionInfo, Trim } from '../model/log.ts'
import type { Plan } from '../model/plan.ts'
import type { Signals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'

export interface RetentionContext {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  readonly signals: Signals
  readonly plan: Plan
  onBug(cause: unknown): void
}

/** Dead letters and the audit are kept until a person or a rule of their own lets them go. */
const AGING = ['raw.', 'canonical.', 'outbound.']

const EVERY_MS = 10 * 60_000

/** Rounds until the returned function is called. */
export function openRetention(context: RetentionContext): () => Promise<void> {
  const stop = new AbortController()
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await retain(context).catch(cause => failed(cause, context))
      await context.clock.sleep(EVERY_MS, stop.signal)
    }
  })()
  return async () => {
    stop.abort()
    await ended
  }
}

function failed(cause: unknown, { signals, onBug }: RetentionContext): void {
  const failure = failureOf(cause)
  if (failure === undefined) onBug(cause)
  else signals.say('error', 'retention waits', { code: failure.code, ...failure.facts })
}

/** One round: trims every partition as far as its age and its readers allow. */
export async function retain({ log, store, clock, plan }: RetentionContext): Promise<void> {
  const now_ms = clock.now()
  const { keep_ms, duplicate_window_ms } = plan.engine.limits
  await store.dropMarksBefore(now_ms - duplicate_window_ms)
  const groups = await log.groups()
  const trims: Trim[] = []
  for (const info of await log.partitions()) {
    if (!AGING.some(level => info.topic.startsWith(level))) continue
    const aged = await log.offsetOfTime(info.topic, info.partition, now_ms - keep_ms)
    const offset = Math.min(aged, unreadFrom(info, groups))
    if (offset > info.first_offset)
      trims.push({ topic: info.topic, partition: info.partition, offset })
  }
  await log.trim(trims)
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
