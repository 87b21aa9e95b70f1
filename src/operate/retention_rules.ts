// How long and how much of each topic is kept, by firth.yaml: a topic's own entry, else its
// tenant's for the messages, else the engine's for the kind of topic.
import type { EnginePlan } from '../model/plan.ts'

export interface KeepRule {
  readonly keep_ms: number
  /** Undefined: as much as there is. */
  readonly keep_bytes_max: number | undefined
}

/** Undefined: no topic of Firth's. */
export function keepRuleOf(
  topic: string,
  { limits, keep }: Pick<EnginePlan, 'limits' | 'keep'>,
): KeepRule | undefined {
  const [level = '', tenant = ''] = topic.split('.')
  const usual = usualOf(level, limits)
  if (usual === undefined) return undefined
  const own = keep[topic]
  const tenants = MESSAGES.has(level) ? keep[tenant] : undefined
  return {
    keep_ms: own?.keep_ms ?? tenants?.keep_ms ?? usual.keep_ms,
    keep_bytes_max: own?.keep_bytes_max ?? tenants?.keep_bytes_max ?? usual.keep_bytes_max,
  }
}

const MESSAGES: ReadonlySet<string> = new Set(['raw', 'canonical', 'outbound'])

function usualOf(level: string, limits: EnginePlan['limits']): KeepRule | undefined {
  const { keep_ms, keep_bytes_max } = limits
  if (MESSAGES.has(level)) return { keep_ms, keep_bytes_max }
  // Of these only age decides: they are what tells of the others.
  if (level === 'dead') return { keep_ms: limits.keep_dead_ms, keep_bytes_max: undefined }
  if (level === 'audit') return { keep_ms: limits.keep_audit_ms, keep_bytes_max: undefined }
  return undefined
}
