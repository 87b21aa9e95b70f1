// Reading messages: delimiters, counting, presence, escapes, character sets, hostile input.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Message, readMessage, type Value } from '../../../src/codecs/hl7v2/read.ts'
import { Failure } from '../../../src/model/errors.ts'

const read = (...lines: readonly string[]): Message => readMessage(Buffer.from(lines.join('\r')))
const usual = 'MSH|^~\\&|HIS|HARBOR^1.2.3^ISO|FIRTH||20260301||ADT^A01^ADT_A01|C1|P|2.5.1'

test('counts fields from 1: MSH-1 is the separator, MSH-2 the encoding characters', () => {
  const message = read(usual, 'PID|1||4711')
  assert.equal(message.text('MSH-1'), '|')
  assert.equal(message.text('MSH-2'), '^~\\&')
  assert.equal(message.text('MSH-3'), 'HIS')
  assert.equal(message.text('MSH-9.2'), 'A01')
  assert.equal(message.text('MSH-12'), '2.5.1')
  assert.equal(message.text('PID-1'), '1')
  assert.equal(message.text('PID-3'), '4711')
})

test('reads repetitions, components and sub-components; what is beyond is absent', () => {
  const message = read(usual, 'PID|||A^1^^HOSP&1.2.3&ISO~B^2~~D')
  assert.equal(message.text('PID-3'), 'A^1^^HOSP&1.2.3&ISO')
  assert.equal(message.text('PID-3.4'), 'HOSP&1.2.3&ISO')
  assert.equal(message.text('PID-3[1].4.2'), '1.2.3')
  assert.equal(message.text('PID-3[2].1'), 'B')
  assert.equal(message.text('PID-3[2].1.1'), 'B')
  assert.equal(message.text('PID-3[3]'), undefined)
  assert.equal(message.text('PID-3[4].1'), 'D')
  for (const path of ['PID-3[5]', 'PID-3.9', 'PID-3.1.2', 'PID-99', 'ZZZ-1', 'PID[2]-3']) {
    assert.equal(message.text(path), undefined, path)
    assert.equal(message.presence(path), 'absent', path)
  }
  assert.deepEqual(message.texts('PID-3[*].1'), ['A', 'B', 'D'])
})

test('finds segments by name and ordinal, all values of all of them', () => {
  const message = read(usual, 'OBX|1|NM|A||1', 'NTE|1', 'OBX|2|NM|B||2', 'OBX|3|NM|C')
  assert.equal(message.text('OBX-5'), '1')
  assert.equal(message.text('OBX[2]-5'), '2')
  assert.equal(message.text('OBX[4]-5'), undefined)
  assert.deepEqual(message.texts('OBX[*]-5'), ['1', '2'])
  assert.deepEqual(message.texts('OBX[2]-3'), ['B'])
  assert.equal(message.segment('OBX', 3)?.text(3), 'C')
  assert.equal(message.segment('OBX', 3)?.place(5), 'OBX[3]-5')
  assert.equal(message.segment('NTE')?.place(3), 'NTE-3')
  assert.equal(message.all('OBX').length, 3)
})

test('tells deleted from absent', () => {
  const message = read(usual, 'PID|1||4711||A^""^C|""||')
  assert.equal(message.presence('PID-6'), 'deleted')
  assert.equal(message.text('PID-6'), undefined)
  assert.equal(message.presence('PID-5.2'), 'deleted')
  assert.equal(message.presence('PID-7'), 'absent')
  assert.equal(message.presence('PID-3'), 'valued')
})

const layouts: readonly (readonly [string, string, string])[] = [
  ['usual', 'MSH|^~\\&|', 'PID|||A^B&C~D'],
  ['with a truncation character', 'MSH|^~\\&#|', 'PID|||A^B&C~D'],
  ['its own', 'MSH#*@!%#', 'PID###A*B%C@D'],
  ['of dollars', 'MSH$%~\\:$', 'PID$$$A%B:C~D'],
]
for (const [name, header, pid] of layouts) {
  test(`reads delimiters that are ${name}`, () => {
    const message = read(`${header}HIS`, pid)
    assert.equal(message.text('MSH-1'), header[3])
    assert.equal(message.text('MSH-2'), header.slice(4, -1))
    assert.equal(message.text('MSH-3'), 'HIS')
    assert.equal(message.text('PID-3.1'), 'A')
    assert.equal(message.text('PID-3.2.2'), 'C')
    assert.equal(message.text('PID-3[2]'), 'D')
  })
}

