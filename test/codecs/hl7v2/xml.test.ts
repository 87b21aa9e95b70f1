// HL7 v2.xml into messages: what is read, what is refused, and the way out and back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { fromXml } from '../../../src/codecs/hl7v2/xml.ts'
import { isXml } from '../../../src/codecs/hl7v2/xml_head.ts'
import { toXml } from '../../../src/codecs/hl7v2/xml_write.ts'
import { Failure } from '../../../src/model/errors.ts'
import { contentOf } from './content.ts'

const header =
  '<MSH><MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2>' +
  '<MSH.9><MSG.1>ADT</MSG.1><MSG.2>A01</MSG.2></MSH.9></MSH>'
const document = (body: string, head = header) =>
  `<ADT_A01 xmlns="urn:hl7-org:v2xml">${head}${body}</ADT_A01>`
const read = (body: string) =>
  fromXml(Buffer.from(document(body)))
    .toString()
    .split('\r')

test('reads segments, fields, repetitions, components and sub-components', () => {
  const [msh, pid] = read(
    `<PID>
      <PID.3><CX.1>007</CX.1><CX.4><HD.1>H</HD.1><HD.3>ISO</HD.3></CX.4></PID.3>
      <PID.3><CX.1>8</CX.1></PID.3>
      <PID.5><XPN.1><FN.1>DOE</FN.1></XPN.1></PID.5>
      <PID.8>F</PID.8><PID.10/><PID.11>""</PID.11>
    </PID>`,
  )
  assert.equal(msh, 'MSH|^~\\&|||||||ADT^A01')
  assert.equal(pid, 'PID|||007^^^H&&ISO~8||DOE|||F|||""')
})

test('groups, name spaces, comments and white space change nothing', () => {
  const plain = read('<PID><PID.1>1</PID.1></PID><OBX><OBX.1>1</OBX.1></OBX>')
  const wrapped = `<?xml version="1.0"?><!-- c --><v2:ADT_A01 xmlns:v2="urn:hl7-org:v2xml">
    ${header}<v2:ADT_A01.PATIENT> <v2:PID><v2:PID.1>1</v2:PID.1></v2:PID>
    <v2:OBSERVATION><v2:OBX><!-- c --><v2:OBX.1>1</v2:OBX.1></v2:OBX></v2:OBSERVATION>
    </v2:ADT_A01.PATIENT></v2:ADT_A01>`
  assert.deepEqual(fromXml(Buffer.from(wrapped)).toString().split('\r'), plain)
})

test('a text stays a text, and what it holds can end nothing', () => {
  const [, nte] = read(
    '<NTE><NTE.1>007</NTE.1><NTE.2>1e3</NTE.2>' +
      '<NTE.3> a|b^c&amp;d~e\\f&lt;&#65;&#x42;\r\n<![CDATA[<&amp;>]]>' +
      '<escape V=".br"/>g </NTE.3></NTE>',
  )
  assert.equal(nte, 'NTE|007|1e3| a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f<AB\\.br\\<\\T\\amp;>\\.br\\g ')
  assert.equal(read('<PID><PID.1>a&#13;MSH|</PID.1></PID>')[1], 'PID|a\\X0D\\MSH\\F\\')
})

test('takes the delimiters that the document names', () => {
  const own = header.replace('|', '#').replace('^~\\&amp;', '*@!%')
  const bytes = fromXml(
    Buffer.from(document('<PID><PID.5><XPN.1>a*b</XPN.1><XPN.2>c</XPN.2></PID.5></PID>', own)),
  )
  assert.equal(bytes.toString().split('\r')[1], 'PID#####a!S!b*c')
})

test('a header further down without a field stays without one', () => {
  assert.deepEqual(read('<MSH></MSH><PID></PID>').slice(1), ['MSH', 'PID', ''])
})

test('a header further down keeps its MSH-2, unless that would end a field', () => {
  for (const [written, kept] of [
    ['^~\\&amp;MSH', '^~\\&MSH'],
    ['*@!%', '*@!%'],
    ['^~\\&amp;a|b', '^~\\&'],
  ] as const) {
    const second = header.replace('^~\\&amp;', written)
    assert.equal(read(second)[1]?.split('|')[1], kept)
  }
})

test('reads the encoding that it is in, and writes the set that MSH-18 names', () => {
  const named = header.replace('</MSH>', '<MSH.18>8859/1</MSH.18></MSH>')
  const body = '<PID><PID.5>Zoë</PID.5></PID>'
  const latin = Buffer.from(
    `<?xml version="1.0" encoding="ISO-8859-1"?>${document(body, named)}`,
    'latin1',
  )
  const forms = [latin, Buffer.from(`\ufeff${document(body, named)}`)]
  forms.push(
    Buffer.from(`\ufeff${document(body, named)}`, 'utf16le'),
    Buffer.from(document(body, named), 'utf16le'),
  )
  for (const bytes of forms) {
    assert(isXml(bytes))
    const er7 = fromXml(bytes)
    assert(er7.includes(Buffer.from('Zo\xeb', 'latin1')))
    assert.equal(readMessage(er7).text('PID-5'), 'Zoë')
  }
  const kanji = readMessage(fromXml(Buffer.from(document('<PID><PID.5>山</PID.5></PID>', named))))
  assert.equal(kanji.text('PID-5'), '山')
  assert.equal(kanji.text('MSH-18'), 'UNICODE UTF-8')
  assert.equal(isXml(Buffer.from('MSH|^~\\&|')), false)
})

