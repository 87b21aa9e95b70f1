// How far back the ledger is whole. Below that position its rows may have been let go, or lost
// between a backup and its restore: what is not in it there was perhaps written, so a replay that
// reaches a target is refused (design: G6).
import { Failure } from '../model/errors.ts'
import { wholeSince as cursorOf } from '../model/keep_store.ts'
import type { ReplayPlan } from '../model/replay_store.ts'
import type { Store } from '../model/store.ts'
import type { Again } from './replay_make.ts'

/** The position in the canonical topic; 0 where the ledger has always been whole. */
export async function wholeSince(tenant: string, store: Pick<Store, 'getCursor'>): Promise<number> {
  return Number((await store.getCursor(cursorOf(tenant))) ?? 0)
}

/** Throws `replay_beyond_ledger` before anything of the batch is appended. */
export function assertInReach(
  again: readonly Again[],
  { tenant, topic, targets }: Pick<ReplayPlan, 'tenant' | 'topic' | 'targets'>,
  whole: number,
): void {
  if (targets.length === 0 || whole === 0) return
  for (const { sequence } of again.flatMap(one => one.output).map(one => one.headers)) {
    if (sequence === undefined || Number(sequence) >= whole) continue
    throw new Failure('replay_beyond_ledger', { tenant, topic, whole, sequence })
  }
}
