// The words of people: each leads by a legal move, and only from where it is offered.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IntentState, mayMove, moves } from '../../src/model/state.ts'
import { releases } from '../../src/operate/people_words.ts'

describe('every word', () => {
  it('leads from each of its states by a legal move', () => {
    for (const [word, ways] of Object.entries(releases)) {
      for (const [from, to] of Object.entries(ways)) {
        assert.ok(mayMove(from as IntentState, to), `${word}: ${from} to ${to}`)
      }
    }
  })

  it('together they lead on from every state that only a person ends', () => {
    const offered = new Set(Object.values(releases).flatMap(ways => Object.keys(ways)))
    const ended = [
      'unknown',
      'parked',
      'conflict',
      'denied',
      'rejected',
      'dead',
      'withdrawn',
    ] as const
    for (const state of ended) {
      assert.ok(moves[state].length > 0)
      assert.ok(offered.has(state), state)
    }
  })
})
