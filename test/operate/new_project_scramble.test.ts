// Samples become tests without their patients.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMessage } from '../../src/codecs/hl7v2/read.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { Scrambler } from '../../src/operate/new_project_scramble.ts'
import { harmlessValues, shapeOf } from '../../src/operate/new_project_scramble_fields.ts'

const lines = (...text: readonly string[]) => Buffer.from(text.join('\r'))

const sample = lines(
  'MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260301101500-0600||ADT^A01^ADT_A01|CTRL77|P|2.5.1|||||||',
  'PID|1||M000417^^^HARBOR^MR~123-45-6789^^^SSA^SS||Featherstone^Persephone^Q^III||19671204|F|||12 Wisteria Lane^Apt 4^Gloucester^WA^98765^USA^H||(206)123-4567^PRN^PH~^NET^Internet^pf@mail.example|||M||||123456789',
  'NK1|1|Featherstone^Ambrose|SPO^Spouse|12 Wisteria Lane^^Gloucester|2061234567',
  'PV1|1|I|3W^301^A|||||1234^Whitworth^Zebedee^^^Dr|||||||||||V0000417^^^HARBOR^VN',
  'OBX|1|TX|8251-1^Comment^LN||Persephone fell \\T\\ broke an arm||||||F',
  'OBX|2|NM|718-7^Hemoglobin^LN||13.5|g/dL|12-15|N|||F',
  'NTE|1||Call Ambrose at 206-123-4567',
  'ZPI|1|Persephone Featherstone|M000417|19671204',
)

const scrambled = (raw: Buffer, seed = 7) => new Scrambler(seededRandom(seed)).message(raw)

test('no name, identifier, address, phone, free text or moment is left', () => {
  const out = scrambled(sample)
  const told = [
    ...['Featherstone', 'Persephone', 'Ambrose', 'Whitworth', 'Zebedee', 'M000417', 'V0000417'],
    ...['123-45-6789', '123456789', 'Wisteria', 'Gloucester', '98765', '1234567', '123-4567'],
    ...['pf@mail', '19671204', '20260301', 'CTRL77', 'fell', 'broke', '2061234567', '1234^'],
  ]
  for (const word of told) assert.equal(out.includes(word), false, word)
})

test('the structure stays: segments, fields, repetitions, components, escapes, codes, results', () => {
  const shape = (text: string) => text.replace(/[^|^~&\\\r]/g, '')
  const out = scrambled(sample)
  assert.equal(shape(out), shape(sample.toString()))
  const message = readMessage(Buffer.from(out))
  assert.equal(message.text('MSH-9'), 'ADT^A01^ADT_A01')
  assert.equal(message.text('PID-3.4'), 'HARBOR')
  assert.equal(message.text('PID-8'), 'F')
  assert.equal(message.text('PID-11.4'), 'WA')
  assert.equal(message.text('PV1-3'), '3W^301^A')
  assert.equal(message.text('OBX[2]-3'), '718-7^Hemoglobin^LN')
  assert.equal(message.text('OBX[2]-5'), '13.5')
  assert.ok(out.includes('\\T\\'))
})

test('a person whom a house writes into a field of codes too is scrambled there as well', () => {
  const out = scrambled(
    lines(
      'MSH|^~\\&|HIS|WHITWORTH|||20260301101500||ADT^A01|C1|P|2.3',
      'DG1|1||J18.9^Whitworth^I10~M000417',
      'PID|1||M000417^^^HARBOR^MR||Featherstone^Persephone',
      'PV1|1|I|||||1234^Whitworth^Zebedee|||||||||||1234^Whitworth&Zebedee^Elsewhere',
    ),
  )
  for (const word of ['Whitworth', 'Zebedee', '1234', 'M000417']) {
    assert.equal(out.includes(word), false, word)
  }
  const message = readMessage(Buffer.from(out))
  assert.equal(message.text('PV1-18.1'), message.text('PV1-7.1'))
  assert.equal(message.text('PV1-18.3'), 'Elsewhere')
  assert.equal(message.text('DG1-3.1'), 'J18.9')
  assert.equal(message.text('MSH-4'), 'WHITWORTH')
})

