// Which fields may stand as they are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shapeOf } from '../../src/operate/new_project_scramble_fields.ts'

test('spans and single fields are read as they are written', () => {
  assert.equal(shapeOf('PV1', 3), 'code')
  assert.equal(shapeOf('PV1', 7), 'xcn')
  assert.equal(shapeOf('PV1', 19), 'cx')
  assert.equal(shapeOf('PV1', 44), 'time')
  assert.equal(shapeOf('PID', 13), 'xtn')
  assert.equal(shapeOf('OBX', 5), 'value')
})

test('nothing of a person is taken for a code', () => {
  const people = ['PID-2 3 4 5 6 7 9 11 12 13 14 18 19 20 21 23 29', 'NK1-2 4 5 6 12 16 30 32 33']
  const others = ['GT1-3 4 5 6 7 8 12', 'IN1-16 18 19 36 49', 'MRG-1 2 3 4 7', 'MSH-7 10', 'NTE-3']
  for (const row of [...people, ...others]) {
    const [segment = '', fields = ''] = row.split('-')
    for (const field of fields.split(' ')) {
      assert.notEqual(shapeOf(segment, Number(field)), 'code', `${segment}-${field}`)
    }
  }
})
