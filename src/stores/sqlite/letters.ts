// Which dead letters are open no more, and by whose word. A row is never changed or removed; a
// letter without one is open.
import { deathId, type LetterState, type Outgoing } from '../../model/dead_store.ts'
import type { Database } from './database.ts'
import type { LedgerRecord } from './rows.ts'

interface LetterRecord extends Omit<LetterState, 'raw_id' | 'intent_id'> {
  readonly raw_id: string | null
  readonly intent_id: string | null
}

const COLUMNS = 'letter_id, tenant, state, "by", why, at_ms, raw_id, intent_id'

export function letterStates(db: Database, ids: readonly string[]): readonly LetterState[] {
  return ids.flatMap(id => {
    const found = db.get<LetterRecord>(`SELECT ${COLUMNS} FROM letters WHERE letter_id = ?`, id)
    if (found === undefined) return []
    const { raw_id, intent_id, ...rest } = found
    return [{ ...rest, raw_id: raw_id ?? undefined, intent_id: intent_id ?? undefined }]
  })
}

/** The first word stands. */
export function putLetter(db: Database, state: LetterState): void {
  const added = db.run(
    `INSERT OR IGNORE INTO letters (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[state.letter_id, state.tenant, state.state, state.by, state.why, state.at_ms],
    ...[state.raw_id ?? null, state.intent_id ?? null],
  )
  if (added === 0) return
  db.run(
    `INSERT INTO letter_counts VALUES (?, 1)
     ON CONFLICT DO UPDATE SET closed = closed + 1`,
    state.tenant,
  )
}

/** Records on their way to the log; each leaves the outbox when it stands there. */
export function putOutgoing(db: Database, outgoing: readonly Outgoing[]): void {
  for (const { topic, from_offset, record } of outgoing) {
    db.run(
      'INSERT INTO letter_outbox (topic, from_offset, "key", headers, value) VALUES (?, ?, ?, ?, ?)',
      ...[topic, from_offset, record.key, JSON.stringify(record.headers), record.value],
    )
  }
}

/**
 * A write that is dead no more, whoever or whatever brought it on: the letter of its death is
 * closed in the same transaction.
 */
export function closeWriteLetter(db: Database, row: LedgerRecord, next: LedgerRecord): void {
  const deaths = db.get<{ n: number }>(
    "SELECT count(*) AS n FROM ledger_moves WHERE intent_id = ? AND to_state = 'dead'",
    row.intent_id,
  )
  const { by = '', why = '' } = JSON.parse(next.facts) as { by?: string; why?: string }
  putLetter(db, {
    letter_id: deathId(row.intent_id, (deaths?.n ?? 1) - 1),
    tenant: row.tenant,
    state: next.state === 'withdrawn' ? 'dropped' : 'retried',
    by,
    why,
    at_ms: next.changed_at_ms,
    raw_id: undefined,
    intent_id: row.intent_id,
  })
}

export function closedLetters(db: Database): Readonly<Record<string, number>> {
  const rows = db.all<{ tenant: string; closed: number }>(
    'SELECT tenant, closed FROM letter_counts ORDER BY tenant',
  )
  return Object.fromEntries(rows.map(({ tenant, closed }) => [tenant, closed]))
}
