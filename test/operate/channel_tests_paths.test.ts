// Paths into an event.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanonicalEvent } from '../../src/model/event.ts'
import { leavesOf, nodesAt, viewOf } from '../../src/operate/channel_tests_paths.ts'

const resources = [
  {
    resourceType: 'Patient',
    id: 'p',
    name: [
      { family: 'Elm', given: ['Bo', 'Q'] },
      { family: 'Oak', use: 'old' },
    ],
    _birthDate: { extension: [{ url: 'x' }] },
  },
  { resourceType: 'Observation', id: 'a', valueQuantity: { value: 4.1 } },
  { resourceType: 'Observation', id: 'b', valueQuantity: { value: 7 } },
]

const view = viewOf({
  kind: 'patient.admitted',
  occurred_at: '2026-01-05',
  patient: { system: 's', value: 'M1' },
  visit: null,
  resources: { entry: resources.map(resource => ({ fullUrl: '', resource })) },
} as unknown as CanonicalEvent)

test('reads fields of the event and elements of its resources, at any position where none is named', () => {
  assert.deepEqual(nodesAt(view, 'kind'), ['patient.admitted'])
  assert.deepEqual(nodesAt(view, 'patient.value'), ['M1'])
  assert.deepEqual(nodesAt(view, 'Patient.name.family'), ['Elm', 'Oak'])
  assert.deepEqual(nodesAt(view, 'Patient.name[0].given[1]'), ['Q'])
  assert.deepEqual(nodesAt(view, 'Observation.valueQuantity.value'), [4.1, 7])
  assert.deepEqual(nodesAt(view, 'Observation[1].valueQuantity.value'), [7])
  assert.deepEqual(nodesAt(view, 'Patient._birthDate.extension.url'), ['x'])
})

test('finds nothing where nothing stands, and never what JavaScript adds', () => {
  for (const path of ['visit.value', 'Encounter.status', 'Patient.name[2].family', 'Patient.x.y']) {
    assert.deepEqual(nodesAt(view, path), [])
  }
  assert.deepEqual(nodesAt(view, 'Patient.constructor'), [])
  assert.deepEqual(nodesAt(view, 'Patient.name.length'), [])
})

test('names every value by a path that leads to it alone', () => {
  const leaves = leavesOf(view)
  for (const [path, value] of leaves) assert.deepEqual(nodesAt(view, path), [value])
  assert.equal(new Set(leaves.map(([path]) => path)).size, leaves.length)
  assert.ok(leaves.some(([path]) => path === 'Patient.name[1].family'))
  assert.ok(leaves.some(([path]) => path === 'Observation[0].id'))
})
