// When a replay gives way: to the live path of its tenant, to targets that have enough to send, and
// to the mapping of the very records that it wants to map again.
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import type { ReplayPlan } from '../model/replay_store.ts'
import type { IntentState } from '../model/state.ts'
import type { Store } from '../model/store.ts'
import { partsOfTopic } from './replay_make.ts'

/** Going out, or about to. */
const UNSENT: readonly IntentState[] = ['accepted', 'in_flight']

export async function livePressure(
  { tenant, targets }: Pick<ReplayPlan, 'tenant' | 'targets'>,
  {
    log,
    store,
  }: { readonly log: Pick<Log, 'groups' | 'partitions'>; readonly store: Pick<Store, 'counts'> },
): Promise<'live' | 'target' | undefined> {
  const [groups, partitions] = await Promise.all([log.groups(), log.partitions()])
  const ends = new Map(
    partitions.map(info => [`${info.topic}/${info.partition}`, info.next_offset]),
  )
  const waiting = groups
    .filter(({ group }) => ofTenant(group, tenant))
    .map(({ topic, partition, committed_offset }) => {
      return (ends.get(`${topic}/${partition}`) ?? 0) - (committed_offset ?? 0)
    })
  if (waiting.some(count => count > limits.replay_live_waiting_max)) return 'live'
  if (targets.length === 0) return undefined
  const unsent = (await store.counts())
    .filter(row => row.tenant === tenant && targets.includes(row.target))
    .filter(({ state }) => UNSENT.includes(state))
    .reduce((sum, { count }) => sum + count, 0)
  return unsent > limits.replay_unsent_max ? 'target' : undefined
}

/** `transform.T.C`, `route.T` and `govern.T.X`. */
function ofTenant(group: string, tenant: string): boolean {
  const [unit = '', of] = group.split('.')
  return ['transform', 'route', 'govern'].includes(unit) && of === tenant
}

/** The offset of a raw topic below which everything has been mapped once. */
export async function mappedUpTo(
  plan: Pick<ReplayPlan, 'topic'>,
  log: Pick<Log, 'groups'>,
): Promise<number> {
  const { tenant = '', rest: channel = '' } = partsOfTopic(plan.topic) ?? {}
  const group = `transform.${tenant}.${channel}`
  const found = (await log.groups()).find(row => row.group === group && row.topic === plan.topic)
  return found?.committed_offset ?? 0
}
