// Randomness: the system's gives as many bytes as asked and never the same twice; a seeded one
// repeats.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom, systemRandom } from '../../src/kit/random.ts'

describe('the system random', () => {
  it('gives as many bytes as asked, also more than its pool holds', () => {
    for (const count of [0, 1, 16, 8192, 8193, 100_000]) {
      assert.equal(systemRandom.bytes(count).length, count)
    }
  })

  it('gives the same bytes to nobody else, across refills of its pool', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 2_000; i++) seen.add(systemRandom.bytes(16).toString('hex'))
    assert.equal(seen.size, 2_000)
  })

  it('leaves bytes that it has handed out as they are', () => {
    const kept = systemRandom.bytes(16)
    const copy = Buffer.from(kept)
    for (let i = 0; i < 2_000; i++) systemRandom.bytes(16)
    assert.deepEqual(kept, copy)
  })

  it('gives fractions from 0 to below 1', () => {
    for (let i = 0; i < 1_000; i++) {
      const fraction = systemRandom.fraction()
      assert.ok(fraction >= 0 && fraction < 1)
    }
  })
})

describe('a seeded random', () => {
  it('repeats itself for the same seed, and differs for another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return [random.fraction(), random.bytes(8).toString('hex'), random.fraction()]
    }
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
  })

  it('spreads its fractions over the whole span', () => {
    const random = seededRandom(1)
    const tenths = new Set<number>()
    for (let i = 0; i < 1_000; i++) tenths.add(Math.floor(random.fraction() * 10))
    assert.deepEqual([...tenths].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
