// Order and approvals after any moves (G4, I08): the rule of turns, written once more without an
// index, for rows whose routes hold by patient, by resource, or for a person; and that nothing goes
// out without the people that its content needs, whatever is revised, redone, crashed or retried.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { WriteIntent } from '../../../src/model/intent.ts'
import type { OnFailure } from '../../../src/model/plan.ts'
import { type IntentState, mayMove, moves, waiting } from '../../../src/model/state.ts'
import type { Admission, Decided } from '../../../src/model/store.ts'
import { Database } from '../../../src/stores/sqlite/database.ts'
import {
  type Arguments,
  type Name,
  type Result,
  runGroup,
} from '../../../src/stores/sqlite/group.ts'
import { nextEpoch } from '../../../src/stores/sqlite/ledger.ts'
import { toAdmissionRecord } from '../../../src/stores/sqlite/rows.ts'
import { at, intent } from '../../contract/store_samples.ts'

const POOL = 12
const NAMES = ['Ann Bell', 'ann  bell', 'R. Moss', 'Dr. Ito']
const states = Object.keys(moves) as IntentState[]

const failing = (order: OnFailure['order'], on_dead: OnFailure['on_dead']): OnFailure => {
  return { retry: { wait_ms_min: 1, wait_ms_max: 2, for_ms: 3 }, order, on_dead }
}

/** `i04` merges the patient of the other lane into its own; `i09` takes the two apart again. */
const identities: Readonly<Record<number, Partial<WriteIntent>>> = {
  4: { identities: [{ of: 'r0', is: 'r1' }], also_keys: ['k1'] },
  9: { identities: [{ of: 'r0', is: 'r0' }], also_keys: [] },
}

/** Twelve intents on two keys and four resources, some waiting for others, of all four kinds. */
const pool: readonly WriteIntent[] = Array.from({ length: POOL }, (_, n) =>
  intent({
    intent_id: `i${String(n).padStart(2, '0')}`,
    key: `k${n % 2}`,
    sequence: Math.floor(n / 2),
    ordinal: 0,
    resource_id: `r${n % 4}`,
    waits_for: n % 3 === 2 ? [`i${String(n - 1).padStart(2, '0')}`] : [],
    on_failure: failing(n % 4 < 2 ? 'patient' : 'resource', n % 5 === 0 ? 'hold' : 'continue'),
    ...identities[n],
  }),
)

interface Row {
  intent_id: string
  key: string
  resource_id: string
  state: IntentState
  holds: number
  barrier: number
  busy: number
  turn: number
  sequence: number
  ordinal: number
  content: string
  approvers: number
  identity: number
  reason: string | null
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      n: fc.nat(POOL - 1),
      content: fc.nat(2),
      approvers: fc.constantFrom<number>(0, 0, 1, 2),
      denied: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      n: fc.nat(POOL - 1),
      to: fc.constantFrom(...states),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      n: fc.nat(POOL - 1),
      by: fc.constantFrom(...NAMES),
      stale: fc.boolean(),
      reject: fc.nat(9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('learn' as const), n: fc.nat(POOL - 1) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

class World {
  readonly db = Database.open(':memory:')
  epoch = nextEpoch(this.db)
  now_ms = 1
  /** By intent: what stands, in which lane, and who has agreed to it since it stands there. */
  readonly agreed = new Map<string, { content: string; key: string; people: Set<string> }>()

  call<N extends Name>(name: N, ...values: Arguments<N>): Result<N> {
    const [answer] = runGroup(this.db, [{ name, values }])
    assert.ok(answer !== undefined && 'value' in answer, JSON.stringify(answer))
    return answer.value as Result<N>
  }

  rows(): Row[] {
    return this.db.raw.prepare('SELECT * FROM ledger').all() as unknown as Row[]
  }

  do(one: Step): void {
    this.now_ms += 1
    const { now_ms, epoch } = this
    switch (one.do) {
      case 'admit': {
        const of = pool[one.n]
        assert.ok(of)
        this.call('admit', [toAdmissionRecord(admissionOf(of, one))], { at_ms: now_ms, epoch })
        break
      }
      case 'claim':
        this.call('claim', at, { now_ms: now_ms + 9, lease_ms: 10, limit: one.limit, epoch })
        break
      case 'move':
        this.#move(one.n, one.to)
        break
      case 'decide':
        this.#decide(one)
        break
      case 'learn':
        this.call('learn', [
          { ...at, resource_type: 'Patient', resource_id: `r${one.n % 4}`, target_id: '1' },
        ])
        break
      case 'crash':
        this.epoch = nextEpoch(this.db)
    }
    this.#forgetRevised()
  }

  #row(n: number): Row | undefined {
    return this.rows().find(row => row.intent_id === pool[n]?.intent_id)
  }

  #move(n: number, to: IntentState): void {
    const row = this.#row(n)
    // A claim alone puts a row in flight, as the path does it.
    if (row === undefined || to === 'in_flight') return
    const { intent_id, state: from } = row
    const move = { intent_id, from, to, at_ms: this.now_ms, epoch: this.epoch }
    const [moved] = this.call('move', [move])
    if (from !== 'in_flight') assert.equal(moved, mayMove(from, to))
  }

