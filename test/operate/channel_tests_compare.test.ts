// What a test expects against what came.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expectation } from '../../src/declare/schema_tests.ts'
import type { CanonicalEvent } from '../../src/model/event.ts'
import { compare, expectationOf, type Outcome } from '../../src/operate/channel_tests_compare.ts'

const resources = [
  { resourceType: 'Patient', id: 'p', name: [{ family: 'Elm' }, { family: 'Oak' }] },
  { resourceType: 'Observation', id: 'a', valueQuantity: { value: 4.1 } },
]

const event = (kind: string) =>
  ({
    kind,
    occurred_at: '2026-01-05',
    patient: { system: 's', value: '00123' },
    visit: null,
    resources: { entry: resources.map(resource => ({ fullUrl: '', resource })) },
  }) as unknown as CanonicalEvent

const outcome: Outcome = {
  ack: 'AA',
  fate: 'mapped',
  dead: undefined,
  events: [event('patient.admitted')],
  intents: [
    { target: 'chart', resource: 'Patient', operation: 'update', state: 'accepted' },
    { target: 'chart', resource: 'Observation', operation: 'update', state: 'denied' },
  ],
  findings: [{ code: 'code_unmapped', place: 'PV1-2', text: 'x' }],
}

const whats = (expect: Expectation, exact = false, actual = outcome) =>
  compare({ exact, expect }, actual).mismatches.map(({ what }) => what)

test('compares only what is written', () => {
  assert.deepEqual(whats({ ack: 'AA' }), [])
  assert.deepEqual(whats({ ack: 'AE', fate: 'dead' }), ['ack', 'fate'])
  assert.deepEqual(whats({ events: [{ kind: 'patient.admitted' }] }), [])
  assert.deepEqual(whats({ events: [{ 'Patient.name.family': 'Oak' }] }), [])
  assert.deepEqual(whats({ events: [{ 'Patient.name[0].family': 'Oak' }] }), [
    'events[0] Patient.name[0].family',
  ])
  assert.deepEqual(whats({ events: [{ 'Patient.name.family': ['Elm', 'Oak'] }] }), [])
  assert.deepEqual(whats({ events: [{ 'Patient.name.family': ['Oak'] }] }).length, 1)
  assert.deepEqual(whats({ events: [{ 'Observation.valueQuantity.value': 4.1 }] }), [])
})

test('null stands for nothing at all, a whole resource among it', () => {
  assert.deepEqual(whats({ events: [{ Encounter: null, 'Patient.birthDate': null }] }), [])
  assert.deepEqual(whats({ events: [{ Patient: null }] }).length, 1)
})

test('a text that looks like a number is not the number', () => {
  assert.deepEqual(whats({ events: [{ 'patient.value': '00123' }] }), [])
  const [mismatch] = compare(
    { exact: false, expect: { events: [{ 'patient.value': 123 }] } },
    outcome,
  ).mismatches
  assert.equal(mismatch?.expected, '123')
  assert.equal(mismatch?.actual, '"00123"')
})

test('events are compared in number and order', () => {
  assert.deepEqual(whats({ events: [] }), ['events'])
  assert.deepEqual(whats({ events: [{}, {}] }), ['events'])
  const two = { ...outcome, events: [event('patient.admitted'), event('patient.updated')] }
  const swapped = [{ kind: 'patient.updated' }, { kind: 'patient.admitted' }]
  assert.deepEqual(whats({ events: swapped }, false, two), ['events[0] kind', 'events[1] kind'])
})

test('writes and findings that are written must be among those that came; [] means none', () => {
  assert.deepEqual(whats({ intents: [{ resource: 'Patient' }] }), [])
  assert.deepEqual(whats({ intents: [{ resource: 'Patient', state: 'denied' }] }), ['intents[0]'])
  assert.deepEqual(whats({ intents: [{ resource: 'Patient' }, { resource: 'Patient' }] }), [
    'intents[1]',
  ])
  assert.deepEqual(whats({ intents: [] }), ['intents', 'intents'])
  assert.deepEqual(whats({ findings: ['code_unmapped'] }), [])
  assert.deepEqual(whats({ findings: ['code_unmapped PV1-2'] }), [])
  assert.deepEqual(whats({ findings: ['code_unmapped PV1-20'] }), ['findings'])
  assert.deepEqual(whats({ findings: [] }), ['findings'])
})

test('a dead letter that nobody expected fails whatever else was expected', () => {
  const dead = { ...outcome, fate: 'dead', dead: { code: 'mapping_failed', facts: { at: 'a:1' } } }
  const [mismatch] = compare({ exact: false, expect: { ack: 'AA' } }, dead).mismatches
  assert.equal(mismatch?.actual, 'mapping_failed, at a:1')
  assert.deepEqual(whats({ dead: 'mapping_failed' }, false, dead), [])
  assert.deepEqual(whats({ fate: 'dead' }, false, dead), [])
  assert.deepEqual(whats({ dead: 'mapping_failed' }), ['dead'])
})

test('exact: what is not written must not be there', () => {
  const all = expectationOf(outcome, true) as Expectation
  assert.deepEqual(whats(all, true), [])
  assert.deepEqual(whats({ ...all, findings: [] }, true), ['findings'])
  const { intents: _, ...without } = all
  assert.equal(whats(without, true).length, 2)
  const [written] = all.events ?? []
  const { 'Patient.id': _id, ...less } = written ?? {}
  assert.deepEqual(whats({ ...all, events: [less] }, true), ['events[0] Patient.id'])
})

test('what --update writes passes, from nothing and from what is wrong', () => {
  const expectations: (Expectation | undefined)[] = [
    undefined,
    {},
    { ack: 'AE', dead: 'x', events: [], intents: [{ resource: 'X' }], findings: [] },
    { events: [{ kind: 'x', 'Patient.name.family': 'y', Patient: null }] },
  ]
  for (const expect of expectations) {
    for (const exact of [true, false]) {
      const edited = structuredClone({ expect: expect ?? {} }) as Record<string, unknown>
      for (const { path, value } of compare({ exact, expect }, outcome).mends)
        put(edited, path, value)
      const mended = edited.expect as Expectation
      assert.deepEqual(compare({ exact, expect: mended }, outcome).mismatches, [])
    }
  }
})

function put(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  const last = path.at(-1) ?? ''
  if (value === undefined) delete at[last]
  else at[last] = value
}
