// The bytes over which a message is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hasSwitches,
  isViewed,
  lineStarts,
  viewOf,
  viewOfUtf16,
} from '../../../src/codecs/hl7v2/view.ts'

test('only sets that may hold the byte of a delimiter are read over another text', () => {
  for (const charset of ['ascii', 'utf-8', 'iso-8859-1', 'windows-1252', 'euc-kr'] as const) {
    assert.equal(isViewed(charset), false)
  }
  for (const charset of ['utf-16le', 'iso-2022-jp', 'gb18030', 'big5', 'shift_jis'] as const) {
    assert.equal(isViewed(charset), true)
  }
})

test('a view is the same text in UTF-8', () => {
  const big5 = { charset: 'big5', base: 'big5', escape: '\\' } as const
  assert.equal(viewOf(Buffer.from('a4a4a55c', 'hex'), big5).toString(), '中功')
  const japanese = { charset: 'iso-2022-jp', base: 'ascii', escape: '#' } as const
  const bytes = Buffer.from('a\x1b$B;3\x1b(Bb#M2442#ED#C2842#', 'latin1')
  assert.equal(viewOf(bytes, japanese).toString(), 'a山b#M2442#田#C2842#')
  assert.equal(viewOfUtf16(Buffer.from('\ufeffMSH', 'utf16le'))?.view.toString(), 'MSH')
  assert.equal(viewOfUtf16(Buffer.from('MSH')), undefined)
})

test('knows that switches may stand there', () => {
  assert.equal(hasSwitches('a\\M2442\\', { escape: '\\' }), true)
  assert.equal(hasSwitches('a\\C2842\\', { escape: '\\' }), true)
  assert.equal(hasSwitches('a\\E\\Mix C:\\Temp', { escape: '\\' }), false)
})

test('lines begin behind each CR and each LF, as many in the view as in the bytes', () => {
  const text = '\ufeffMSH\r\nPID\nA\r'
  const little = Buffer.from(text, 'utf16le')
  assert.deepEqual(lineStarts(little, 'utf-16le'), [0, 10, 12, 20, 24])
  assert.deepEqual(lineStarts(Buffer.from(little).swap16(), 'utf-16be'), [0, 10, 12, 20, 24])
  assert.deepEqual(lineStarts(Buffer.from('MSH\r\nPID'), 'utf-8'), [0, 4, 5])
  // U+0D0A and U+0A0D are letters, not ends of lines.
  assert.deepEqual(lineStarts(Buffer.from('\u0d0a\u0a0d', 'utf16le'), 'utf-16le'), [0])
})