test('a short MSH-2 leaves the missing delimiters out: nothing is split by them', () => {
  const three = read('MSH|^~&|HIS', 'PID|||A^B&C~D\\T\\')
  // By position the third is the escape character, as the standard has it.
  assert.equal(three.delimiters.escape, '&')
  assert.equal(three.text('PID-3.2'), 'B&C')
  assert.equal(three.text('PID-3[2]'), 'D\\T\\')
  const one = read('MSH|^|HIS', 'PID|||A^B&C~D')
  assert.equal(one.text('PID-3.2'), 'B&C~D')
  assert.equal(one.text('PID-3.2.1'), 'B&C~D')
  const bare = read('MSH|^~\\&')
  assert.equal(bare.text('MSH-2'), '^~\\&')
  assert.equal(bare.text('MSH-3'), undefined)
})

test('what is no message fails as message_unreadable and names the place', () => {
  const places: Readonly<Record<string, string>> = {
    '': 'MSH',
    PID: 'MSH',
    'msh|^~\\&|': 'MSH',
    MSH: 'MSH-1',
    'MSHA^~\\&A': 'MSH-1',
    'MSH\r': 'MSH-1',
    'MSH||HIS': 'MSH-2',
    'MSH|': 'MSH-2',
    'MSH|\rPID|': 'MSH-2',
    'MSH|^^\\&|': 'MSH-2',
    'MSH|^~\\&#!|': 'MSH-2',
    'MSH|abcd|': 'MSH-2',
  }
  for (const [text, place] of Object.entries(places)) {
    assert.throws(
      () => read(text),
      (thrown: unknown) =>
        thrown instanceof Failure &&
        thrown.code === 'message_unreadable' &&
        thrown.facts.place === place,
      text,
    )
  }
})

test('ends segments at CR, LF or both, and skips blank lines', () => {
  for (const end of ['\r', '\n', '\r\n', '\r\r', '\n\n', '\r\n\r\n']) {
    const message = readMessage(Buffer.from([usual, 'PID|1', 'zz', ''].join(end)))
    assert.deepEqual(
      message.segments.map(segment => segment.raw),
      [usual, 'PID|1', 'zz'],
      JSON.stringify(end),
    )
  }
})

test('an unescaped LF inside a field is content, before a segment it ends the line', () => {
  const message = read(usual, 'NTE|1||first\nsecond|x', 'NTE|2||last\nPV1|1|I\nZZZ')
  assert.equal(message.text('NTE-3'), 'first\nsecond')
  assert.equal(message.text('NTE-4'), 'x')
  assert.equal(message.text('NTE[2]-3'), 'last')
  assert.equal(message.text('PV1-2'), 'I\nZZZ')
})

test('keeps segments without fields and with odd names', () => {
  const message = read(usual, 'ZZZ', 'LONGNAME|1', 'A|2|3', '|3')
  assert.deepEqual(
    message.segments.map(({ name }) => name),
    ['MSH', 'ZZZ', 'LONGNAME', 'A', ''],
  )
  assert.equal(message.segment('LONGNAME')?.text(1), '1')
  assert.equal(message.segment('ZZZ')?.text(1), undefined)
})

test('decodes escapes on reading text; the bytes stay as they came', () => {
  const message = read(usual, 'NTE|1||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\.br\\g\\X41\\h\\H\\i\\Z1\\')
  assert.equal(message.text('NTE-3'), 'a|b^c&d~e\\f\ngAhi\\Z1\\')
  assert.deepEqual(message.findings, [
    {
      code: 'escape_formatting',
      place: 'NTE-3',
      text: 'A formatting sequence is left out of the plain text.',
    },
    {
      code: 'escape_kept',
      place: 'NTE-3',
      text: 'An escape sequence without a plain text stays as it stands.',
    },
  ])
  assert(message.raw.includes('\\F\\'))
})

test('reads the character set that MSH-18 names, and a BOM is no part of it', () => {
  const utf8 = Buffer.from(`\ufeff${usual}||||||UNICODE UTF-8\rPID|||||Zoë^Jürgen`)
  assert.equal(readMessage(utf8).text('PID-5.2'), 'Jürgen')
  assert.equal(readMessage(utf8).text('MSH-3'), 'HIS')
  const latin = Buffer.from(`${usual}||||||8859/1\rPID|||||Zo\xeb^J\xfcrgen`, 'latin1')
  const message = readMessage(latin)
  assert.equal(message.text('PID-5.1'), 'Zoë')
  assert.equal(message.charset, 'iso-8859-1')
  assert.deepEqual(message.findings, [])
  assert(latin.equals(message.raw))
})

