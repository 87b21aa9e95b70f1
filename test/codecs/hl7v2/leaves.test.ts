// Every value of a message with its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leavesOf } from '../../../src/codecs/hl7v2/leaves.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'

const places = (text: string) => {
  const message = readMessage(Buffer.from(text, 'latin1'))
  return leavesOf(message).map(
    ({ place, path, start, end }) => `${place} ${path} ${message.bytes.slice(start, end)}`,
  )
}

test('names each value as people do, and leaves the delimiters out', () => {
  assert.deepEqual(places('MSH|^~\\&|HIS^x|\rPID|1||4711^^^HB&1.2&ISO~4712|""\r\nOBX|1\nOBX||NM'), [
    'MSH-3.1 MSH-3.1 HIS',
    'MSH-3.2 MSH-3.2 x',
    'PID-1 PID-1 1',
    'PID-3.1 PID-3.1 4711',
    'PID-3.4.1 PID-3.4.1 HB',
    'PID-3.4.2 PID-3.4.2 1.2',
    'PID-3.4.3 PID-3.4.3 ISO',
    'PID-3[2] PID-3 4712',
    'PID-4 PID-4 ""',
    'OBX-1 OBX-1 1',
    'OBX[2]-2 OBX-2 NM',
  ])
})

test('reads by the own delimiters of the message', () => {
  assert.deepEqual(places('\xef\xbb\xbfMSH#$*!%#A\rPID#1*2#x$y%z'), [
    'MSH-3 MSH-3 A',
    'PID-1 PID-1 1',
    'PID-1[2] PID-1 2',
    'PID-2.1 PID-2.1 x',
    'PID-2.2.1 PID-2.2.1 y',
    'PID-2.2.2 PID-2.2.2 z',
  ])
})

test('every place reads as its value', () => {
  const message = readMessage(Buffer.from('MSH|^~\\&|A\rPID|1||5^^^H&1~6^^^I\rPID|2|b'))
  for (const { place, start, end } of leavesOf(message))
    assert.equal(message.text(place), message.bytes.slice(start, end), place)
})
