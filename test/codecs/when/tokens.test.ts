// The words of a condition, each at its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokensOf, WhenProblem } from '../../../src/codecs/when/tokens.ts'

const words = (text: string) =>
  tokensOf(text).map(({ kind, value, at }) => `${at} ${kind} ${value}`)

test('names, marks and texts are told apart, and each knows where it began', () => {
  assert.deepEqual(words('a.b<= "x y"'), ['0 word a.b', '3 mark <=', '6 text x y', '11 end '])
})

test('an index belongs to the path that it stands on, and to nothing else', () => {
  assert.deepEqual(words('OBX[*]-5[2].1'), ['0 word OBX[*]-5[2].1', '13 end '])
  assert.deepEqual(words('in [2]'), ['0 word in', '3 mark [', '4 word 2', '5 mark ]', '6 end '])
})

test('what has no meaning is refused at its place, with what to write instead', () => {
  for (const [text, at] of [
    ['a & b', 2],
    ["a = 'x'", 4],
    ['a = "x', 4],
    ['a = é', 4],
  ] as const) {
    assert.throws(
      () => tokensOf(text),
      (thrown: unknown) => {
        assert.ok(thrown instanceof WhenProblem)
        assert.equal(thrown.at, at)
        assert.ok(thrown.remedy.length > 0)
        return true
      },
    )
  }
})
