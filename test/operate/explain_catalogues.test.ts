// Topics of the catalogues: rules with examples, codes with hints, rooms with what they write.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingRules } from '../../src/model/finding_rules.ts'
import { catalogueTopics } from '../../src/operate/explain_catalogues.ts'
import { toyTables } from '../channel/toy.ts'

const topics = catalogueTopics(toyTables)
const of = (name: string) => topics.filter(one => one.name === name)

test('a rule is told with its sentence, its example and its remedy', () => {
  const { says, example, remedy } = findingRules.unknown_target
  const [topic] = of('unknown_target')
  assert.equal(topic?.sort, 'error of firth check')
  assert.deepEqual(topic?.lines, [says, 'For example:', `  ${example}`, remedy])
})

test('a kind of event names the messages that become it', () => {
  assert.match(of('patient.admitted')[0]?.lines.join(' ') ?? '', /ADT\^A01/)
})

test('a room is told with its settings and an example, an adapter with what it writes', () => {
  const lines = of('fhir_r4')[0]?.lines ?? []
  assert.ok(lines.includes('Settings: base_url, token.'))
  assert.ok(lines.includes('  Patient: create, update'))
  assert.ok(lines.includes('        base_url: http://127.0.0.1:8103/fhir'))
})

test('a word of several catalogues has a topic in each', () => {
  assert.deepEqual(
    of('unknown')
      .map(one => one.sort)
      .sort(),
    ['outcome of a call', 'state of a write'],
  )
})

test('the whole table of moves is one topic, with where each word of a person leads', () => {
  const lines = of('moves')[0]?.lines ?? []
  assert.ok(lines.includes('superseded: an end'))
  assert.ok(lines.some(line => /^conflict: .*reconciled/.test(line)))
  assert.ok(lines.includes('  --accept-theirs: conflict to reconciled'))
})
