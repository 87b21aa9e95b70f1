// The table of legal moves (requirement E09), judged as a graph, and what a person is shown of a
// state.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IntentState, mayMove, moves, shown, waiting } from '../../src/model/state.ts'

const states = Object.keys(moves) as IntentState[]
const next = (state: IntentState): readonly IntentState[] => moves[state]

/** Every state that can be reached, itself not counted unless a way leads back. */
function reachable(from: IntentState): Set<IntentState> {
  const found = new Set<IntentState>()
  const open = [...next(from)]
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (found.has(state)) continue
    found.add(state)
    open.push(...next(state))
  }
  return found
}

describe('the moves of a write intent', () => {
  it('lead only to states of the table (E09)', () => {
    for (const state of states) {
      for (const to of next(state)) assert.ok(states.includes(to), `${state} → ${to}`)
    }
  })

  it('name no move twice and none to the same state', () => {
    for (const state of states) {
      assert.equal(new Set(next(state)).size, next(state).length, state)
      assert.ok(!next(state).includes(state), state)
    }
  })

  it('reach every state from the first one', () => {
    const found = reachable('requested')
    assert.deepEqual(
      states.filter(state => state !== 'requested' && !found.has(state)),
      [],
    )
  })

  it('let no write go out but through in_flight: it is the only way to committed but a verification (F14)', () => {
    assert.deepEqual(
      states.filter(state => mayMove(state, 'committed')),
      ['in_flight', 'unknown'],
    )
  })

  it('hold no state that waits or failed without a way on, so nothing is stuck for ever (G5)', () => {
    const ends: IntentState[] = ['superseded', 'compensated']
    for (const state of states) {
      assert.equal(next(state).length === 0, ends.includes(state), state)
    }
  })

  it('lead from every waiting state to the target or to an end', () => {
    for (const state of waiting) {
      const found = reachable(state)
      assert.ok(found.has('committed') || found.has('withdrawn'), state)
    }
  })

  it('go through an approval without a way round it', () => {
    assert.deepEqual(next('awaiting_approval').includes('in_flight' as IntentState), false)
    assert.ok(mayMove('awaiting_approval', 'accepted'))
  })
})

describe('mayMove', () => {
  it('says what the table says, for every pair', () => {
    for (const from of states) {
      for (const to of states) assert.equal(mayMove(from, to), next(from).includes(to))
    }
  })
})

describe('shown', () => {
  it('says confirmed only after the target showed the write (E04, E10)', () => {
    assert.deepEqual(
      states.filter(state => shown(state) === 'confirmed'),
      ['surfaced', 'reconciled'],
    )
  })

  it('says pending while something is still to come, also when it is merely sent (K09)', () => {
    assert.deepEqual(
      states.filter(state => shown(state) === 'pending'),
      [...waiting, 'committed'],
    )
  })

  it('says failed where a person has to look', () => {
    for (const state of ['conflict', 'denied', 'dead', 'rejected'] as const) {
      assert.equal(shown(state), 'failed')
    }
  })
})
