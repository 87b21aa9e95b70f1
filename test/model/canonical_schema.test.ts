// The schema as data; what it takes and refuses is tested with the check (test/declare).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalSchema } from '../../src/model/canonical_schema.ts'
import { kinds } from '../../src/model/event.ts'

test('is plain JSON under a versioned name, so that it can be published', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(canonicalSchema)), canonicalSchema)
  const { properties, $id } = canonicalSchema as {
    $id: string
    properties: Record<string, { const?: number; enum?: string[] }>
  }
  assert.equal($id, `urn:firth:canonical_event:${properties.schema_version?.const}`)
  assert.deepEqual(properties.kind?.enum, [...kinds])
})
