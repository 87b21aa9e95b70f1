// Replays and what was said of them. A step and what it found stand together or not at all; words
// are rows that are only added.
import { present } from '../../kit/assert.ts'
import type { Code } from '../../model/errors.ts'
import {
  type LostEvent,
  NO_COUNTS,
  type ReplayPlan,
  type ReplayProgress,
  type ReplayRow,
  type ReplayState,
  type ReplayStore,
  type ReplayWord,
} from '../../model/replay_store.ts'
import type { Database } from './database.ts'

interface ReplayRecord {
  readonly plan: string
  readonly state: ReplayState
  readonly position: number
  readonly sink_offset: number
  readonly counts: string
  readonly reason: Code | null
  readonly changed_at_ms: number
}

export function makeReplay(
  db: Database,
  plan: ReplayPlan,
  sink_offset: number,
): { made: boolean; row: ReplayRow } {
  const { name, at_ms, by, why } = plan
  const made = db.run(
    `INSERT OR IGNORE INTO replays (name, plan, state, position, sink_offset, counts, reason,
     changed_at_ms) VALUES (?, ?, 'running', ?, ?, ?, NULL, ?)`,
    ...[name, JSON.stringify(plan), plan.from_offset, sink_offset],
    ...[JSON.stringify(NO_COUNTS), at_ms],
  )
  if (made === 1) say(db, name, { word: 'start', by, why, at_ms })
  return { made: made === 1, row: present(replay(db, name), 'the replay of this name') }
}

export function replay(db: Database, name: string): ReplayRow | undefined {
  const record = db.get<ReplayRecord>('SELECT * FROM replays WHERE name = ?', name)
  return record && toRow(record)
}

export function replays(
  db: Database,
  { state, limit }: { readonly state?: ReplayState; readonly limit: number },
): readonly ReplayRow[] {
  const records =
    state === undefined
      ? db.all<ReplayRecord>('SELECT * FROM replays ORDER BY n DESC LIMIT ?', limit)
      : db.all<ReplayRecord>(
          'SELECT * FROM replays WHERE state = ? ORDER BY n DESC LIMIT ?',
          ...[state, limit],
        )
  return records.map(toRow)
}

export function stepReplay(
  db: Database,
  name: string,
  step: ReplayProgress & { readonly lost: readonly LostEvent[]; readonly at_ms: number },
): boolean {
  const { position, sink_offset, counts, at_ms } = step
  const stepped = db.run(
    `UPDATE replays SET position = ?, sink_offset = ?, counts = ?, changed_at_ms = ?
     WHERE name = ? AND state = 'running'`,
    ...[position, sink_offset, JSON.stringify(counts), at_ms, name],
  )
  if (stepped === 0) return false
  for (const { event_id, raw_id } of step.lost) {
    db.run('INSERT OR IGNORE INTO replay_lost VALUES (?, ?, ?)', name, event_id, raw_id)
  }
  return true
}

/** What a word makes of a replay, and from which states. */
const turns = {
  pause: { to: 'paused', from: ['running'] },
  resume: { to: 'running', from: ['paused'] },
  cancel: { to: 'cancelled', from: ['running', 'paused'] },
  end: { to: 'done', from: ['running'] },
} as const satisfies Record<string, { to: ReplayState; from: readonly ReplayState[] }>

export function turnReplay(
  db: Database,
  name: string,
  turn: Parameters<ReplayStore['turnReplay']>[1],
): boolean {
  const { word, by, why, at_ms, reason } = turn
  const { to, from } = turns[word]
  const row = replay(db, name)
  if (row === undefined || !(from as readonly ReplayState[]).includes(row.state)) return false
  db.run(
    'UPDATE replays SET state = ?, reason = ?, changed_at_ms = ? WHERE name = ?',
    ...[to, reason ?? null, at_ms, name],
  )
  say(db, name, { word, by, why, at_ms })
  return true
}

function say(db: Database, name: string, { word, by, why, at_ms }: ReplayWord): void {
  db.run('INSERT INTO replay_words VALUES (NULL, ?, ?, ?, ?, ?)', name, word, by, why, at_ms)
}

export function replayWords(db: Database, name: string): readonly ReplayWord[] {
  return db.all<ReplayWord>(
    'SELECT word, "by", why, at_ms FROM replay_words WHERE name = ? ORDER BY n',
    name,
  )
}

export function lostEvents(db: Database, name: string, limit: number): readonly LostEvent[] {
  return db.all<LostEvent>(
    'SELECT event_id, raw_id FROM replay_lost WHERE name = ? ORDER BY rowid LIMIT ?',
    ...[name, limit],
  )
}

function toRow(record: ReplayRecord): ReplayRow {
  const { plan, state, position, sink_offset, counts, reason, changed_at_ms } = record
  return {
    rate_per_second: undefined,
    ...(JSON.parse(plan) as Omit<ReplayPlan, 'rate_per_second'>),
    ...{ state, position, sink_offset, changed_at_ms },
    counts: JSON.parse(counts) as ReplayRow['counts'],
    reason: reason ?? undefined,
  }
}
