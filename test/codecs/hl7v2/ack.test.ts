// Acknowledgements in every sender's words, and the rule by which they are sent at all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AckParts,
  ackCode,
  buildAck,
  controlIds,
  hl7Time,
  readAck,
} from '../../../src/codecs/hl7v2/ack.ts'
import { scanMsh } from '../../../src/codecs/hl7v2/scan.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { type Code, catalogue } from '../../../src/model/errors.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const AT = Date.UTC(2026, 10, 21, 12, 58, 13, 7)
const PARTS: AckParts = { code: 'AA', at_ms: AT, control_id: 'OUR1' }

/** Segments of the ACK to this header. */
function ackTo(header: string, parts: Partial<AckParts> = {}): string[] {
  const bytes = buildAck(scanMsh(latin1(header)), { ...PARTS, ...parts })
  return bytes.toString('latin1').split('\r')
}

test('an ACK swaps sender and receiver whole, and copies MSH-10 to -12 and -18', () => {
  const header =
    'MSH|^~\\&|A^1.2^ISO|B&x|C^3|D~E|20261120||ADT^A08^ADT_A01|I&D^1|T^A|2.4^DE||||||8859/1'
  assert.deepEqual(ackTo(header), [
    'MSH|^~\\&|C^3|D~E|A^1.2^ISO|B&x|20261121125813.007+0000||ACK^A08^ACK|OUR1|T^A|2.4^DE' +
      '||||||8859/1',
    'MSA|AA|I&D^1',
    '',
  ])
})

test('an ACK speaks with the delimiters of its sender', () => {
  const [msh, msa, err] = ackTo('MSH#*@!%#A#B#C#D###ADT*A01#I1#P#2.5.1', {
    code: 'AR',
    reason: 'frame_too_large',
  })
  assert.equal(msh, 'MSH#*@!%#C#D#A#B#20261121125813.007+0000##ACK*A01*ACK#OUR1#P#2.5.1')
  assert.equal(msa, 'MSA#AR#I1#frame_too_large: The frame is larger than frame_bytes_max.')
  assert.match(err ?? '', /^ERR###100\*Segment sequence error\*HL70357#E#frame_too_large###/)
})

test('delimiters that stand in our own words are escaped there', () => {
  const [msh = '', msa = ''] = ackTo('MSH_.~\\+_A_B_C_D___ADT.A01_I1_P', {
    code: 'AE',
    reason: 'log_disk_full',
  })
  const escaped = (text: string) =>
    text.replaceAll('.', '\\S\\').replaceAll('_', '\\F\\').replaceAll('+', '\\T\\')
  assert.equal(msh.split('_')[6], escaped('20261121125813.007+0000'))
  assert.equal(msh.split('_')[11], escaped('2.5.1'))
  assert.match(msa, /^MSA_AE_I1_log\\F\\disk\\F\\full: /)
})

test('an ACK depends on no valid MSH-9 and no MSH-12', () => {
  const type = (msh9: string) => ackTo(`MSH|^~\\&|A|B|C|D|||${msh9}|I1`)[0]?.split('|')[8]
  assert.deepEqual(['ACK', '', 'ADT^A001', 'ADT^^ADT_A01', 'ORU^R01^ORU_R01^X', '^'].map(type), [
    'ACK',
    'ACK',
    'ACK^A001^ACK',
    'ACK',
    'ACK^R01^ACK',
    'ACK',
  ])
  assert.equal(ackTo('MSH|^~\\&|A|B|C|D||||I1')[0]?.split('|')[11], '2.5.1')
  assert.equal(ackTo('MSH|^~\\&|A|B|C|D||||I1||9.9')[0]?.split('|')[11], '9.9')
})

test('what has no readable header is refused in the usual delimiters, with an empty MSA-2', () => {
  const segments = buildAck(undefined, { ...PARTS, code: 'AR', reason: 'frame_not_hl7' })
    .toString()
    .split('\r')
  assert.equal(segments[0], 'MSH|^~\\&|||||20261121125813.007+0000||ACK|OUR1||2.5.1')
  assert.match(segments[1] ?? '', /^MSA\|AR\|\|frame_not_hl7: /)
})

test('a batch is answered by its own header', () => {
  const [msh, msa] = ackTo('FHS|^~\\&|A|B|C|D|20261121||NAME||F9\rMSH|^~\\&|X|Y|||||ADT^A01|I1')
  assert.equal(msh, 'MSH|^~\\&|C|D|A|B|20261121125813.007+0000||ACK|OUR1||2.5.1')
  assert.equal(msa, 'MSA|AA|F9')
})

test('a refusal says why: in ERR-3 to -8 from 2.5 on, in ERR-1 before', () => {
  const err = (version: string) =>
    ackTo(`MSH|^~\\&|A|B|C|D|||ADT^A01|I1|P|${version}`, { code: 'AE', reason: 'log_read_only' })[2]
  const { message } = catalogue.log_read_only
  const modern = `ERR|||207^Application internal error^HL70357|E|log_read_only|||${message}`
  assert.equal(err('2.5'), modern)
  assert.equal(err('2.8.2'), modern)
  assert.equal(err(''), modern)
  assert.equal(err('2.3.1'), 'ERR|^^^207&Application internal error&HL70357')
  assert.equal(err('2.4^DE'), 'ERR|^^^207&Application internal error&HL70357')
})

test('MSA-3 keeps to 80 characters for every code of the catalogue', () => {
  for (const reason of Object.keys(catalogue) as Code[]) {
    const [, msa = ''] = ackTo('MSH|^~\\&|A', { code: 'AE', reason })
    const text = msa.split('|')[3] ?? ''
    assert.ok(text.startsWith(reason) && text.length <= 80, text)
  }
})

test('bytes of any character set come back as they were', () => {
  const header = Buffer.concat([
    latin1('MSH|^~\\&|A|B|C|Z'),
    Buffer.from([0xfc, 0x80]),
    latin1('|||ADT^A01|I'),
  ])
  const ack = buildAck(scanMsh(Buffer.concat([header, Buffer.from([0xe9])])), PARTS)
  assert.ok(ack.includes(Buffer.from([0x5a, 0xfc, 0x80])))
  assert.ok(ack.includes(Buffer.from([0x49, 0xe9, 0x0d])))
})

test('a copied field cannot close the frame of the answer', () => {
  const ack = buildAck(scanMsh(latin1('MSH|^~\\&|A|B|C|D||||I1\x1c')), PARTS)
  assert.equal(ack.includes('\x1c\r'), false)
})

const results = ['accepted', 'error', 'rejected'] as const
const none = undefined
const rules: [string, string, (string | undefined)[]][] = [
  ['', '', ['AA', 'AE', 'AR']],
  ['AL', 'NE', ['CA', 'CE', 'CR']],
  ['AL', '', ['CA', 'CE', 'CR']],
  ['AL', 'AL', ['CA', 'CE', 'CR']],
  ['ER', 'NE', [none, 'CE', 'CR']],
  ['ER', 'AL', ['AA', 'CE', 'CR']],
  ['SU', 'NE', ['CA', none, none]],
  ['SU', 'ER', ['CA', 'AE', 'AR']],
  ['NE', 'AL', ['AA', 'AE', 'AR']],
  ['', 'AL', ['AA', 'AE', 'AR']],
  ['', 'SU', ['AA', none, none]],
  ['', 'ER', [none, 'AE', 'AR']],
  ['NE', 'NE', [none, none, none]],
  ['NE', '', [none, none, none]],
  ['', 'NE', [none, none, none]],
  ['??', '', ['AA', 'AE', 'AR']],
]
for (const [accept, application, codes] of rules) {
  test(`MSH-15 '${accept}' and MSH-16 '${application}' are answered ${codes.join(', ')}`, () => {
    const msh = scanMsh(latin1(`MSH|^~\\&|A|B|C|D||||I|P|2.5|||${accept}|${application}`))
    assert.deepEqual(
      results.map(result => ackCode(msh, result)),
      codes,
    )
  })
}

test('a sender without a readable header is answered in original mode', () => {
  assert.deepEqual(
    results.map(result => ackCode(undefined, result)),
    ['AA', 'AE', 'AR'],
  )
})

test('our control ids fit MSH-10, and no two are the same, nor of two processes', () => {
  const [one, two] = [controlIds(seededRandom(1)), controlIds(seededRandom(2))]
  const ids = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? one() : two()))
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.every(id => /^[0-9A-Z]{11,20}$/.test(id)))
})

