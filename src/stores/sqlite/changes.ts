// The one place where a ledger row changes. Each change is written to `ledger_moves` with all
// values it set, and what is derived from the rows (turns, counts, the newest write, the crosswalk)
// follows in the same transaction.
import { present } from '../../kit/assert.ts'
import type { Code } from '../../model/errors.ts'
import type { Operation } from '../../model/intent.ts'
import { type IntentState, mayMove, waiting } from '../../model/state.ts'
import type { CrosswalkRow } from '../../model/store.ts'
import type { Database } from './database.ts'
import { identify, keepLanes, laneAgain, lanesOf, ownLane } from './identities.ts'
import { closeWriteLetter } from './letters.ts'
import type { AdmissionRecord, LedgerRecord } from './rows.ts'
import { Turns } from './turns.ts'

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
  /** How many people `content` needs. */
  readonly approvers?: number | undefined
  readonly attempts?: number | undefined
  readonly due_at_ms?: number | undefined
  readonly lease_until_ms?: number | undefined
  readonly target_id?: string | null | undefined
  readonly target_version?: string | null | undefined
  readonly identity_seen?: number | undefined
  /** Another lane: then its content goes to another patient, and begins with no approval. */
  readonly key?: string | undefined
}

/**
 * The row's call may be under way, or may have landed: nothing else of its key or resource may go.
 */
export const isBusy = (state: IntentState): boolean => state === 'in_flight' || state === 'unknown'

type Ordered = Pick<LedgerRecord, 'state' | 'by_resource' | 'hold_dead' | 'identity'>

/** A row that has not come to its end; one that died keeps its place where its route holds. */
const holds = ({ state, hold_dead }: Ordered): boolean =>
  waiting.includes(state) || (state === 'dead' && hold_dead === 1)

/**
 * What stands before every later row of its key; an approval never does. Who says who patients are
 * always does, also in the lanes of the others whom it names.
 */
function isBarrier(row: Ordered): boolean {
  if (row.state === 'dead') return holds(row)
  const orders = row.by_resource === 0 || row.identity === 1
  return holds(row) && row.state !== 'awaiting_approval' && orders
}

const bit = (condition: boolean): 0 | 1 => (condition ? 1 : 0)

export class Changes {
  readonly #db: Database
  readonly #turns: Turns

  constructor(db: Database) {
    this.#db = db
    this.#turns = new Turns(db)
  }

