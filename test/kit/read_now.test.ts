// Reading a small file at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTextNow } from '../../src/kit/read_now.ts'

test('answers with the text of a file, and undefined where there is none', () => {
  assert.match(readTextNow(import.meta.filename) ?? '', /^\/\/ Reading a small file/)
  assert.equal(readTextNow(`${import.meta.filename}.none`), undefined)
  assert.equal(readTextNow(import.meta.dirname), undefined)
})
