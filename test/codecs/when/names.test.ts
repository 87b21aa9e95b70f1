// What a condition reads: all repetitions of a message's field, any element of an event.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { holds } from '../../../src/codecs/when/holds.ts'
import {
  eventNames,
  eventReader,
  everywhere,
  messageNames,
  messageReader,
} from '../../../src/codecs/when/names.ts'
import { parseWhen } from '../../../src/codecs/when/parse.ts'
import { canonicalEvent, encounter, patient } from '../../path/toy.ts'

const message = readMessage(
  Buffer.from(
    [
      'MSH|^~\\&|HIS|RIV|FIRTH|F|20240501||ADT^A01|1|P|2.5.1',
      'PID|1||A1^^^RIV~B2^^^STATE||DOE^JANE||19800101|F',
      'PV1|1|I|4W^12^A',
      'OBX|1|NM|K||3.1',
      'OBX|2|NM|K||5.9',
      'ZPI|x|""',
    ].join('\r'),
  ),
)

const ofMessage = (text: string) => {
  const parsed = parseWhen(text, messageNames)
  assert.ok('condition' in parsed, 'problem' in parsed ? parsed.problem.what : '')
  return holds(parsed.condition, messageReader(message))
}

describe('everywhere', () => {
  it('means all segments and repetitions where a path says nothing of them', () => {
    for (const [path, all] of [
      ['MSH-4', 'MSH[*]-4[*]'],
      ['PID-3.4', 'PID[*]-3[*].4'],
      ['PID-3[2].4.1', 'PID[*]-3[2].4.1'],
      ['PID.3.1', 'PID[*].3[*].1'],
      ['PID-3(2)-4-1', 'PID[*]-3(2)-4-1'],
      ['OBX[2]-5', 'OBX[2]-5[*]'],
      ['OBR[2]/OBX-5', 'OBR[2]/OBX[*]-5[*]'],
      ['ORDER_OBSERVATION.OBX-5', 'ORDER_OBSERVATION[*].OBX[*]-5[*]'],
    ] as const) {
      assert.equal(everywhere(path), all)
    }
  })
})

describe('messageReader', () => {
  it('reads the header, components, repetitions and repeated segments', () => {
    assert.ok(ofMessage('MSH-4 = "RIV" and MSH-9.2 = A01'))
    assert.ok(ofMessage('PID-3.4 = "STATE"'))
    assert.ok(!ofMessage('PID-3[1].4 = "STATE"'))
    assert.ok(ofMessage('OBX-5 > 5'))
    assert.ok(!ofMessage('OBX[1]-5 > 5'))
    assert.ok(ofMessage('PV1-3.1 matches "4*"'))
  })

  it('reads what has parts as a whole and by its first part', () => {
    assert.ok(ofMessage('MSH-9 = ADT and MSH-9 = "ADT^A01"'))
    assert.ok(ofMessage('PID-3 = A1 and PID-3 = "B2^^^STATE"'))
    assert.ok(!ofMessage('MSH-9 = A01 or PID-3 = STATE'))
  })

  it('finds nothing in absent segments and in what is marked as deleted', () => {
    assert.ok(ofMessage('not ZZZ-1 exists and not ZPI-2 exists and ZPI-1 exists'))
  })
})

describe('eventReader', () => {
  const event = canonicalEvent({
    resources: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        patient('M1', { name: [{ family: 'A' }, { family: 'B' }], active: true }),
        encounter('V1'),
      ].map(resource => ({ fullUrl: `urn:x:${resource.id}`, resource })),
    },
  })
  const ofEvent = (text: string) => {
    const parsed = parseWhen(text, eventNames)
    assert.ok('condition' in parsed, 'problem' in parsed ? parsed.problem.what : '')
    return holds(parsed.condition, eventReader(event))
  }

  it('reads the fields of the event', () => {
    assert.ok(ofEvent(`event = ${event.kind} and channel = ${event.channel}`))
    assert.ok(ofEvent('message_type exists and patient.value exists'))
    assert.ok(!ofEvent('event = result.final'))
  })

  it('reads elements of any resource of the type, through lists', () => {
    assert.ok(ofEvent('Encounter.class.code in [IMP, EMER]'))
    assert.ok(ofEvent('Patient.name.family = "B"'))
    assert.ok(ofEvent('Patient.active = true'))
    assert.ok(ofEvent('Encounter.class exists and not Observation.code exists'))
    assert.ok(!ofEvent('Patient.constructor.name exists'))
  })

  it('reads no identifier of a patient where the event has none', () => {
    const none = eventReader(canonicalEvent({ patient: null, visit: null }))
    assert.deepEqual(none('patient.value'), [])
    assert.deepEqual(none('visit.system'), [])
  })
})
