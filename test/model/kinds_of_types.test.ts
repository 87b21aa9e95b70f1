// The kinds of event of each message type, held to what the base mappings make of such a message.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from '../../src/codecs/hl7v2/read.ts'
import { kinds } from '../../src/model/event.ts'
import { kindsByType, kindsOfTypes } from '../../src/model/kinds_of_types.ts'
import base from '../../transforms/base/index.ts'

const facts = {
  raw_id: 'r1',
  tenant: 'harbor',
  channel: 'adt_in',
  received_at: '2026-01-05T08:00:00.000Z',
  time_zone: 'UTC',
  assigning_authorities: {},
}

/** With every segment that any type asks for; a mapping reads what it knows. */
function sample(type: string): Buffer {
  const pid = 'PID|1||M1^^^HARBOR^MR||Elm^Bo||19440315|F|||||||||||V1^^^HARBOR'
  const pv1 = 'PV1|1|I|3W^301^A||||||||||||||||V1^^^HARBOR'
  const mrg = 'MRG|M2^^^HARBOR^MR|||||V2^^^HARBOR'
  const head = `MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000||${type}|1|P|2.5.1`
  const results = ['OBR|1|P1|F1|GLU^Glucose^L|||20260105||||||||||||||||||F']
  const body = type.startsWith('ORU')
    ? [pid, pv1, ...results, 'OBX|1|NM|GLU^Glucose^L||5.5|mmol/L|||||F']
    : ['EVN||20260105080000', pid, mrg, pv1, pid.replace('M1', 'M3'), mrg, pv1]
  return Buffer.from([head, ...body].join('\r'))
}

test('a message of each type becomes the kinds that the table names', () => {
  for (const [type, expected] of Object.entries(kindsByType)) {
    const events = base.map(readMessage(sample(type)), { facts, report: () => {} })
    assert.ok(events.length > 0, type)
    for (const { kind } of events) assert.ok(expected.includes(kind), `${type} became ${kind}`)
  }
})

test('every type of the base mappings is in the table', () => {
  assert.deepEqual(
    base.types.filter(type => !Object.hasOwn(kindsByType, type)),
    [],
  )
})

test('several types become all of their kinds; what is not known may become anything', () => {
  assert.deepEqual(kindsOfTypes(['ADT^A03', 'ADT^A01']), ['patient.admitted', 'patient.discharged'])
  assert.deepEqual(kindsOfTypes(undefined), kinds)
  assert.deepEqual(kindsOfTypes(['ZZZ^Z01']), kinds)
  assert.ok(kindsOfTypes(['ADT']).includes('patient.merged'))
  assert.ok(!kindsOfTypes(['ADT']).includes('result.final'))
})
