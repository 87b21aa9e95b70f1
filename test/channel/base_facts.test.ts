// What the base mappings offer, read from the base itself.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { baseFacts } from '../../src/channel/base_facts.ts'
import { resourceTypes } from '../../src/model/fhir_types.ts'

const ENGINE = resolve(import.meta.dirname, '../..')

test('steps come with the resource that they change, slots with their codes', async () => {
  const { steps, slots } = await baseFacts(ENGINE)
  assert.ok(steps.length > 5 && slots.length > 5)
  assert.equal(steps.find(({ name }) => name === 'patient')?.resource, 'Patient')
  assert.equal(steps.find(({ name }) => name === 'event')?.resource, undefined)
  for (const { resource } of steps) assert.ok(resource === undefined || resourceTypes.has(resource))
  const gender = slots.find(({ name }) => name === 'gender')
  assert.ok(gender?.values?.includes('female'))
  assert.ok(gender?.codes.some(([code, target]) => code === 'F' && target === 'female'))
})

test('a base that is not there offers nothing', async () => {
  assert.deepEqual(await baseFacts(tmpdir()), { steps: [], slots: [] })
})
