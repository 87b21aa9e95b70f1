// Escape sequences (HL7 v2.5.1 chapter 2.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEscapes, escapeText } from '../../../src/codecs/hl7v2/escape.ts'

const rules = {
  escape: '\\',
  field: '|',
  component: '^',
  repetition: '~',
  subcomponent: '&',
  truncation: '#',
  decodeBytes: (bytes: Buffer) => bytes.toString('utf8'),
}

function decoded(text: string): { text: string; told: string[] } {
  const told: string[] = []
  return { text: decodeEscapes(text, rules, note => told.push(note)), told }
}

test('puts the delimiters back', () => {
  assert.deepEqual(decoded('\\F\\\\S\\\\T\\\\R\\\\E\\\\P\\'), { text: '|^&~\\#', told: [] })
})

test('decodes hexadecimal bytes in the character set of the message', () => {
  assert.deepEqual(decoded('a\\X0D0A\\b\\XC3A9\\'), { text: 'a\r\nbé', told: [] })
})

test('reads hexadecimal sequences side by side as one run of bytes', () => {
  assert.deepEqual(decoded('\\XC3\\\\XA9\\\\F\\\\X41\\'), { text: 'é|A', told: [] })
})

test('turns lines and blanks of formatted text into text', () => {
  assert.deepEqual(decoded('a\\.br\\b\\.sp\\c\\.sp+2\\d\\.sk3\\e\\.ce\\f'), {
    text: 'a\nb\nc\n\nd   e\nf',
    told: [],
  })
})

test('leaves out what plain text cannot show, and tells so', () => {
  const formats = ['H', 'N', '.in+2', '.in-2', '.ti5', '.fi', '.nf']
  for (const format of formats) {
    assert.deepEqual(decoded(`a\\${format}\\b`), { text: 'ab', told: ['escape_formatting'] })
  }
})

test('a switch of the character set is done before, and no text', () => {
  assert.deepEqual(decoded('\\M2442\\山田\\C2842\\ x'), { text: '山田 x', told: [] })
})

test('keeps what it cannot decode as it stands, and tells so', () => {
  for (const text of [
    '\\Z12\\',
    '\\C9999\\',
    '\\M123456\\',
    '\\XZZ\\',
    '\\X4\\',
    '\\X\\',
    '\\.xx+3\\',
    '\\.sp99999\\',
    '\\\\',
    '\\unknown\\',
    'C:\\Temp',
    'ends with \\',
  ]) {
    const { text: out, told } = decoded(text)
    assert.equal(out, text)
    assert(told.length > 0 && told.every(note => note === 'escape_kept'), text)
  }
})

test('a lone escape character does not hide the sequence behind it', () => {
  assert.equal(decoded('50\\60 \\T\\ more').text, '50\\60 & more')
  assert.equal(decoded('\\Z1\\a\\F\\b').text, '\\Z1\\a|b')
})

test('text without escapes is itself', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const plain = text.replaceAll('\\', '')
      assert.deepEqual(decoded(plain), { text: plain, told: [] })
    }),
  )
})

test('what is escaped comes back, whatever it was, and holds nothing that could end it', () => {
  const unit = fc.oneof(
    fc.constantFrom(
      'a',
      '|',
      '^',
      '&',
      '~',
      '\\',
      '#',
      '\r',
      '\n',
      '\0',
      '\x0b',
      '\x1c',
      '"',
      'é',
      '\x85',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter(text => text.isWellFormed()),
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), units => {
      const text = units.join('')
      const escaped = escapeText(text, { ...rules, encode: part => Buffer.from(part) }) ?? ''
      assert.doesNotMatch(escaped, /[|^~&#\p{Cc}]/u)
      assert.notEqual(escaped, '""')
      assert.deepEqual(decoded(escaped), { text, told: [] })
    }),
    { numRuns: 500 },
  )
})

test('without an escape character what needs one cannot be written', () => {
  const bare = { ...rules, escape: '', encode: (part: string) => Buffer.from(part) }
  assert.equal(escapeText('plain', bare), 'plain')
  for (const text of ['a|b', 'a\rb', '""']) assert.equal(escapeText(text, bare), undefined)
})

test('a control that the set cannot hold is left to whoever encodes the whole', () => {
  const ascii = {
    ...rules,
    encode: (part: string) => (part < '\x80' ? Buffer.from(part) : undefined),
  }
  assert.equal(escapeText('a\x81\x07', ascii), 'a\x81\\X07\\')
})
