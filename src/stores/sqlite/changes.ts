// The one place where a ledger row changes. Each change is written to `ledger_moves` with all
// values it set, and what is derived from the rows (turns, counts, the newest write, the crosswalk)
// follows in the same transaction.
import { present } from '../../kit/assert.ts'
import type { Code } from '../../model/errors.ts'
import { type IntentState, mayMove, waiting } from '../../model/state.ts'
import type { Database } from './database.ts'
import type { AdmissionRecord, LedgerRecord } from './rows.ts'

/**
 * What a change sets; what is left out stays as it is, but for `reason` and `facts`, which it
 * replaces.
 */
export interface Change {
  readonly to: IntentState
  readonly at_ms: number
  readonly epoch: number
  readonly reason?: Code | null | undefined
  readonly facts?: string | undefined
  readonly content?: string | undefined
  readonly next_content?: string | null | undefined
  readonly attempts?: number | undefined
  readonly due_at_ms?: number | undefined
  readonly lease_until_ms?: number | undefined
  readonly target_id?: string | null | undefined
  readonly target_version?: string | null | undefined
}

/**
 * The row's call may be under way, or may have landed: nothing else of its key or resource may go.
 */
export const isBusy = (state: IntentState): boolean => state === 'in_flight' || state === 'unknown'
const holds = (state: IntentState): boolean => waiting.includes(state)
const bit = (condition: boolean): 0 | 1 => (condition ? 1 : 0)

type Lane = Pick<LedgerRecord, 'tenant' | 'target' | 'key'>

export class Changes {
  readonly #db: Database
  readonly #touched = new Map<string, Lane>()

  constructor(db: Database) {
    this.#db = db
  }

