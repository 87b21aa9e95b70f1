// A character of a value, found again in the file in every way that YAML writes text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../src/channel/yaml.ts'

/** Line and column of `word`, as counted in the value, when the file says `yaml`. */
function placeOf(word: string, yaml: string): string {
  const file = parseYaml('a.yaml', Buffer.from(yaml))
  const value = (file.value as { when: string }).when
  const { line, column } = file.locate(['when'], 'value', value.indexOf(word))
  return `${line}:${column}`
}

test('in a plain text, also one of several lines', () => {
  assert.equal(placeOf('a', 'when: a = 1\n'), '1:7')
  assert.equal(placeOf('b', 'when: a = 1 or b = 2\n'), '1:16')
  assert.equal(placeOf('b', 'when: a = 1\n  or b = 2\n'), '2:6')
  assert.equal(placeOf('x', 'when: a matches "\\\\x"\n'), '1:20')
})

test('in quotes, with escapes before it', () => {
  assert.equal(placeOf('a', 'when: "a = 1"\n'), '1:8')
  assert.equal(placeOf('b', 'when: "a = \\"x\\" or b = 2"\n'), '1:21')
  assert.equal(placeOf('b', "when: 'a = ''x'' or b = 2'\n"), '1:21')
  assert.equal(placeOf('b', 'when: "a = 1\n  or b = 2"\n'), '2:6')
})

test('in folded and literal blocks', () => {
  assert.equal(placeOf('a', 'when: >\n  a = 1\n  or b = 2\n'), '2:3')
  assert.equal(placeOf('b', 'when: >\n  a = 1\n  or b = 2\n'), '3:6')
  assert.equal(placeOf('b', 'when: |\n    a = 1\n    or b = 2\n'), '3:8')
  assert.equal(placeOf('b', 'when: |\n  a = 1\n\n\n  or b = 2\n'), '5:6')
  assert.equal(placeOf('b', 'when: >-\n\n  a = 1\n\n  or b = 2\n'), '5:6')
})

test('past the end of the value it is the end of the text', () => {
  const file = parseYaml('a.yaml', Buffer.from('when: (a = 1\nnext: 1\n'))
  assert.equal(file.locate(['when'], 'value', 6).column, 13)
})
