// A table answers for what it holds, and for nothing that every object has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { own } from '../../src/kit/own.ts'

test('a name is found where the table itself holds it', () => {
  const table = { ST: 1, constructor: 2 }
  assert.equal(own(table, 'ST'), 1)
  assert.equal(own(table, 'constructor'), 2)
})

test('a member of every object is no entry, and neither is no name', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', undefined]) {
    assert.equal(own({ ST: 1 }, name), undefined)
  }
})
