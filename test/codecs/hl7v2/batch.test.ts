// Where the messages of a batch begin and end, and what is wrong with the frame around them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitBatch } from '../../../src/codecs/hl7v2/batch.ts'

const one = 'MSH|^~\\&|HIS||||||ADT^A01|1|P|2.5.1\rPID|1||A\r'
const two = 'MSH|^~\\&|HIS||||||ADT^A03|2|P|2.5.1\rPID|1||B\r'
const other = 'MSH#*@!%#HIS######ADT*A08#3#P#2.5.1\rPID#1##C\r'

const split = (text: string) => {
  const { isBatch, messages, findings } = splitBatch(Buffer.from(text, 'latin1'))
  const told = findings.map(({ code, place }) => `${code} ${place}`)
  return { isBatch, texts: messages.map(message => message.toString('latin1')), told }
}

test('a lone message is its own bytes, whatever stands in its text', () => {
  const lone = [
    one,
    one.trimEnd(),
    `\xef\xbb\xbf${one}`,
    `\r\n${one}`,
    `${one}NTE|1||see MSH|^~\\&|HIS\r`,
    `${one}NTE|1||BTS\rZBT|BHS|\r`,
    '',
    'PID|1',
    'FHSX',
  ]
  for (const text of lone) {
    const bytes = Buffer.from(text, 'latin1')
    const { isBatch, messages, findings } = splitBatch(bytes)
    assert.deepEqual([isBatch, messages.length, findings], [false, 1, []], text)
    assert.equal(messages[0], bytes, 'the very same bytes')
  }
})

test('a text that only looks like a header line begins no message', () => {
  for (const line of ['MSH', 'MSHAB', 'MSH|', 'MSH|HIS|x', 'MSH of the ward', 'MSH|^~\\&!?|x']) {
    const { texts } = split(`${one}${line}\r`)
    assert.deepEqual(texts, [`${one}${line}\r`], line)
  }
})

test('finds each message of a file, in its own delimiters, byte for byte', () => {
  const text = `FHS|^~\\&|F\rBHS|^~\\&|B\r${one}${other}BTS|2\rBHS|^~\\&|B\r${two}BTS|1\rFTS|2\r`
  assert.deepEqual(split(text), { isBatch: true, texts: [one, other, two], told: [] })
})

test('takes what is left of an envelope', () => {
  assert.deepEqual(split(`BHS|^~\\&\r${one}${two}BTS|2\r`).told, [])
  assert.deepEqual(split(`BHS|^~\\&\r${one}BTS\r`), { isBatch: true, texts: [one], told: [] })
  assert.deepEqual(split(`${one}${two}`), { isBatch: true, texts: [one, two], told: [] })
  assert.deepEqual(split(`${one}${two}BTS|2\r`).texts, [one, two])
  assert.deepEqual(split(`BHS|^~\\&\rBTS|0\r`), { isBatch: true, texts: [], told: [] })
  assert.deepEqual(split(`FHS|^~\\&\r${one}FTS|0\r`).texts, [one])
})

test('tells counts that disagree, ends that are missing and lines that belong to nothing', () => {
  assert.deepEqual(split(`BHS|^~\\&\r${one}BTS|2\r`).told, ['batch_count BTS-1'])
  assert.deepEqual(split(`FHS|^~\\&\rBHS|^~\\&\r${one}BTS|1\rFTS|2\r`).told, ['batch_count FTS-1'])
  assert.deepEqual(split(`BHS|^~\\&\r${one}`).told, ['batch_unclosed BHS'])
  assert.deepEqual(split(`FHS|^~\\&\rBHS|^~\\&\r${one}BTS|1\r`).told, ['batch_unclosed FHS'])
  assert.deepEqual(split(`BHS|^~\\&\rZZZ|1\r${one}BTS|1\r`).told, ['batch_stray BHS'])
  assert.deepEqual(split(`BHS|^~\\&\r${one}BTS|many\r`).told, [])
})

test('ends lines at CR, LF or both, and reads UTF-16', () => {
  const text = `BHS|^~\\&\r${one}${two}BTS|2\r`
  for (const end of ['\n', '\r\n']) {
    const { texts, told } = split(text.replaceAll('\r', end))
    assert.deepEqual(texts, [one.replaceAll('\r', end), two.replaceAll('\r', end)])
    assert.deepEqual(told, [])
  }
  const wide = splitBatch(Buffer.from(`\ufeff${text}`, 'utf16le')).messages
  assert.deepEqual(
    wide.map(message => message.toString('utf16le')),
    [one, two],
  )
})

test('every byte of a batch is in one message or in its envelope, and nothing throws', () => {
  const piece = fc.constantFrom(one, two, other, 'FHS|^~\\&\r', 'BHS|^~\\&\r', 'BTS|1\r', 'FTS|1\n')
  const junk = fc.string({ unit: fc.constantFrom('M', 'S', 'H', '|', '^', '\r', '\n', 'B', 'F') })
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, junk), { maxLength: 12 }), parts => {
      const text = parts.join('')
      const { texts } = split(text)
      let at = 0
      for (const message of texts) {
        const found = text.indexOf(message, at)
        assert(found >= at, 'in their order, none twice')
        at = found + message.length
      }
    }),
    { numRuns: 500 },
  )
})

test('splits a batch of many messages in linear work', { timeout: 60_000 }, () => {
  const many = splitBatch(Buffer.from(`BHS|^~\\&\r${one.repeat(100_000)}BTS|100000\r`))
  assert.equal(many.messages.length, 100_000)
  assert.deepEqual(many.findings, [])
  assert.equal(splitBatch(Buffer.from(`${one}${'BHS|^~\\&\r'.repeat(500_000)}`)).messages.length, 1)
  assert.equal(splitBatch(Buffer.from(`BHS|${'\r'.repeat(2_000_000)}`)).messages.length, 0)
})