  /** Makes a row; its content stands already. */
  insert(admission: AdmissionRecord, at_ms: number, epoch: number): void {
    const { intent_id, tenant, target, state } = admission
    this.#db.run(
      `INSERT INTO ledger (intent_id, tenant, target, key, sequence, ordinal, resource_type,
       resource_id, state, holds, busy, turn, content, next_content, attempts, due_at_ms,
       lease_until_ms, epoch, first_at_ms, changed_at_ms, reason, facts, target_id,
       target_version, moves, barrier, by_resource, hold_dead, approvers, revision, identity,
       identity_seen)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, NULL, 0, ?, 0, ?, ?, ?, ?, ?, NULL, NULL, 1,
       ?, ?, ?, ?, 0, ?, 0)`,
      ...[intent_id, tenant, target, admission.key, admission.sequence, admission.ordinal],
      ...[admission.resource_type, admission.resource_id],
      ...[state, bit(holds(admission)), admission.content, at_ms, epoch, at_ms, at_ms],
      ...[admission.reason, admission.facts, bit(isBarrier(admission))],
      ...[admission.by_resource, admission.hold_dead, admission.approvers, admission.identity],
    )
    this.#record(present(find(this.#db, intent_id), 'the row just made'), null)
    this.#count({ tenant, target }, state, 1)
    this.#touch(admission, isBarrier(admission))
    // Whoever waits for it may stand here already.
    this.#turns.touchDependents(intent_id)
  }

  /**
   * Changes a row and says how it stands now. Whether the move is legal is the caller's question.
   * There is one way to `accepted`, and it leads past the people whom the content needs.
   */
  apply(row: LedgerRecord, change: Change): LedgerRecord {
    const wanted = changed(row, this.#inItsLane(row, change))
    const asks = wanted.state === 'accepted' && approvalsOf(this.#db, wanted) < wanted.approvers
    const next: LedgerRecord = asks ? { ...wanted, state: 'awaiting_approval' } : wanted
    this.#db.run(
      `UPDATE ledger SET identity_seen = ?, state = ?, holds = ?, barrier = ?, busy = ?, turn = 0,
       content = ?, next_content = ?, approvers = ?, revision = ?, attempts = ?, due_at_ms = ?,
       lease_until_ms = ?, epoch = ?, changed_at_ms = ?, reason = ?, facts = ?, target_id = ?,
       target_version = ?, moves = ? WHERE intent_id = ?`,
      next.identity_seen,
      ...[next.state, bit(holds(next)), bit(isBarrier(next)), bit(isBusy(next.state))],
      ...[next.content, next.next_content, next.approvers, next.revision],
      ...[next.attempts, next.due_at_ms, next.lease_until_ms, next.epoch],
      ...[next.changed_at_ms, next.reason, next.facts, next.target_id, next.target_version],
      ...[next.moves, next.intent_id],
    )
    this.#record(next, row.state)
    this.#touch(row, isBarrier(row) || isBarrier(next))
    if (next.key !== row.key) this.#moveTo(next)
    if (next.state !== row.state) {
      this.#count(row, row.state, -1)
      this.#count(row, next.state, 1)
      if (waitedFor(row) !== waitedFor(next)) this.#turns.touchDependents(row.intent_id)
      if (next.state === 'committed') this.#committed(next)
      if (row.state === 'dead') closeWriteLetter(this.#db, row, next)
    }
    return isBusy(row.state) && !isBusy(next.state) ? this.#takeRevision(next) : next
  }

  /** The id of a resource at a target. */
  learn(row: CrosswalkRow): void {
    const learned = this.#db.run(
      `INSERT INTO crosswalk VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET target_id = excluded.target_id
       WHERE target_id <> excluded.target_id`,
      ...[row.tenant, row.target, row.resource_type, row.resource_id, row.target_id],
    )
    if (learned > 0) this.#turns.learned(row)
  }

  /** Gives the turns anew to whom the changes concern. */
  settle(): void {
    this.#turns.settle()
  }

  #moveTo(next: LedgerRecord): void {
    this.#db.run('UPDATE ledger SET key = ? WHERE intent_id = ?', next.key, next.intent_id)
    if (next.identity === 1) keepLanes(this.#db, next, [next.key])
    this.#touch(next, isBarrier(next))
  }

  /** Who says who patients are concerns every row of the lanes in which it stands. */
  #touch(row: Touched, barrier: boolean): void {
    this.#turns.touch(row, { barrier })
    if (row.identity === 0) return
    for (const key of lanesOf(this.#db, row.intent_id)) {
      this.#turns.touch({ ...row, key }, { barrier: true })
    }
  }

  /** What comes back to the order comes back to the lane that is its key's by now. */
  #inItsLane(row: LedgerRecord, change: Change): Change {
    if (holds(row) || !holds({ ...row, state: change.to })) return change
    return { key: laneAgain(this.#db, row), ...change }
  }

  /** Who patients are from here on; what waits in a lane that is left is asked of people anew. */
  #identify(row: LedgerRecord): void {
    for (const key of identify(this.#db, row)) {
      for (const other of heldIn(this.#db, row, key)) {
        const lane = ownLane(this.#db, other)
        if (lane === key) continue
        const { state: to, reason } = other
        const facts = JSON.stringify({ moved_by: row.intent_id })
        this.apply(other, {
          to,
          reason,
          facts,
          at_ms: row.changed_at_ms,
          epoch: row.epoch,
          key: lane,
        })
      }
    }
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
      approvers: approversOf(this.#db, row.intent_id, row.next_content),
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

  /**
   * Only a write of the whole state overtakes older ones; a create made what was missing. What says
   * who a patient is goes before plain writes of him, also newer ones.
   */
  #committed(row: LedgerRecord): void {
    const { tenant, target, resource_type, resource_id, target_id, identity } = row
    const whole = WHOLE.includes(operationOf(this.#db, row) ?? '')
    this.#db.run(
      `INSERT INTO ledger_newest VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET sequence = max(sequence, excluded.sequence), intent_id = excluded.intent_id, whole = 1
       WHERE excluded.whole = 1 AND (whole = 0 OR sequence <= excluded.sequence OR ? = 1)`,
      ...[tenant, target, resource_type, resource_id, row.sequence, row.intent_id, bit(whole)],
      identity,
    )
    if (target_id !== null) {
      this.learn({ tenant, target, resource_type, resource_id, target_id })
    }
    if (identity === 1) this.#identify(row)
  }
}

/** Operations that leave nothing of what was written before. */
const WHOLE: readonly string[] = ['update', 'retract'] satisfies Operation[]

type Touched = Pick<
  LedgerRecord,
  'intent_id' | 'tenant' | 'target' | 'key' | 'resource_type' | 'resource_id' | 'identity'
>

/** The rows that wait in a lane. */
function heldIn(
  db: Database,
  { tenant, target }: LedgerRecord,
  key: string,
): readonly LedgerRecord[] {
  return db.all<LedgerRecord>(
    'SELECT * FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND holds = 1',
    ...[tenant, target, key],
  )
}

/** Whether, and how, others may have to wait for a row. */
function waitedFor(row: LedgerRecord): 'not' | 'people' | 'it' {
  if (!holds(row)) return 'not'
  return row.state === 'awaiting_approval' ? 'people' : 'it'
}

function changed(row: LedgerRecord, change: Change): LedgerRecord {
  const { content = row.content, key = row.key } = change
  return {
    ...row,
    key,
    identity_seen: change.identity_seen ?? row.identity_seen,
    state: change.to,
    content,
    revision: content === row.content && key === row.key ? row.revision : row.revision + 1,
    approvers: change.approvers ?? row.approvers,
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

/** How many people this content of an intent needs. */
function approversOf(db: Database, intent_id: string, content: string): number {
  const kept = db.get<{ approvers: number }>(
    'SELECT approvers FROM ledger_contents WHERE intent_id = ? AND content = ?',
    ...[intent_id, content],
  )
  return present(kept, 'the content of a revision').approvers
}

/** How many different people have agreed to what the row would write now. */
export function approvalsOf(
  db: Database,
  row: Pick<LedgerRecord, 'intent_id' | 'revision' | 'approvers'>,
): number {
  if (row.approvers === 0) return 0
  const given = db.get<{ given: number }>(
    'SELECT count(*) AS given FROM ledger_approvals WHERE intent_id = ? AND revision = ?',
    ...[row.intent_id, row.revision],
  )
  return given?.given ?? 0
}
