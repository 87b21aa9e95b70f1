// Our own invariants: a broken one is a Bug, which nothing may take for a failure of the world.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bug, present, assert as promise, unreachable } from '../../src/kit/assert.ts'
import { failureOf } from '../../src/model/errors.ts'

const bugOf = (run: () => unknown): Bug => {
  try {
    run()
  } catch (cause) {
    assert.ok(cause instanceof Bug)
    return cause
  }
  throw new Error('nothing was thrown')
}

describe('assert', () => {
  it('lets what holds pass', () => {
    for (const holds of [true, 1, 'text', {}]) promise(holds, 'it holds')
  })

  it('throws a Bug that names the invariant', () => {
    for (const broken of [false, 0, '', undefined, null]) {
      assert.equal(bugOf(() => promise(broken, 'rows are sorted')).message, 'rows are sorted')
    }
  })

  it('is no failure: nothing retries it', () => {
    assert.equal(failureOf(bugOf(() => promise(false, 'x'))), undefined)
  })
})

describe('unreachable', () => {
  it('throws a Bug with the value that should not have been', () => {
    assert.match(bugOf(() => unreachable('sideways' as never)).message, /sideways/)
  })
})

describe('present', () => {
  it('hands on every value but null and undefined', () => {
    for (const value of [0, '', false, Number.NaN]) assert.equal(present(value, 'it'), value)
  })

  it('throws a Bug that names what is missing', () => {
    for (const value of [undefined, null]) {
      assert.match(bugOf(() => present(value, 'the first row')).message, /the first row/)
    }
  })
})
