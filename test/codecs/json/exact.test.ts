// Numbers as they are written: read, compared and written again without the loss of a digit.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isExact, readExact, sameNumber } from '../../../src/codecs/json/exact.ts'

describe('JSON with exact numbers', () => {
  it('is written again as it was read', () => {
    for (const text of ['1.10', '0.0', '1e3', '-0', '12345678901234567890', '[1.0,{"a":5.00}]']) {
      assert.equal(JSON.stringify(readExact(text)), text)
    }
  })

  it('keeps plain numbers plain, and texts that look like numbers texts', () => {
    assert.deepEqual(readExact('{"a":1.5,"b":"1.10","c":[0,-2]}'), {
      a: 1.5,
      b: '1.10',
      c: [0, -2],
    })
    assert.equal(isExact(readExact('1.10')), true)
    assert.equal(isExact(readExact('1.1')), false)
    assert.throws(() => readExact('{'), SyntaxError)
  })

  it('knows a number again however it is written, and no other one', () => {
    assert.equal(sameNumber(1.1, readExact('1.10')), true)
    assert.equal(sameNumber(readExact('1.10'), readExact('1.100')), true)
    assert.equal(sameNumber(1.1, readExact('1.11')), false)
    assert.equal(sameNumber('1.10', readExact('1.10')), false)
    const long = (last: number) => readExact(`1234567890123456789${last}`)
    assert.equal(sameNumber(long(0), long(0)), true)
    assert.equal(sameNumber(long(0), long(1)), false)
  })
})
