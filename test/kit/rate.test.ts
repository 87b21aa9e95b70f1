// The token bucket: what is spent over any time is bounded by what came in, whatever the pattern.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openRate } from '../../src/kit/rate.ts'

function setup(per_second: number) {
  let now_ms = 0
  const rate = openRate(per_second, { elapsed: () => now_ms })
  const wind = (ms: number) => {
    now_ms += ms
  }
  return { rate, wind }
}

describe('a rate', () => {
  it('has a token at the beginning, and the next one after its time', () => {
    const { rate, wind } = setup(2)
    assert.equal(rate.available(), 1)
    assert.equal(rate.wait_ms(), 0)
    rate.spend(1)
    assert.equal(rate.available(), 0)
    assert.equal(rate.wait_ms(), 500)
    wind(499)
    assert.equal(rate.available(), 0)
    wind(1)
    assert.equal(rate.available(), 1)
  })

  it('pays its debt before there is another token', () => {
    const { rate, wind } = setup(10)
    rate.spend(4)
    assert.equal(rate.wait_ms(), 400)
    wind(399)
    assert.equal(rate.available(), 0)
    wind(1)
    assert.equal(rate.available(), 1)
  })

  it('saves up for no more than a tenth of a second', () => {
    const { rate, wind } = setup(100)
    wind(3_600_000)
    assert.equal(rate.available(), 10)
  })

  it('lets no more be spent in any span than came in, one conversation of debt aside', () => {
    const step = fc.record({ wait_ms: fc.nat(400), calls: fc.integer({ min: 1, max: 5 }) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(step), (per_second, steps) => {
        const { rate, wind } = setup(per_second)
        let elapsed_ms = 0
        let spent = 0
        for (const { wait_ms, calls } of steps) {
          wind(wait_ms)
          elapsed_ms += wait_ms
          if (rate.available() === 0) continue
          rate.spend(calls)
          spent += calls
          const income = (elapsed_ms * per_second) / 1_000 + Math.max(1, per_second / 10)
          assert.ok(spent <= income + calls, `${spent} spent of ${income}`)
        }
      }),
    )
  })

  it('has a token when it said that one would be there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 30 }), (n, calls) => {
        const { rate, wind } = setup(n)
        rate.spend(calls)
        wind(rate.wait_ms())
        assert.ok(rate.available() >= 1)
      }),
    )
  })
})
