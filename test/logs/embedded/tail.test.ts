// The tail in memory: what it gives is what was pushed, what it no longer has it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tail, type TailBlock } from '../../../src/logs/embedded/tail.ts'

const everything = { records_max: 1000, bytes_max: 1_000_000 }
const block = (id: number, offset: number, count: number, size = 100): TailBlock => ({
  id,
  offset,
  count,
  time_ms: 1,
  bytes: new Uint8Array(size),
})
const offsets = (blocks: readonly { offset: number }[] | undefined) =>
  blocks?.map(({ offset }) => offset)

test('gives the blocks from the one that holds the offset on', () => {
  const tail = new Tail(10_000)
  for (const offset of [0, 3, 6]) tail.push([block(1, offset, 3), block(2, offset, 3)], 200)
  assert.deepEqual(offsets(tail.find(1, 0, everything)), [0, 3, 6])
  assert.deepEqual(offsets(tail.find(1, 4, everything)), [3, 6])
  assert.deepEqual(offsets(tail.find(2, 8, everything)), [6])
  assert.equal(tail.find(1, 9, everything), undefined)
  assert.equal(tail.find(3, 0, everything), undefined)
})

test('stops when its bounds are met', () => {
  const tail = new Tail(10_000)
  for (const offset of [0, 3, 6]) tail.push([block(1, offset, 3)], 100)
  const limited = (records_max: number, bytes_max: number) =>
    offsets(tail.find(1, 1, { records_max, bytes_max }))
  assert.deepEqual(limited(2, 1_000_000), [0])
  assert.deepEqual(limited(3, 1_000_000), [0, 3])
  assert.deepEqual(limited(1000, 101), [0, 3])
})

test('lets the oldest groups go when there is no room', () => {
  const tail = new Tail(1000)
  for (let i = 0; i < 500; i++) tail.push([block(i % 3, Math.floor(i / 3), 1)], 100)
  for (const id of [0, 1, 2]) {
    assert.equal(tail.find(id, 100, everything), undefined)
    assert.ok((tail.find(id, 165, everything)?.length ?? 0) >= 1)
  }
  tail.push([block(1, 900, 1, 2000)], 2000)
  assert.equal(tail.find(1, 900, everything), undefined, 'a group larger than all room')
})

test('does not reach over a gap', () => {
  const tail = new Tail(10_000)
  tail.push([block(1, 0, 2)], 100)
  tail.push([block(1, 5, 2)], 100)
  assert.deepEqual(offsets(tail.find(1, 1, everything)), [0])
  assert.equal(tail.find(1, 3, everything), undefined)
})