test('a day is moved also where it stands among what is kept', () => {
  const out = scrambled(
    lines(
      'MSH|^~\\&|HIS|H|||20260301101500||ADT^A01|C1|P|2.5',
      'PID|1||M1^^^HARBOR^MR^^20200131^20301231||Elm^Bo^^^^^L^^^^^19990131',
      'DG1|1||19671204^J18.9',
    ),
  )
  for (const day of ['20200131', '20301231', '19990131', '19671204']) {
    assert.equal(out.includes(day), false, day)
  }
  assert.equal(readMessage(Buffer.from(out)).text('PID-3.4'), 'HARBOR')
})

test('the same text becomes the same other text, so that identifiers and people still agree', () => {
  const message = readMessage(Buffer.from(scrambled(sample)))
  assert.equal(message.text('PID-3.1'), message.text('ZPI-3'))
  assert.equal(message.text('PID-11.3'), message.text('NK1-4.3'))
  assert.equal(message.text('PID-7'), message.text('ZPI-4'))
  const scrambler = new Scrambler(seededRandom(1))
  const [first, second] = [scrambler.message(sample), scrambler.message(sample)]
  assert.equal(first, second)
})

test('different identifiers stay different', () => {
  const many = Array.from({ length: 200 }, (_, i) => `PID|||M${100 + i}^^^HARBOR^MR`)
  const out = scrambled(lines('MSH|^~\\&|A', ...many))
  const ids = new Set(readMessage(Buffer.from(out)).texts('PID[*]-3.1'))
  assert.equal(ids.size, 200)
})

test('moments are moved together, by whole weeks, with their precision and zone', () => {
  const message = readMessage(Buffer.from(scrambled(sample)))
  const day = (text = '') =>
    Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)))
  const sent = day(message.text('MSH-7')) - day('20260301')
  assert.equal(sent, day(message.text('PID-7')) - day('19671204'))
  assert.ok(sent < 0)
  assert.equal(sent % (7 * 86_400_000) === 0, true)
  assert.match(message.text('MSH-7') ?? '', /^\d{8}101500-0600$/)
  const year = scrambled(lines('MSH|^~\\&|A', 'PID|||1||||1967'))
  assert.match(year, /\|19\d\d$/)
  assert.equal(year.endsWith('|1967'), false)
})

test('other delimiters and other character sets are respected', () => {
  const raw = Buffer.from(
    'MSH#*@!%#HIS#A#B#C#20260301##ADT*A01#1#P#2.5.1######8859/1\rPID###M1***A##M\xfcller*J\xf6rg',
    'latin1',
  )
  const out = scrambled(raw)
  assert.match(out, /\u00fc\*\w+\u00f6$/)
  assert.equal(out.includes('Müller'), false)
  assert.match(out, /MSH#\*@!%#HIS/)
})

test('a document is cut to its form', () => {
  const raw = lines('MSH|^~\\&|A', `OBX|1|ED|PDF||LAB^application^pdf^Base64^${'QUJD'.repeat(100)}`)
  const value = readMessage(Buffer.from(scrambled(raw)))
    .segment('OBX')
    ?.field(5)
  assert.equal(value?.text(4), 'Base64')
  assert.equal(value?.text(5)?.length, 64)
})

test('what is not known to be harmless is scrambled', () => {
  assert.equal(shapeOf('ZZZ', 1), 'other')
  assert.equal(shapeOf('PID', 19), 'other')
  assert.equal(shapeOf('PID', 8), 'code')
  assert.equal(harmlessValues.has('TX'), false)
})

const corpus = join(import.meta.dirname, '../../../shared/corpus')

test('the structure of every sample of the corpus stays', {
  skip: !existsSync(corpus) && 'the corpus is not there',
}, () => {
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' })
  let seen = 0
  for (const file of files.filter(name => name.endsWith('.hl7'))) {
    let message: ReturnType<typeof readMessage>
    const raw = readFileSync(join(corpus, file))
    try {
      message = readMessage(raw)
    } catch {
      // The broken ones are refused by their name elsewhere.
      continue
    }
    const again = readMessage(Buffer.from(scrambled(raw)))
    const names = (one: typeof message) => one.segments.map(({ name }) => name)
    if (message.charset === 'ascii') assert.deepEqual(names(again), names(message), file)
    seen += 1
  }
  assert.ok(seen > 300)
})
