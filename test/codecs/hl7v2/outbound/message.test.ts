// Messages that leave: forwarded as they came but for what is set, under a control id of their own;
// the same bytes on every try.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  controlIdOf,
  type MessageSettings,
  outboundMessage,
} from '../../../../src/codecs/hl7v2/outbound/message.ts'
import { lintMessage } from '../../../../src/codecs/hl7v2/outbound/settings.ts'
import { canonicalEvent } from '../../../path/toy.ts'
import { intentOf, settings } from './samples.ts'

const CAME = Buffer.from(
  [
    'MSH|^~\\&|HIS|RIV|FIRTH|FIRTH|20260210143000||ADT^A01|R1|P|2.3',
    'PID|1||70014^^^RIV~800^^^CARD||M\xfcller^J\\T\\rgen ||19521103|M|||||||||||123-45-6789',
    'NK1|1|One',
    'NK1|2|Two',
    'ZPI|1|CHAIR',
    'ZPI|2|',
    'PV1|1|I||',
  ].join('\r\n'),
  'latin1',
)

const forward = (change: Partial<MessageSettings> = {}, came = CAME) => {
  const intent = intentOf(canonicalEvent(), 'message', came)
  const bytes = outboundMessage(intent, { ...settings, message: 'forward', ...change })
  return { intent, text: bytes.toString('latin1') }
}

describe('a forwarded message', () => {
  it('is the bytes that came, but for its control id', () => {
    const { intent, text } = forward()
    const id = controlIdOf(intent)
    assert.match(id, /^[0-9A-F]{20}$/)
    assert.equal(text, CAME.toString('latin1').replace('|R1|', `|${id}|`))
  })

  it('has in its header and its segments what is set, escaped, and nothing else changed', () => {
    const { text, intent } = forward({
      sending_application: 'FIRTH',
      receiving_facility: 'A|B',
      processing_id: 'T',
      version: '2.5.1',
      set: { 'PID-3[2].4': 'OTHER', 'PV1-39': 'HARBOR', 'NK1[2]-3': 'X^Y', 'IN1-2': 'not made' },
    })
    const came = CAME.toString('latin1')
    const expected = came
      .replace('|HIS|RIV|FIRTH|FIRTH|', '|FIRTH|RIV|FIRTH|A\\F\\B|')
      .replace('|R1|P|2.3', `|${controlIdOf(intent)}|T|2.5.1`)
      .replace('800^^^CARD', '800^^^OTHER')
      .replace('NK1|2|Two', 'NK1|2|Two|X\\S\\Y')
      .replace('PV1|1|I||', `PV1|1|I||${'|'.repeat(35)}HARBOR`)
    assert.equal(text, expected)
  })

  it('has without what is removed: all segments of a name, one of them, a field, a part', () => {
    const remove = ['ZPI', 'NK1[1]', 'PID-19', 'PID-3[2]', 'PV1-2.1', 'ZZZ', 'ZZZ-1.1']
    const { text, intent } = forward({ remove })
    assert.deepEqual(text.split('\r\n'), [
      `MSH|^~\\&|HIS|RIV|FIRTH|FIRTH|20260210143000||ADT^A01|${controlIdOf(intent)}|P|2.3`,
      'PID|1||70014^^^RIV||M\xfcller^J\\T\\rgen ||19521103|M|||||||||||',
      'NK1|2|Two',
      'PV1|1|||',
    ])
  })

  it('is the same on every try, and has another id for other content or another route', () => {
    const first = forward()
    assert.equal(forward().text, first.text)
    const other = Buffer.from(CAME.toString('latin1').replace('CHAIR', 'WALKS'), 'latin1')
    assert.notEqual(controlIdOf(forward({}, other).intent), controlIdOf(first.intent))
    const route = { ...first.intent, intent_id: 'another' }
    assert.notEqual(controlIdOf(route), controlIdOf(first.intent))
    // A setting that changed between two tries makes no new message of one that may have landed.
    assert.equal(controlIdOf(forward({ version: '2.4' }).intent), controlIdOf(first.intent))
  })

  it('is not made of what is no message, or of none', () => {
    assert.throws(() => forward({}, Buffer.from('not HL7')), { code: 'message_unreadable' })
    const { intent } = forward()
    const gone = { ...intent, event: { ...canonicalEvent(), message: null } }
    assert.throws(() => outboundMessage(gone, { ...settings, message: 'forward' }), {
      code: 'source_message_gone',
    })
  })

  it('says by its code that its character set cannot hold what is set', () => {
    const came = Buffer.from(CAME.toString('latin1').replace('\xfc', 'u'), 'latin1')
    const odd = Buffer.from(`${came.toString('latin1').replace('2.3\r', '2.3||||||ASCII\r')}`)
    assert.throws(() => forward({ set: { 'PV1-39': '\u6771' } }, odd), {
      code: 'value_unencodable',
    })
  })
})

describe('settings of messages', () => {
  const paths = (change: Partial<Pick<MessageSettings, 'set' | 'remove'>>) =>
    lintMessage({ ...settings, ...change }).map(({ path }) => path)

  it('take paths of HL7 alone, and leave delimiters, header and control id to Firth', () => {
    assert.deepEqual(paths({ set: { 'PID-5.1': 'x', 'OBR[2]/OBX[*]-5': 'x' } }), [])
    assert.deepEqual(paths({ set: { PID: 'x' } }), ['/set/PID'])
    assert.deepEqual(paths({ set: { 'MSH-10': 'x' } }), ['/set/MSH-10'])
    assert.deepEqual(paths({ set: { 'MSH-2': 'x' } }), ['/set/MSH-2'])
    assert.deepEqual(paths({ remove: ['ZPI', 'PID-19', 'NK1[2]'] }), [])
    assert.deepEqual(paths({ remove: ['MSH', 'MSH-1', 'PID-', 'MSH-10'] }), [
      '/remove/0',
      '/remove/1',
      '/remove/2',
      '/remove/3',
    ])
  })
})