const bad: Readonly<Record<string, string>> = {
  'not well formed at line 1': '<ADT_A01><MSH></ADT_A01>',
  'it has a document type': `<!DOCTYPE x [<!ENTITY a "b">]>${document('<PID/>')}`,
  'an unknown entity': document('<PID><PID.1>&a;</PID.1></PID>'),
  'it has not one root': '<ADT_A01/><ADT_A01/>',
  'the first segment is not MSH': '<ADT_A01><PID><PID.1>1</PID.1></PID></ADT_A01>',
  'an element without the number of its place': document('<PID><name>x</name></PID>'),
  'a name that switches the character set': document('<UNNAMED name="a\\M2442\\b"></UNNAMED>'),
  'a component that stands twice': document(
    '<PID><PID.3><CX.1>a</CX.1><CX.1>b</CX.1></PID.3></PID>',
  ),
  'text beside elements': document('<PID><PID.3>x<CX.1>a</CX.1></PID.3></PID>'),
  'parts below a sub-component': document(
    '<PID><PID.3><CX.4><HD.1><A.1><B.1>x</B.1></A.1></HD.1></CX.4></PID.3></PID>',
  ),
  'text between segments': document('loose'),
  'an unknown escape': document('<NTE><NTE.3><escape V="a|b"/></NTE.3></NTE>'),
  'its encoding is not known': `<?xml version="1.0" encoding="KLINGON"?>${document('')}`,
  'nested too deep, or a name that is not allowed': document(
    `${'<G>'.repeat(40)}${'</G>'.repeat(40)}`,
  ),
}
for (const [why, text] of Object.entries(bad)) {
  test(`refuses a document: ${why}`, () => {
    assert.throws(
      () => fromXml(Buffer.from(text)),
      (thrown: unknown) =>
        thrown instanceof Failure &&
        thrown.code === 'message_unreadable' &&
        thrown.facts.why === why,
    )
  })
}

test('a short document makes no long message', () => {
  const gap = (count: number) => document('<ZZZ><ZZZ.99999/></ZZZ>'.repeat(count))
  assert.equal(fromXml(Buffer.from(gap(2))).length > 200_000, true)
  assert.throws(() => fromXml(Buffer.from(gap(1_000))), Failure)
  const inner = `<ZZZ.1>${'<A.1><B.99999/></A.1>'}</ZZZ.1>`.repeat(1_000)
  assert.throws(() => fromXml(Buffer.from(document(`<ZZZ>${inner}</ZZZ>`))), Failure)
})

test('names of the language are no elements', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'prototype']) {
    const text = document(`<PID><${name}>x</${name}></PID>`)
    assert.throws(() => fromXml(Buffer.from(text)), Failure, name)
  }
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

test('out and back a message says the same, whatever it says', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      '007',
      '^',
      '&',
      '~',
      '|',
      '""',
      ' ',
      '\\F\\',
      '\\.br\\',
      '\\X0B\\',
      '\\H\\',
      '\\Zx\\',
    ],
    ...['\\', '<', '>', '&amp;', 'é', '山', '\t', '\x0b', '\n', '|MSH', ']]>', '&#65;', '\ufffe'],
  )
  const line = fc.tuple(
    fc.constantFrom('PID', 'OBX', 'NTE', 'ZPI', 'OBR', 'ORC', 'PV1', 'SPM', 'LONGER', 'Z'),
    fc.array(piece, { maxLength: 14 }).map(parts => parts.join('')),
  )
  const type = fc.constantFrom('ADT^A01^ADT_A01', 'ORU^R01^ORU_R01', 'ORU^R01', 'ZZZ', '')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), type, (lines, name) => {
      const text = [
        `MSH|^~\\&|HIS||||||${name}|1|P|2.5.1||||||UNICODE UTF-8`,
        ...lines.map(parts => parts.join('|')),
      ].join('\r')
      const message = readMessage(Buffer.from(text))
      const back = readMessage(fromXml(Buffer.from(toXml(message))))
      assert.deepEqual(contentOf(back), contentOf(message))
    }),
    { numRuns: 500 },
  )
})

test('reads a large document in linear work', { timeout: 120_000 }, () => {
  const many = document('<OBX><OBX.5>x</OBX.5></OBX>'.repeat(50_000))
  assert.equal(fromXml(Buffer.from(many)).length > 300_000, true)
  const wide = document(`<OBX><OBX.5>${'a&lt;'.repeat(1_000_000)}</OBX.5></OBX>`)
  assert.equal(fromXml(Buffer.from(wide)).length > 2_000_000, true)
})
