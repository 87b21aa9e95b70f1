// A new test file as YAML.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFileText } from '../../src/channel/test_file_text.ts'
import { parseYaml } from '../../src/channel/yaml.ts'

test('messages stand as blocks, one segment a line, and read back as they were', () => {
  const message = 'MSH|^~\\&|A: b # c\rPID|1||"x"\r'
  const text = testFileText(['yaml-language-server: x', 'Why.'], [{ name: 'a: b', message }])
  assert.equal(
    text,
    [
      '# yaml-language-server: x',
      '# Why.',
      'tests:',
      '  - name: "a: b"',
      '    message: |',
      '      MSH|^~\\&|A: b # c',
      '      PID|1||"x"',
      '',
    ].join('\n'),
  )
  const { tests } = parseYaml('x', Buffer.from(text)).value as { tests: { message: string }[] }
  assert.equal(tests[0]?.message, message.replaceAll('\r', '\n'))
})

test('what YAML cannot hold as a block is still read back', () => {
  const message = 'MSH|^~\\&|\u0001\u2028\rPID|  two '
  const text = testFileText([], [{ name: 'a', message }])
  const { tests } = parseYaml('x', Buffer.from(text)).value as { tests: { message: string }[] }
  assert.equal(tests[0]?.message, 'MSH|^~\\&|\u0001\u2028\nPID|  two\n')
})
