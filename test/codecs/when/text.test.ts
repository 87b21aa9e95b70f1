// A condition back in words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventNames } from '../../../src/codecs/when/names.ts'
import { parseWhen } from '../../../src/codecs/when/parse.ts'
import { conditionText, namesIn } from '../../../src/codecs/when/text.ts'

const parsed = (text: string) => {
  const found = parseWhen(text, eventNames)
  assert.ok('condition' in found, text)
  return found.condition
}

const samples = [
  'event = patient.admitted',
  'event in [patient.admitted, patient.discharged]',
  'not (event = patient.admitted and visit.value exists)',
  '(event = patient.admitted or channel = adt_in) and Patient.birthDate < "2000-01-01"',
  'event = patient.admitted or channel = adt_in and hl7_version = 2.3',
  'patient.value matches "A*" and message_type != "ADT^A08"',
  'event not in [patient.admitted] and not (patient.value < 5) and Encounter.class.code = IMP',
]

test('the words mean what was compiled', () => {
  for (const text of samples) {
    const condition = parsed(text)
    assert.deepEqual(parsed(conditionText(condition)), condition)
  }
})

test('names what a condition asks for, each once', () => {
  assert.deepEqual(namesIn(parsed('event = a or not (event = b and visit.value exists)')), [
    'event',
    'visit.value',
  ])
})
