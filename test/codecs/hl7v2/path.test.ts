// Paths as people write them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPath, parsePath } from '../../../src/codecs/hl7v2/path.ts'

test('reads every part of a path; what is left out is the first, or the whole', () => {
  const first = {
    segment: 'PID',
    ordinal: 1,
    field: 5,
    repetition: 1,
    component: 0,
    subcomponent: 0,
  }
  assert.deepEqual(parsePath('PID-5'), first)
  assert.deepEqual(parsePath('PID-5.2'), { ...first, component: 2 })
  assert.deepEqual(parsePath('PID-5[3].2.4'), {
    ...first,
    repetition: 3,
    component: 2,
    subcomponent: 4,
  })
  assert.deepEqual(parsePath('PID[*]-5[*]'), { ...first, ordinal: 0, repetition: 0 })
  assert.equal(parsePath('Z0A[12]-5').ordinal, 12)
})

test('refuses what is no path, and what counts from 0', () => {
  for (const text of [
    '',
    'PID',
    'PID.5',
    'pid-5',
    'PID-',
    'PID-5.',
    'PID-5.1.2.3',
    'PID-0',
    'PID[0]-1',
    'PID-1[0]',
    'PID-1.0',
    'PID-5 ',
    'PIDX-5',
    'PID-5[x]',
  ]) {
    assert.equal(isPath(text), false, text)
    assert.throws(() => parsePath(text), RangeError, text)
  }
})

test('remembers without end of neither memory nor truth', () => {
  for (let i = 1; i <= 900; i++) {
    for (let j = 1; j <= 10; j++) assert.equal(parsePath(`OBX[${i}]-${j}`).ordinal, i)
  }
})
