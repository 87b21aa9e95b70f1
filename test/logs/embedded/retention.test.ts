// Which records stay, which segments may go and which are worth a rewrite, case by case.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decide,
  type Floor,
  floorsOf,
  keptBytes,
  stays,
} from '../../../src/logs/embedded/retention.ts'
import type { Span } from '../../../src/model/log.ts'

const place = { topic: 'a', partition: 0 }
const span = (from_offset: number, to_offset: number): Span => ({ from_offset, to_offset })
const group = (topic: string, position: number) => ({
  ...{ group: 'g', topic, partition: 0 },
  ...{ committed_offset: position, position },
})
const weight = (segment: string, bytes: number, kept_bytes: number) => ({
  ...{ segment, bytes, kept_bytes },
})

test('a segment goes when nothing of it stays, and is rewritten when half of it or less does', () => {
  const weights = [
    weight('empty', 0, 0),
    weight('gone', 10, 0),
    weight('half', 10, 5),
    weight('most', 10, 6),
    weight('whole', 10, 10),
  ]
  assert.deepEqual(decide(weights), { drop: ['empty', 'gone'], rewrite: ['half'] })
})

test('a group holds back what it has not read, of its own topic', () => {
  const trims = [{ ...place, offset: 30 }]
  const offsetOf = (...groups: Parameters<typeof floorsOf>[1]) => floorsOf(trims, groups)[0]?.offset
  assert.equal(offsetOf(), 30)
  assert.equal(offsetOf(group('a', 19), group('a', 25)), 19)
  assert.equal(offsetOf(group('a', 40)), 30)
  assert.equal(offsetOf(group('b', 0)), 30)
})

test('spans that overlap or touch become one', () => {
  const kept = [span(7, 9), span(1, 3), span(3, 4), span(2, 3), span(8, 12)]
  const [floor] = floorsOf([{ ...place, offset: 99, kept }], [])
  assert.deepEqual(floor?.kept, [span(1, 4), span(7, 12)])
})

test('a block stays where one of its records does', () => {
  const floor: Floor = { ...place, offset: 20, kept: [span(3, 5), span(10, 11)] }
  assert.equal(stays(undefined, span(0, 1)), true, 'a partition that was never trimmed')
  assert.equal(stays(floor, span(0, 3)), false)
  assert.equal(stays(floor, span(0, 4)), true)
  assert.equal(stays(floor, span(4, 8)), true)
  assert.equal(stays(floor, span(5, 10)), false)
  assert.equal(stays(floor, span(10, 11)), true)
  assert.equal(stays(floor, span(15, 20)), false)
  assert.equal(stays(floor, span(15, 21)), true, 'one record is not below the offset')
})

test('for any blocks, spans and offset: what stays is what record by record stays', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 })
  const spans = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 6 })), { maxLength: 6 })
  fc.assert(
    fc.property(counts, spans, fc.nat(60), (blocks, raw, offset) => {
      const kept = raw.map(([from, length]) => span(from, from + length))
      const [floor] = floorsOf([{ ...place, offset, kept }], [])
      let next_offset = 0
      const laid = blocks.map(n => {
        next_offset += n
        return span(next_offset - n, next_offset)
      })
      const wanted = laid.filter(({ from_offset, to_offset }) => {
        for (let at = from_offset; at < to_offset; at++) {
          if (at >= offset) return true
          if (kept.some(one => one.from_offset <= at && at < one.to_offset)) return true
        }
        return false
      })
      const found = laid.filter(block => stays(floor, block))
      assert.deepEqual(found, wanted)
      // A byte a record: what is weighed is never less than what stays, and nothing only where
      // nothing does.
      const of = ({ from_offset, to_offset }: Span) =>
        laid
          .filter(block => block.from_offset < to_offset && block.to_offset > from_offset)
          .reduce((sum, block) => sum + block.to_offset - block.from_offset, 0)
      const bytes = keptBytes(floor, { next_offset, bytes: next_offset, of })
      const exact = wanted.reduce((sum, block) => sum + block.to_offset - block.from_offset, 0)
      assert.ok(bytes >= exact && bytes <= next_offset)
      assert.equal(bytes === 0, exact === 0)
    }),
  )
})
