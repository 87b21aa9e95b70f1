// Whose turn it is (design: G4). A row that has not come to its end stands before the later writes
// of its resource, and as a barrier before all later ones of its key: where its route says
// `order: patient`, and when it is dead and its route holds for a person. An approval is no
// barrier.
import type { IntentState } from '../../model/state.ts'
import type { Database } from './database.ts'
import { anySpeaks, lanesOf } from './identities.ts'
import type { LedgerRecord } from './rows.ts'

export type Lane = Pick<LedgerRecord, 'tenant' | 'target' | 'key'>
type Of = Pick<LedgerRecord, 'resource_type' | 'resource_id'>
type Place = Pick<LedgerRecord, 'sequence' | 'ordinal' | 'intent_id'>
type Judged = Place & Pick<LedgerRecord, 'state' | 'barrier' | 'identity'> & Of

/** What has changed, until the turns are given anew. */
export class Turns {
  readonly #db: Database
  readonly #lanes = new Map<string, { readonly lane: Lane; readonly rows: Map<string, Of> }>()
  /** Keys in which a barrier came or went: other resources are concerned too. */
  readonly #whole = new Set<string>()
  /** By lane: who says who patients are. */
  readonly #speakers = new Map<string, readonly Speaker[]>()

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

  /** What waits for this resource only until it is known need not wait any more. */
  learned(of: Pick<LedgerRecord, 'tenant' | 'target'> & Of): void {
    const rows = this.#db.all<{ intent_id: string }>(
      `SELECT intent_id FROM ledger WHERE tenant = ? AND target = ? AND resource_type = ?
       AND resource_id = ? AND holds = 1`,
      ...[of.tenant, of.target, of.resource_type, of.resource_id],
    )
    for (const { intent_id } of rows) this.touchDependents(intent_id)
  }

  settle(): void {
    if (anySpeaks(this.#db)) this.#touchSpeakers()
    for (const [name, { lane, rows }] of this.#lanes) {
      const settling = new Settling(this.#db, lane, this.#speakers.get(name) ?? [])
      if (this.#whole.has(name)) settling.all()
      else for (const of of rows.values()) settling.resource(of)
    }
    this.#lanes.clear()
    this.#whole.clear()
    this.#speakers.clear()
  }

  /** Whether they may speak depends on all the lanes in which they stand. */
  #touchSpeakers(): void {
    for (const { lane } of [...this.#lanes.values()]) {
      for (const speaker of speakersOf(this.#db, lane)) this.touch(speaker, { barrier: false })
    }
    for (const [name, { lane }] of this.#lanes) this.#speakers.set(name, speakersOf(this.#db, lane))
  }
}

const JUDGED = `SELECT intent_id, sequence, ordinal, state, barrier, turn, identity, resource_type,
  resource_id FROM ledger`
type Candidate = Judged & { readonly turn: number }
const of = ({ tenant, target, key }: Lane) => [tenant, target, key] as const

/** Who says who patients are, in this lane: his own, or that of another patient whom he names. */
type Speaker = Candidate & Lane & { readonly busy: number }

function speakersOf(db: Database, lane: Lane): readonly Speaker[] {
  return db.all<Speaker>(
    `SELECT l.intent_id, l.sequence, l.ordinal, l.state, l.barrier, l.turn, l.identity, l.busy,
     l.resource_type, l.resource_id, l.tenant, l.target, l.key
     FROM ledger_lanes s JOIN ledger l ON l.intent_id = s.intent_id
     WHERE s.tenant = ? AND s.target = ? AND s.key = ? AND l.holds = 1`,
    ...of(lane),
  )
}

/** One lane, whose turns are given anew. */
class Settling {
  readonly #db: Database
  readonly #lane: Lane
  readonly #speakers: readonly Speaker[]
  /** The first of all that stand before every later row of the lane. */
  readonly #barrier: Place | undefined

  constructor(db: Database, lane: Lane, speakers: readonly Speaker[]) {
    this.#db = db
    this.#lane = lane
    this.#speakers = speakers
    this.#barrier = firstOf([firstBarrier(db, lane), ...this.#speakers.filter(isBarrier)])
  }

  /** Everybody up to the first barrier; behind it nobody has a turn. */
  all(): void {
    const upTo = this.#upTo(this.#barrier)
    const now = this.#db.all<Candidate>(
      `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND turn = 1`,
      ...of(this.#lane),
    )
    const judged = new Set(upTo.map(row => row.intent_id))
    for (const row of now) if (!judged.has(row.intent_id)) this.#give(row, false)
    const written = new Set<string>()
    for (const row of upTo) {
      const resource = `${row.resource_type}/${row.resource_id}`
      this.#give(row, !written.has(resource) && this.#mayGo(row))
      written.add(resource)
    }
  }

  #upTo(barrier: Place | undefined): readonly Candidate[] {
    if (barrier === undefined) {
      return this.#db.all<Candidate>(
        `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
         ORDER BY sequence, ordinal, intent_id`,
        ...of(this.#lane),
      )
    }
    return this.#db.all<Candidate>(
      `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
       AND (sequence, ordinal, intent_id) <= (?, ?, ?)
       ORDER BY sequence, ordinal, intent_id`,
      ...[...of(this.#lane), barrier.sequence, barrier.ordinal, barrier.intent_id],
    )
  }

  /** Who has a turn for one resource of the lane, and who is the first to write it. */
  resource({ resource_type, resource_id }: Of): void {
    const values = [...of(this.#lane), resource_type, resource_id] as const
    const now = this.#db.all<Candidate>(
      `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND resource_type = ?
       AND resource_id = ? AND turn = 1`,
      ...values,
    )
    const first = this.#db.get<Candidate>(
      `${JUDGED} WHERE tenant = ? AND target = ? AND key = ? AND resource_type = ?
       AND resource_id = ? AND holds = 1 ORDER BY sequence, ordinal, intent_id LIMIT 1`,
      ...values,
    )
    for (const row of now) if (row.intent_id !== first?.intent_id) this.#give(row, false)
    if (first === undefined) return
    const free = this.#barrier === undefined || !before(this.#barrier, first)
    this.#give(first, free && this.#mayGo(first))
  }

  /** Of a row that is the first of its resource and has no barrier before it. */
  #mayGo(row: Candidate): boolean {
    if (row.state !== 'accepted' || isOutstanding(this.#db, row)) return false
    // While it is said who a patient is, nobody writes to him.
    if (this.#speakers.some(one => one.busy === 1)) return false
    if (row.identity === 1) return this.#maySpeak(row)
    return !(row.barrier === 1 && isCalled(this.#db, this.#lane))
  }

  /**
   * Who says who patients are waits in all of his lanes for what may have landed, and for whoever
   * else does so before him. What waits there otherwise is written to who stays, afterwards.
   */
  #maySpeak(row: Candidate): boolean {
    const { tenant, target } = this.#lane
    return lanesOf(this.#db, row.intent_id).every(key => {
      const lane = { tenant, target, key }
      if (isBusy(this.#db, lane)) return false
      return speakersOf(this.#db, lane).every(
        one => one.busy === 0 && (one.barrier === 0 || !before(one, row)),
      )
    })
  }

  #give(row: Candidate, goes: boolean): void {
    giveTurn(this.#db, row, goes)
  }
}

/** A barrier that came again waits for a later one that is under way. */
function isCalled(db: Database, lane: Lane): boolean {
  const called = db.get(
    'SELECT 1 FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND busy = 1 AND barrier = 1',
    ...of(lane),
  )
  return called !== undefined
}

/** Whether any call of the lane is under way, or may have landed. */
function isBusy(db: Database, lane: Lane): boolean {
  const busy = db.get(
    `SELECT 1 FROM ledger WHERE tenant = ? AND target = ? AND key = ? AND holds = 1
     AND busy = 1 LIMIT 1`,
    ...of(lane),
  )
  return busy !== undefined
}

const isBarrier = (row: Judged): boolean => row.barrier === 1

function firstOf(places: readonly (Place | undefined)[]): Place | undefined {
  const [first, ...others] = places.filter(place => place !== undefined)
  return first && others.reduce((a, b) => (before(b, a) ? b : a), first)
}

function giveTurn(db: Database, row: Candidate, goes: boolean): void {
  const turn = goes ? 1 : 0
  if (turn !== row.turn) {
    db.run('UPDATE ledger SET turn = ? WHERE intent_id = ?', turn, row.intent_id)
  }
}

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
 * the reference then resolves is seen by the adapter. Over is it too when its resource is known at
 * the target, and the other one only waits for people (an approval holds nothing but its own
 * resource) or is of another event. Nobody waits for whoever stands behind him: so no waits go
 * round in a circle.
 */
function isOutstanding(db: Database, { intent_id, sequence, ordinal }: Judged): boolean {
  const others = db.all<{ state: IntentState; until_known: number; known: number }>(
    `SELECT d.state, w.until_known, EXISTS (SELECT 1 FROM crosswalk c WHERE c.tenant = d.tenant
       AND c.target = d.target AND c.resource_type = d.resource_type
       AND c.resource_id = d.resource_id) AS known
     FROM ledger_waits w JOIN ledger d ON d.intent_id = w.waits_for
     WHERE w.intent_id = ? AND d.holds = 1
     AND (d.sequence, d.ordinal, d.intent_id) < (?, ?, ?)`,
    ...[intent_id, sequence, ordinal, intent_id],
  )
  return others.some(
    ({ state, until_known, known }) =>
      known === 0 || (until_known === 0 && state !== 'awaiting_approval'),
  )
}
