// "Did you mean": near enough to be meant, or nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { editDistance, nearest } from '../../src/kit/nearest.ts'

describe('nearest', () => {
  it('finds what a slip of the finger meant', () => {
    const names = ['run', 'status', 'trace', 'log', 'dead']
    assert.equal(nearest('staus', names), 'status')
    assert.equal(nearest('trcae', names), 'trace', 'two letters in the wrong order are one slip')
    assert.equal(nearest('trxyz', names), undefined, 'three slips in five letters are too many')
    assert.equal(nearest('rum', names), 'run')
    assert.equal(nearest('lgo', names), 'log')
    assert.equal(nearest('lgo', ['logs']), undefined)
  })

  it('allows one slip in a short word and one in three letters of a long one', () => {
    assert.equal(nearest('ru', ['run']), 'run')
    assert.equal(nearest('accepted_mesages', ['accepted_messages']), 'accepted_messages')
    assert.equal(nearest('certificate', ['certficaet']), 'certficaet')
  })

  it('suggests nothing for a word that is like none, or where there is nothing', () => {
    assert.equal(nearest('banana', ['run', 'status']), undefined)
    assert.equal(nearest('run', []), undefined)
  })

  it('takes the nearest of several, and the first of equals', () => {
    assert.equal(nearest('state', ['stats', 'state_', 'estate']), 'stats')
    assert.equal(nearest('channels', ['channel_', 'channel']), 'channel_')
  })
})

describe('editDistance', () => {
  it('counts insertions, deletions and substitutions', () => {
    assert.equal(editDistance('', 'abc'), 3)
    assert.equal(editDistance('abc', ''), 3)
    assert.equal(editDistance('kitten', 'sitting'), 3)
  })

  it('counts two neighbours in the wrong order once', () => {
    assert.equal(editDistance('abuot', 'about'), 1)
    assert.equal(editDistance('abcd', 'badc'), 2)
  })

  it('is zero for the same alone, the same both ways, and never more than all letters', () => {
    const word = fc.string({ maxLength: 8 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, b) === 0, a === b)
        assert.equal(editDistance(a, b), editDistance(b, a))
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length))
      }),
    )
  })
})
