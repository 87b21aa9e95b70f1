// Changed copies and new messages: what is untouched stays, what is set can end nothing.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { edit, newMessage, writeMessage } from '../../../src/codecs/hl7v2/edit.ts'
import { PathError } from '../../../src/codecs/hl7v2/path.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { Failure } from '../../../src/model/errors.ts'

interface Standard {
  transform(): void
  get(path: string): unknown
}
const HL7 = createRequire(import.meta.url)('hl7-standard') as new (text: string) => Standard

const usual = 'MSH|^~\\&|HIS|HARBOR|FIRTH||20260301||ADT^A01|C1|P|2.5.1'
const read = (...lines: readonly string[]) =>
  readMessage(Buffer.from(`${lines.join('\r')}\r`, 'latin1'))
const sample = () =>
  read(usual, 'PID|1||4711^^^HARBOR~900||DOE^JOHN ', 'NK1|1|A', 'NK1|2|B', 'ZPI|x')

const refused = (code: string, place?: string) => (thrown: unknown) =>
  thrown instanceof Failure &&
  thrown.code === code &&
  (place ?? thrown.facts.place) === thrown.facts.place

test('changes what the path names, and no other byte', () => {
  const message = sample()
  const lines = (text: string) => text.split('\r')
  const changed = edit(message).set('PID-5.2', 'JANE').set('PID-3[2].4.2', '1.2.3').toBytes()
  const wanted = lines(message.bytes)
  wanted[1] = 'PID|1||4711^^^HARBOR~900^^^&1.2.3||DOE^JANE'
  assert.deepEqual(lines(changed.toString('latin1')), wanted)
  assert.equal(message.text('PID-5.2'), 'JOHN ', 'the message itself stays')
})

test('makes what is missing in the segment, up to the place that is set', () => {
  const set = (path: string, value: string) =>
    edit(read(usual, 'PID|1')).set(path, value).toBytes().toString('latin1').split('\r')[1]
  assert.equal(set('PID-5.2', 'X'), 'PID|1||||^X')
  assert.equal(set('PID-3[3].4.2', 'X'), 'PID|1||~~^^^&X')
  assert.equal(set('PID-1', 'X'), 'PID|X')
})

test('null says delete; nothing and the empty text say nothing', () => {
  const result = edit(sample())
    .set('PID-5', null)
    .set('PID-1', undefined)
    .set('NK1-2', '')
    .toMessage()
  assert.equal(result.presence('PID-5'), 'deleted')
  assert.equal(result.presence('PID-1'), 'absent')
  assert.equal(result.presence('NK1-2'), 'absent')
  const quoted = edit(sample()).set('PID-5', '""').toMessage()
  assert.equal(quoted.presence('PID-5'), 'valued')
  assert.equal(quoted.text('PID-5'), '""')
})

test('a list sets the parts of a field, and the parts of those', () => {
  const result = edit(sample())
    .set('PID-3', ['1', undefined, undefined, ['NS', '1.2&3', 'ISO']])
    .set('PID-5.1', ['VAN', 'DER'])
    .toMessage()
  assert.equal(result.segment('PID')?.raw, 'PID|1||1^^^NS&1.2\\T\\3&ISO~900||VAN&DER^JOHN ')
  assert.throws(
    () => edit(sample()).set('PID-3.4.1', ['a', 'b']),
    refused('edit_refused', 'PID-3.4.1'),
  )
})

test('sets each segment or repetition where the path says so', () => {
  const result = edit(sample()).set('NK1[*]-3', 'SPO').set('PID-3[*].5', 'MR').toMessage()
  assert.deepEqual(result.texts('NK1[*]-3'), ['SPO', 'SPO'])
  assert.deepEqual(result.texts('PID-3[*].5'), ['MR', 'MR'])
  assert.deepEqual(edit(sample()).set('OBX[*]-3', 'X').toBytes(), sample().raw)
})

test('a line feed in a segment that changes is escaped, so that no segment begins there', () => {
  const message = read(usual, 'PID|1\nNK1', 'NTE|1||a\nb')
  const changed = edit(message).set('PID-2', 'x')
  assert.equal(changed.toMessage().segments.length, 3)
  assert.equal(changed.toBytes().toString().split('\r')[1], 'PID|1\\.br\\NK1|x')
  assert.equal(changed.toMessage().text('NTE-3'), 'a\nb')
  const odd = edit(read('MSH|^~\\&\n#|HIS', 'PID|1'))
  assert.throws(() => odd.set('MSH-3', 'x'), refused('edit_refused', 'MSH-3'))
})

