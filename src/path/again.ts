// What comes a second time, from a replay or a repair, and what its headers say of it: the position
// that it takes in the order, the deployment that routes it, and the targets that it may reach
// (design: G4, G6).
import type { Headers, LogRecord } from '../model/log.ts'

/** Headers that a replay adds to the records that it appends. */
export interface ReplayHeaders extends Headers {
  /** The replay's name. */
  readonly replay: string
  /** Offset in the topic that is replayed. */
  readonly replay_offset: string
}

/** Appended by a replay: what is counted or ordered by first appends leaves it out. */
export const isReplayed = (headers: Headers): boolean => headers.replay !== undefined

/** The position of an event in the order: of its first append, where this one is a later one. */
export function sequenceOf({ headers, offset }: Pick<LogRecord, 'headers' | 'offset'>): number {
  return headers.sequence === undefined ? offset : Number(headers.sequence)
}

/**
 * Among events of one position: 0 for the one that was first appended there; above it for those
 * whose message had made none there and came to one later, in the order of their messages.
 */
export function rankOf({ headers }: Pick<LogRecord, 'headers'>): number {
  if (headers.rank !== undefined) return Number(headers.rank)
  const repaired = headers.sequence !== undefined && !isReplayed(headers)
  return repaired ? Number(headers.source_offset ?? 0) + 1 : 0
}

/** The deployment that routes an event: its own, unless it is routed anew. */
export function routedBy(headers: Headers): string {
  return headers.replay_deployment ?? headers.deployment ?? ''
}

/** Whether an event may reach a target: a replayed one only where its replay names it. */
export function mayReach(headers: Headers): (target: string) => boolean {
  if (!isReplayed(headers)) return () => true
  const named = new Set((headers.replay_targets ?? '').split(','))
  return target => named.has(target)
}
