// Names of fields, for people.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldName } from '../../../src/codecs/hl7v2/field_names.ts'

test('a field has the name of the standard, one that is not known has none', () => {
  assert.equal(fieldName('PID', 5), 'Patient Name')
  assert.equal(fieldName('PV1', 45), 'Discharge Date/Time')
  assert.equal(fieldName('OBX', 1), 'Set ID')
  assert.equal(fieldName('PID', 400), undefined)
  assert.equal(fieldName('ZPI', 1), undefined)
  assert.equal(fieldName('constructor', 1), undefined)
})
