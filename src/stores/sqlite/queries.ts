// What is asked of the store without changing the ledger: its rows and history, duplicate marks,
// the crosswalk, cursors. Every query has an index; the test reads their plans.
import type { IntentState } from '../../model/state.ts'
import type { LedgerCount, Mark, MarkKey } from '../../model/store.ts'
import type { Database } from './database.ts'
import { newestWrite, type TargetName } from './ledger.ts'
import type { ApprovalRecord, FullRecord, LedgerRecord, MoveRecord } from './rows.ts'

const FULL = `SELECT r.*, c.intent FROM ledger r
  JOIN ledger_contents c ON c.intent_id = r.intent_id AND c.content = r.content`

export function row(db: Database, intent_id: string): FullRecord | undefined {
  return db.get(`${FULL} WHERE r.intent_id = ?`, intent_id)
}

/** Every row that a raw record has made or revised, in the order of its events. */
export function rowsOfRaw(db: Database, raw_id: string): readonly FullRecord[] {
  return db.all(
    `${FULL} WHERE r.intent_id IN (SELECT intent_id FROM ledger_contents WHERE raw_id = ?)
     ORDER BY r.sequence, r.ordinal, r.intent_id`,
    raw_id,
  )
}

export function rowsInState(
  db: Database,
  { tenant, target }: TargetName,
  of: { readonly state: IntentState; readonly limit: number },
): readonly FullRecord[] {
  return db.all(
    `${FULL} WHERE r.tenant = ? AND r.target = ? AND r.state = ?
     ORDER BY r.changed_at_ms LIMIT ?`,
    ...[tenant, target, of.state, of.limit],
  )
}

/** Rows of a state in the order of their changes, behind a place among them. */
export function pageOfState(
  db: Database,
  { tenant, target }: TargetName,
  of: {
    readonly state: IntentState
    readonly changed_at_ms: number
    readonly place: number
    readonly limit: number
  },
): readonly (FullRecord & { readonly place: number })[] {
  return db.all(
    `SELECT r.*, c.intent, r.rowid AS place FROM ledger r
     JOIN ledger_contents c ON c.intent_id = r.intent_id AND c.content = r.content
     WHERE r.tenant = ? AND r.target = ? AND r.state = ?
     AND (r.changed_at_ms, r.rowid) > (?, ?) ORDER BY r.changed_at_ms, r.rowid LIMIT ?`,
    ...[tenant, target, of.state, of.changed_at_ms, of.place, of.limit],
  )
}

/** Dead rows whose route holds the later writes of the key for a person, oldest first. */
export function deadHolding(
  db: Database,
  { tenant, target }: TargetName,
  limit: number,
): readonly FullRecord[] {
  return db.all(
    `${FULL} WHERE r.tenant = ? AND r.target = ? AND r.holds = 1 AND r.state = 'dead'
     ORDER BY r.changed_at_ms LIMIT ?`,
    ...[tenant, target, limit],
  )
}

/** Who has agreed to what the row would write now, the first one first. */
export function approvals(db: Database, intent_id: string): readonly ApprovalRecord[] {
  return db.all(
    `SELECT a.by_name, a.why, a.content, a.at_ms FROM ledger l
     JOIN ledger_approvals a ON a.intent_id = l.intent_id AND a.revision = l.revision
     WHERE l.intent_id = ?`,
    intent_id,
  )
}

export function overdue(
  db: Database,
  { tenant, target }: TargetName,
  of: { readonly now_ms: number; readonly limit: number },
): readonly FullRecord[] {
  return db.all(
    `${FULL} WHERE r.tenant = ? AND r.target = ? AND r.busy = 1 AND r.state = 'in_flight'
     AND r.lease_until_ms <= ? ORDER BY r.lease_until_ms LIMIT ?`,
    ...[tenant, target, of.now_ms, of.limit],
  )
}

export function nextDue(db: Database, { tenant, target }: TargetName): number | undefined {
  return db.get<{ due_at_ms: number }>(
    `SELECT due_at_ms FROM ledger WHERE tenant = ? AND target = ? AND turn = 1
     ORDER BY due_at_ms LIMIT 1`,
    ...[tenant, target],
  )?.due_at_ms
}

export function newest(
  db: Database,
  of: Pick<LedgerRecord, 'tenant' | 'target' | 'resource_type' | 'resource_id'>,
): string | undefined {
  return newestWrite(db, of)?.intent_id
}

export function history(db: Database, intent_id: string): readonly MoveRecord[] {
  return db.all(
    `SELECT at_ms, due_at_ms, from_state, to_state, reason, facts FROM ledger_moves
     WHERE intent_id = ? ORDER BY n`,
    intent_id,
  )
}

export function counts(db: Database): readonly LedgerCount[] {
  return db.all(
    `SELECT tenant, target, state, count,
       (SELECT min(changed_at_ms) FROM ledger l WHERE l.tenant = c.tenant
        AND l.target = c.target AND l.state = c.state) AS since_ms
     FROM ledger_counts c WHERE count > 0 ORDER BY tenant, target, state`,
  )
}

export function findMarks(db: Database, keys: readonly MarkKey[]): readonly (string | undefined)[] {
  return keys.map(
    key =>
      db.get<{ raw_id: string }>(
        `SELECT raw_id FROM marks
         WHERE tenant = ? AND channel = ? AND feed = ? AND control_id = ? AND content = ?`,
        ...[key.tenant, key.channel, key.feed, key.control_id, key.content],
      )?.raw_id,
  )
}

export function putMarks(db: Database, marks: readonly Mark[]): void {
  for (const mark of marks) {
    db.run(
      'INSERT OR IGNORE INTO marks VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[mark.tenant, mark.channel, mark.feed, mark.control_id, mark.content],
      ...[mark.raw_id, mark.marked_at_ms],
    )
  }
}

/** At most `limit` of them, so that no transaction grows with the age of the marks. */
export function dropMarksBefore(db: Database, marked_at_ms: number, limit: number): number {
  return db.run(
    `DELETE FROM marks WHERE (tenant, channel, feed, control_id, content) IN
     (SELECT tenant, channel, feed, control_id, content FROM marks
      WHERE marked_at_ms < ? ORDER BY marked_at_ms LIMIT ?)`,
    ...[marked_at_ms, limit],
  )
}

export function getCursor(db: Database, name: string): string | undefined {
  return db.get<{ value: string }>('SELECT value FROM cursors WHERE name = ?', name)?.value
}

export function setCursor(db: Database, name: string, value: string): void {
  db.run(
    'INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ...[name, value],
  )
}
