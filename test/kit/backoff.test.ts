// Waiting between tries: doubling steps, jitter, a ceiling (requirement F16).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backoff } from '../../src/kit/backoff.ts'

const limits = { wait_ms_min: 1_000, wait_ms_max: 300_000 }
const at = (fraction: number) => ({ fraction: () => fraction, bytes: Buffer.alloc })

describe('backoff', () => {
  it('doubles its step with each attempt, up to the ceiling (F16)', () => {
    const steps = [1, 2, 3, 4, 9, 10, 11, 5_000].map(n => backoff(limits, n, at(1)))
    assert.deepEqual(steps, [1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000, 300_000])
  })

  it('waits at least half of the step, so that jitter never becomes a rush', () => {
    assert.equal(backoff(limits, 1, at(0)), 500)
    assert.equal(backoff(limits, 4, at(0)), 4_000)
  })

  it('stays a whole number of milliseconds within its bounds for any attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, fraction) => {
          const wait_ms = backoff(limits, attempt, at(fraction))
          assert.ok(Number.isInteger(wait_ms))
          assert.ok(wait_ms >= limits.wait_ms_min / 2 && wait_ms <= limits.wait_ms_max)
        },
      ),
    )
  })
})
