// The ledger's five writes: admit, claim, move, decide, learn. Each runs inside the transaction of
// its group and is all or nothing.
import { assert } from '../../kit/assert.ts'
import { type Code, Failure } from '../../model/errors.ts'
import { isNewer } from '../../model/intent.ts'
import { mayMove } from '../../model/state.ts'
import type {
  Admitted,
  ClaimOptions,
  CrosswalkRow,
  Decided,
  Decision,
  Move,
} from '../../model/store.ts'
import { approvalsOf, Changes, find, isBusy } from './changes.ts'
import type { Database } from './database.ts'
import {
  anySpeaks,
  asIs,
  fateOf,
  idAt,
  identitySeen,
  keepLanes,
  laneOf,
  lanesOf,
  saysNews,
} from './identities.ts'
import { doubtIfBefore, doubtIfForgotten, toUnknown } from './keep.ts'
import type { AdmissionRecord, FullRecord, LedgerRecord } from './rows.ts'

export interface TargetName {
  readonly tenant: string
  readonly target: string
}

/**
 * Rows that one claim looks at: a long queue of overtaken rows is cleared in several transactions.
 */
const JUDGED_MAX = 1_000

export function admit(
  db: Database,
  admissions: readonly AdmissionRecord[],
  at: { readonly at_ms: number; readonly epoch: number },
): readonly Admitted[] {
  const changes = new Changes(db)
  const moved = anySpeaks(db)
  const answers = admissions.map(admission => {
    const key = moved ? laneOf(db, admission, admission.key) : admission.key
    if (admission.identity === 1) speaks(db, admission, key)
    const row = find(db, admission.intent_id)
    const wanted = row?.next_content ?? row?.content
    keep(db, admission)
    if (row !== undefined && wanted !== admission.content) {
      db.run('DELETE FROM ledger_waits WHERE intent_id = ?', row.intent_id)
    }
    if (wanted !== admission.content) keepWaits(db, admission)
    if (row !== undefined && wanted === admission.content) {
      if (isMended(db, row, admission)) again(changes, row, { admission, ...at })
      else governAnew(changes, row, { admission, ...at })
      return 'same'
    }
    if (row === undefined) {
      changes.insert({ ...admission, key }, at.at_ms, at.epoch)
      doubtIfForgotten(db, admission)
    } else revise(changes, row, { admission, ...at })
    doubtIfBefore(db, admission.intent_id, admission.raw_id)
    return row === undefined ? 'new' : 'revision'
  })
  changes.settle()
  return answers
}

/** A write that says who patients are, also one that does so only in this content. */
function speaks(db: Database, admission: AdmissionRecord, key: string): void {
  keepLanes(db, admission, [key, ...admission.also_keys])
  db.run('UPDATE ledger SET identity = 1 WHERE intent_id = ? AND identity = 0', admission.intent_id)
}

/** What an intent wants to write; its row says where it stands. */
function keep(db: Database, admission: AdmissionRecord): void {
  const { intent_id, content, operation, raw_id, intent, approvers } = admission
  db.run(
    `INSERT INTO ledger_contents (intent_id, content, operation, raw_id, intent, approvers)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET approvers = excluded.approvers
     WHERE approvers <> excluded.approvers`,
    ...[intent_id, content, operation, raw_id, intent, approvers],
  )
}

/**
 * What this content has to wait for: what its event says, and what the target does not know yet but
 * an earlier event is about to make.
 */
function keepWaits(db: Database, admission: AdmissionRecord): void {
  const { intent_id, waits_for, references } = admission
  for (const other of waits_for) {
    db.run('INSERT OR IGNORE INTO ledger_waits VALUES (?, ?, 0)', intent_id, other)
  }
  for (const reference of references) {
    const other = makerOf(db, admission, reference)
    if (other !== undefined) {
      db.run('INSERT OR IGNORE INTO ledger_waits VALUES (?, ?, 1)', intent_id, other)
    }
  }
}

