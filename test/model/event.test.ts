// The closed list of event kinds, which routes and readers name.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { kinds } from '../../src/model/event.ts'

it('names each kind once, as what happened to what', () => {
  assert.equal(new Set(kinds).size, kinds.length)
  for (const kind of kinds) assert.match(kind, /^[a-z]+\.[a-z]+$/)
})
