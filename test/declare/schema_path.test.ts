// Paths into configuration.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSame, pathOf, startsWith, valueAt } from '../../src/declare/schema_path.ts'

test('a JSON pointer is read as RFC 6901 says', () => {
  assert.deepEqual(pathOf(''), [])
  assert.deepEqual(pathOf('/a/0/b~1c/~01'), ['a', '0', 'b/c', '~1'])
})

test('values are found by own keys only', () => {
  const value = { a: [{ b: 1 }] }
  assert.equal(valueAt(value, ['a', '0', 'b']), 1)
  assert.equal(valueAt(value, ['a', '1', 'b']), undefined)
  assert.equal(valueAt(value, ['a', '0', 'b', 'c']), undefined)
  assert.equal(valueAt(value, ['constructor']), undefined)
})

test('a path begins with itself and with every path above it', () => {
  assert.equal(startsWith(['a', 'b'], ['a']), true)
  assert.equal(startsWith(['a'], ['a', 'b']), false)
  assert.equal(startsWith(['ab'], ['a']), false)
  assert.equal(isSame(['a'], ['a']), true)
  assert.equal(isSame(['a', 'b'], ['a']), false)
})
