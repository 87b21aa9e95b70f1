// The grammar of `when`: what it reads, what it refuses, at which character and with which advice.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { eventNames, messageNames } from '../../../src/codecs/when/names.ts'
import { parseWhen, WHEN_LIMITS } from '../../../src/codecs/when/parse.ts'

const any = () => {}
const read = (text: string) => {
  const parsed = parseWhen(text, any)
  assert.ok('condition' in parsed, `refused: ${text}`)
  return parsed.condition
}
const refused = (text: string, names = any as typeof messageNames) => {
  const parsed = parseWhen(text, names)
  assert.ok('problem' in parsed, `taken: ${text}`)
  return parsed.problem
}
const is = (name: string, value: string | number) =>
  ({ is: 'compare', name, by: '=', value }) as const

describe('parseWhen', () => {
  it('reads comparisons with texts, numbers and words', () => {
    assert.deepEqual(read('MSH-4 = "RIV"'), is('MSH-4', 'RIV'))
    assert.deepEqual(read('event = patient.admitted'), is('event', 'patient.admitted'))
    assert.deepEqual(read('OBX-5 >= 5.5'), { is: 'compare', name: 'OBX-5', by: '>=', value: 5.5 })
    assert.deepEqual(read('OBX-5 < -3'), { is: 'compare', name: 'OBX-5', by: '<', value: -3 })
    assert.deepEqual(read('message_type = ADT^A01'), is('message_type', 'ADT^A01'))
  })

  it('reads what names rather than counts as text', () => {
    for (const name of ['007', '2.5.1', '12345678901234567890', '1a']) {
      assert.deepEqual(read(`PID-3 = ${name}`), is('PID-3', name))
    }
  })

  it('reads unequal and not in as the opposite of equal and in', () => {
    assert.deepEqual(read('a != 1'), { is: 'not', of: is('a', 1) })
    assert.deepEqual(read('a not in [x]'), {
      is: 'not',
      of: { is: 'in', name: 'a', values: ['x'] },
    })
  })

  it('binds not before and before or, and brackets before all', () => {
    const [a, b, c] = [is('a', 1), is('b', 2), is('c', 3)]
    assert.deepEqual(read('a = 1 or b = 2 and c = 3'), {
      is: 'or',
      of: [a, { is: 'and', of: [b, c] }],
    })
    assert.deepEqual(read('(a = 1 or b = 2) and not c = 3'), {
      is: 'and',
      of: [
        { is: 'or', of: [a, b] },
        { is: 'not', of: c },
      ],
    })
  })

  it('keeps the index of a path with its name, and lists apart', () => {
    for (const path of [
      'PID-3[2].4.1',
      'PID-3(2)-4-1',
      'PID.3.1',
      'OBX[*]-5',
      'OBX[2]-5[*].1',
      'OBR[2]/OBX[*]-5',
      'ORDER_OBSERVATION[2].OBX[*]-5[1].2',
    ]) {
      assert.deepEqual(read(`${path} exists`), { is: 'exists', name: path })
    }
    assert.deepEqual(read('a in [1]'), { is: 'in', name: 'a', values: [1] })
    assert.deepEqual(read('a in[1,"x y"]'), { is: 'in', name: 'a', values: [1, 'x y'] })
  })

  it('reads quotes and backslashes inside a text', () => {
    assert.deepEqual(read(String.raw`a = "x \"y\" \\ and"`), is('a', String.raw`x "y" \ and`))
  })

  it('says where it stumbles, and what to write instead', () => {
    const cases: readonly (readonly [string, number, RegExp])[] = [
      ['', 0, /begins with a field/],
      ['MSH-4', 5, /Ask with one of/],
      ['MSH-4 == "X"', 7, /A value is/],
      ["MSH-4 = 'X'", 8, /double quotes|Write "…"/],
      ['a = 1 && b = 2', 6, /`and`/],
      ['a = 1 || b = 2', 6, /`or`/],
      ['!a exists', 0, /`not`/],
      ['a like "x"', 2, /`matches`/],
      ['a exist', 2, /`exists`/],
      ['a = 1 b = 2', 6, /`and` or `or`/],
      ['(a = 1', 6, /at character 1/],
      ['a in x', 5, /\[patient\.admitted/],
      ['a in [x', 7, /list/],
      ['a matches x', 10, /4\*/],
      ['a = ""', 4, /not … exists/],
      ['a = "x', 4, /Close it/],
      ['PID-3 = MSH-4', 8, /quoted/],
      ['and a = 1', 0, /begins with a field/],
    ]
    for (const [text, at, remedy] of cases) {
      const problem = refused(text)
      assert.equal(problem.at, at, text)
      assert.match(problem.remedy, remedy, text)
    }
  })

  it('knows which names there are, and which one was meant', () => {
    assert.equal(refused('event = x', messageNames).at, 0)
    assert.match(refused('event = x', messageNames).remedy, /`when` of a route/)
    assert.equal(refused('PID-0 exists', messageNames).at, 4)
    assert.match(refused('evnt = x', eventNames).remedy, /`event`/)
    assert.match(refused('Encouter.status = x', eventNames).remedy, /`Encounter.status`/)
    assert.match(refused('MSH-4 = "X"', eventNames).remedy, /accept\.when/)
    assert.match(refused('patient = "X"', eventNames).remedy, /patient\.value/)
  })

  it('bounds length, depth, lists and patterns', () => {
    const { characters_max, depth_max, values_max, pattern_characters_max } = WHEN_LIMITS
    assert.match(refused(`a = "${'x'.repeat(characters_max)}"`).what, /longer/)
    assert.match(refused('('.repeat(depth_max + 1)).what, /nested/)
    assert.match(refused('not '.repeat(depth_max + 1)).what, /nested/)
    assert.match(refused(`a in [${'1,'.repeat(values_max)}1]`).what, /more than/)
    assert.match(refused(`a matches "${'*'.repeat(pattern_characters_max + 1)}"`).what, /longer/)
  })

  it('never throws, whatever it is given', () => {
    const words = 'a MSH-4 OBX[*]-5 and or not in matches exists = != ( ) [ ] , "x" " 5 \\ { * é'
    const word = fc.constantFrom(...words.split(' '))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map(all => all.join(' ')),
        ),
        text => {
          const parsed = parseWhen(text, any)
          if ('problem' in parsed)
            assert.ok(parsed.problem.at >= 0 && parsed.problem.at <= text.length)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
