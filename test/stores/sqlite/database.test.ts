// Beneath the store's thread: every query by an index, the derived columns true after any moves, a
// full and a read-only disk, calls that fail alone, and the ledger rebuilt from its moves.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type IntentState, mayMove, moves, waiting } from '../../../src/model/state.ts'
import type { Move } from '../../../src/model/store.ts'
import { Database } from '../../../src/stores/sqlite/database.ts'
import {
  type Arguments,
  type Name,
  type Result,
  runGroup,
} from '../../../src/stores/sqlite/group.ts'
import { nextEpoch } from '../../../src/stores/sqlite/ledger.ts'
import { toAdmissionRecord } from '../../../src/stores/sqlite/rows.ts'
import { migrate, migrations } from '../../../src/stores/sqlite/schema.ts'
import { admission, at, intent } from '../../contract/store_samples.ts'

function open() {
  const db = Database.open(':memory:')
  const epoch = nextEpoch(db)
  const call = <N extends Name>(name: N, ...values: Arguments<N>): Result<N> => {
    const [answer] = runGroup(db, [{ name, values }])
    assert.ok(answer !== undefined && 'value' in answer, JSON.stringify(answer))
    return answer.value as Result<N>
  }
  return { db, epoch, call }
}

const record = (...of: Parameters<typeof admission>) => toAdmissionRecord(admission(...of))
const claiming = { now_ms: 10_000, lease_ms: 100, limit: 3 }

/** Runs every operation at least once, so that every statement is known. */
function everything({ call, epoch }: ReturnType<typeof open>): void {
  const one = intent({ key: 'k' })
  const two = intent({ key: 'k', waits_for: [one.intent_id] })
  call('admit', [record(one), record(two)], { at_ms: 1, epoch })
  call('admit', [record(one, { content: 'other' })], { at_ms: 1, epoch })
  call('claim', at, { ...claiming, epoch })
  const base = { intent_id: one.intent_id, epoch, at_ms: 2 }
  call('move', [{ ...base, from: 'in_flight', to: 'committed', target_id: '1' }])
  call('learn', [{ ...at, resource_type: 'Patient', resource_id: 'x', target_id: '2' }])
  const key = { tenant: 'n', channel: 'c', feed: 'f', control_id: '1', content: 's' }
  call('putMarks', [{ ...key, raw_id: 'r', marked_at_ms: 1 }])
  call('findMarks', [key])
  call('dropMarksBefore', 2, 10)
  call('setCursor', 'a', 'b')
  call('getCursor', 'a')
  call('known', { ...at, intent_id: one.intent_id, self: 'Patient/x' }, ['Patient/x'])
  call('row', one.intent_id)
  call('rowsOfRaw', one.raw_id)
  call('deadHolding', at, 1)
  call('approvals', one.intent_id)
  call('pageOfState', at, { state: 'committed', changed_at_ms: 0, place: 0, limit: 1 })
  const asked = intent({ key: 'a' })
  const approval = { content: 'c', approvers: 2, state: 'awaiting_approval' } as const
  call('admit', [record(asked, approval)], { at_ms: 1, epoch })
  const word = { word: 'approve', content: 'c', by: 'Ann', why: '', at_ms: 2 } as const
  call('decide', { intent_id: asked.intent_id, ...word }, epoch)
  call('rowsInState', at, { state: 'committed', limit: 1 })
  call('overdue', at, { now_ms: 1, limit: 1 })
  call('nextDue', at)
  call('newest', one)
  call('history', one.intent_id)
  call('counts')
  const behind = intent({ key: 'a' })
  call('admit', [record(behind, { content: 'c' })], { at_ms: 1, epoch })
  call('heldBack', [one.intent_id, asked.intent_id, behind.intent_id])
  call('rowsOfPatient', at, { patient: 'urn:x|1', limit: 1 })
  call('rowsOfPatient', at, { patient: 'a', limit: 1 })
}

describe('statements of the SQLite store', () => {
  it('find their rows by an index and sort none of any number', () => {
    const opened = open()
    everything(opened)
    const { db } = opened
    assert.ok(db.statements.length > 25)
    for (const sql of db.statements) {
      const plan = db.raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
      for (const { detail } of plan) {
        // One row a target and state; and the rows of one raw record, put in order.
        const few = /^SCAN c($| )/.test(detail) && sql.includes('ledger_counts')
        // An index over calls under way alone is as small as what may be in flight.
        const busy = /USING (COVERING )?INDEX ledger_(lease|busy)/.test(detail)
        const scans = /^SCAN /.test(detail) && !/CONSTANT ROW/.test(detail) && !few && !busy
        const sorts = detail.includes('TEMP B-TREE') && !/raw_id = \?|DISTINCT/.test(sql)
        assert.ok(!scans && !sorts, `${detail} in: ${sql}`)
      }
    }
    db.close()
  })
})

