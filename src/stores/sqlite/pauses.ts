// Words of people that stop and let go targets and channels: rows are only added, and the newest of
// each name says how it stands.
import type { Pause, PauseOf } from '../../model/pause_store.ts'
import type { Database } from './database.ts'

const OF = 'tenant = ? AND kind = ? AND name = ?'
const values = ({ tenant, kind, name }: PauseOf) => [tenant, kind, name] as const

export function pause(db: Database, one: Pause): boolean {
  return !isPaused(db, one) && add(db, one, 'pause')
}

export function resume(db: Database, one: Pause): boolean {
  return isPaused(db, one) && add(db, one, 'resume')
}

export function paused(db: Database): readonly Pause[] {
  return db.all(
    `SELECT tenant, kind, name, "by", why, at_ms FROM pauses
     WHERE n IN (SELECT max(n) FROM pauses GROUP BY tenant, kind, name) AND word = 'pause'
     ORDER BY n`,
  )
}

function isPaused(db: Database, of: PauseOf): boolean {
  const newest = db.get<{ word: string }>(
    `SELECT word FROM pauses WHERE ${OF} ORDER BY n DESC LIMIT 1`,
    ...values(of),
  )
  return newest?.word === 'pause'
}

function add(db: Database, one: Pause, word: 'pause' | 'resume'): true {
  db.run(
    'INSERT INTO pauses (tenant, kind, name, word, "by", why, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[...values(one), word, one.by, one.why, one.at_ms],
  )
  return true
}
