// Mappings put together by message type.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyOf, defineMapping, messageType } from '../../../src/codecs/hl7v2/mapping.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { Failure } from '../../../src/model/errors.ts'
import type { MappedEvent } from '../../../src/model/event.ts'

const event = (occurred_at: string): MappedEvent => ({
  kind: 'patient.updated',
  occurred_at,
  patient: null,
  visit: null,
  subject: undefined,
  resources: [],
})
const named = (name: string, ...types: string[]) =>
  defineMapping({ types, map: () => [event(name)] })
const both = anyOf(named('first', 'ADT^A01', 'ADT^A08'), named('second', 'ADT^A08', 'ORU^R01'))
const context = { facts: {} as never, report: () => {} }
const of = (type: string) => readMessage(Buffer.from(`MSH|^~\\&|||||||${type}|C1`))
const mappedBy = (type: string) => both.map(of(type), context)[0]?.occurred_at

test('the first mapping that names the type maps it', () => {
  assert.deepEqual(['ADT^A01', 'ADT^A08^ADT_A01', 'ORU^R01'].map(mappedBy), [
    'first',
    'first',
    'second',
  ])
  assert.deepEqual(both.types, ['ADT^A01', 'ADT^A08', 'ADT^A08', 'ORU^R01'])
})

test('a type that nobody names fails as message_type_unmapped; only a real type is repeated', () => {
  const factsOf = (type: string) => {
    try {
      mappedBy(type)
    } catch (thrown) {
      assert(thrown instanceof Failure && thrown.code === 'message_type_unmapped')
      return thrown.facts
    }
    return assert.fail('it was mapped')
  }
  assert.deepEqual(factsOf('MDM^T02'), { type: 'MDM^T02' })
  assert.deepEqual(factsOf('AVERY^SYNTHETIC'), { type: 'no type' })
  assert.deepEqual(factsOf(''), { type: 'no type' })
})

test("the type is written with ^, whatever the sender's delimiters", () => {
  assert.equal(messageType(readMessage(Buffer.from('MSH#*@!%#######ADT*A01*X'))), 'ADT^A01')
})
