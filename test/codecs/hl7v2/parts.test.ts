// One part of a segment replaced, the rest as it stands.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDelimiters } from '../../../src/codecs/hl7v2/delimiters.ts'
import { replacePart } from '../../../src/codecs/hl7v2/parts.ts'
import { parsePath } from '../../../src/codecs/hl7v2/path.ts'

const replaced = (
  content: string,
  text: string,
  value: string | undefined,
  header = 'MSH|^~\\&|',
) =>
  replacePart(
    { name: content.slice(0, 3), content },
    { path: parsePath(text), part: () => value, delimiters: readDelimiters(header, 0) },
  )

test('replaces a repetition, a component, a sub-component', () => {
  assert.equal(replaced('PID|1||a^b~c|x', 'PID-3', 'N'), 'PID|1||N~c|x')
  assert.equal(replaced('PID|1||a^b~c|x', 'PID-3[2].2', 'N'), 'PID|1||a^b~c^N|x')
  assert.equal(replaced('PID|1||a^b&c~d', 'PID-3.2.2', 'N'), 'PID|1||a^b&N~d')
  assert.equal(replaced('PID|1||a^b~c', 'PID-3[*].1', 'N'), 'PID|1||N^b~N')
})

test('counts the fields of a header from its separator', () => {
  assert.equal(replaced('MSH|^~\\&|A|B', 'MSH-3', 'N'), 'MSH|^~\\&|N|B')
})

test('leaves a repetition out', () => {
  assert.equal(replaced('PID|1||a~b~c', 'PID-3[2]', undefined), 'PID|1||a~c')
  assert.equal(replaced('PID|1||a~b~c|x', 'PID-3[*]', undefined), 'PID|1|||x')
})

test('has no part for which there is no delimiter', () => {
  assert.equal(replaced('PID|1||a', 'PID-3[2]', 'N', 'MSH|^|'), undefined)
  assert.equal(replaced('PID|1||a', 'PID-3.1.2', 'N', 'MSH|^|'), undefined)
  assert.equal(replaced('PID|1||a', 'PID-3.2', 'N', 'MSH|^|'), 'PID|1||a^N')
})
