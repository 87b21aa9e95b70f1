// What an audit remembers by offset: sparse, small, and told apart by id.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fingerprint, OffsetTable } from '../../src/operate/audit_table.ts'

it('keeps a state and an id for each offset, however far apart, and nothing for the others', () => {
  const table = new OffsetTable()
  for (const offset of [0, 65_535, 65_536, 9_999_999_999]) {
    table.set(offset, 3)
    table.name(offset, `id${offset}`)
  }
  for (const offset of [0, 65_535, 65_536, 9_999_999_999]) {
    assert.equal(table.state(offset), 3)
    assert.ok(table.isOf(offset, `id${offset}`))
    assert.ok(!table.isOf(offset, 'another'))
  }
  assert.equal(table.state(1), 0)
  assert.ok(!table.isOf(777_777, 'id0'))
  // The published value of FNV-1a for "foobar".
  assert.equal(fingerprint('foobar'), 0xbf9cf968)
})
