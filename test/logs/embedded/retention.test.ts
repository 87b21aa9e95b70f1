// Which segments may go, case by case.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Extent } from '../../../src/logs/embedded/reader.ts'
import { droppable } from '../../../src/logs/embedded/retention.ts'

const extent = (segment: string, topic: string, span: [number, number]): Extent => ({
  segment,
  sealed: segment !== 'newest',
  topic,
  partition: 0,
  first_offset: span[0],
  next_offset: span[1],
})
const trim = (topic: string, offset: number) => ({ topic, partition: 0, offset })
const group = (topic: string, position: number) => ({
  group: 'g',
  topic,
  partition: 0,
  committed_offset: position,
  position,
})

const extents = [
  extent('one', 'a', [0, 10]),
  extent('one', 'b', [0, 0]),
  extent('two', 'a', [10, 20]),
  extent('two', 'b', [0, 5]),
  extent('three', 'a', [20, 30]),
  extent('three', 'b', [5, 5]),
  extent('newest', 'a', [30, 30]),
  extent('newest', 'b', [5, 5]),
]

test('a sealed segment goes when all of it is below what was trimmed', () => {
  assert.deepEqual(droppable(extents, [], []), [])
  assert.deepEqual(droppable(extents, [trim('a', 9)], []), [])
  assert.deepEqual(droppable(extents, [trim('a', 10)], []), ['one'])
  assert.deepEqual(droppable(extents, [trim('a', 30)], []), ['one', 'three'])
  assert.deepEqual(droppable(extents, [trim('a', 30), trim('b', 4)], []), ['one', 'three'])
  assert.deepEqual(droppable(extents, [trim('a', 99), trim('b', 99)], []), ['one', 'two', 'three'])
})

test('a group holds back what it has not read, of its own topic', () => {
  const trims = [trim('a', 30), trim('b', 5)]
  assert.deepEqual(droppable(extents, trims, [group('a', 19)]), ['one'])
  assert.deepEqual(droppable(extents, trims, [group('a', 20)]), ['one', 'two'])
  assert.deepEqual(droppable(extents, trims, [group('b', 0)]), ['one', 'three'])
  assert.deepEqual(droppable(extents, trims, [group('c', 0)]), ['one', 'two', 'three'])
})

test('the newest segment never goes', () => {
  const newest = [extent('newest', 'a', [0, 10])]
  assert.deepEqual(droppable(newest, [trim('a', 10)], []), [])
})
