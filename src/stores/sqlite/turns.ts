// Whose turn it is (design: G4). A row that has not come to its end stands before the later writes
// of its resource, and as a barrier before all later ones of its key: where its route says
// `order: patient`, and when it is dead and its route holds for a person. An approval is no
// barrier.
import type { IntentState } from '../../model/state.ts'
import type { Database } from './database.ts'
import type { LedgerRecord } from './rows.ts'

export type Lane = Pick<LedgerRecord, 'tenant' | 'target' | 'key'>
type Of = Pick<LedgerRecord, 'resource_type' | 'resource_id'>
type Judged = Pick<LedgerRecord, 'intent_id' | 'sequence' | 'ordinal' | 'state' | 'barrier'> & Of

/** What has changed, until the turns are given anew. */
export class Turns {
  readonly #db: Database
  readonly #lanes = new Map<string, { readonly lane: Lane; readonly rows: Map<string, Of> }>()
  /** Keys in which a barrier came or went: other resources are concerned too. */
  readonly #whole = new Set<string>()

  constructor(db: Database) {
    this.#db = db
  }

  touch(row: Lane & Of, change: { readonly barrier: boolean }): void {
    const { tenant, target, key, resource_type, resource_id } = row
    const name = JSON.stringify([tenant, target, key])
    const known = this.#lanes.get(name) ?? { lane: { tenant, target, key }, rows: new Map() }
    known.rows.set(`${resource_type}/${resource_id}`, { resource_type, resource_id })
    this.#lanes.set(name, known)
    if (change.barrier) this.#whole.add(name)
  }

  /** Those that wait for a row: whether they still have to has changed. */
  touchDependents(intent_id: string): void {
    const rows = this.#db.all<Lane & Of>(
      `SELECT l.tenant, l.target, l.key, l.resource_type, l.resource_id FROM ledger_waits w
       JOIN ledger l ON l.intent_id = w.intent_id WHERE w.waits_for = ? AND l.holds = 1`,
      intent_id,
    )
    for (const row of rows) this.touch(row, { barrier: false })
  }

  /** What waits for an approval of this resource need not wait any more: it is known by now. */
  learned(of: Pick<LedgerRecord, 'tenant' | 'target'> & Of): void {
    const rows = this.#db.all<{ intent_id: string }>(
      `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND resource_type = ?
       AND resource_id = ? AND holds = 1 AND state = 'awaiting_approval'`,
      ...[of.tenant, of.target, of.resource_type, of.resource_id],
    )
    for (const { intent_id } of rows) this.touchDependents(intent_id)
  }

  settle(): void {
    for (const [name, { lane, rows }] of this.#lanes) {
      if (this.#whole.has(name)) settleLane(this.#db, lane)
      else for (const of of rows.values()) settleResource(this.#db, lane, of)
    }
    this.#lanes.clear()
    this.#whole.clear()
  }
}

const JUDGED = `SELECT intent_id, sequence, ordinal, state, barrier, turn, resource_type,
  resource_id FROM ledger`
type Candidate = Judged & { readonly turn: number }
const of = ({ tenant, target, key }: Lane) => [tenant, target, key] as const

/** Everybody up to the first barrier; behind it nobody has a turn. */
function settleLane(db: Database, lane: Lane): void {
  const barrier = firstBarrier(db, lane)
  const upTo =
    barrier === undefined
      ? db.all<Candidate>(
          `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
           ORDER BY sequence, ordinal, intent_id`,
          ...of(lane),
        )
      : db.all<Candidate>(
          `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
           AND (sequence, ordinal, intent_id) <= (?, ?, ?)
           ORDER BY sequence, ordinal, intent_id`,
          ...[...of(lane), barrier.sequence, barrier.ordinal, barrier.intent_id],
        )
  const now = db.all<Candidate>(
    `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND turn = 1`,
    ...of(lane),
  )
  const judged = new Set(upTo.map(row => row.intent_id))
  for (const row of now) if (!judged.has(row.intent_id)) giveTurn(db, row, false)
  const written = new Set<string>()
  for (const row of upTo) {
    const resource = `${row.resource_type}/${row.resource_id}`
    giveTurn(db, row, !written.has(resource) && mayGo(db, lane, row))
    written.add(resource)
  }
}

/** Who has a turn for one resource of the lane, and who is the first to write it. */
function settleResource(db: Database, lane: Lane, { resource_type, resource_id }: Of): void {
  const values = [lane.tenant, lane.target, lane.key, resource_type, resource_id] as const
  const now = db.all<Candidate>(
    `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND resource_type = ?
     AND resource_id = ? AND turn = 1`,
    ...values,
  )
  const first = db.get<Candidate>(
    `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND resource_type = ?
     AND resource_id = ? AND holds = 1 ORDER BY sequence, ordinal, intent_id LIMIT 1`,
    ...values,
  )
  for (const row of now) if (row.intent_id !== first?.intent_id) giveTurn(db, row, false)
  if (first === undefined) return
  const barrier = firstBarrier(db, lane)
  const free = barrier === undefined || !before(barrier, first)
  giveTurn(db, first, free && mayGo(db, lane, first))
}

/** Of a row that is the first of its resource and has no barrier before it. */
function mayGo(db: Database, lane: Lane, row: Candidate): boolean {
  if (row.state !== 'accepted') return false
  return !(row.barrier === 1 && isCalled(db, lane)) && !isOutstanding(db, row)
}

/** A barrier that came again waits for a later one that is under way. */
function isCalled(db: Database, lane: Lane): boolean {
  const called = db.get(
    'SELECT 1 FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND busy = 1 AND barrier = 1',
    ...of(lane),
  )
  return called !== undefined
}

function giveTurn(db: Database, row: Candidate, goes: boolean): void {
  const turn = goes ? 1 : 0
  if (turn !== row.turn) {
    db.run('UPDATE ledger SET turn = ? WHERE intent_id = ?', turn, row.intent_id)
  }
}

type Place = Pick<LedgerRecord, 'sequence' | 'ordinal' | 'intent_id'>

function firstBarrier(db: Database, lane: Lane): Place | undefined {
  return db.get<Place>(
    `SELECT sequence, ordinal, intent_id FROM ledger
     WHERE tenant = ? AND target = ? AND key = ? AND barrier = 1
     ORDER BY sequence, ordinal, intent_id LIMIT 1`,
    ...of(lane),
  )
}

function before(a: Place, b: Place): boolean {
  if (a.sequence !== b.sequence) return a.sequence < b.sequence
  if (a.ordinal !== b.ordinal) return a.ordinal < b.ordinal
  return a.intent_id < b.intent_id
}

/**
 * A wait is over when the other row no longer has a place in any order, however it ended: whether
 * the reference then resolves is seen by the adapter. And while the other one only waits for people
 * but its resource is known at the target: an approval holds nothing but its own resource.
 */
function isOutstanding(db: Database, { intent_id }: Judged): boolean {
  const others = db.all<{ state: IntentState; known: number }>(
    `SELECT d.state, EXISTS (SELECT 1 FROM crosswalk c WHERE c.tenant = d.tenant
       AND c.target = d.target AND c.resource_type = d.resource_type
       AND c.resource_id = d.resource_id) AS known
     FROM ledger_waits w JOIN ledger d ON d.intent_id = w.waits_for
     WHERE w.intent_id = ? AND d.holds = 1`,
    intent_id,
  )
  return others.some(({ state, known }) => state !== 'awaiting_approval' || known === 0)
}
