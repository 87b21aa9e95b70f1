// Whether an engine may be given work, part by part, as a load balancer or an orchestrator asks.
import type { Disk } from '../kit/disk.ts'
import type { Engine } from './engine.ts'

export interface Readiness {
  readonly ready: boolean
  /** By name of the part; `ok`, or what is wrong with it. */
  readonly parts: Readonly<Record<string, string>>
}

export interface HealthContext {
  /** Absolute folder of the log and the store. */
  readonly data: string
  readonly disk: Pick<Disk, 'isWritable' | 'freeBytes'>
  /** It takes nothing new any more. */
  readonly draining: boolean
}

export function readinessOf(
  engine: Pick<Engine, 'plan' | 'log' | 'store' | 'channels'>,
  { data, disk, draining }: HealthContext,
): Readiness {
  const { plan, log, store, channels } = engine
  const open = new Set(channels.map(one => `${one.plan.tenant}/${one.plan.channel}`))
  const doors = plan.tenants.flatMap(tenant =>
    tenant.channels.map(({ channel }) => {
      const name = `${tenant.tenant}/${channel}`
      return [`listener ${name}`, open.has(name) ? 'ok' : 'not open'] as const
    }),
  )
  const parts = {
    engine: draining ? 'draining' : 'ok',
    log: log.trouble ?? 'ok',
    store: store.trouble ?? 'ok',
    disk: diskWord(data, disk),
    ...Object.fromEntries(doors),
  }
  return { ready: Object.values(parts).every(word => word === 'ok'), parts }
}

function diskWord(data: string, disk: HealthContext['disk']): string {
  if (!disk.isWritable(data)) return 'not writable'
  return disk.freeBytes(data) > 0 ? 'ok' : 'full'
}