test('adds, copies and removes segments and repetitions', () => {
  const names = (result: { segments: readonly { raw: string }[] }) =>
    result.segments.slice(1).map(({ raw }) => raw)
  const result = edit(sample())
    .add('ZZZ', { after: 'PID' }, { 1: 'a|b', 3: ['c', 'd'] })
    .add('EVN', { before: 'PID' })
    .copy('NK1[2]')
    .set('NK1[3]-2', 'C')
    .remove('NK1[1]')
    .remove('PID-3[1]')
    .remove('ZPI')
    .add('ZEN')
    .toMessage()
  assert.deepEqual(names(result), [
    'EVN',
    'PID|1||900||DOE^JOHN ',
    'ZZZ|a\\F\\b||c^d',
    'NK1|2|B',
    'NK1|2|C',
    'ZEN',
  ])
  assert.deepEqual(names(edit(sample()).remove('NK1[*]').remove('OBX[*]').toMessage()), [
    'PID|1||4711^^^HARBOR~900||DOE^JOHN ',
    'ZPI|x',
  ])
  assert.equal(edit(sample()).remove('PID-3[*]').toMessage().presence('PID-3'), 'absent')
})

test('sets below a segment or a group', () => {
  const oru = read(usual, 'OBR|1', 'OBX|1||A', 'OBR|2', 'OBX|1||B')
  assert.deepEqual(edit(oru).set('OBR[2]/OBX[*]-5', '7').toMessage().texts('OBX[*]-5'), ['7'])
  assert.equal(edit(oru).set('OBR[2]/OBX-5', '7').toMessage().text('OBX[2]-5'), '7')
})

test('refuses what cannot be done, naming the place', () => {
  const editor = edit(sample())
  const cases: readonly (readonly [() => unknown, string])[] = [
    [() => editor.set('OBX-5', 'x'), 'OBX-5'],
    [() => editor.set('NK1[3]-1', 'x'), 'NK1[3]-1'],
    [() => editor.set('MSH-1', '#'), 'MSH-1'],
    [() => editor.set('MSH-2', '^~\\&'), 'MSH-2'],
    [() => editor.remove('MSH'), 'MSH'],
    [() => editor.remove('MSH-2'), 'MSH-2'],
    [() => editor.remove('PID-3.1'), 'PID-3.1'],
    [() => editor.copy('MSH'), 'MSH'],
    [() => editor.copy('OBX'), 'OBX'],
    [() => editor.add('MSH'), 'MSH'],
    [() => editor.add('zzz'), 'zzz'],
    [() => editor.add('ZZ\r'), 'ZZ\r'],
    [() => editor.add('ZZZ', { before: 'MSH' }), 'MSH'],
    [() => editor.add('ZZZ', { after: 'OBX' }), 'OBX'],
  ]
  for (const [run, place] of cases) assert.throws(run, refused('edit_refused', place), place)
  assert.throws(() => editor.set('PID', 'x'), PathError)
  assert.throws(() => editor.set('PID-0', 'x'), PathError)
})

test('a message with few delimiters takes only what it can write', () => {
  const bare = () => edit(readMessage(Buffer.from('MSH|^|A\rPID|1\r')))
  assert.equal(bare().set('PID-3.2', 'x').toMessage().text('PID-3.2'), 'x')
  assert.throws(() => bare().set('PID-3[2]', 'x'), refused('edit_refused', 'PID-3[2]'))
  assert.throws(() => bare().set('PID-3.1.2', 'x'), refused('edit_refused', 'PID-3.1.2'))
  assert.throws(() => bare().set('PID-3', 'a|b'), refused('edit_refused', 'PID-3'))
})

test('writes in the character set of the message, and says where it cannot', () => {
  const latin = read(`${usual}||||||8859/1`, 'PID|1||||J\xfcrgen')
  const changed = edit(latin).set('PID-5.2', 'Zoë')
  assert.equal(changed.toBytes().toString('latin1').split('\r')[1], 'PID|1||||J\xfcrgen^Zo\xeb')
  assert.throws(() => changed.set('PID-5', '山'), refused('value_unencodable', 'PID-5'))
  const polish = edit(read(`${usual}||||||8859/2`, 'PID|1'))
  assert.throws(() => polish.set('PID-5', 'a\u2028\ufeff'), refused('value_unencodable', 'PID-5'))
  const declared = read(`${usual}||||||UNICODE UTF-8`, 'PID|1')
  assert.equal(edit(declared).set('PID-5', '山').toMessage().text('PID-5'), '山')
  assert.throws(() => edit(sample()).set('PID-5', 'é'), refused('value_unencodable', 'PID-5'))
  const told = readMessage(sample().raw, { charset: 'utf-8' })
  assert.equal(edit(told).set('PID-5', 'é').toMessage().text('PID-5'), 'é')
})

