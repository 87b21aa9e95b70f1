// Two texts side by side.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { excerpt, lineDiff } from '../../src/kit/line_diff.ts'

const line = fc.constantFrom('a', 'b', 'c', '')
const text = fc.array(line, { maxLength: 12 }).map(lines => lines.join('\n'))

test('what stays and what goes is the text before, what stays and what comes the text after', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = lineDiff(before, after)
      const without = (mark: string) =>
        diff.flatMap(([one, line]) => (one === mark ? [] : [line])).join('\n')
      assert.equal(without('+'), before)
      assert.equal(without('-'), after)
    }),
  )
})

test('equal texts have no changed line', () => {
  assert.ok(lineDiff('a\nb', 'a\nb').every(([mark]) => mark === ' '))
})

test('one changed line is one line gone and one that came', () => {
  const diff = lineDiff('a\nb\nc', 'a\nx\nc')
  assert.deepEqual(diff, [
    [' ', 'a'],
    ['-', 'b'],
    ['+', 'x'],
    [' ', 'c'],
  ])
})

test('an excerpt leaves out what is far from a change, and says so', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f'].join('\n')
  assert.deepEqual(excerpt(lineDiff(before, before.replace('b', 'x')), 1), [
    '  a',
    '- b',
    '+ x',
    '  c',
    '…',
  ])
})

test('texts without end are not compared line by line', () => {
  const many = (word: string) => Array.from({ length: 3000 }, (_, i) => `${word}${i}`).join('\n')
  const diff = lineDiff(many('a'), many('b'))
  assert.equal(diff.length, 6000)
})
