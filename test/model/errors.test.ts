// The catalogue of failures: every code in whole sentences, with an outcome that decides and a hint
// that helps; and the line between a failure of the world and a bug of ours.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import { type Code, catalogue, Failure, failureOf, type Outcome } from '../../src/model/errors.ts'

const codes = Object.keys(catalogue) as Code[]

const outcomes: readonly Outcome[] = [
  'ok',
  'already_applied',
  'fix',
  'conflict',
  'denied',
  'throttled',
  'transient',
  'missing_dependency',
  'auth',
  'config',
  'target_down',
  'unknown',
]

describe('the catalogue', () => {
  it('names codes in snake_case', () => {
    for (const code of codes) assert.match(code, /^[a-z][a-z0-9_]*$/)
  })

  it('says each message and hint in whole sentences', () => {
    for (const code of codes) {
      const { message, hint } = catalogue[code]
      assert.match(message, /^[A-Z].*\.$/, code)
      assert.match(hint, /^([A-Z]|firth ).*[^ ]$/, code)
      assert.notEqual(message, hint, code)
    }
  })

  it('has an outcome of the one vocabulary for each code, and never a success (F13)', () => {
    for (const code of codes) {
      const { outcome } = catalogue[code]
      assert.ok(outcomes.includes(outcome), code)
      assert.ok(outcome !== 'ok' && outcome !== 'already_applied', code)
    }
  })

  it('asks a sender to send again only what may pass the next time', () => {
    for (const code of codes) {
      const { ack, outcome } = catalogue[code]
      assert.ok(ack === 'AE' || ack === 'AR', code)
      if (outcome === 'transient') assert.equal(ack, 'AE', code)
      if (/^(frame|bytes|msh)_/.test(code)) assert.equal(ack, 'AR', code)
    }
  })
})

describe('Failure', () => {
  it('carries its code, its facts and its cause, and reads as the catalogue says', () => {
    const cause = new Error('ENOSPC')
    const failure = new Failure('log_disk_full', { bytes: 12 }, cause)
    assert.equal(failure.code, 'log_disk_full')
    assert.equal(failure.outcome, 'transient')
    assert.deepEqual(failure.facts, { bytes: 12 })
    assert.equal(failure.cause, cause)
    assert.equal(failure.message, `log_disk_full: ${catalogue.log_disk_full.message}`)
  })

  it('has no cause where none was given', () => {
    assert.ok(!('cause' in new Failure('log_closed')))
  })
})

describe('failureOf', () => {
  it('knows a failure from a bug and from anything else', () => {
    const failure = new Failure('log_closed')
    assert.equal(failureOf(failure), failure)
    for (const other of [new Bug('x'), new TypeError('x'), 'log_closed', undefined, null]) {
      assert.equal(failureOf(other), undefined)
    }
  })
})
