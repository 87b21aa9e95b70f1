// Groups told from the order of the segments.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Grouping, structureOf } from '../../../src/codecs/hl7v2/xml_groups.ts'

const grouped = (structure: string, segments: string) => {
  const grouping = new Grouping(structure)
  return segments.split(' ').map(segment => {
    const { closed, opened } = grouping.next(segment)
    return `${'<'.repeat(closed)}${opened.join('>')}${opened.length > 0 ? ':' : ''}${segment}`
  })
}

test('each group begins with its first segment and ends before what is not in it', () => {
  assert.deepEqual(grouped('ORU_R01', 'MSH PID PV1 ORC OBR OBX NTE OBX SPM OBX OBR PID DSC'), [
    'MSH',
    'PATIENT_RESULT>PATIENT:PID',
    'VISIT:PV1',
    '<<ORDER_OBSERVATION:ORC',
    'OBR',
    'OBSERVATION:OBX',
    'NTE',
    '<OBSERVATION:OBX',
    '<SPECIMEN:SPM',
    'OBX',
    '<<ORDER_OBSERVATION:OBR',
    '<<PATIENT_RESULT>PATIENT:PID',
    '<<DSC',
  ])
})

test('segments that repeat stay in their group; those of their own group begin another', () => {
  assert.deepEqual(grouped('ADT_A01', 'MSH PID NK1 NK1 DG1 PR1 ROL ROL PR1 IN1 IN2 IN1'), [
    ...['MSH', 'PID', 'NK1', 'NK1', 'DG1', 'PROCEDURE:PR1', 'ROL', 'ROL', '<PROCEDURE:PR1'],
    ...['<INSURANCE:IN1', 'IN2', '<INSURANCE:IN1'],
  ])
})

test('a segment without a place stands outside, one that is not known where it comes', () => {
  assert.deepEqual(grouped('ADT_A01', 'MSH IN1 ZIN PID'), ['MSH', 'INSURANCE:IN1', 'ZIN', '<PID'])
  assert.deepEqual(grouped('SIU_S12', 'MSH SCH RGS'), ['MSH', 'SCH', 'RGS'])
  assert.equal(new Grouping('constructor').depth, 0)
})

test('the structure is what MSH-9 says, else what the event shares', () => {
  assert.equal(structureOf('ADT', 'A08', ''), 'ADT_A01')
  assert.equal(structureOf('ADT', 'A40', ''), 'ADT_A39')
  assert.equal(structureOf('ORU', 'R01', 'ORU_R30'), 'ORU_R30')
  assert.equal(structureOf('ACK', '', ''), 'ACK')
  assert.equal(structureOf('a<b', '', '<x>'), 'HL7')
})