test('times are UTC and say so', () => {
  assert.equal(hl7Time(0), '19700101000000.000+0000')
  assert.equal(hl7Time(AT), '20261121125813.007+0000')
})

test('reads what it builds, for any header', () => {
  const part = fc.string({ unit: fc.constantFrom('a', '^', '&', ' ', 'é', '9') })
  fc.assert(
    fc.property(part, part, (app, id) => {
      const msh = scanMsh(latin1(`MSH|^~\\&|${app}|B|C|D|||ADT^A01|${id}|P|2.5`))
      const ack = readAck(buildAck(msh, { ...PARTS, code: 'CE', reason: 'log_closed' }))
      assert.equal(ack?.code, 'CE')
      assert.equal(ack?.control_id, id)
      assert.match(ack?.text ?? '', /^log_closed/)
      assert.match(ack?.err ?? '', /^ERR\|/)
    }),
  )
})

test('reads ACKs of other makes', () => {
  const read = (text: string) => readAck(latin1(text))
  const plain = { code: 'AA', control_id: 'X1', text: '', err: '' }
  assert.deepEqual(read('MSH|^~\\&|A\rMSA|AA|X1'), plain)
  assert.deepEqual(read('\nMSH|^~\\&|A\r\nSFT|1\r\nMSA|AA|X1|\r\n'), plain)
  assert.deepEqual(read('MSH#*@!%#A\nMSA#AR#X1#no#9\nERR#1\nERR#2'), {
    code: 'AR',
    control_id: 'X1',
    text: 'no',
    err: 'ERR#1',
  })
  assert.equal(read('MSH|^~\\&|A\rMSA|AA')?.control_id, '')
  for (const bad of [
    '',
    'hello',
    'MSA|AA|X1',
    'MSH|^~\\&|A',
    'MSH|^~\\&|A\rMSA|XX|X1\r',
    'MSH|^~\\&\rMSAA|AA',
  ]) {
    assert.equal(read(bad), undefined, bad)
  }
})

test('a condition that is none of table 0155 counts as empty, whatever word it is', () => {
  for (const word of ['constructor', 'toString', '__proto__', 'XX']) {
    const msh = scanMsh(latin1(`MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5.1|||${word}|${word}`))
    assert.equal(ackCode(msh, 'accepted'), 'AA', word)
    assert.equal(ackCode(msh, 'rejected'), 'AR', word)
  }
})
