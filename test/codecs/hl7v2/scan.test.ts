// The header scan against every header that a sender may write, and against bytes that are no
// header.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentHash, findMessageStart, scanMsh } from '../../../src/codecs/hl7v2/scan.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const scan = (text: string) => scanMsh(latin1(text))
const HEADER = 'MSH|^~\\&|A^1.2^ISO|B|C|D|20261121||ADT^A01|ID1|P|2.5.1|||AL|NE||8859/1'

test('counts fields from 1, as the standard does', () => {
  const msh = scan(`${HEADER}\rPID|1`)
  const fields = [1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 15, 16, 18, 19].map(n => msh?.field(n))
  const wanted = ['|', '^~\\&', 'A^1.2^ISO', 'D', '20261121', '', 'ADT^A01', 'ID1', 'P', '2.5.1']
  assert.deepEqual(fields, [...wanted, 'AL', 'NE', '8859/1', ''])
})

for (const [name, end] of [
  ['carriage return', '\r'],
  ['line feed', '\n'],
  ['both', '\r\n'],
  ['the end of the bytes', ''],
] as const) {
  test(`the header ends with ${name}`, () => {
    assert.equal(scan(HEADER + end)?.field(18), '8859/1')
  })
}

test('a byte order mark and blank lines before the header are skipped', () => {
  for (const before of ['\xef\xbb\xbf', '\r\n', '\xef\xbb\xbf\n\r']) {
    assert.equal(scan(`${before}${HEADER}\r`)?.field(10), 'ID1')
    assert.equal(findMessageStart(latin1(before + HEADER)), before.length)
  }
})

test('knows delimiters of its own, four, five, three or two of them', () => {
  const of = (header: string) => {
    const found = scan(header)?.delimiters
    return [found?.component, found?.repetition, found?.escape, found?.subcomponent]
  }
  assert.deepEqual(of('MSH|^~\\&|A'), ['^', '~', '\\', '&'])
  assert.deepEqual(of('MSH|^~\\&#|A'), ['^', '~', '\\', '&'])
  assert.deepEqual(of('MSH#*@!%#A'), ['*', '@', '!', '%'])
  assert.deepEqual(of('MSH|^~&|A'), ['^', '~', '&', undefined])
  assert.deepEqual(of('MSH|^~|A'), ['^', '~', undefined, undefined])
  assert.deepEqual(of('MSH|^'), ['^', undefined, undefined, undefined])
  assert.equal(scan('MSH|^~\\&#|A')?.delimiters.encoding_characters, '^~\\&#')
})

test('delimiters that could not be told from text, or from each other, are no header', () => {
  const bad = ['MSH', 'MSH|', 'MSH||A', 'MSH|^^\\&|A', 'MSHX^~\\&XA', 'MSH|AB\\&|x']
  for (const header of [...bad, 'MSH |^~', 'MSH\x1c^~\\&\x1c', 'MSH|^\xe9|A', 'MSH\r|^~\\&|A']) {
    assert.equal(scan(header), undefined, header)
  }
})

test('what does not begin with a header segment is no message', () => {
  for (const text of ['', '\r', 'msh|^~\\&|', 'PID|1', ' MSH|^~\\&|', '<a/>', 'MS', 'FHX|^~\\&|']) {
    assert.equal(scan(text), undefined, text)
  }
  for (const text of [HEADER, `\ufeff${HEADER}`]) {
    assert.equal(scanMsh(Buffer.from(text, 'utf16le')), undefined)
    assert.equal(scanMsh(Buffer.from(text, 'utf16le').swap16()), undefined)
  }
})

for (const segment of ['FHS', 'BHS']) {
  test(`a batch is known by its ${segment}: its control id is field 11`, () => {
    const batch = `${segment}|^~\\&|A|B|C|D|20261121|SEC|NAME|NOTE|B77|REF\rMSH|^~\\&|X`
    const fields = [3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 18].map(n => scan(batch)?.field(n))
    assert.deepEqual(fields, ['A', 'B', 'C', 'D', '20261121', '', 'B77', '', '', '', ''])
  })
}

test('bytes of any character set stand for themselves', () => {
  const bytes = Buffer.concat([latin1('MSH|^~\\&|'), Buffer.from([0x80, 0xe9, 0xff]), latin1('|B')])
  assert.deepEqual(latin1(scanMsh(bytes)?.field(3) ?? ''), Buffer.from([0x80, 0xe9, 0xff]))
})

test('any bytes are scanned without an error, and any header field for field', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      scanMsh(Buffer.from(bytes))
      scanMsh(Buffer.concat([latin1('MSH|^'), Buffer.from(bytes)]))
    }),
  )
  const field = fc.string({ unit: fc.constantFrom('a', '^', '~', '\\', '&', ' ', 'é', '\0') })
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), fields => {
      const msh = scan(`MSH|^~\\&|${fields.join('|')}\rPID|x|y`)
      fields.forEach((text, i) => {
        assert.equal(msh?.field(i + 3), text)
      })
    }),
  )
})

test('the content hash leaves MSH-7 out and nothing else', () => {
  const hash = (text: string) => {
    const bytes = latin1(text)
    const msh = scanMsh(bytes)
    assert.ok(msh)
    return contentHash(bytes, msh)
  }
  const one = hash(`${HEADER}\rPID|1\r`)
  assert.equal(hash(`${HEADER.replace('20261121', '20261122000000.123+0100')}\rPID|1\r`), one)
  assert.equal(hash(`${HEADER.replace('20261121', '')}\rPID|1\r`), one)
  assert.notEqual(hash(`${HEADER}\rPID|2\r`), one)
  assert.notEqual(hash(`${HEADER.replace('|D|', '|E|')}\rPID|1\r`), one)
  assert.notEqual(hash(`${HEADER.replace('||ADT', '|x|ADT')}\rPID|1\r`), one)
  assert.notEqual(hash(`\r${HEADER}\rPID|1\r`), one)
  assert.equal(hash('MSH|^~\\&|A'), hash('MSH|^~\\&|A'))
  assert.notEqual(hash('MSH|^~\\&|A|B|C|D|x'), hash('MSH|^~\\&|A|B|C|Dx'))
})

test('a file without a control id is known by that of its first batch', () => {
  const scan = (text: string) => scanMsh(Buffer.from(text))?.field(10)
  const batch = 'BHS|^~\\&|A|B|C|D|7|8|9|10|B-11|12\rMSH|^~\\&|\r'
  assert.equal(scan(`FHS|^~\\&|A|B\r\n${batch}`), 'B-11')
  assert.equal(scan(`FHS|^~\\&|A|B|C|D|7|8|9|10|F-11\r${batch}`), 'F-11')
  assert.equal(scan('FHS|^~\\&|A\rMSH|^~\\&|A|B|C|D|7|8|9|M-10\r'), '')
  assert.equal(scan('FHS|^~\\&\r'.repeat(100_000)), '')
})
