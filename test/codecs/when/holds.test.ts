// What a condition means, once for all: any of several values, absence, numbers and text, patterns.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holds, matches } from '../../../src/codecs/when/holds.ts'
import { parseWhen } from '../../../src/codecs/when/parse.ts'

const asks = (text: string, texts: readonly string[]) => {
  const parsed = parseWhen(text, () => {})
  assert.ok('condition' in parsed)
  return holds(parsed.condition, () => texts)
}

describe('holds', () => {
  it('holds where any of several values does', () => {
    assert.ok(asks('a = x', ['w', 'x']))
    assert.ok(asks('a in [x, y]', ['w', 'y']))
    assert.ok(asks('a matches "x*"', ['w', 'xy']))
    assert.ok(!asks('a = x', ['w', 'y']))
  })

  it('holds for unequal only where none is equal', () => {
    assert.ok(!asks('a != x', ['w', 'x']))
    assert.ok(asks('a != x', ['w', 'y']))
  })

  it('finds nothing in what is absent or empty, so only the opposite holds', () => {
    for (const texts of [[], ['']]) {
      for (const text of ['a exists', 'a = x', 'a in [x]', 'a < 5', 'a matches "*"']) {
        assert.ok(!asks(text, texts), text)
        assert.ok(asks(`not ${text}`, texts), text)
      }
      assert.ok(asks('a != x', texts))
      assert.ok(asks('a not in [x]', texts))
    }
  })

  it('compares a number as a number, and what is no number never', () => {
    assert.ok(asks('a = 5', ['5.0']))
    assert.ok(asks('a < 10', ['9']))
    assert.ok(asks('a >= 1.5', [' 1.5 ']))
    for (const text of ['a < 10', 'a > 10', 'a = 10']) assert.ok(!asks(text, ['positive']))
    assert.ok(!asks('a < 10', ['<5']))
  })

  it('compares text exactly, in the order of its characters', () => {
    assert.ok(!asks('a = "5"', ['5.0']))
    assert.ok(!asks('a = riv', ['RIV']))
    assert.ok(asks('a >= "20240101"', ['202401011230']))
    assert.ok(asks('a < "9"', ['10']))
  })

  it('joins with and, or and not', () => {
    assert.ok(asks('a = x and a = y', ['x', 'y']))
    assert.ok(!asks('a = x and not a = y', ['x', 'y']))
    assert.ok(asks('a = z or a = y', ['x', 'y']))
  })
})

describe('matches', () => {
  it('takes * for any text and ? for one character, of the whole text', () => {
    for (const [text, pattern] of [
      ['4W', '4*'],
      ['4', '4*'],
      ['4W12', '4?12'],
      ['ICU-4', '*4'],
      ['abcbc', 'a*bc'],
      ['x.y', 'x.y'],
    ] as const) {
      assert.ok(matches(text, pattern), `${text} ${pattern}`)
    }
    for (const [text, pattern] of [
      ['54', '4*'],
      ['4', '4?'],
      ['xay', 'x.y'],
      ['abcb', 'a*bc'],
      ['', '?'],
    ] as const) {
      assert.ok(!matches(text, pattern), `${text} ${pattern}`)
    }
  })

  it('agrees with what a regular expression says', () => {
    const letters = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map(all => all.join(''))
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 6 })
    fc.assert(
      fc.property(letters, pattern, (text, parts) => {
        const said = new RegExp(`^${parts.join('').replaceAll('*', '.*').replaceAll('?', '.')}$`)
        assert.equal(matches(text, parts.join('')), said.test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('looks at no character more often than the pattern is long', () => {
    let looked = 0
    const text = new Proxy(Object('a'.repeat(2_000)), {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looked += 1
        return Reflect.get(target, key, target)
      },
    })
    assert.ok(!matches(text as unknown as string, `${'*a'.repeat(40)}b`))
    assert.ok(looked <= 2_000 * 81, `${looked} characters looked at`)
  })
})
