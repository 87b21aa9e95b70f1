// States of a write intent and their legal moves (design: section 7). Code, docs and the command
// line read this one table.

/** Asked of people again: its content or its policy is another one. */
const again = ['awaiting_approval'] as const
/** To be sent, or sent again; by way of an approval where its content does not have it. */
const sent = ['accepted', ...again] as const

export const moves = {
  requested: ['validated', 'denied', 'rejected', 'superseded'],
  validated: ['awaiting_approval', 'accepted', 'denied'],
  awaiting_approval: ['accepted', 'rejected', 'denied', 'withdrawn', 'superseded'],
  accepted: ['in_flight', ...again, 'parked', 'superseded', 'dead', 'withdrawn', 'denied'],
  in_flight: ['committed', ...sent, 'unknown', 'conflict', 'dead', 'denied', 'superseded'],
  unknown: ['committed', ...sent, 'conflict', 'parked', 'dead', 'in_flight'],
  parked: [...sent, 'withdrawn', 'dead'],
  committed: ['surfaced', 'conflict', 'compensated', ...sent],
  surfaced: ['reconciled', 'conflict', 'compensated', ...sent],
  reconciled: ['conflict', 'compensated', ...sent],
  conflict: [...sent, 'withdrawn', 'reconciled', 'superseded'],
  denied: ['requested', ...sent, 'withdrawn'],
  rejected: [...sent],
  superseded: [],
  dead: [...sent, 'withdrawn'],
  withdrawn: [...sent],
  compensated: [],
} as const satisfies Record<string, readonly string[]>

export type IntentState = keyof typeof moves

export function isState(word: string): word is IntentState {
  return Object.hasOwn(moves, word)
}

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