test('a set whose bytes may look like delimiters is read over its text', () => {
  const header = `${usual}||||||~ISO IR87`
  // 0x5c5c, 0x5e5e, 0x7c-free kanji whose bytes are delimiters in ASCII.
  const kanji = '\x1b$B;3\x5c\x5e\x26\x21\x1b(B'
  const bytes = Buffer.from(`${header}\rPID|||4711||${kanji}^A|19700101\rNTE|1||z`, 'latin1')
  const message = readMessage(bytes)
  assert.equal(message.charset, 'iso-2022-jp')
  assert.equal(message.text('PID-5.2'), 'A')
  assert.equal(message.text('PID-5.1')?.length, 3)
  assert.equal(message.text('PID-5.1')?.[0], '山')
  assert.equal(message.text('PID-6'), '19700101')
  assert.equal(message.text('NTE-3'), 'z')
  assert(bytes.equals(message.raw))
  const gb = Buffer.from(`${usual}||||||GB 18030-2000\rPID|||1||\x81\x7c^B`, 'latin1')
  assert.equal(readMessage(gb).text('PID-5.2'), 'B')
})

test('reads the switches of character sets that HL7 writes itself', () => {
  const header = `${usual}||||||8859/1~ISO IR87~8859/7`
  const name = '\\M2442\\;3ED\\C2842\\^TARO~\\C2D46\\\xe1\\C2D41\\\xfc'
  const text = `${header}\rPID|||1||${name}`
  const message = readMessage(Buffer.from(text, 'latin1'))
  assert.equal(message.text('PID-5.1'), '山田')
  assert.equal(message.text('PID-5.2'), 'TARO')
  assert.equal(message.text('PID-5[2]'), 'αü')
  assert.deepEqual(message.findings, [])
})

test('reads UTF-16 by its mark or its header, beside the untouched bytes', () => {
  const text = `${usual}||||||UNICODE UTF-16\rPID|||||Zoë^山\r`
  for (const marked of [text, `\ufeff${text}`]) {
    const little = Buffer.from(marked, 'utf16le')
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const message = readMessage(bytes)
      assert.equal(message.text('PID-5.1'), 'Zoë')
      assert.equal(message.text('PID-5.2'), '山')
      assert.equal(message.segments.length, 2)
      assert(bytes.equals(message.raw))
      assert.deepEqual(message.findings, [])
    }
  }
})

test('the channel may name the set; a byte that it does not know is marked and told', () => {
  const bytes = Buffer.from(`${usual}||||||8859/1\rPID|||||J\x80rgen`, 'latin1')
  assert.equal(readMessage(bytes).text('PID-5'), 'J\x80rgen')
  assert.equal(readMessage(bytes, { charset: 'windows-1252' }).text('PID-5'), 'J€rgen')
  const marked = readMessage(bytes, { charset: 'utf-8' })
  assert.equal(marked.text('PID-5'), 'J\ufffdrgen')
  assert.deepEqual(
    marked.findings.map(({ code, place }) => [code, place]),
    [['charset_undecodable', 'PID-5']],
  )
})

/** Every text of every part of a message, so that nothing stays unread. */
function readAll(message: Message): number {
  const walk = (value: Value): number =>
    value.parts().reduce((sum, part) => sum + (part.level === value.level ? 1 : walk(part)), 0) +
    (value.text()?.length ?? 0)
  let length = 0
  for (const segment of message.segments) {
    for (let field = 1; field < 60; field++) {
      for (const value of segment.repetitions(field)) length += walk(value)
    }
  }
  return length
}

test('no input throws anything but message_unreadable', () => {
  const attempt = (bytes: Buffer) => {
    try {
      readAll(readMessage(bytes))
    } catch (thrown) {
      assert(thrown instanceof Failure && thrown.code === 'message_unreadable', String(thrown))
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), bytes => attempt(Buffer.from(bytes))),
    { numRuns: 300 },
  )
  const piece = fc.constantFrom(
    '|',
    '^',
    '~',
    '\\',
    '&',
    '\r',
    '\n',
    '""',
    'MSH',
    '\xff',
    'X0D',
    'é',
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 80 }),
      parts => {
        attempt(Buffer.from(`MSH|^~\\&|${parts.join('')}`))
        attempt(Buffer.from(`MSH|^~\\&|${parts.join('')}`, 'latin1'))
      },
    ),
    { numRuns: 500 },
  )
})