/** The last one before an intent that waits to write what it refers to. */
function makerOf(db: Database, before: AdmissionRecord, reference: string): string | undefined {
  const { tenant, target, sequence, ordinal, intent_id } = before
  const [type = '', id = ''] = reference.split('/')
  if (idAt(db, before, [type, id]) !== undefined) return undefined
  return db.get<{ intent_id: string }>(
    `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND resource_type = ?
     AND resource_id = ? AND holds = 1 AND (sequence, ordinal, intent_id) < (?, ?, ?)
     ORDER BY sequence DESC, ordinal DESC, intent_id DESC LIMIT 1`,
    ...[tenant, target, type, id, sequence, ordinal, intent_id],
  )?.intent_id
}

interface Revision {
  readonly admission: AdmissionRecord
  readonly at_ms: number
  readonly epoch: number
}

/**
 * Other content under an id that stands (design: G3). While a call is under way the new content
 * waits for its end; a row that may go again goes with it; one at its final end, or whose revision
 * is denied and which cannot be denied any more, only records that it came.
 */
function revise(changes: Changes, row: LedgerRecord, revision: Revision): void {
  const { admission, at_ms, epoch } = revision
  const common = { at_ms, epoch, facts: JSON.stringify({ revision: true }) }
  const { content, reason } = admission
  if (isBusy(row.state)) {
    const next_content = admission.state !== 'denied' && content !== row.content ? content : null
    const { state: to, epoch, reason } = row
    // What is known of the call stays known: whether an engine before a restore may have made it.
    const facts = JSON.stringify({ ...JSON.parse(row.facts), revision: true })
    changes.apply(row, { ...common, to, epoch, reason, facts, next_content })
  } else if (admission.state === 'denied') {
    const to = mayMove(row.state, 'denied') ? 'denied' : row.state
    const taken = to === 'denied' || row.state === 'denied'
    changes.apply(row, { ...common, to, reason, ...(taken ? { content } : {}) })
  } else {
    // What a person or a replay gave up goes again by a person's word alone.
    const goes = row.state !== 'withdrawn' && mayMove(row.state, 'accepted')
    const to = goes ? 'accepted' : row.state
    const { approvers } = admission
    changes.apply(row, { ...common, to, content, approvers, attempts: 0, due_at_ms: at_ms })
  }
}

/** The same content of a dead write, from a message that a person has mended since. */
function isMended(db: Database, row: LedgerRecord, admission: AdmissionRecord): boolean {
  if (row.state !== 'dead' || admission.state === 'denied') return false
  const kept = db.get<{ raw_id: string }>(
    'SELECT raw_id FROM ledger_contents WHERE intent_id = ? AND content = ?',
    ...[row.intent_id, admission.content],
  )
  return kept !== undefined && kept.raw_id !== admission.raw_id
}

/** It is tried again: what kept it from being written may have been mended beside it. */
function again(changes: Changes, row: LedgerRecord, { admission, at_ms, epoch }: Revision): void {
  const facts = JSON.stringify({ mended_by: admission.raw_id })
  changes.apply(row, { to: 'accepted', at_ms, epoch, facts, attempts: 0, due_at_ms: at_ms })
}

/** What government forbade, it may allow; what a target forbade, only a person tries again. */
const GOVERNED: readonly (Code | null)[] = ['operation_undeclared', 'policy_silent']

/**
 * The same content under other rules than those it was admitted by: where it has not gone out, they
 * hold for it too. What is under way, done or decided by a person stays as it is.
 */
function governAnew(changes: Changes, row: LedgerRecord, revision: Revision): void {
  const { admission, at_ms, epoch } = revision
  const { state, approvers, reason, facts } = admission
  const waits = row.state === 'accepted' || row.state === 'awaiting_approval'
  const forbidden = row.state === 'denied' && GOVERNED.includes(row.reason)
  if (row.content !== admission.content || !(waits || forbidden)) return
  const same = state === 'denied' ? forbidden : waits && approvers === row.approvers
  if (same) return
  const to = state === 'denied' ? 'denied' : 'accepted'
  changes.apply(row, { to, at_ms, epoch, reason, facts, approvers, due_at_ms: row.due_at_ms })
}

