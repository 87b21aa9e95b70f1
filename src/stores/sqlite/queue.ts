// Why rows of the ledger wait, read from the same columns and by the same order as turns.ts gives
// the turns; and the open rows of one patient.
import type { HeldBack } from '../../model/queue_store.ts'
import { approvalsOf, find } from './changes.ts'
import type { Database } from './database.ts'
import { lanesOf } from './identities.ts'
import type { TargetName } from './ledger.ts'
import type { FullRecord, LedgerRecord } from './rows.ts'

export function heldBack(db: Database, intent_ids: readonly string[]): readonly HeldBack[] {
  return intent_ids.flatMap(intent_id => {
    const row = find(db, intent_id)
    if (row === undefined) return []
    const first = row.state === 'accepted' ? behind(db, row) : undefined
    return {
      intent_id,
      behind: first,
      merge: first !== undefined && find(db, first)?.identity === 1,
      reference: row.state === 'accepted' ? referenceOf(db, row) : undefined,
      approvals: approvalsOf(db, row),
    }
  })
}

const BEFORE = '(sequence, ordinal, intent_id) < (?, ?, ?)'
const FIRST = 'ORDER BY sequence, ordinal, intent_id LIMIT 1'
type Found = { readonly intent_id: string } | undefined

/** A barrier of its lane, an earlier write of its resource, or a call that is under way. */
function behind(db: Database, row: LedgerRecord): string | undefined {
  const lane = [row.tenant, row.target, row.key] as const
  const resource = [row.resource_type, row.resource_id] as const
  const place = [row.sequence, row.ordinal, row.intent_id] as const
  const first: Found =
    db.get<{ intent_id: string }>(
      `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND barrier = 1
       AND ${BEFORE} ${FIRST}`,
      ...[...lane, ...place],
    ) ??
    db.get<{ intent_id: string }>(
      `SELECT r.intent_id FROM ledger_lanes l JOIN ledger r ON r.intent_id = l.intent_id
       WHERE l.tenant = ? AND l.target = ? AND l.key = ? AND r.barrier = 1
       AND (r.sequence, r.ordinal, r.intent_id) < (?, ?, ?) LIMIT 1`,
      ...[...lane, ...place],
    ) ??
    busySpeaker(db, row) ??
    db.get<{ intent_id: string }>(
      `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND key = ?
       AND resource_type = ? AND resource_id = ? AND holds = 1 AND ${BEFORE} ${FIRST}`,
      ...[...lane, ...resource, ...place],
    ) ??
    db.get<{ intent_id: string }>(
      `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND resource_type = ?
       AND resource_id = ? AND busy = 1 AND intent_id <> ? LIMIT 1`,
      ...[row.tenant, row.target, ...resource, row.intent_id],
    ) ??
    (row.barrier === 0
      ? undefined
      : db.get<{ intent_id: string }>(
          `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND key = ?
           AND busy = 1 AND barrier = 1 AND intent_id <> ? LIMIT 1`,
          ...[...lane, row.intent_id],
        ))
  return first?.intent_id
}

/** While it is said who a patient is, nobody writes to him; and that waits for every other call. */
function busySpeaker(db: Database, row: LedgerRecord): Found {
  const lanes = row.identity === 1 ? lanesOf(db, row.intent_id) : [row.key]
  const busy = 'busy = 1 AND intent_id <> ? LIMIT 1'
  for (const key of lanes) {
    const at = [row.tenant, row.target, key] as const
    const found =
      db.get<{ intent_id: string }>(
        `SELECT r.intent_id FROM ledger_lanes l JOIN ledger r ON r.intent_id = l.intent_id
         WHERE l.tenant = ? AND l.target = ? AND l.key = ? AND r.busy = 1 AND r.intent_id <> ?
         LIMIT 1`,
        ...[...at, row.intent_id],
      ) ??
      (row.identity === 0
        ? undefined
        : db.get<{ intent_id: string }>(
            `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND key = ?
             AND holds = 1 AND ${busy}`,
            ...[...at, row.intent_id],
          ))
    if (found !== undefined) return found
  }
  return undefined
}

/** As `isOutstanding` of turns.ts judges it. */
function referenceOf(db: Database, row: LedgerRecord): string | undefined {
  const { intent_id, sequence, ordinal } = row
  return db.get<{ intent_id: string }>(
    `SELECT d.intent_id FROM ledger_waits w JOIN ledger d ON d.intent_id = w.waits_for
     WHERE w.intent_id = ? AND d.holds = 1
     AND (d.sequence, d.ordinal, d.intent_id) < (?, ?, ?)
     AND ((w.until_known = 0 AND d.state <> 'awaiting_approval')
       OR NOT EXISTS (SELECT 1 FROM crosswalk c
       WHERE c.tenant = d.tenant AND c.target = d.target
       AND c.resource_type = d.resource_type AND c.resource_id = d.resource_id)) LIMIT 1`,
    ...[intent_id, sequence, ordinal, intent_id],
  )?.intent_id
}

/** Rows of the two kinds that a person may look for: each has an index by key of its own. */
const OPEN = [
  'holds = 1',
  "holds = 0 AND state IN ('conflict', 'denied', 'rejected', 'dead')",
] as const

/** Keys that one value may stand for: the same number of several systems. */
const KEYS_MAX = 20

export function rowsOfPatient(
  db: Database,
  { tenant, target }: TargetName,
  of: { readonly patient: string; readonly limit: number },
): readonly FullRecord[] {
  const found = OPEN.flatMap(open =>
    keysOf(db, { tenant, target }, { ...of, open }).flatMap(key =>
      db.all<FullRecord>(
        `SELECT r.*, c.intent FROM ledger r
         JOIN ledger_contents c ON c.intent_id = r.intent_id AND c.content = r.content
         WHERE r.tenant = ? AND r.target = ? AND r.key = ? AND r.${open} LIMIT ?`,
        ...[tenant, target, key, of.limit],
      ),
    ),
  )
  return found.sort((a, b) => a.sequence - b.sequence || a.ordinal - b.ordinal).slice(0, of.limit)
}

/** Only the index is read, so that a million rows that wait are looked through at once. */
function keysOf(
  db: Database,
  { tenant, target }: TargetName,
  { patient, open }: { readonly patient: string; readonly open: string },
): readonly string[] {
  if (patient.includes('|')) return [patient]
  const value = `|${patient}`
  const rows = db.all<{ key: string }>(
    `SELECT DISTINCT key FROM ledger WHERE tenant = ? AND target = ? AND ${open}
     AND substr(key, ?) = ? LIMIT ?`,
    ...[tenant, target, -[...value].length, value, KEYS_MAX],
  )
  return rows.map(({ key }) => key)
}
