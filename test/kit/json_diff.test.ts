// Differences of JSON by path.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonDifference, jsonDiff } from '../../src/kit/json_diff.ts'

const brief = (before: unknown, after: unknown) =>
  jsonDiff(before, after).map(one => [one.path.join('.'), one.before, one.after])

test('names the innermost place that differs', () => {
  const before = { a: { b: [1, 2, 3], c: 'x' }, d: true }
  const after = { d: true, a: { b: [1, 5, 3], c: 'y' } }
  assert.deepEqual(brief(before, after), [
    ['a.b.1', 2, 5],
    ['a.c', 'x', 'y'],
  ])
})

test('sees one new or lost element of a list as one difference, wherever it stands', () => {
  const [x, y, z] = [{ n: 1 }, { n: 2 }, { n: 3 }]
  assert.deepEqual(brief([x, y], [z, x, y]), [['0', undefined, z]])
  assert.deepEqual(brief([x, y], [x, z, y]), [['1', undefined, z]])
  assert.deepEqual(brief([x, y, z], [x, z]), [['1', y, undefined]])
  assert.deepEqual(brief([x], []), [['0', x, undefined]])
})

test('tells a missing member from a changed one, and kinds from each other', () => {
  assert.deepEqual(brief({ a: 1 }, { b: 1 }), [
    ['a', 1, undefined],
    ['b', undefined, 1],
  ])
  assert.deepEqual(brief({ a: [] }, { a: {} }), [['a', [], {}]])
  assert.deepEqual(brief(null, {}), [['', null, {}]])
})

test('says nothing of equal values, and something of every other pair', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      assert.deepEqual(jsonDiff(a, structuredClone(a)), [])
      const text = (value: unknown) => JSON.stringify(value, sorted)
      assert.equal(jsonDiff(a, b).length === 0, text(a) === text(b))
    }),
  )
})

test('every difference is where it says', () => {
  const at = (value: unknown, { path }: JsonDifference) =>
    path.reduce<unknown>((held, key) => (held as Record<string, unknown>)?.[key], value)
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      for (const one of jsonDiff(a, b)) {
        if (one.before !== undefined) assert.deepEqual(at(a, one), one.before)
      }
    }),
  )
})

/** Members in the order of their names; -0 is 0 in JSON. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
