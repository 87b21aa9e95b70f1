// Changes of single values in a file that people write.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editYaml } from '../../src/channel/yaml_edit.ts'

const before = `# The head of the file.
tests:
  # Why this test.
  - name: admits
    message: |
      MSH|^~\\&|A
      PID|1
    expect:
      ack: AA # the usual answer
      fate: mapped

  - name: other
`

test('keeps comments, order, blank lines and blocks of text', () => {
  const after = editYaml(before, [{ path: ['tests', '0', 'expect', 'fate'], value: 'dead' }])
  assert.equal(after, before.replace('fate: mapped', 'fate: dead'))
})

test('keeps the comment of the value that it replaces', () => {
  const after = editYaml(before, [{ path: ['tests', '0', 'expect', 'ack'], value: 'AE' }])
  assert.equal(after, before.replace('ack: AA', 'ack: AE'))
})

test('adds a key, with small groups of a list on one line each', () => {
  const value = { ack: 'AA', intents: [{ target: 'chart', resource: 'Patient' }] }
  const after = editYaml(before, [{ path: ['tests', '1', 'expect'], value }])
  const added = [
    '  - name: other',
    '    expect:',
    '      ack: AA',
    '      intents:',
    '        - { target: chart, resource: Patient }',
  ]
  assert.equal(after, before.replace('  - name: other', added.join('\n')))
})

test('removes a key, and does not mind one that is not there', () => {
  const after = editYaml(before, [
    { path: ['tests', '0', 'expect', 'fate'], value: undefined },
    { path: ['tests', '0', 'expect', 'dead'], value: undefined },
  ])
  assert.equal(after.includes('fate'), false)
})

test('quotes a text that looks like a number', () => {
  const after = editYaml('a: b\n', [{ path: ['a'], value: '007' }])
  assert.equal(after, 'a: "007"\n')
})
