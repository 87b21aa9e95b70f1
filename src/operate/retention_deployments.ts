// Snapshots of deployments that nothing names any more: of a tenant's earlier ones, those that had
// ended before its oldest kept record was taken in. The last few stay to roll back to.
import type { Activation } from '../model/activation.ts'
import type { Log } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { Store } from '../model/store.ts'

/** Distinct deployments of a tenant that stay, whatever is kept of their records. */
const ROLLBACKS_MIN = 10
const ACTIVATIONS_MAX = 10_000
const REPLAYS_MAX = 1_000

export interface NamedDeployment {
  readonly tenant: string
  readonly deployment: string
}

/** For each tenant that runs, those that may go. */
export async function unnamedDeployments({
  log,
  store,
}: {
  readonly log: Pick<Log, 'partitions' | 'read'>
  readonly store: Pick<Store, 'active' | 'activations' | 'replays'>
}): Promise<readonly NamedDeployment[]> {
  const replayed = new Set<string>()
  for (const state of ['running', 'paused'] as const) {
    for (const { deployment } of await store.replays({ state, limit: REPLAYS_MAX }))
      replayed.add(deployment)
  }
  const found: NamedDeployment[] = []
  for (const { tenant } of await store.active()) {
    const oldest_ms = await oldestOf(tenant, log)
    const activations = await store.activations({ tenant, limit: ACTIVATIONS_MAX })
    const ended = endedBefore(activations, oldest_ms)
    for (const deployment of ended.filter(one => !replayed.has(one)))
      found.push({ tenant, deployment })
  }
  return found
}

/** When the tenant's oldest kept record was appended; infinity where it has none. */
async function oldestOf(tenant: string, log: Pick<Log, 'partitions' | 'read'>): Promise<number> {
  let oldest_ms = Number.POSITIVE_INFINITY
  const own = [topicOf.canonical(tenant), topicOf.dead(tenant), topicOf.audit(tenant)]
  for (const { topic, partition, first_offset } of await log.partitions()) {
    const messages = [`raw.${tenant}.`, `outbound.${tenant}.`]
    if (!own.includes(topic) && !messages.some(begin => topic.startsWith(begin))) continue
    const bounds = { records_max: 1, bytes_max: 1 }
    const [first] = await log.read(topic, partition, first_offset, bounds)
    oldest_ms = Math.min(oldest_ms, first?.time_ms ?? oldest_ms)
  }
  return oldest_ms
}

/** `activations`: the newest first. */
export function endedBefore(
  activations: readonly Pick<Activation, 'deployment' | 'at_ms'>[],
  oldest_ms: number,
): readonly string[] {
  const seen = new Set<string>()
  const ended: string[] = []
  activations.forEach(({ deployment }, i) => {
    if (deployment === '' || seen.has(deployment)) return
    seen.add(deployment)
    // It ran until the next one came, and what it took in was stored by then.
    const until_ms = activations[i - 1]?.at_ms ?? Number.POSITIVE_INFINITY
    if (seen.size > ROLLBACKS_MIN && until_ms < oldest_ms) ended.push(deployment)
  })
  return ended
}
