// Bytes as text and text as bytes, in every set.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Charset } from '../../../src/codecs/hl7v2/charset.ts'
import { decode, encode } from '../../../src/codecs/hl7v2/charset_text.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

test('decodes each set exactly: ISO-8859-1 is not windows-1252', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const text = decode(all, 'iso-8859-1')
  for (let i = 0; i < 256; i++) assert.equal(text.charCodeAt(i), i)
  for (const charset of ['iso-8859-2', 'iso-8859-9', 'iso-8859-11'] as const) {
    const controls = decode(all.subarray(0x80, 0xa0), charset)
    for (let i = 0; i < 32; i++) assert.equal(controls.charCodeAt(i), 0x80 + i, charset)
  }
  assert.equal(decode(hex('809f'), 'windows-1252'), '€Ÿ')
  assert.equal(decode(Buffer.from('Jürgen'), 'utf-8'), 'Jürgen')
})

const samples: readonly (readonly [Charset, string, string])[] = [
  ['iso-8859-2', 'b1e6', 'ąć'],
  ['iso-8859-5', 'd0', 'а'],
  ['iso-8859-7', 'e1', 'α'],
  ['iso-8859-9', 'f0fd', 'ğı'],
  ['iso-8859-11', 'a1', 'ก'],
  ['iso-8859-15', 'a4', '€'],
  ['windows-1252', '9380', '“€'],
  ['utf-16le', '4100fc00', 'Aü'],
  ['utf-16be', '004100fc', 'Aü'],
  ['iso-2022-jp', '1b24423b3345441b2842', '山田'],
  ['gb18030', 'd6d0', '中'],
  ['gb18030', '90308130', '𐀀'],
  ['big5', 'a4a4a55c', '中功'],
  ['euc-kr', 'b1e8', '김'],
  ['euc-jp', 'bbb3c5c4', '山田'],
  ['shift_jis', '8e9a', '字'],
]
for (const [charset, bytes, text] of samples) {
  test(`${charset} reads ${bytes} and writes it`, () => {
    assert.equal(decode(hex(bytes), charset), text)
    assert.equal(encode(text, charset)?.toString('hex'), bytes)
  })
}

test('reads the characters beyond JIS X 0208 (ISO IR159), and writes them', () => {
  const bytes = hex('411b24284430211b284242')
  assert.equal(decode(bytes, 'iso-2022-jp'), 'A丂B')
  assert.equal(encode('A丂B', 'iso-2022-jp')?.toString('hex'), bytes.toString('hex'))
})

test('what a set does not know reads as U+FFFD, and cannot be written', () => {
  assert.equal(decode(hex('4a8172ff'), 'utf-8'), 'J\ufffdr\ufffd')
  assert.equal(decode(hex('a5'), 'iso-8859-3'), '\ufffd')
  assert.equal(encode('ł', 'iso-8859-1'), undefined)
  assert.equal(encode('€', 'iso-8859-1'), undefined)
  assert.equal(encode('é', 'ascii'), undefined)
  assert.equal(encode('😀', 'big5'), undefined)
  assert.equal(encode('\ud800', 'utf-8'), undefined)
})

const every: readonly Charset[] = [
  ...['ascii', 'utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'iso-8859-2', 'iso-8859-3'],
  ...['iso-8859-4', 'iso-8859-5', 'iso-8859-6', 'iso-8859-7', 'iso-8859-8', 'iso-8859-9'],
  ...['iso-8859-10', 'iso-8859-11', 'iso-8859-13', 'iso-8859-14', 'iso-8859-15', 'iso-8859-16'],
  ...['windows-1252', 'iso-2022-jp', 'gb18030', 'big5', 'euc-kr', 'euc-jp', 'shift_jis'],
] as Charset[]

test('what can be written reads back as itself, in every set', () => {
  const character = fc.oneof(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 2 }),
    fc.constantFrom(
      'ü',
      'ł',
      'Ж',
      'α',
      'ש',
      'ก',
      '€',
      '山',
      '丂',
      '中',
      '김',
      '한',
      'ｱ',
      '😀',
      '﨑',
    ),
    fc.string({ unit: 'grapheme', maxLength: 2 }),
  )
  const text = fc.array(character, { maxLength: 8 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom(...every), (written, charset) => {
      // Controls and marks of byte order have a meaning of their own.
      const plain = written.replaceAll(/[\p{Cc}\ufeff\ufffd]/gu, '')
      const bytes = encode(plain, charset)
      if (bytes !== undefined) assert.equal(decode(bytes, charset), plain, charset)
    }),
    { numRuns: 2000 },
  )
})