const states = Object.keys(moves) as IntentState[]

describe('the ledger after any moves', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('admit' as const), n: fc.nat(9), content: fc.nat(2) }),
    fc.record({ do: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('move' as const), n: fc.nat(9), to: fc.constantFrom(...states) }),
  )

  /** Ten intents on three keys and four resources, some waiting for others. */
  const pool = Array.from({ length: 10 }, (_, n) =>
    intent({
      intent_id: `i${n}`,
      key: `k${n % 3}`,
      sequence: Math.floor(n / 2),
      ordinal: n % 2,
      resource_id: `r${n % 4}`,
      operation: n % 5 === 0 ? 'create' : 'update',
      waits_for: n % 2 === 1 ? [`i${n - 1}`] : [],
    }),
  )

  it('has its turns, counts and history right, and never two calls of a key or a resource', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const opened = open()
        let now_ms = 1
        for (const one of steps) {
          now_ms += 1
          if (one.do === 'admit') {
            const of = pool[one.n]
            assert.ok(of)
            const content = `c${one.content}`
            opened.call('admit', [record(of, { content })], { at_ms: now_ms, epoch: opened.epoch })
          } else if (one.do === 'claim') {
            opened.call('claim', at, {
              now_ms,
              lease_ms: 10,
              limit: one.limit,
              epoch: opened.epoch,
            })
          } else moveOne(opened, `i${one.n}`, one.to, now_ms)
          check(opened.db)
        }
        rebuild(opened.db)
        opened.db.close()
      }),
      { numRuns: 400 },
    )
  })

  function moveOne(
    { call, epoch }: ReturnType<typeof open>,
    intent_id: string,
    to: IntentState,
    at_ms: number,
  ): void {
    const row = call('row', intent_id)
    // A claim alone puts a row in flight, as the path does it.
    if (row === undefined || to === 'in_flight') return
    const move: Move = { intent_id, from: row.state, to, at_ms, epoch }
    const [moved] = call('move', [move])
    assert.equal(moved, mayMove(row.state, to))
  }

  interface Row {
    intent_id: string
    key: string
    resource_id: string
    state: IntentState
    holds: number
    busy: number
    turn: number
    sequence: number
    ordinal: number
  }

  function check(db: Database): void {
    const rows = db.raw.prepare('SELECT * FROM ledger').all() as unknown as Row[]
    const busyOf = (by: 'key' | 'resource_id', value: string) =>
      rows.filter(row => row[by] === value && row.busy === 1)
    for (const row of rows) {
      assert.equal(row.holds === 1, waiting.includes(row.state))
      assert.equal(row.busy === 1, row.state === 'in_flight' || row.state === 'unknown')
      assert.ok(busyOf('key', row.key).length <= 1)
      assert.ok(busyOf('resource_id', row.resource_id).length <= 1)
      assert.equal(row.turn === 1, hasTurn(row, rows), `the turn of ${row.intent_id}`)
    }
    const counted = db.raw
      .prepare('SELECT state, count FROM ledger_counts WHERE count <> 0 ORDER BY state')
      .all()
    const real = db.raw
      .prepare('SELECT state, count(*) AS count FROM ledger GROUP BY state ORDER BY state')
      .all()
    assert.deepEqual(counted, real)
  }

  /** The rule of turns, written once more and without an index. */
  function hasTurn(row: Row, rows: readonly Row[]): boolean {
    // An approval holds nothing but its own resource.
    const holds = (one: Row) =>
      one.holds === 1 && (one.state !== 'awaiting_approval' || one.resource_id === row.resource_id)
    const lane = rows.filter(one => one.key === row.key && holds(one))
    lane.sort((a, b) => a.sequence - b.sequence || a.ordinal - b.ordinal)
    const waits = pool.find(one => one.intent_id === row.intent_id)?.waits_for ?? []
    return (
      row.state === 'accepted' &&
      lane[0] === row &&
      lane.every(one => one.busy === 0) &&
      !rows.some(one => waits.includes(one.intent_id) && one.holds === 1)
    )
  }

  /** Every row, replayed from its moves alone, is the row that stands. */
  function rebuild(db: Database): void {
    const columns =
      'intent_id, content, attempts, due_at_ms, lease_until_ms, epoch, reason, facts, target_id'
    const last = db.raw
      .prepare(
        `SELECT ${columns}, to_state AS state, at_ms AS changed_at_ms, n AS moves,
         target_version FROM ledger_moves m
         WHERE n = (SELECT max(n) FROM ledger_moves o WHERE o.intent_id = m.intent_id)
         ORDER BY intent_id`,
      )
      .all()
    const stands = db.raw
      .prepare(
        `SELECT ${columns}, state, changed_at_ms, moves, target_version
         FROM ledger ORDER BY intent_id`,
      )
      .all()
    assert.deepEqual(last, stands)
    const chain = db.raw
      .prepare('SELECT intent_id, n, from_state, to_state FROM ledger_moves ORDER BY intent_id, n')
      .all() as { intent_id: string; n: number; from_state: IntentState; to_state: IntentState }[]
    chain.forEach((move, i) => {
      const before = chain[i - 1]
      assert.equal(move.from_state, move.n === 1 ? null : before?.to_state)
      if (move.n === 1) return
      const legal = mayMove(move.from_state, move.to_state) || move.from_state === move.to_state
      assert.ok(legal, `${move.from_state} to ${move.to_state}`)
    })
  }

  it('lets nobody change or remove a move', () => {
    const opened = open()
    everything(opened)
    assert.throws(() => opened.db.raw.exec("UPDATE ledger_moves SET facts = '{}'"), /append-only/)
    assert.throws(() => opened.db.raw.exec('DELETE FROM ledger_moves'), /append-only/)
    opened.db.close()
  })
})