const kanji = '\x1b$B;3ED\x1b(B'
const wide: readonly (readonly [string, Buffer])[] = [
  ['UTF-16LE', Buffer.from(`\ufeff${usual}\r\nPID|1||A||Zoë^山\r\nNTE|1||x\r\n`, 'utf16le')],
  ['UTF-16BE', Buffer.from(`${usual}\rPID|1||A||Zoë^山\rNTE|1||x`, 'utf16le').swap16()],
  [
    'ISO IR87',
    Buffer.from(`${usual}||||||~ISO IR87\rPID|1||A||${kanji}\rNTE|1||${kanji}\r`, 'latin1'),
  ],
  [
    'GB 18030',
    Buffer.from(`${usual}||||||GB 18030-2000\rPID|1||A||\x81\x7c\rNTE|1||x\r`, 'latin1'),
  ],
]
for (const [name, bytes] of wide) {
  test(`changes a message in ${name}, its other segments untouched`, () => {
    const message = readMessage(bytes)
    assert(edit(message).toBytes().equals(bytes))
    const result = edit(message).set('PID-3', '中|\r').set('PID-8', 'F').toMessage()
    assert.equal(result.text('PID-3'), '中|\r')
    assert.equal(result.text('PID-5'), message.text('PID-5'))
    assert.equal(result.text('PID-8'), 'F')
    const note = message.segments.length - 1
    assert.equal(result.segments.length, message.segments.length)
    assert.equal(result.segments[note]?.raw, message.segments[note]?.raw)
    assert.equal(result.charset, message.charset)
  })
}

test('keeps what surrounds the segments: a mark, blank lines, a missing end', () => {
  for (const text of [`\ufeff${usual}\r\n\r\nPID|1\r\n`, `\r\n${usual}\nPID|1`, usual]) {
    const bytes = Buffer.from(text)
    if (text.startsWith('\r')) assert.throws(() => readMessage(bytes))
    else assert(writeMessage(readMessage(bytes)).equals(bytes), JSON.stringify(text))
  }
  const open = readMessage(Buffer.from(`${usual}\nPID|1`))
  assert.equal(edit(open).add('ZZZ').toBytes().toString(), `${usual}\nPID|1\nZZZ\n`)
})

test('builds a message from nothing, which others read as it was meant', () => {
  const header = { 3: 'FIRTH', 7: '20260301', 9: ['ACK', 'A01'], 10: 'X|1', 12: '2.5.1' }
  const built = newMessage({ header, charset: 'utf-8' })
    .add('MSA', {}, { 1: 'AA', 2: 'C^1' })
    .set('MSA-3', 'done & dusted')
  assert.equal(
    built.toBytes().toString(),
    'MSH|^~\\&|FIRTH||||20260301||ACK^A01|X\\F\\1||2.5.1||||||UNICODE UTF-8\r' +
      'MSA|AA|C\\S\\1|done \\T\\ dusted\r',
  )
  const other = new HL7(built.toBytes().toString().trimEnd())
  other.transform()
  assert.equal(other.get('MSH.9.2'), 'A01')
  assert.equal(other.get('MSA.1'), 'AA')
  const odd = newMessage({ delimiters: '#*@!%', header: { 3: 'a#b' } })
    .toBytes()
    .toString()
  assert.equal(odd, 'MSH#*@!%#a!F!b\r')
  assert.throws(() => newMessage({ delimiters: '|||' }), refused('message_unreadable'))
})

test('no value, wherever it is set, makes a segment, a field, a part or a repetition', () => {
  const unit = fc.constantFrom(...'|^~&\\#*@!%\r\n\x0b\x1c\0"a', 'MSH|', '\\X0D\\', 'é', '山', '""')
  const value = fc.array(unit, { maxLength: 10 }).map(parts => parts.join(''))
  const path = fc.constantFrom('PID-3', 'PID-3[2]', 'PID-3.4.1', 'NK1[2]-5.2', 'ZPI-1', 'MSH-10')
  const delimiters = fc.constantFrom('|^~\\&', '|^~\\&#', '#*@!%')
  fc.assert(
    fc.property(value, path, delimiters, (text, at, marks) => {
      const start = newMessage({ delimiters: marks, charset: 'utf-8' })
        .add('PID', {}, { 3: ['1', '', '', 'H'], 5: 'X' })
        .add('NK1')
        .add('NK1', {}, { 6: 'Y' })
        .add('ZPI')
      const before = start.toMessage()
      const after = start.set(at, text).toMessage()
      assert.equal(after.segments.length, before.segments.length)
      assert.equal(after.text(at) ?? '', text)
      for (const kept of ['PID-5', 'NK1[2]-6', 'MSH-18']) {
        assert.equal(after.text(kept), before.text(kept))
      }
      const field = parseInt(at.slice(at.indexOf('-') + 1), 10)
      const whole = after.at({
        within: [],
        segment: at.slice(0, 3),
        ordinal: at.includes('NK1') ? 2 : 1,
      })
      assert.ok((whole[0]?.repetitions(field).length ?? 0) <= 2)
    }),
    { numRuns: 1000 },
  )
})

test('a large message takes thousands of changes', {
  timeout: 60_000,
}, () => {
  const large = read(usual, ...Array.from({ length: 2_000 }, (_, i) => `OBX|${i}|ST|A||x`))
  const editor = edit(large)
  for (let i = 1; i <= 2_000; i++) editor.set(`OBX[${i}]-5`, 'y')
  assert.equal(new Set(editor.toMessage().texts('OBX[*]-5')).size, 1)
})
