// Escape sequences (HL7 v2.5.1 chapter 2.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEscapes } from '../../../src/codecs/hl7v2/escape.ts'

const rules = {
  escape: '\\',
  field: '|',
  component: '^',
  repetition: '~',
  subcomponent: '&',
  truncation: '#',
  decodeBytes: (bytes: Buffer) => bytes.toString('utf8'),
}

function decoded(text: string): { text: string; kept: number } {
  let kept = 0
  return { text: decodeEscapes(text, rules, () => kept++), kept }
}

test('puts the delimiters back', () => {
  assert.deepEqual(decoded('\\F\\\\S\\\\T\\\\R\\\\E\\\\P\\'), { text: '|^&~\\#', kept: 0 })
})

test('decodes hexadecimal bytes in the character set of the message', () => {
  assert.deepEqual(decoded('a\\X0D0A\\b\\XC3A9\\'), { text: 'a\r\nbé', kept: 0 })
})

test('keeps what it cannot decode as it stands, and tells so', () => {
  for (const text of [
    '\\H\\bold\\N\\',
    '\\Z12\\',
    '\\C2842\\',
    '\\M123456\\',
    '\\XZZ\\',
    '\\X4\\',
    '\\X\\',
    '\\.sp+3\\',
    '\\.in-2\\',
    '\\\\',
    '\\unknown\\',
    'C:\\Temp',
    'ends with \\',
  ]) {
    const { text: out, kept } = decoded(text)
    assert.equal(out, text)
    assert(kept > 0, text)
  }
})

test('a lone escape character does not hide the sequence behind it', () => {
  assert.equal(decoded('50\\60 \\T\\ more').text, '50\\60 & more')
  assert.equal(decoded('\\H\\a\\F\\b').text, '\\H\\a|b')
})

test('text without escapes is itself', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const plain = text.replaceAll('\\', '')
      assert.deepEqual(decoded(plain), { text: plain, kept: 0 })
    }),
  )
})

test('what is escaped comes back, whatever it was', () => {
  const letters: Readonly<Record<string, string>> = {
    '|': 'F',
    '^': 'S',
    '&': 'T',
    '~': 'R',
    '\\': 'E',
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '|', '^', '&', '~', '\\', 'é') }), text => {
      const escaped = text.replaceAll(/[|^&~\\]/g, found => `\\${letters[found]}\\`)
      assert.deepEqual(decoded(escaped), { text, kept: 0 })
    }),
  )
})
