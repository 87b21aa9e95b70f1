// Values and their parts; whole messages are in read.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage, type Segment } from '../../../src/codecs/hl7v2/read.ts'

function segment(line: string): Segment {
  const message = readMessage(Buffer.from(`MSH|^~\\&|\r${line}`))
  return message.segments[1] as Segment
}

const raws = (values: readonly { raw: string }[]) => values.map(({ raw }) => raw)

test('a repetition has components, a component sub-components, a sub-component itself', () => {
  const value = segment('PID|||a^b&c&d^~e').field(3)
  assert.deepEqual(raws(value.parts()), ['a', 'b&c&d', ''])
  const component = value.part(2)
  assert.deepEqual(raws(component.parts()), ['b', 'c', 'd'])
  const leaf = component.part(3)
  assert.deepEqual(raws(leaf.parts()), ['d'])
  assert.equal(leaf.part(1).text(), 'd')
  assert.equal(leaf.part(2).text(), undefined)
  assert.deepEqual(raws(value.part(9).parts()), [])
})

test('a simple value is its own first part, so old and new senders read alike', () => {
  const value = segment('PID|||F').field(3)
  assert.equal(value.text(1), 'F')
  assert.equal(value.part(1).part(1).text(), 'F')
  assert.equal(value.text(2), undefined)
})

test('a whole field keeps its repetitions; asked for parts it means the first', () => {
  const whole = segment('PID|||a^b~c').whole(3)
  assert.equal(whole.raw, 'a^b~c')
  assert.deepEqual(raws(whole.pieces()), ['a^b', 'c'])
  assert.equal(whole.part(2).text(), 'b')
  assert.deepEqual(raws(whole.parts()), ['a', 'b'])
})

test('knows whether it is there, and where', () => {
  const made = segment('PID|||a^""^')
  assert.deepEqual(
    [1, 2, 3, 4].map(part => made.field(3).part(part).presence),
    ['valued', 'deleted', 'absent', 'absent'],
  )
  assert.equal(made.field(3).part(2).place, 'PID-3')
  assert.equal(made.field(3).valued, true)
  assert.equal(made.field(4).valued, false)
  assert.deepEqual(made.repetitions(4), [])
})

test('long values are searched as short ones are', () => {
  for (const size of [1, 63, 64, 65, 66, 1_000]) {
    const long = 'x'.repeat(size)
    const value = segment(`PID|||${long}^${long}&y^z`).field(3)
    assert.equal(value.text(1), long)
    assert.equal(value.part(2).text(2), 'y')
    assert.equal(value.text(3), 'z')
  }
})
