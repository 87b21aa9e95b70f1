// A plan without a project: the base mappings as one channel that accepts everything and routes
// nothing. Times without a zone are UTC, and no authority has a name of the tenant's.
import { join } from 'node:path'
import { deploymentHash, engineContents } from '../channel/deployment.ts'
import { usualOnFailure } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import { type ChannelPlan, type Plan, usualAlerts } from '../model/plan.ts'

const ENGINE = join(import.meta.dirname, '../..')

/** The one channel of the plan. */
export const BASE = { tenant: 'base', channel: 'map' } as const

export async function basePlan(): Promise<Plan> {
  const channel: ChannelPlan = {
    ...BASE,
    about: 'The base mappings, without a project.',
    file: '',
    source: { kind: '', config: {} },
    environment: 'development',
    charset: undefined,
    accept: undefined,
    transform: { name: 'base', module: join(ENGINE, 'transforms/base/index.ts') },
    match: 'all',
    routes: [],
    on_failure: usualOnFailure,
  }
  return {
    project: ENGINE,
    tenants: [
      {
        tenant: BASE.tenant,
        name: 'Base mappings',
        environment: 'development',
        time_zone: 'UTC',
        assigning_authorities: {},
        targets: [],
        channels: [channel],
        deployment: deploymentHash(await engineContents(ENGINE), []),
        transforms: undefined,
      },
    ],
    engine: {
      log: { kind: '', config: {} },
      store: { kind: '', config: {} },
      limits: {
        unanswered_bytes_max: limits.unanswered_bytes_max,
        mapping_ms_max: limits.mapping_ms_max,
        keep_ms: limits.retry_for_ms,
        keep_dead_ms: limits.retry_for_ms,
        keep_audit_ms: limits.retry_for_ms,
        keep_ledger_ms: limits.retry_for_ms,
        duplicate_window_ms: limits.duplicate_window_ms,
      },
      keep: {},
      operate: { alerts: usualAlerts },
    },
  }
}
