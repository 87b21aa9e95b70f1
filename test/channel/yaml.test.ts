// YAML with its places, and YAML that is none.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in YAML are tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONFIG_BYTES_MAX, parseYaml } from '../../src/channel/yaml.ts'

const parse = (text: string) => parseYaml('a.yaml', Buffer.from(text))
const places = (text: string) =>
  parse(text).findings.map(one => `${one.line}:${one.column} ${one.rule}`)

test('keys and values are found by line and column', () => {
  const file = parse('one:\n  two:\n    - three: 3\n    - four: "4"\n')
  const at = (path: string[], part?: 'key' | 'value') => {
    const { line, column } = file.locate(path, part)
    return `${line}:${column}`
  }
  assert.equal(at(['one', 'two'], 'key'), '2:3')
  assert.equal(at(['one', 'two', '0', 'three']), '3:14')
  assert.equal(at(['one', 'two', '1', 'four'], 'key'), '4:7')
  assert.equal(at(['one', 'two', '1', 'missing'], 'key'), '4:7')
  assert.equal(at(['one', 'missing'], 'key'), '1:1')
})

test('what is not YAML is a finding, one a line', () => {
  assert.deepEqual(places('a: b: c\nd: "open\n'), ['1:4 yaml_syntax', '3:1 yaml_syntax'])
  assert.deepEqual(places('a: 1\n---\nb: 2\n'), ['2:1 yaml_syntax'])
  assert.deepEqual(places('a: *nowhere\n'), ['1:1 yaml_syntax'])
  assert.equal(parse('a: [\n').value, undefined)
})

test('a key that stands twice is a finding, and the rest is still read', () => {
  const file = parse('a: 1\na: 2\nb: 3\n')
  assert.deepEqual(places('a: 1\na: 2\nb: 3\n'), ['2:1 yaml_syntax'])
  assert.notEqual(file.value, undefined)
})

test('the remedy of a slip says what to do, where it is plain', () => {
  const remarks = (text: string | Buffer) =>
    parseYaml('a.yaml', Buffer.from(text)).findings.map(one => `${one.what} ${one.remedy}`)
  assert.deepEqual(remarks('a: 1\na: 2\n'), [
    'The key `a` stands here a second time. Keep one of the two.',
  ])
  assert.match(remarks('a:\n\tb: 1\n')[0] ?? '', /Write spaces/)
  assert.match(remarks(Buffer.from([0xff, 0xfe]))[0] ?? '', /Save it as UTF-8/)
  assert.match(remarks('#'.repeat(CONFIG_BYTES_MAX + 1))[0] ?? '', /something else was saved/)
  assert.match(remarks('a: "open\n')[0] ?? '', /quotes and the brackets/)
})

test('a bare variable inside braces is said in words, each one, and the rest is read as meant', () => {
  const text = 'a: { b: ${ONE}, c: 2 }\nd: [${TWO:-x}, "${THREE}"]\ne: 5\n'
  const file = parse(text)
  assert.deepEqual(places(text), ['1:9 variable_needs_quotes', '2:5 variable_needs_quotes'])
  assert.match(file.findings[0]?.what ?? '', /unless it is quoted/)
  assert.equal((file.value as { e: number }).e, 5)
  assert.deepEqual((file.value as { a: { c: number } }).a.c, 2)
})

test('bytes that are no text are refused', () => {
  const finding = parseYaml('a.yaml', Buffer.from([0x61, 0xff, 0xfe])).findings[0]
  assert.match(finding?.what ?? '', /UTF-8/)
})

test('a file beyond CONFIG_BYTES_MAX is refused unread', () => {
  const file = parseYaml('a.yaml', Buffer.alloc(CONFIG_BYTES_MAX + 1, 'a'))
  assert.match(file.findings[0]?.what ?? '', /larger than/)
})
