// Character sets: what is declared, what the bytes say, and who is believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideCharset, decode } from '../../../src/codecs/hl7v2/charset.ts'

const ascii = Buffer.from('Juergen')
const utf8 = Buffer.from('Jürgen')
const latin = Buffer.from('J\xfcrgen', 'latin1')

const decided = (bytes: Buffer, msh18: string) => {
  const { charset, finding } = decideCharset(bytes, msh18)
  return `${charset} ${finding?.code ?? ''}`.trim()
}

test('believes a declaration that fits', () => {
  assert.equal(decided(utf8, 'UNICODE UTF-8'), 'utf-8')
  assert.equal(decided(latin, '8859/1'), 'iso-8859-1')
  assert.equal(decided(utf8, '8859/1'), 'iso-8859-1')
  assert.equal(decided(latin, '8859/15'), 'iso-8859-15')
  assert.equal(decided(ascii, 'ASCII'), 'ascii')
  assert.equal(decided(ascii, 'UNICODE UTF-8'), 'ascii')
})

test('without a declaration takes UTF-8 where it is valid, else ISO-8859-1 with a finding', () => {
  assert.equal(decided(ascii, ''), 'ascii')
  assert.equal(decided(utf8, ''), 'utf-8')
  assert.equal(decided(latin, ''), 'iso-8859-1 charset_guessed')
})

test('bytes that contradict the declaration decide, and a finding says so', () => {
  assert.equal(decided(latin, 'UNICODE UTF-8'), 'iso-8859-1 charset_contradicted')
  assert.equal(decided(utf8, 'ASCII'), 'utf-8 charset_contradicted')
  assert.equal(decided(latin, 'ASCII'), 'iso-8859-1 charset_contradicted')
})

test('a set that is not known is a finding', () => {
  assert.equal(decided(ascii, 'KLINGON'), 'ascii charset_unknown')
  assert.equal(decided(utf8, 'KLINGON'), 'utf-8 charset_unknown')
})

test('decodes each set exactly: ISO-8859-1 is not windows-1252', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const text = decode(all, 'iso-8859-1')
  for (let i = 0; i < 256; i++) assert.equal(text.charCodeAt(i), i)
  assert.equal(decode(utf8, 'utf-8'), 'Jürgen')
  assert.equal(decode(Buffer.from([0xa4]), 'iso-8859-15'), '€')
  assert.equal(decode(Buffer.from([0xd0]), 'iso-8859-5'), 'а')
})
