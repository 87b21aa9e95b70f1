// Switching between character sets inside of a text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from '../../../src/codecs/hl7v2/charset_text.ts'
import { decodeSwitched, encodeSwitched, switchOf } from '../../../src/codecs/hl7v2/iso2022.ts'

const read = (text: string) =>
  decodeSwitched(Buffer.from(text, 'latin1'), { base: 'iso-8859-1', escape: '\\' }, decode)

test('reads each set that a switch chooses, and the base set around it', () => {
  assert.equal(read('a\x1b$B;3ED\x1b(Bb\xfc'), 'a山田bü')
  assert.equal(read('\x1b$@;3\x1b(J~\\'), '山~\\')
  assert.equal(read('\x1b(I1\x1b(B1'), 'ｱ1')
  assert.equal(read('\x1b)I\xb1'), 'ｱ')
  assert.equal(read('\x1b$(D0!\x1b(B'), '丂')
  assert.equal(read('\x1b$AVP\x1b(B'), '中')
  assert.equal(read('\x1b$(C1h\x1b(B'), '김')
  assert.equal(read('\x1b$)C\xb1\xe8'), '김')
  assert.equal(read('\x1b-F\xe1\x1b-A\xe1'), 'αá')
})

test('reads the same switches as HL7 writes them, and leaves them in the text', () => {
  assert.equal(read('\\M2442\\;3\\C2842\\x'), '\\M2442\\山\\C2842\\x')
  assert.equal(read('\\M242844\\0!\\C2842\\'), '\\M242844\\丂\\C2842\\')
  assert.equal(read('\\C9999\\;3'), '\\C9999\\;3')
  assert.equal(read('\\Cell'), '\\Cell')
  assert.equal(read('\\.br\\M2442\\;3'), '\\.br\\M2442\\;3')
})

test('a line begins anew, and a field separator ends a set of two bytes', () => {
  assert.equal(read('\x1b$B;3\rED'), '山\rED')
  assert.equal(read('\x1b$B;3|ED'), '山|ED')
  assert.equal(read('\x1b-F\xe1\n\xe1'), 'α\ná')
})

test('half a character and an ESC that is none are no loss of what follows', () => {
  assert.equal(read('\x1b$B;\x1b(Bx'), '\ufffdx')
  assert.equal(read('\x1b[31mx'), '\x1b[31mx')
  assert.equal(read('\x1b'), '\x1b')
  assert.equal(read('\\M2442'), '\\M2442')
})

test('writes ASCII, JIS X 0208 and JIS X 0212, and ends in ASCII', () => {
  assert.equal(encodeSwitched('A山田丂', encode)?.toString('latin1'), 'A\x1b$B;3ED\x1b$(D0!\x1b(B')
  assert.equal(encodeSwitched('김', encode), undefined)
  assert.equal(encodeSwitched('ｱ', encode), undefined)
})

test('knows a switch by its digits', () => {
  assert.equal(switchOf('M2442')?.set, 'euc-jp')
  assert.equal(switchOf('C2d46')?.set, 'iso-8859-7')
  for (const other of ['M', 'C12', 'C284200', 'M9999', 'X2442']) {
    assert.equal(switchOf(other), undefined)
  }
})
