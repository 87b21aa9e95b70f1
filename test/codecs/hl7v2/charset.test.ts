// Which character set bytes are in: declared, contradicted, guessed, overridden.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Charset,
  charsetNamed,
  decideCharset,
  utf16Of,
} from '../../../src/codecs/hl7v2/charset.ts'

const ascii = Buffer.from('Juergen')
const utf8 = Buffer.from('Jürgen')
const latin = Buffer.from('J\xfcrgen', 'latin1')
const windows = Buffer.from('J\xfcrgen \x80 5', 'latin1')
const kanji = Buffer.from('\x1b$B;3ED\x1b(B', 'latin1')

const decided = (bytes: Buffer, msh18: string, override?: Charset) => {
  const claims = { msh18: msh18.split('~'), override }
  const { charset, finding } = decideCharset(bytes, claims)
  return `${charset} ${finding?.code ?? ''}`.trim()
}

test('believes a declaration that fits', () => {
  assert.equal(decided(utf8, 'UNICODE UTF-8'), 'utf-8')
  assert.equal(decided(latin, '8859/1'), 'iso-8859-1')
  assert.equal(decided(utf8, '8859/1'), 'iso-8859-1')
  assert.equal(decided(latin, '8859/15'), 'iso-8859-15')
  assert.equal(decided(ascii, 'ASCII'), 'ascii')
  assert.equal(decided(ascii, 'UNICODE UTF-8'), 'ascii')
  assert.equal(decided(kanji, 'ISO IR87'), 'iso-2022-jp')
  assert.equal(decided(kanji, '~ISO IR87'), 'iso-2022-jp')
})

test('without a declaration takes UTF-8 where it is valid, else guesses with a finding', () => {
  assert.equal(decided(ascii, ''), 'ascii')
  assert.equal(decided(utf8, ''), 'utf-8')
  assert.equal(decided(latin, ''), 'iso-8859-1 charset_guessed')
  assert.equal(decided(windows, ''), 'windows-1252 charset_guessed')
  assert.equal(decided(kanji, ''), 'iso-2022-jp')
  assert.equal(decided(Buffer.from('a \x1b[31m terminal'), ''), 'ascii')
})

test('bytes that contradict the declaration decide, and a finding says so', () => {
  assert.equal(decided(latin, 'UNICODE UTF-8'), 'iso-8859-1 charset_contradicted')
  assert.equal(decided(utf8, 'ASCII'), 'utf-8 charset_contradicted')
  assert.equal(decided(latin, 'ASCII'), 'iso-8859-1 charset_contradicted')
  assert.equal(decided(utf8, 'UNICODE UTF-16'), 'utf-8 charset_contradicted')
})

test('what switches has a base set of one byte after the other', () => {
  const decide = (msh18: string) => decideCharset(kanji, { msh18: msh18.split('~') })
  assert.equal(decide('UNICODE UTF-16').base, 'ascii')
  assert.equal(decide('8859/1~ISO IR87').base, 'iso-8859-1')
  assert.equal(decide('~ISO IR87').base, 'ascii')
})

test('a set that is not known is a finding, in any repetition', () => {
  assert.equal(decided(ascii, 'KLINGON'), 'ascii charset_unknown')
  assert.equal(decided(utf8, 'KLINGON'), 'utf-8 charset_unknown')
  assert.equal(decided(latin, '8859/1~KLINGON'), 'iso-8859-1 charset_unknown')
})

test('the word of the channel stands over MSH-18 and over what is not known there', () => {
  assert.equal(decided(windows, '8859/1', 'windows-1252'), 'windows-1252')
  assert.equal(decided(utf8, 'ASCII', 'utf-8'), 'utf-8')
  assert.equal(decided(latin, 'KLINGON', 'utf-8'), 'utf-8')
  assert.equal(decided(kanji, 'ASCII', 'iso-2022-jp'), 'iso-2022-jp')
  assert.equal(decided(ascii, '', 'gb18030'), 'ascii')
})

test('knows the names of table 0211 and those that everyone else uses', () => {
  const names: Readonly<Record<string, Charset>> = {
    ASCII: 'ascii',
    '8859/1': 'iso-8859-1',
    '8859/9': 'iso-8859-9',
    '8859/15': 'iso-8859-15',
    'ISO IR87': 'iso-2022-jp',
    'ISO IR159': 'iso-2022-jp',
    'ISO IR14': 'iso-2022-jp',
    'GB 18030-2000': 'gb18030',
    'KS X 1001': 'euc-kr',
    'BIG-5': 'big5',
    'UNICODE UTF-8': 'utf-8',
    'unicode  utf-8 ': 'utf-8',
    'UNICODE UTF-16': 'utf-16be',
    'windows-1252': 'windows-1252',
    'iso-8859-2': 'iso-8859-2',
  }
  for (const [name, charset] of Object.entries(names)) assert.equal(charsetNamed(name), charset)
  assert.equal(charsetNamed('8859/12'), undefined)
  assert.equal(charsetNamed('constructor'), undefined)
})

test('tells UTF-16 by its mark, or by the zeros of a header', () => {
  const text = 'MSH|^~\\&|'
  const le = Buffer.from(text, 'utf16le')
  assert.equal(utf16Of(le), 'utf-16le')
  assert.equal(utf16Of(Buffer.from(le).swap16()), 'utf-16be')
  assert.equal(utf16Of(Buffer.from(`\ufeff${text}`, 'utf16le')), 'utf-16le')
  assert.equal(utf16Of(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()), 'utf-16be')
  for (const other of [text, '', 'M', 'X\0', '\ufeffMSH']) {
    assert.equal(utf16Of(Buffer.from(other)), undefined)
  }
})
