// What the compiler promises of a draft: lists are there, codes may be any text, and what is not of
// FHIR R4 is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, fhir, ListsOf } from '../../../src/codecs/fhir/draft.ts'
import { draftOf, type MissingLists } from '../../../transforms/base/steps.ts'

const patient = draftOf('patient', { resourceType: 'Patient', id: 'x' }) as Draft<fhir.Patient>

test('a list of a draft is there to be pushed to, also with what may be undefined', () => {
  const value: string | undefined = undefined
  patient.identifier.push({ system: 'urn:x', value })
  patient.contact.push({ name: { given: ['A'] } })
  patient.gender = 'any text'
  assert.equal(patient.identifier.length, 1)
})

test('the compiler refuses what R4 does not have', () => {
  // @ts-expect-error: a Patient has no such element.
  patient.nickname = 'x'
  // @ts-expect-error: an identifier is no text.
  patient.identifier.push('x')
  assert.ok(patient.identifier.length > 0)
})

test('every list of every resource of a step is in its draft', () => {
  const none: readonly MissingLists[] = [] satisfies readonly never[]
  const list: ListsOf<fhir.Patient> = 'name'
  assert.deepEqual([...none, list], ['name'])
})