  #decide(one: Extract<Step, { do: 'decide' }>): void {
    const row = this.#row(one.n)
    if (row === undefined) return
    const { intent_id, content } = row
    const word = one.reject === 0 ? 'reject' : 'approve'
    const seen = one.stale ? `${content} before` : content
    const decision = {
      intent_id,
      word,
      content: seen,
      by: one.by,
      why: '',
      at_ms: this.now_ms,
    } as const
    const decided: Decided = this.call('decide', decision, this.epoch)
    assert.equal(decided, this.#expected(row, one))
  }

  #expected(row: Row, one: Extract<Step, { do: 'decide' }>): Decided {
    if (row.state !== 'awaiting_approval') return 'not_waiting'
    if (one.stale) return 'changed'
    if (one.reject === 0) return 'rejected'
    const { intent_id, content, key } = row
    const known = this.agreed.get(intent_id) ?? { content, key, people: new Set<string>() }
    const before = known.people.size
    known.people.add(one.by.toLowerCase().replace(/ +/g, ' '))
    this.agreed.set(intent_id, known)
    if (known.people.size === before) return 'already'
    return known.people.size >= row.approvers ? 'approved' : 'counted'
  }

  #forgetRevised(): void {
    for (const row of this.rows()) {
      const { intent_id, content, key } = row
      const known = this.agreed.get(intent_id)
      if (known?.content !== content || known.key !== key) {
        this.agreed.set(intent_id, { content, key, people: new Set() })
      }
    }
  }

  check(): void {
    const rows = this.rows()
    for (const row of rows) {
      const { on_failure } = pool.find(one => one.intent_id === row.intent_id) as WriteIntent
      const held = row.state === 'dead' && on_failure.on_dead === 'hold'
      const holds = waiting.includes(row.state) || held
      const orders = on_failure.order === 'patient' || row.identity === 1
      const barrier = held || (holds && row.state !== 'awaiting_approval' && orders)
      assert.equal(row.holds === 1, holds, `${row.intent_id} holds`)
      assert.equal(row.barrier === 1, barrier, `${row.intent_id} is a barrier`)
      assert.equal(row.turn === 1, this.#hasTurn(row, rows), `the turn of ${row.intent_id}`)
      const people = this.agreed.get(row.intent_id)?.people.size ?? 0
      if (row.state === 'accepted') assert.ok(people >= row.approvers, 'accepted past its people')
    }
  }

  #hasTurn(row: Row, rows: readonly Row[]): boolean {
    const lane = rows.filter(one => one.key === row.key && one.holds === 1)
    const speakers = this.#speakers(row.key, rows)
    const inTheWay = [...lane, ...speakers].filter(one => isBefore(one, row))
    const waits = pool.find(one => one.intent_id === row.intent_id)?.waits_for ?? []
    const known = new Set(
      (
        this.db.raw.prepare('SELECT resource_id FROM crosswalk').all() as { resource_id: string }[]
      ).map(one => one.resource_id),
    )
    return (
      row.state === 'accepted' &&
      !inTheWay.some(one => one.barrier === 1) &&
      !lane.some(one => isBefore(one, row) && one.resource_id === row.resource_id) &&
      !speakers.some(one => one.busy === 1) &&
      (row.identity === 1 ? this.#maySpeak(row, rows) : !isCalled(row, lane)) &&
      !rows.some(
        one =>
          waits.includes(one.intent_id) &&
          one.holds === 1 &&
          !(one.state === 'awaiting_approval' && known.has(one.resource_id)),
      )
    )
  }

  #lanes(): readonly { key: string; intent_id: string }[] {
    const all = this.db.raw.prepare('SELECT key, intent_id FROM ledger_lanes').all()
    return all as { key: string; intent_id: string }[]
  }

  /** Who says who patients are, in a lane. */
  #speakers(key: string, rows: readonly Row[]): readonly Row[] {
    const ids = new Set(this.#lanes().flatMap(one => (one.key === key ? one.intent_id : [])))
    return rows.filter(one => one.holds === 1 && ids.has(one.intent_id))
  }

  /** Nothing is under way in any of its lanes, and nobody else has to speak before it there. */
  #maySpeak(row: Row, rows: readonly Row[]): boolean {
    const own = this.#lanes().filter(one => one.intent_id === row.intent_id)
    return own.every(({ key }) => {
      const speakers = this.#speakers(key, rows)
      const busy = [...rows.filter(one => one.key === key), ...speakers].some(one => one.busy === 1)
      return !busy && !speakers.some(one => one.barrier === 1 && isBefore(one, row))
    })
  }
}

