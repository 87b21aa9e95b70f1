// Paths as people write them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isPath,
  PathError,
  parsePath,
  parseSegmentPath,
  pathFault,
} from '../../../src/codecs/hl7v2/path.ts'

const first = {
  within: [],
  segment: 'PID',
  ordinal: 1,
  field: 5,
  repetition: 1,
  component: 0,
  subcomponent: 0,
}

test('reads every part of a path; what is left out is the first, or the whole', () => {
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

test('takes the spellings of other engines for the same', () => {
  const wanted = parsePath('PID-3[2].4.1')
  for (const same of ['PID.3(2).4.1', 'PID-3(2)-4-1', 'PID(1)-3[2]-4.1', 'PID[1].3[2].4.1']) {
    assert.deepEqual(parsePath(same), wanted, same)
  }
  assert.deepEqual(parsePath('OBX(*).5(*)'), parsePath('OBX[*]-5[*]'))
})

test('reads what a segment stands within: another segment, or a group', () => {
  assert.deepEqual(parsePath('OBR[2]/OBX[*]-5').within, [{ name: 'OBR', ordinal: 2 }])
  assert.deepEqual(parsePath('OBR[2].OBX[*]-5').within, [{ name: 'OBR', ordinal: 2 }])
  assert.deepEqual(parsePath('PATIENT_RESULT.ORDER_OBSERVATION[2].OBX.5.1').within, [
    { name: 'PATIENT_RESULT', ordinal: 1 },
    { name: 'ORDER_OBSERVATION', ordinal: 2 },
  ])
  assert.deepEqual(parseSegmentPath('OBR[2]/NTE[3]'), {
    within: [{ name: 'OBR', ordinal: 2 }],
    segment: 'NTE',
    ordinal: 3,
  })
})

/** Text, where in it the fault is, what was expected there. */
const bad: readonly (readonly [string, number, string])[] = [
  ['', 0, 'a segment, such as PID'],
  ['PID', 3, '- and the number of a field'],
  ['pid-5', 0, 'a segment, such as PID'],
  ['PID-', 4, 'the number of a field'],
  ['PID-5.', 6, 'the number of a component'],
  ['PID-5.1.2.3', 9, 'the end of the path'],
  ['PID-0', 4, 'a number that counts from 1'],
  ['PID[0]-1', 4, 'a number that counts from 1'],
  ['PID-1[0]', 6, 'a number that counts from 1'],
  ['PID-1.0', 6, 'a number that counts from 1'],
  ['PID-5 ', 5, 'the end of the path'],
  ['PIDX-5', 0, 'the three characters of a segment'],
  ['PI_-5', 0, 'the three characters of a segment'],
  ['PI-5', 0, 'the three characters of a segment'],
  ['PID-5[x]', 6, 'a number or *'],
  ['PID-5[1)', 7, ']'],
  ['PID-5(1', 7, ')'],
  ['PID-1234', 4, 'a number of 3 digits at most'],
  ['ORDERS.OBX-5', 0, 'a group that is known'],
  ['OBR/5', 4, 'a segment, such as PID'],
  ['ORDER_OBSERVATION-5', 0, 'the three characters of a segment'],
  ['PID/PV1/ORC/OBR/OBX/NTE-3', 19, 'at most 4 levels of groups'],
  ['Z'.repeat(50), 0, 'a group that is known'],
]

test('refuses what is no path, naming the place and what was expected there', () => {
  for (const [text, at, expected] of bad) {
    assert.equal(isPath(text), false, text)
    assert.throws(() => parsePath(text), PathError, text)
    const fault = pathFault(text)
    assert.deepEqual([text, fault?.at, fault?.expected], [text, at, expected])
    assert.equal(fault?.code, 'path_invalid')
  }
  assert.throws(() => parseSegmentPath('PID-5'), PathError)
  assert.equal(pathFault('PID-5'), undefined)
})

test('remembers without end of neither memory nor truth', () => {
  for (let i = 1; i <= 900; i++) {
    for (let j = 1; j <= 10; j++) assert.equal(parsePath(`OBX[${i}]-${j}`).ordinal, i)
  }
})