export function claim(
  db: Database,
  target: TargetName,
  options: ClaimOptions & { readonly epoch: number },
): readonly FullRecord[] {
  if (options.epoch !== currentEpoch(db)) throw new Failure('data_in_use')
  const taken: FullRecord[] = []
  const seen = identitySeen(db)
  let judged = 0
  while (taken.length < options.limit && judged < JUDGED_MAX) {
    const limit = options.limit - taken.length
    const candidates = ready(db, target, { now_ms: options.now_ms, limit })
    if (candidates.length === 0) break
    judged += candidates.length
    const changes = new Changes(db)
    for (const row of candidates) take(row, { db, changes, options, seen, taken })
    changes.settle()
  }
  return taken
}

interface Taking {
  readonly db: Database
  readonly changes: Changes
  readonly options: ClaimOptions & { readonly epoch: number }
  /** Merges and partings so far: what the references mean that go out now. */
  readonly seen: number
  readonly taken: FullRecord[]
}

function take(row: FullRecord, { db, changes, options, seen, taken }: Taking): void {
  const { now_ms, lease_ms, epoch } = options
  const fate = overtaken(db, row) ?? fateOf(db, row)
  if (fate !== undefined) {
    changes.apply(row, { ...fate, facts: JSON.stringify(fate.facts), at_ms: now_ms, epoch })
    return
  }
  assert(approvalsOf(db, row) >= row.approvers, 'nothing goes out without its approvals')
  // Another row of the same resource may have been taken just before this one.
  if (resourceIsBusy(db, row) || taken.some(other => meets(db, row, other))) return
  if (row.doubt === 1) {
    // What it would refer to now is what the target is asked about.
    const asked = { ...row, identity_seen: seen }
    taken.push({ ...toUnknown(asked, { db, changes, now_ms, epoch }), intent: row.intent })
    return
  }
  const lease_until_ms = now_ms + lease_ms
  const next = changes.apply(row, {
    to: 'in_flight',
    at_ms: now_ms,
    epoch,
    lease_until_ms,
    identity_seen: seen,
  })
  taken.push({ ...next, intent: row.intent })
}

/** By a newer write of the whole state; news of who a patient is only by newer news of that. */
function overtaken(db: Database, row: FullRecord) {
  const newest = newestWrite(db, row)
  if (newest === undefined || newest.intent_id === row.intent_id || newest.whole === 0) return
  const other = row.identity === 1 && saysNews(db, row) ? find(db, newest.intent_id) : undefined
  if (other?.identity === 0) return
  const place = other ?? newest
  if (!isNewer(place, row)) return
  return { to: 'superseded', facts: { overtaken_by_sequence: place.sequence } } as const
}

/** Whether one of the two says who patients are and stands in the other's lane. */
function meets(db: Database, row: LedgerRecord, other: LedgerRecord): boolean {
  const inLaneOf = (one: LedgerRecord, two: LedgerRecord) =>
    one.identity === 1 && lanesOf(db, one.intent_id).includes(two.key)
  return inLaneOf(row, other) || inLaneOf(other, row)
}

const FULL = `SELECT r.*, c.intent FROM ledger r
  JOIN ledger_contents c ON c.intent_id = r.intent_id AND c.content = r.content`

function ready(
  db: Database,
  { tenant, target }: TargetName,
  { now_ms, limit }: { readonly now_ms: number; readonly limit: number },
): FullRecord[] {
  return db.all<FullRecord>(
    `${FULL} WHERE r.tenant = ? AND r.target = ? AND r.turn = 1 AND r.due_at_ms <= ?
     AND NOT EXISTS (SELECT 1 FROM ledger b WHERE b.tenant = r.tenant AND b.target = r.target
       AND b.resource_type = r.resource_type AND b.resource_id = r.resource_id AND b.busy = 1)
     ORDER BY r.due_at_ms, r.sequence, r.ordinal LIMIT ?`,
    ...[tenant, target, now_ms, limit],
  )
}

