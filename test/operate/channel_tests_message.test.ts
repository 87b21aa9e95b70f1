// A message of a test as bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf } from '../../src/operate/channel_tests_message.ts'

const header = (charset: string) => `MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1||||||${charset}`

test('ends every segment with CR, whatever ends the lines', () => {
  const expected = `${header('')}\rPID|1\r`
  for (const end of ['\n', '\r\n', '\r']) {
    assert.equal(bytesOf([header(''), 'PID|1', ''].join(end))?.toString(), expected)
  }
})

test('writes in the character set of MSH-18, of the channel, else in UTF-8', () => {
  const text = (charset: string) => `${header(charset)}\nPID|Zoë`
  const tail = (bytes: Buffer | undefined) => bytes?.subarray(-4).toString('latin1')
  assert.equal(tail(bytesOf(text('8859/1'))), 'Zo\xeb\r')
  assert.equal(tail(bytesOf(text('UNICODE UTF-8'), 'windows-1252')), 'Zo\xeb\r')
  assert.equal(tail(bytesOf(text(''))), 'o\xc3\xab\r')
})

test('refuses a character that the set does not have', () => {
  assert.equal(bytesOf(`${header('8859/1')}\nPID|Łódź`), undefined)
})
