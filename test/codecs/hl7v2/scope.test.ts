// What stands below a segment or belongs to a group.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { isGroup, scopeOf } from '../../../src/codecs/hl7v2/scope.ts'

const oru = readMessage(
  Buffer.from(
    [
      'MSH|^~\\&|LAB|||||ORU^R01|1|P|2.5.1',
      'PID|1||A',
      'NTE|1||of the patient',
      'PV1|1|I',
      'ORC|RE|1',
      'OBR|1|||CBC',
      'DG1|1||D',
      'NTE|1||of the order',
      'OBX|1|NM|WBC||7',
      'NTE|1||of the first result',
      'NTE|2||more of it',
      'OBX|2|NM|HGB||13~14',
      'OBR|2|||BMP',
      'OBX|1|NM|NA||140',
      'SPM|1|S1',
      'ORC|RE|2',
      'OBR|3|||TSH',
      'OBX|1|NM|TSH||2',
      'PID|2||B',
      'OBR|1|||XX',
      'OBX|1|NM|K||4',
    ].join('\r'),
  ),
)

test('an OBX belongs to the OBR before it', () => {
  assert.deepEqual(oru.texts('OBR[1]/OBX[*]-5[*]'), ['7', '13', '14'])
  assert.deepEqual(oru.texts('OBR[2]/OBX[*]-5'), ['140'])
  assert.equal(oru.text('OBR[1]/OBX[2]-5'), '13')
  assert.equal(oru.text('OBR[3]/OBX-3'), 'TSH')
  assert.equal(oru.text('OBR[9]/OBX-3'), undefined)
  assert.equal(oru.text('OBR[2]/OBX[2]-5'), undefined)
  assert.equal(oru.presence('OBR[2]/OBX[2]-5'), 'absent')
})

test('a note belongs to what stands before it', () => {
  assert.deepEqual(oru.texts('OBX[1]/NTE[*]-3'), ['of the first result', 'more of it'])
  assert.deepEqual(oru.texts('OBX[2]/NTE[*]-3'), [])
  assert.equal(oru.text('OBR/NTE-3'), 'of the order')
  assert.equal(oru.text('PID/NTE-3'), 'of the patient')
})

test('an order begins with ORC, or with an OBR that has none of its own', () => {
  const order = (n: number) => oru.texts(`ORDER_OBSERVATION[${n}].OBX[*]-3`)
  assert.deepEqual([1, 2, 3, 4, 5].map(order), [['WBC', 'HGB'], ['NA'], ['TSH'], ['K'], []])
  assert.equal(oru.text('ORDER_OBSERVATION[2].SPM-2'), 'S1')
  assert.equal(oru.text('ORDER_OBSERVATION[3].ORC-2'), '2')
})

test('groups stand within groups, and a patient within its own', () => {
  assert.equal(oru.text('PATIENT_RESULT[2].ORDER_OBSERVATION[1].OBX-3'), 'K')
  assert.deepEqual(oru.texts('PATIENT_RESULT[1].OBX[*]-3'), ['WBC', 'HGB', 'NA', 'TSH'])
  assert.deepEqual(oru.texts('PID[2]/OBR[*]-4'), ['XX'])
  assert.deepEqual(oru.texts('PATIENT_RESULT[*].OBR[*]-4'), ['CBC', 'BMP', 'TSH', 'XX'])
  assert.deepEqual(oru.texts('PV1/OBX[*]-3'), [])
})

test('a segment that is not known holds what follows up to one that is', () => {
  const of = (...names: string[]) => names.map(name => ({ name }))
  const found = scopeOf(of('MSH', 'ZAA', 'ZBB', 'ZBB', 'PV1', 'ZBB'), { name: 'ZAA', ordinal: 1 })
  assert.deepEqual(
    found.map(({ name }) => name),
    ['ZAA', 'ZBB', 'ZBB'],
  )
  assert.equal(isGroup('OBSERVATION'), true)
  assert.equal(isGroup('constructor'), false)
})