describe('a group of calls', () => {
  const put = (name: string, value = 'x') => ({ name: 'setCursor' as const, values: [name, value] })

  it('fails nobody else where one call fails', () => {
    const { db, call } = open()
    const bad = { name: 'setCursor' as const, values: ['b', { not: 'text' }] }
    const answers = runGroup(db, [put('a'), bad, put('c')])
    assert.deepEqual(answers[0], { value: undefined })
    assert.ok(answers[1] !== undefined && 'bug' in answers[1])
    assert.deepEqual(answers[2], { value: undefined })
    assert.deepEqual(
      ['a', 'b', 'c'].map(name => call('getCursor', name)),
      ['x', undefined, 'x'],
    )
    db.close()
  })

  it('says that the disk is full, keeps what stood, and goes on by itself', () => {
    const { db, call } = open()
    call('setCursor', 'before', 'x')
    const { page_count } = db.raw.prepare('PRAGMA page_count').get() as { page_count: number }
    db.raw.exec(`PRAGMA max_page_count = ${page_count + 1}`)
    const [small, large] = runGroup(db, [put('small'), put('large', 'x'.repeat(100_000))])
    assert.ok(large !== undefined && 'code' in large)
    assert.equal(large.code, 'store_disk_full')
    // SQLite may give up the call or the whole group; what is answered is what stands.
    assert.equal(call('getCursor', 'small'), small && 'value' in small ? 'x' : undefined)
    assert.equal(call('getCursor', 'before'), 'x')
    db.raw.exec('PRAGMA max_page_count = 1000000')
    call('setCursor', 'large', 'x'.repeat(100_000))
    db.close()
  })

  it('says that the disk cannot be written', () => {
    const { db } = open()
    db.raw.exec('PRAGMA query_only = 1')
    const [answer] = runGroup(db, [put('a')])
    assert.ok(answer !== undefined && 'code' in answer)
    assert.equal(answer.code, 'store_read_only')
    db.close()
  })
})

describe('migrations', () => {
  it('run once each, in order, and again on an older file', () => {
    const db = new DatabaseSync(':memory:')
    migrate(db, ['CREATE TABLE a (x)'])
    migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)'])
    migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)'])
    assert.deepEqual({ ...db.prepare('PRAGMA user_version').get() }, { user_version: 2 })
    db.close()
  })

  it('leave an older file as it was where a step fails', () => {
    const db = new DatabaseSync(':memory:')
    migrate(db, ['CREATE TABLE a (x)'])
    assert.throws(() => migrate(db, ['', 'CREATE TABLE b (x)', 'CREATE TABLE a (x)']))
    assert.deepEqual({ ...db.prepare('PRAGMA user_version').get() }, { user_version: 1 })
    assert.equal(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'b'").get(), undefined)
    db.close()
  })

  it('make every table strict, so that no value changes its type in silence', () => {
    const db = new DatabaseSync(':memory:')
    migrate(db, migrations)
    const tables = db.prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
    for (const { name, strict } of tables.all() as { name: string; strict: number }[]) {
      if (!name.startsWith('sqlite_')) assert.equal(strict, 1, name)
    }
    db.close()
  })
})
