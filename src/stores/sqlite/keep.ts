// Letting finished writes go, and what a restored ledger does not know.
import { timeOfId } from '../../kit/ids.ts'
import type { Outgoing } from '../../model/dead_store.ts'
import { finished, RESTORED_CURSOR, type Restored, wholeSince } from '../../model/keep_store.ts'
import { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { putOutgoing } from './letters.ts'
import type { LedgerRecord } from './rows.ts'

const STATES = finished.map(state => `'${state}'`).join(', ')

export function unfinished(db: Database, tenant: string, limit: number): readonly number[] {
  const rows = db.all<{ sequence: number }>(
    `SELECT DISTINCT sequence FROM ledger WHERE tenant = ? AND state NOT IN (${STATES})
     ORDER BY sequence LIMIT ?`,
    ...[tenant, limit],
  )
  return rows.map(({ sequence }) => sequence)
}

interface Old {
  readonly intent_id: string
  readonly target: string
  readonly state: string
  readonly sequence: number
}

/** Tables that hold what belongs to one intent alone, its own row last. */
const OF_INTENT = [
  'ledger_waits',
  'ledger_lanes',
  'ledger_approvals',
  'ledger_contents',
  'ledger_moves',
  'ledger',
]

export function letGoFinished(
  db: Database,
  tenant: string,
  of: { readonly before_ms: number; readonly limit: number },
): number {
  const old = targets(db, tenant).flatMap(target =>
    finished.flatMap(state =>
      db.all<Old>(
        `SELECT intent_id, target, state, sequence FROM ledger
         WHERE tenant = ? AND target = ? AND state = ? AND changed_at_ms < ? AND identity = 0
         ORDER BY changed_at_ms LIMIT ?`,
        ...[tenant, target, state, of.before_ms, of.limit],
      ),
    ),
  )
  const gone = old.slice(0, of.limit)
  if (gone.length === 0) return 0
  db.run("UPDATE meta SET value = 1 WHERE name = 'letting_go'")
  for (const { intent_id, target, state } of gone) {
    for (const table of OF_INTENT) db.run(`DELETE FROM ${table} WHERE intent_id = ?`, intent_id)
    db.run(
      'UPDATE ledger_counts SET count = count - 1 WHERE tenant = ? AND target = ? AND state = ?',
      ...[tenant, target, state],
    )
  }
  db.run("UPDATE meta SET value = 0 WHERE name = 'letting_go'")
  const since = Math.max(...gone.map(({ sequence }) => sequence)) + 1
  db.run(
    `INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value
     WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`,
    ...[wholeSince(tenant), String(since)],
  )
  return gone.length
}

function targets(db: Database, tenant: string): readonly string[] {
  const rows = db.all<{ target: string }>(
    'SELECT DISTINCT target FROM ledger_counts WHERE tenant = ? AND count > 0',
    tenant,
  )
  return rows.map(({ target }) => target)
}

export function restored(
  db: Database,
  { told = [], ...of }: Restored & { readonly told?: readonly Outgoing[] },
): void {
  putOutgoing(db, told)
  db.run(`UPDATE ledger SET doubt = 1 WHERE state NOT IN (${STATES}) AND busy = 0`)
  const changes = new Changes(db)
  const busy = db.all<LedgerRecord>('SELECT * FROM ledger WHERE busy = 1')
  for (const row of busy) {
    toUnknown(row, { db, changes, now_ms: of.at_ms, epoch: row.epoch })
  }
  changes.settle()
  db.run("UPDATE meta SET value = max(value, ?) WHERE name = 'restored_ms'", of.cut_at_ms)
  db.run(
    'INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ...[RESTORED_CURSOR, JSON.stringify(of)],
  )
}

/**
 * What comes from a message that was received before the backup was taken, or of which nobody can
 * tell when, may have been sent by the engine that went on after it.
 */
export function doubtIfBefore(db: Database, intent_id: string, raw_id: string): void {
  const row = db.get<{ value: number }>("SELECT value FROM meta WHERE name = 'restored_ms'")
  const restored_ms = row?.value ?? 0
  if (restored_ms === 0 || (timeOfId(raw_id) ?? 0) > restored_ms) return
  doubt(db, intent_id)
}

/**
 * What is new below the position from which on the ledger is whole may stand at the target, by a
 * row that was let go: a message whose last dead write is mended makes its other writes again too.
 */
export function doubtIfForgotten(
  db: Database,
  { intent_id, tenant, sequence }: Pick<LedgerRecord, 'intent_id' | 'tenant' | 'sequence'>,
): void {
  const name = wholeSince(tenant)
  const row = db.get<{ value: string }>('SELECT value FROM cursors WHERE name = ?', name)
  if (sequence < Number(row?.value ?? 0)) doubt(db, intent_id)
}

function doubt(db: Database, intent_id: string): void {
  db.run('UPDATE ledger SET doubt = 1 WHERE intent_id = ?', intent_id)
}

/**
 * A row in doubt does not go out: as after a lost answer, what the target shows decides. The move
 * by way of `in_flight` tells that a call may have been made.
 */
export function toUnknown(
  row: LedgerRecord,
  { db, changes, ...at }: Owning & { readonly db: Database; readonly changes: Changes },
): LedgerRecord {
  const { now_ms: at_ms, epoch } = at
  const facts = JSON.stringify({ restored: true })
  const next =
    row.state === 'in_flight'
      ? row
      : changes.apply(row, { to: 'in_flight', at_ms, epoch, facts, lease_until_ms: at_ms })
  const reason = 'target_answer_unknown'
  db.run('UPDATE ledger SET doubt = 0 WHERE intent_id = ?', row.intent_id)
  return changes.apply(next, { to: 'unknown', at_ms, epoch, reason, facts, due_at_ms: at_ms })
}

interface Owning {
  readonly now_ms: number
  readonly epoch: number
}