function resourceIsBusy(db: Database, row: LedgerRecord): boolean {
  const busy = db.get(
    `SELECT 1 FROM ledger WHERE tenant = ? AND target = ? AND resource_type = ?
     AND resource_id = ? AND busy = 1 LIMIT 1`,
    ...[row.tenant, row.target, row.resource_type, row.resource_id],
  )
  return busy !== undefined
}

export function newestWrite(
  db: Database,
  of: Pick<LedgerRecord, 'tenant' | 'target' | 'resource_type' | 'resource_id'>,
): { sequence: number; ordinal: number; intent_id: string; whole: number } | undefined {
  return db.get(
    `SELECT n.sequence, coalesce(l.ordinal, 0) AS ordinal, n.intent_id, n.whole
     FROM ledger_newest n LEFT JOIN ledger l ON l.intent_id = n.intent_id
     WHERE n.tenant = ? AND n.target = ? AND n.resource_type = ? AND n.resource_id = ?`,
    ...[of.tenant, of.target, of.resource_type, of.resource_id],
  )
}

export function move(db: Database, moves: readonly Move[]): readonly boolean[] {
  const epoch = currentEpoch(db)
  const changes = new Changes(db)
  const answers = moves.map(step => {
    const row = find(db, step.intent_id)
    if (row === undefined || step.epoch !== epoch || !allowed(row, step)) return false
    const { to, at_ms, reason, facts, from: _, intent_id: __, ...set } = step
    changes.apply(row, {
      ...set,
      to,
      at_ms,
      reason: reason ?? null,
      facts: JSON.stringify(facts ?? {}),
    })
    return true
  })
  changes.settle()
  return answers
}

/**
 * A call under way is its owner's until its lease ends; then another may say that it is unknown.
 */
function allowed(row: LedgerRecord, step: Move): boolean {
  if (row.state !== step.from || !mayMove(step.from, step.to)) return false
  if (row.state !== 'in_flight' || row.epoch === step.epoch) return true
  return step.to === 'unknown' && step.at_ms >= row.lease_until_ms
}

/**
 * A person's word on a write that waits for it. Only on the content that the person saw: one that
 * has changed since is another question. The same person counts once.
 */
export function decide(db: Database, decision: Decision, epoch: number): Decided {
  const { intent_id, content, by, why, at_ms } = decision
  const row = find(db, intent_id)
  if (row === undefined) return 'unknown'
  if (row.state !== 'awaiting_approval') return 'not_waiting'
  if (row.content !== content) return 'changed'
  const changes = new Changes(db)
  const said = { by, word: decision.word, content, ...(why === '' ? {} : { why }) }
  const common = { at_ms, epoch, due_at_ms: at_ms }
  if (decision.word === 'reject') {
    changes.apply(row, { ...common, to: 'rejected', facts: JSON.stringify(said) })
    changes.settle()
    return 'rejected'
  }
  const counted = db.run(
    'INSERT OR IGNORE INTO ledger_approvals VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[intent_id, row.revision, personOf(by), content, by, why, at_ms],
  )
  if (counted === 0) return 'already'
  const facts = { ...said, approvals: approvalsOf(db, row), approvers: row.approvers }
  const next = changes.apply(row, { ...common, to: 'accepted', facts: JSON.stringify(facts) })
  changes.settle()
  return next.state === 'accepted' ? 'approved' : 'counted'
}

/** Two ways of writing one name are one person. */
function personOf(by: string): string {
  return by.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

export function learn(db: Database, rows: readonly CrosswalkRow[]): void {
  const changes = new Changes(db)
  for (const row of rows) changes.learn(asIs(db, row))
  changes.settle()
}

export function currentEpoch(db: Database): number {
  return db.get<{ value: number }>("SELECT value FROM meta WHERE name = 'epoch'")?.value ?? 0
}

/**
 * A new owner: everything that an earlier one still believes to hold is refused from here on. The
 * file has one owner at a time, so the earlier one calls nobody any more and its leases end here.
 */
export function nextEpoch(db: Database): number {
  db.run("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
  db.run("UPDATE ledger SET lease_until_ms = 0 WHERE busy = 1 AND state = 'in_flight'")
  return currentEpoch(db)
}
