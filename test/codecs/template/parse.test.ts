// Templates as they are read: paths, filters, defaults, braces, and each stumble at its place.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  expressionsOf,
  parseTemplate,
  TEMPLATE_CHARACTERS_MAX,
} from '../../../src/codecs/template/parse.ts'

function read(text: string) {
  const parsed = parseTemplate(text)
  assert.ok('template' in parsed, JSON.stringify(parsed))
  return parsed.template
}

function problem(text: string) {
  const parsed = parseTemplate(text)
  assert.ok('problem' in parsed, text)
  return parsed.problem
}

describe('a template', () => {
  it('is text and paths, with positions, filters and a default', () => {
    const [before, path, after] = read('a {Patient.name[1].given[0] | date("YYYY") | "x \\" y"} b')
    assert.deepEqual([before, after], ['a ', ' b'])
    assert.deepEqual(path, {
      path: 'Patient.name[1].given[0]',
      steps: ['Patient', 'name', 1, 'given', 0],
      filters: [{ is: 'date', pattern: 'YYYY' }],
      fallback: 'x " y',
      omits: false,
      at: 2,
    })
  })

  it('chooses of a list by position or by what stands in it', () => {
    const [path] = read('{Patient.identifier[system="urn:\\"x"].value}')
    assert.ok(typeof path === 'object')
    assert.deepEqual(path.steps, [
      'Patient',
      'identifier',
      { name: 'system', is: 'urn:"x' },
      'value',
    ])
  })

  it('takes doubled braces as they stand, and no text at all', () => {
    assert.deepEqual(read('{{"a": {{}}}}'), ['{"a": {}}'])
    assert.deepEqual(read(''), [''])
    assert.equal(read('{event | omit}').length, 1)
  })

  it('stumbles at the character that is wrong, and says what to write', () => {
    const places: readonly (readonly [string, number, RegExp])[] = [
      ['a {event', 2, /not closed/],
      ['a {', 2, /not closed/],
      ['a } b', 2, /no opening/],
      ['{ }', 2, /name is expected/],
      ['{Patient..id}', 9, /name is expected/],
      ['{Patient.name[x]}', 13, /no meaning/],
      ['{event | upper}', 9, /no filter `upper`/],
      ['{event | "a" | date}', 15, /nothing can follow/],
      ['{event | date(YYYY)}', 14, /double quotes/],
      ['{event | }', 9, /filter or a text/],
      ['x'.repeat(TEMPLATE_CHARACTERS_MAX + 1), 0, /longer/],
    ]
    for (const [text, at, what] of places) {
      const found = problem(text)
      assert.equal(found.at, at, text)
      assert.match(found.what, what)
      assert.notEqual(found.remedy, '')
    }
    assert.match(problem('{event | jsn}').remedy, /`json`/)
  })

  it('never throws and never loses text, whatever is written', () => {
    const pieces = fc.constantFrom(...['{', '}', '|', '"', '(', ')', '.', '[', '0', ']', ' ', 'ab'])
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), parts => {
        const text = parts.join('')
        const parsed = parseTemplate(text)
        if ('problem' in parsed) assert.ok(parsed.problem.at <= text.length)
        else if (expressionsOf(parsed.template).length === 0) {
          assert.equal(parsed.template.join('').replaceAll(/[{}]/g, '$&$&'), text)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