  /** Makes a row; its content stands already. */
  insert(admission: AdmissionRecord, at_ms: number, epoch: number): void {
    const { intent_id, tenant, target, state } = admission
    this.#db.run(
      `INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, NULL, 0, ?, 0, ?, ?, ?,
       ?, ?, NULL, NULL, 1)`,
      ...[intent_id, tenant, target, admission.key, admission.sequence, admission.ordinal],
      ...[admission.resource_type, admission.resource_id],
      ...[state, bit(holds(state)), admission.content, at_ms, epoch, at_ms, at_ms],
      ...[admission.reason, admission.facts],
    )
    this.#record(present(find(this.#db, intent_id), 'the row just made'), null)
    this.#count({ tenant, target }, state, 1)
    this.#touch(admission)
    // Whoever waits for it may stand here already.
    this.#touchDependents(admission)
  }

  /**
   * Changes a row and says how it stands now. Whether the move is legal is the caller's question.
   */
  apply(row: LedgerRecord, change: Change): LedgerRecord {
    const next = changed(row, change)
    this.#db.run(
      `UPDATE ledger SET state = ?, holds = ?, busy = ?, turn = 0, content = ?, next_content = ?,
       attempts = ?, due_at_ms = ?, lease_until_ms = ?, epoch = ?, changed_at_ms = ?, reason = ?,
       facts = ?, target_id = ?, target_version = ?, moves = ? WHERE intent_id = ?`,
      ...[next.state, bit(holds(next.state)), bit(isBusy(next.state)), next.content],
      ...[next.next_content, next.attempts, next.due_at_ms, next.lease_until_ms, next.epoch],
      ...[next.changed_at_ms, next.reason, next.facts, next.target_id, next.target_version],
      ...[next.moves, next.intent_id],
    )
    this.#record(next, row.state)
    this.#touch(row)
    if (next.state !== row.state) {
      this.#count(row, row.state, -1)
      this.#count(row, next.state, 1)
      if (holds(row.state) !== holds(next.state)) this.#touchDependents(row)
      if (next.state === 'committed') this.#committed(next)
    }
    return isBusy(row.state) && !isBusy(next.state) ? this.#takeRevision(next) : next
  }

  /** Gives the turn of each touched key to its first row, where that one may go. */
  settle(): void {
    for (const lane of this.#touched.values()) settleLane(this.#db, lane)
    this.#touched.clear()
  }

  /** A revision that came while a call was under way takes its place now that its end is known. */
  #takeRevision(row: LedgerRecord): LedgerRecord {
    if (row.next_content === null) return row
    return this.apply(row, {
      to: mayMove(row.state, 'accepted') ? 'accepted' : row.state,
      at_ms: row.changed_at_ms,
      epoch: row.epoch,
      facts: '{"revision":true}',
      content: row.next_content,
      next_content: null,
      attempts: 0,
    })
  }

  #record(row: LedgerRecord, from: IntentState | null): void {
    this.#db.run(
      'INSERT INTO ledger_moves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[row.intent_id, row.moves, row.changed_at_ms, from, row.state, row.epoch, row.reason],
      ...[row.facts, row.content, row.attempts, row.due_at_ms, row.lease_until_ms],
      ...[row.target_id, row.target_version],
    )
  }

  #count(of: Pick<LedgerRecord, 'tenant' | 'target'>, state: IntentState, by: number): void {
    this.#db.run(
      `INSERT INTO ledger_counts VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      ...[of.tenant, of.target, state, by],
    )
  }

  /** Only a write of the whole state overtakes older ones; a create made what was missing. */
  #committed(row: LedgerRecord): void {
    const { tenant, target, resource_type, resource_id, target_id } = row
    this.#db.run(
      `INSERT INTO ledger_newest VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET sequence = excluded.sequence, intent_id = excluded.intent_id, whole = 1
       WHERE excluded.whole = 1 AND (whole = 0 OR sequence <= excluded.sequence)`,
      ...[tenant, target, resource_type, resource_id, row.sequence, row.intent_id],
      bit(operationOf(this.#db, row) === 'update'),
    )
    if (target_id !== null) {
      learnOne(this.#db, { tenant, target, resource_type, resource_id, target_id })
    }
  }

  #touch(lane: Lane): void {
    const { tenant, target, key } = lane
    this.#touched.set(JSON.stringify([tenant, target, key]), { tenant, target, key })
  }

  #touchDependents(row: Pick<LedgerRecord, 'intent_id'>): void {
    const lanes = this.#db.all<Lane>(
      `SELECT DISTINCT l.tenant, l.target, l.key FROM ledger_waits w
       JOIN ledger l ON l.intent_id = w.intent_id WHERE w.waits_for = ? AND l.holds = 1`,
      row.intent_id,
    )
    for (const lane of lanes) this.#touch(lane)
  }
}

function changed(row: LedgerRecord, change: Change): LedgerRecord {
  return {
    ...row,
    state: change.to,
    content: change.content ?? row.content,
    next_content: change.next_content === undefined ? row.next_content : change.next_content,
    attempts: change.attempts ?? row.attempts,
    due_at_ms: change.due_at_ms ?? row.due_at_ms,
    lease_until_ms: change.lease_until_ms ?? row.lease_until_ms,
    epoch: change.epoch,
    changed_at_ms: change.at_ms,
    reason: change.reason ?? null,
    facts: change.facts ?? '{}',
    target_id: change.target_id ?? row.target_id,
    target_version: change.target_version ?? row.target_version,
    moves: row.moves + 1,
  }
}

function operationOf(db: Database, row: LedgerRecord): string | undefined {
  return db.get<{ operation: string }>(
    'SELECT operation FROM ledger_contents WHERE intent_id = ? AND content = ?',
    ...[row.intent_id, row.content],
  )?.operation
}

export function find(db: Database, intent_id: string): LedgerRecord | undefined {
  return db.get<LedgerRecord>('SELECT * FROM ledger WHERE intent_id = ?', intent_id)
}

export function learnOne(
  db: Database,
  row: Pick<LedgerRecord, 'tenant' | 'target' | 'resource_type' | 'resource_id'> & {
    readonly target_id: string
  },
): void {
  db.run(
    `INSERT INTO crosswalk VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET target_id = excluded.target_id`,
    ...[row.tenant, row.target, row.resource_type, row.resource_id, row.target_id],
  )
}

function settleLane(db: Database, lane: Lane): void {
  const of = [lane.tenant, lane.target, lane.key] as const
  const next = nextOf(db, of)
  const current = db.get<{ intent_id: string }>(
    'SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND turn = 1',
    ...of,
  )?.intent_id
  if (next === current) return
  if (current !== undefined) db.run('UPDATE ledger SET turn = 0 WHERE intent_id = ?', current)
  if (next !== undefined) db.run('UPDATE ledger SET turn = 1 WHERE intent_id = ?', next)
}

/**
 * The row of a key whose turn it is: the first that holds a place, unless something is under way.
 */
function nextOf(db: Database, of: readonly [string, string, string]): string | undefined {
  const busy = db.get(
    'SELECT 1 FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND busy = 1 LIMIT 1',
    ...of,
  )
  if (busy !== undefined) return undefined
  const first = db.get<{ intent_id: string; state: IntentState }>(
    `SELECT intent_id, state FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
     ORDER BY sequence, ordinal, intent_id LIMIT 1`,
    ...of,
  )
  if (first?.state !== 'accepted') return undefined
  // A wait is over when the other row no longer has a place in any order, however it ended: whether
  // the reference then resolves is seen by the adapter, which answers `missing_dependency` where it
  // does not.
  const outstanding = db.get(
    `SELECT 1 FROM ledger_waits w JOIN ledger d ON d.intent_id = w.waits_for
     WHERE w.intent_id = ? AND d.holds = 1 LIMIT 1`,
    first.intent_id,
  )
  return outstanding === undefined ? first.intent_id : undefined
}
