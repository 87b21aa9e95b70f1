// Identifiers: random ones sort by their time, derived ones are the same everywhere and for ever.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { derivedId, sha256, timeId, timeOfId } from '../../src/kit/ids.ts'
import { seededRandom } from '../../src/kit/random.ts'

const idAt = (ms: number, seed = 1) => timeId({ now: () => ms }, seededRandom(seed))
const anyTime = fc.integer({ min: 0, max: 2 ** 48 - 1 })

describe('timeId', () => {
  it('is 26 characters of Crockford base 32 in lower case', () => {
    assert.match(idAt(1_795_000_000_000), /^[0-9a-hjkmnp-tv-z]{26}$/)
  })

  it('carries its time, which timeOfId reads back', () => {
    fc.assert(fc.property(anyTime, ms => timeOfId(idAt(ms)) === ms))
  })

  it('sorts as text in the order of the times', () => {
    fc.assert(
      fc.property(anyTime, anyTime, fc.integer(), (a, b, seed) => {
        fc.pre(a !== b)
        assert.equal(idAt(a, seed) < idAt(b, seed + 1), a < b)
      }),
    )
  })

  it('differs within one millisecond', () => {
    const random = seededRandom(3)
    const ids = Array.from({ length: 1_000 }, () => timeId({ now: () => 5 }, random))
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('timeOfId', () => {
  it('knows no time in any other text', () => {
    for (const text of ['', 'MSG00001', 'u'.repeat(26), 'A'.repeat(26), '0'.repeat(25)]) {
      assert.equal(timeOfId(text), undefined)
    }
  })
})

describe('sha256', () => {
  it('is the hash of FIPS 180-4 in lower-case hex, of text as of its UTF-8 bytes', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    assert.equal(sha256('abc'), abc)
    assert.equal(sha256(Buffer.from('abc')), abc)
  })
})

describe('derivedId', () => {
  it('is stable: ids that stand in logs and charts are made again alike (F02, F08)', () => {
    assert.equal(
      derivedId('raw', 0, 'patient.admitted', 'urn:x|1'),
      'bc4edab5a55a63d87ebe234b6c8147f7',
    )
  })

  it('keeps its parts apart', () => {
    assert.notEqual(derivedId('ab', 'c'), derivedId('a', 'bc'))
    assert.notEqual(derivedId('a', ''), derivedId('a'))
    assert.notEqual(derivedId('1:a'), derivedId('', 'a'))
  })

  it('is 32 hex digits, different for different parts', () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.nat()), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        assert.match(derivedId(...a), /^[0-9a-f]{32}$/)
        const same = JSON.stringify(a.map(String)) === JSON.stringify(b.map(String))
        assert.equal(derivedId(...a) === derivedId(...b), same)
      }),
    )
  })
})
