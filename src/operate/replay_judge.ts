// What would become of an intent that a replay brings again, by what the ledger holds at this
// moment. Nothing is written; the words are those of a dry run.
import { isNewer, type WriteIntent } from '../model/intent.ts'
import { type IntentState, mayMove } from '../model/state.ts'
import type { Admission, Store } from '../model/store.ts'

/**
 * `nothing`: the same content stands there, done or on its way. `new`: its first write. `revision`:
 * another content of a write that was. `superseded`: a newer state was written since.
 * `needs_approval`: people have to agree first. `refused`: policy or profile forbids it. `ended`:
 * its write came to an end that no replay changes. `to_retract`: what was written is no longer
 * made, and people are asked whether to take it back.
 */
export const judgements = [
  'nothing',
  'new',
  'revision',
  'needs_approval',
  'superseded',
  'refused',
  'ended',
  'to_retract',
] as const
export type Judgement = (typeof judgements)[number]

export type Judging = Pick<Store, 'row' | 'newest'>

export async function judge(admission: Admission, store: Judging): Promise<Judgement> {
  const { intent, content, state } = admission
  const row = await store.row(intent.intent_id)
  if (row?.content === content) return standing[row.state] ?? 'nothing'
  if (row?.state === 'superseded') return 'superseded'
  if (state === 'denied') return 'refused'
  // A revision keeps the position of its write.
  if (await overtaken(row?.intent ?? intent, store)) return 'superseded'
  if (row !== undefined && !mayMove(row.state, 'accepted') && !BUSY.includes(row.state)) {
    return 'ended'
  }
  if (state === 'awaiting_approval') return 'needs_approval'
  return row === undefined ? 'new' : 'revision'
}

/** What stands of the same content, where it is not done and not on its way. */
const standing: Readonly<Partial<Record<IntentState, Judgement>>> = {
  superseded: 'superseded',
  denied: 'refused',
  awaiting_approval: 'needs_approval',
  rejected: 'ended',
  withdrawn: 'ended',
  dead: 'ended',
  conflict: 'ended',
}

/** They take a revision when their call has ended, or when they go out. */
const BUSY: readonly string[] = ['accepted', 'in_flight', 'awaiting_approval']

/** A whole state of its resource that is newer has been written: this one is not sent (G4). */
async function overtaken(intent: WriteIntent, store: Judging): Promise<boolean> {
  const id = await store.newest(intent)
  const newest = id === undefined ? undefined : await store.row(id)
  if (newest === undefined || id === intent.intent_id) return false
  return newest.intent.operation === 'update' && isNewer(newest.intent, intent)
}
