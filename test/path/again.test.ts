// What the headers of a record that comes again say to the stations behind.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isReplayed, mayReach, rankOf, routedBy, sequenceOf } from '../../src/path/again.ts'

describe('a record that comes again', () => {
  it('keeps the position of its first append in the order (G4)', () => {
    assert.equal(sequenceOf({ headers: { sequence: '7' }, offset: 90 }), 7)
    assert.equal(sequenceOf({ headers: {}, offset: 90 }), 90)
  })

  it('stands behind what was there, where it was made there first', () => {
    assert.equal(rankOf({ headers: { source_offset: '9' } }), 0)
    assert.equal(rankOf({ headers: { sequence: '7', source_offset: '9' } }), 10)
    assert.equal(rankOf({ headers: { sequence: '7', source_offset: '9', replay: 'r' } }), 0)
    assert.equal(rankOf({ headers: { sequence: '7', rank: '4', replay: 'r' } }), 4)
  })

  it('is routed by the deployment that its replay names', () => {
    assert.equal(routedBy({ deployment: 'a', replay_deployment: 'b' }), 'b')
    assert.equal(routedBy({ deployment: 'a' }), 'a')
  })

  it('reaches only the targets that its replay names (G6)', () => {
    const named = mayReach({ replay: 'r', replay_targets: 'chart,registry' })
    assert.deepEqual([named('chart'), named('registry'), named('other')], [true, true, false])
    assert.equal(mayReach({ replay: 'r', replay_targets: '' })('chart'), false)
    assert.equal(mayReach({ replay: 'r' })('chart'), false)
  })

  it('is told from a first append, which reaches every target', () => {
    assert.equal(isReplayed({ replay: 'r' }), true)
    assert.equal(isReplayed({ repairs: 'raw1' }), false)
    assert.equal(mayReach({})('chart'), true)
  })
})
