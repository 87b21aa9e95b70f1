// Names of data types below fields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typeOfField, typeOfPart, typeOfValue } from '../../../src/codecs/hl7v2/xml_names.ts'

test('knows the data types of common fields and of their parts', () => {
  assert.equal(typeOfField('PID.3', '2.5.1'), 'CX')
  assert.equal(typeOfField('PV1.7', '2.3'), 'XCN')
  assert.equal(typeOfField('IN1.17', '2.5.1'), 'CE')
  assert.equal(typeOfPart('CX', 4, '2.5.1'), 'HD')
  assert.equal(typeOfValue('CE', '2.5.1'), 'CE')
})

test('a text, and what is not known, has no type', () => {
  for (const name of ['PID.8', 'ZPI.1', 'PID.99', 'constructor']) {
    assert.equal(typeOfField(name, '2.5.1'), undefined)
  }
  assert.equal(typeOfPart('CX', 1, '2.5.1'), undefined)
  assert.equal(typeOfPart('ZZ', 1, '2.5.1'), undefined)
  assert.equal(typeOfValue('NM', '2.5.1'), undefined)
  assert.equal(typeOfValue('toString', '2.5.1'), undefined)
})

test('from v2.6 on a time is a text, and a coded value CWE', () => {
  assert.equal(typeOfField('PID.7', '2.5.1'), 'TS')
  assert.equal(typeOfField('PID.7', '2.8'), undefined)
  assert.equal(typeOfField('OBX.3', '2.8'), 'CWE')
  assert.equal(typeOfField('OBX.3', ''), 'CE')
})
