// States of a write intent and their legal moves (design: section 7). Code, docs and the command
// line read this one table.

export const moves = {
  requested: ['validated', 'denied', 'rejected', 'superseded'],
  validated: ['awaiting_approval', 'accepted', 'denied'],
  awaiting_approval: ['accepted', 'denied', 'withdrawn', 'superseded'],
  accepted: ['in_flight', 'parked', 'superseded', 'dead', 'withdrawn', 'denied'],
  in_flight: ['committed', 'accepted', 'unknown', 'conflict', 'dead', 'denied', 'superseded'],
  unknown: ['committed', 'accepted', 'parked', 'dead', 'in_flight'],
  parked: ['accepted', 'withdrawn', 'dead'],
  committed: ['surfaced', 'conflict', 'compensated', 'accepted'],
  surfaced: ['reconciled', 'conflict', 'compensated', 'accepted'],
  reconciled: ['conflict', 'compensated', 'accepted'],
  conflict: ['accepted', 'withdrawn', 'reconciled', 'superseded'],
  denied: ['requested', 'accepted', 'withdrawn'],
  rejected: [],
  superseded: [],
  dead: ['accepted', 'withdrawn'],
  withdrawn: [],
  compensated: [],
} as const satisfies Record<string, readonly string[]>

export type IntentState = keyof typeof moves

export function mayMove(from: IntentState, to: IntentState): boolean {
  return (moves[from] as readonly string[]).includes(to)
}

/** States in which a row holds its place in the order of its key. */
export const waiting: readonly IntentState[] = [
  'requested',
  'validated',
  'awaiting_approval',
  'accepted',
  'in_flight',
  'unknown',
  'parked',
]

/** What a person sees (requirements E04, E10): `confirmed` only after the target showed it. */
export function shown(state: IntentState): 'pending' | 'confirmed' | 'failed' {
  if (state === 'surfaced' || state === 'reconciled') return 'confirmed'
  if (state === 'committed' || waiting.includes(state)) return 'pending'
  return 'failed'
}
