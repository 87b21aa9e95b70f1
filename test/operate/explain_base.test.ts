// Topics of the base mappings: steps, slots, fields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BaseFacts } from '../../src/channel/base_facts.ts'
import { baseTopics, fieldTopic, resourceTopic } from '../../src/operate/explain_base.ts'

const facts: BaseFacts = {
  steps: [
    { name: 'patient', resource: 'Patient' },
    { name: 'event', resource: undefined },
  ],
  slots: [
    {
      name: 'patientClass',
      about: 'Class of a visit (PV1-2), HL70004.',
      codes: Array.from({ length: 50 }, (_, i) => [`C${i}`, 'AMB'] as const),
      values: ['AMB', 'IMP'],
    },
  ],
}

test('steps and slots are listed, and each is told how it is used', () => {
  const lines = (name: string) =>
    baseTopics(facts)
      .find(one => one.name === name)
      ?.lines.join('\n') ?? ''
  assert.equal(lines('steps'), 'patient\nevent')
  assert.match(lines('patient'), /each Patient .*[\s\S]*patient\(patient, message, at\)/)
  assert.match(lines('event'), /whole event/)
  assert.match(
    lines('patientClass'),
    /C0 → AMB.* and 10 more[\s\S]*AMB, IMP[\s\S]*patient_class\.csv/,
  )
})

test('a field names the slot of its own codes, and no slot of a field that begins alike', () => {
  const at = (field: number) =>
    fieldTopic({ name: `PV1-${field}`, segment: 'PV1', field, called: undefined }, facts)
  assert.match(at(2).lines.join(' '), /patientClass/)
  assert.doesNotMatch(at(20).lines.join(' '), /patientClass/)
})

test('a resource is told by the step that makes it, or that none does', () => {
  assert.match(resourceTopic('Patient.name', 'Patient', facts).lines.join(' '), /step `patient`/)
  assert.match(resourceTopic('Invoice', 'Invoice', facts).lines.join(' '), /make no Invoice/)
})