test('splitting and joining gives the message back: no byte belongs to nobody', () => {
  const field = fc.string({
    unit: fc.constantFrom('a', '^', '~', '&', '\\', ' ', 'é'),
    maxLength: 12,
  })
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 6 }), { maxLength: 6 }), segments => {
      const lines = [usual, ...segments.map(fields => ['ZAB', ...fields].join('|'))]
      const message = readMessage(Buffer.from(lines.join('\r')))
      assert.deepEqual(
        message.segments.map(segment => Buffer.from(segment.raw, 'latin1').toString()),
        lines,
      )
      for (const [i, fields] of segments.entries()) {
        for (const [j, text] of fields.entries()) {
          const value = message.segments[i + 1]?.whole(j + 1)
          assert.equal(Buffer.from(value?.raw ?? '', 'latin1').toString(), text)
          const joined = value?.pieces().map(repetition => repetition.raw) ?? []
          assert.equal(joined.join('~'), value?.raw)
        }
      }
    }),
  )
})

/**
 * Quadratic work on these takes minutes; the test's own limit is far below and far above linear
 * work.
 */
const hostile: Readonly<Record<string, string>> = {
  'a megabyte of ~': `PID|||${'~'.repeat(1_000_000)}`,
  'a megabyte of ^ and &': `PID|||${'^&'.repeat(500_000)}`,
  'a megabyte of escapes': `NTE|1||${'\\'.repeat(1_000_000)}`,
  'a megabyte of unknown escapes': `NTE|1||${'\\Z\\'.repeat(333_333)}`,
  '46,000 segment names': Array.from({ length: 46_000 }, (_, i) => `Z${i.toString(36)}`).join('\r'),
  '46,000 notes with an escape': 'NTE|1||\\H\\\r'.repeat(46_000),
  'a megabyte of field separators': `PID${'|'.repeat(1_000_000)}`,
  'a megabyte of CR and then LF': `${'\r'.repeat(500_000)}${'\n'.repeat(500_000)}`,
  'a field of 16 MiB': `OBX|1|${'QUJD'.repeat(4_194_304)}`,
  'a field of 4 MiB of hexadecimal escapes': `OBX|1|${'\\X41\\'.repeat(699_050)}`,
  'a megabyte of switches': `NTE|1|${'\\M2442\\;3'.repeat(100_000)}`,
  'a megabyte of ESC': `NTE|1|${'\x1b$B'.repeat(333_333)}`,
  'a megabyte of ESC $ B and half characters': `NTE|1|\x1b$B${';|'.repeat(500_000)}`,
  'lone LF far behind': `${'ZZZ|1\r'.repeat(100_000)}NTE|1||a\nb`,
  'unescaped LF everywhere': `NTE|1||${'\n'.repeat(1_000_000)}\rPID|1`,
}
for (const [name, text] of Object.entries(hostile)) {
  test(`reads ${name} in linear work`, { timeout: 60_000 }, () => {
    const message = read(usual, text)
    let count = readAll(message)
    for (const segment of message.segments) {
      for (const value of segment.repetitions(3)) count += value.text(1)?.length ?? 0
    }
    for (let i = 1; i <= 2_000; i++) count += message.segment('NTE', i)?.place(3).length ?? 0
    assert(count >= 0)
  })
}

test('hexadecimal bytes are in the set that a message of plain ASCII declares', () => {
  const hex = 'NTE|1||\\XC3A9\\'
  assert.equal(read(`${usual}||||||UNICODE UTF-8`, hex).text('NTE-3'), 'é')
  assert.equal(read(`${usual}||||||8859/1`, hex).text('NTE-3'), 'Ã©')
  assert.equal(read(usual, hex).text('NTE-3'), 'é')
  assert.equal(read(usual, 'NTE|1||\\XE9\\').text('NTE-3'), 'é')
})

test('a header of nothing but its name has no first field', () => {
  const [, bare] = readMessage(Buffer.from('MSH|^~\\&|A\rMSH\rPID|1')).segments
  assert.equal(bare?.text(1), undefined)
})
