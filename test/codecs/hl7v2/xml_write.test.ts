// Messages as HL7 v2.xml.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { toXml } from '../../../src/codecs/hl7v2/xml_write.ts'

const xml = (type: string, ...lines: readonly string[]) =>
  toXml(readMessage(Buffer.from([`MSH|^~\\&|HIS||||||${type}|1|P|2.5.1`, ...lines].join('\r'))))

test('names the structure, the segments, the fields and their parts', () => {
  assert.equal(
    xml('ADT^A01', 'PID|1||007^^^H&1.2&ISO~8||DOE^JANE|""', 'ZPI|a^b'),
    `<?xml version="1.0" encoding="UTF-8"?>
<ADT_A01 xmlns="urn:hl7-org:v2xml">
<MSH><MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2><MSH.3><HD.1>HIS</HD.1></MSH.3>` +
      '<MSH.9><MSG.1>ADT</MSG.1><MSG.2>A01</MSG.2></MSH.9><MSH.10>1</MSH.10>' +
      `<MSH.11><PT.1>P</PT.1></MSH.11><MSH.12><VID.1>2.5.1</VID.1></MSH.12></MSH>
<PID><PID.1>1</PID.1><PID.3><CX.1>007</CX.1><CX.4><HD.1>H</HD.1><HD.2>1.2</HD.2><HD.3>ISO</HD.3>` +
      '</CX.4></PID.3><PID.3><CX.1>8</CX.1></PID.3><PID.5><XPN.1><FN.1>DOE</FN.1></XPN.1>' +
      `<XPN.2>JANE</XPN.2></PID.5><PID.6>""</PID.6></PID>
<ZPI><ZPI.1><ZPI.1.1>a</ZPI.1.1><ZPI.1.2>b</ZPI.1.2></ZPI.1></ZPI>
</ADT_A01>
`,
  )
})

test('wraps the groups that the structure has', () => {
  const text = xml('ORU^R01', 'PID|1', 'OBR|1', 'OBX|1|NM|A||1', 'OBX|2|CE|B||x^y', 'OBR|2')
  const tags = [...text.matchAll(/<(\/?ORU_R01[.\w]*|\/?OB[RX])(?=[ >])/g)].map(([, tag]) => tag)
  assert.deepEqual(
    tags.filter(tag => !/^\/?OB/.test(tag ?? '')),
    [
      'ORU_R01',
      'ORU_R01.PATIENT_RESULT',
      'ORU_R01.PATIENT',
      '/ORU_R01.PATIENT',
      'ORU_R01.ORDER_OBSERVATION',
      'ORU_R01.OBSERVATION',
      '/ORU_R01.OBSERVATION',
      'ORU_R01.OBSERVATION',
      '/ORU_R01.OBSERVATION',
      '/ORU_R01.ORDER_OBSERVATION',
      'ORU_R01.ORDER_OBSERVATION',
      '/ORU_R01.ORDER_OBSERVATION',
      '/ORU_R01.PATIENT_RESULT',
      '/ORU_R01',
    ],
  )
  assert(text.includes('<OBX.5>1</OBX.5>'))
  assert(text.includes('<OBX.5><CE.1>x</CE.1><CE.2>y</CE.2></OBX.5>'))
})

test('decodes what has a character, keeps what has none as an escape', () => {
  const text = xml('ADT^A01', 'NTE|1||a\\F\\<b\\.br\\c\\H\\d\\Z1\\e\\X41\\f\\T\\g 50\\60\x0b')
  const note = /<NTE.3>(.*?)<\/NTE.3>/.exec(text)?.[1]
  assert.equal(
    note,
    'a|&lt;b<escape V=".br"/>c<escape V="H"/>d<escape V="Z1"/>eAf&amp;g 50\\60' +
      '<escape V="X0B"/>',
  )
})

test('a segment whose name is no element says its name', () => {
  assert(
    xml('ADT^A01', 'a<b|1').includes('<UNNAMED name="a&lt;b"><UNNAMED.1>1</UNNAMED.1></UNNAMED>'),
  )
})
