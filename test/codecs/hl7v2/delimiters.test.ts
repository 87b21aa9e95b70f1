// Where segments begin and end. What MSH declares is tested with whole messages in read.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readDelimiters, splitSegments } from '../../../src/codecs/hl7v2/delimiters.ts'

test('a header at any place of the bytes is read from there', () => {
  const usual = readDelimiters('..MSH|^~\\&|', 2)
  assert.deepEqual(usual, readDelimiters('MSH|^~\\&', 0))
  assert.equal(usual.component, '^')
  assert.equal(usual.truncation, '')
})

test('segments never overlap, never touch a CR, and leave out line ends only', () => {
  const unit = fc.constantFrom('\r', '\n', 'P', 'I', 'D', '|', 'x')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), text => {
      const places = splitSegments(text, 0, '|')
      let at = 0
      for (const { start, end, name } of places) {
        assert(start >= at && end > start)
        assert(/^[\r\n]*$/.test(text.slice(at, start)), 'only line ends lie between')
        assert(!text.slice(start, end).includes('\r'))
        assert(text.slice(start, end).startsWith(name))
        at = end
      }
      assert(/^[\r\n]*$/.test(text.slice(at)))
    }),
    { numRuns: 1_000 },
  )
})