const isBefore = (one: Row, row: Row): boolean =>
  one.sequence < row.sequence || (one.sequence === row.sequence && one.ordinal < row.ordinal)

const isCalled = (row: Row, lane: readonly Row[]): boolean =>
  row.barrier === 1 && lane.some(one => one.barrier === 1 && one.busy === 1)

function admissionOf(
  of: WriteIntent,
  { content, approvers, denied }: { content: number; approvers: number; denied: boolean },
): Admission {
  const common = { intent: of, content: `c${content}`, facts: {} }
  if (denied && content === 2) {
    return { ...common, approvers: 0, state: 'denied', reason: 'policy_silent' }
  }
  const state = approvers > 0 ? 'awaiting_approval' : 'accepted'
  return { ...common, approvers, state, reason: undefined }
}

describe('turns and approvals after any moves', () => {
  it('follow the rule, and nothing is taken that its people have not agreed to (G4, I08)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const world = new World()
        for (const one of steps) {
          const before = new Map(world.rows().map(row => [row.intent_id, row]))
          world.do(one)
          world.check()
          for (const row of world.rows()) {
            if (row.state !== 'in_flight' || before.get(row.intent_id)?.state === 'in_flight')
              continue
            // It was taken just now: by the content that stood, with everybody who had to agree.
            const people = world.agreed.get(row.intent_id)?.people.size ?? 0
            assert.ok(people >= row.approvers, 'sent past its people')
            assert.equal(before.get(row.intent_id)?.state, 'accepted')
          }
        }
        world.db.close()
      }),
      { numRuns: 80 },
    )
  })

  it('hands out every write in the end where nobody forbids it: nothing is stuck (G5)', () => {
    const admits = fc.array(
      fc.record({ n: fc.nat(POOL - 1), content: fc.nat(2), approvers: fc.nat(2) }),
    )
    fc.assert(
      fc.property(admits, list => {
        const world = new World()
        for (const one of list) world.do({ do: 'admit', denied: false, ...one })
        for (let round = 0; round < POOL * 3; round++) {
          for (let n = 0; n < POOL; n++) {
            for (const by of NAMES) world.do({ do: 'decide', n, by, stale: false, reject: 1 })
          }
          world.do({ do: 'claim', limit: 4 })
          for (let n = 0; n < POOL; n++) {
            const [row] = world.rows().filter(one => one.intent_id === pool[n]?.intent_id)
            if (row?.state === 'in_flight') world.do({ do: 'move', n, to: 'committed' })
          }
        }
        const ends = ['committed', 'superseded']
        const left = world
          .rows()
          .filter(row => !ends.includes(row.state) && row.reason !== 'patient_merged')
        assert.deepEqual(
          left.map(({ intent_id, state }) => [intent_id, state]),
          [],
        )
        world.db.close()
      }),
      { numRuns: 15 },
    )
  })
})
