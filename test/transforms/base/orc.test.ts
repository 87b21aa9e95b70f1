// ORC and NTE: what an order and a comment say beside their elements.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../../src/model/event.ts'
import { lines, mapped } from './mapped.ts'

const message = (...text: readonly string[]) =>
  mapped(
    lines(
      'MSH|^~\\&|LAB|HARBOR|FIRTH|FIRTH|20260301150000||ORU^R01|C1|P|2.5.1',
      'PID|||4711^^^HARBOR^MR||SYNTHETIC^AVERY',
      ...text,
    ),
  ).events[0]
const OBR = 'OBR|1||F1^LAB|GLU^Glucose^L'
const OBX = 'OBX|1|NM|GLU^Glucose^L||5.4||||||F'
const first = (text: readonly string[], type: string) =>
  message(...text)?.resources.find(one => one.resourceType === type) as Resource
const V2_0119 = 'http://terminology.hl7.org/CodeSystem/v2-0119'
const core = 'http://hl7.org/fhir/StructureDefinition'

test('what was asked of an order and when, and why, stand in its extensions', () => {
  const of = (orc: string) => first([orc, OBR, OBX], 'ServiceRequest').extension
  const asked = of('ORC|RE||||||||20260301|||||||R1^Because^L') as unknown[]
  const extension = [
    { url: 'value', valueCodeableConcept: { coding: [{ system: V2_0119, code: 'RE' }] } },
    { url: 'date', valueDateTime: '2026-03-01' },
  ]
  const reasons = (made: unknown) => JSON.stringify(made).match(/request-statusReason|Because/g)
  assert.deepEqual(asked[0], { url: `${core}/businessEvent`, extension })
  assert.deepEqual(reasons(asked), ['request-statusReason', 'Because'])
  assert.equal(reasons(of('ORC|RE||||CM||||20260301|||||||R1^Because^L')), null)
  assert.equal(of('ORC|||F1^LAB'), undefined)
})

test('the type of a comment stands in an extension of its note', () => {
  const { note } = first([OBR, OBX, 'NTE|1||Clotted|RE^Remark^HL70364'], 'Observation')
  const [{ extension: [kind] = [] } = {}] = note as { extension?: Record<string, unknown>[] }[]
  assert.equal(kind?.url, `${core}/annotationType`)
  assert.match(JSON.stringify(kind?.valueCodeableConcept), /"RE".*"Remark"/)
})
