// Blocks: what is packed comes out again, whatever it holds, and a block that lies is a bug.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Block, pack, prepare, unpack } from '../../../src/logs/embedded/codec.ts'
import type { NewRecord } from '../../../src/model/log.ts'

const place = { topic: 't', partition: 0 }
const everything = { records_max: 1000, bytes_max: 1_000_000_000 }

function blockOf(offset: number, records: readonly NewRecord[]): Block {
  const prepared = records.map(prepare)
  const bytes = Buffer.alloc(prepared.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const one of prepared) at = pack(bytes, at, one)
  assert.equal(at, bytes.length)
  return { offset, count: records.length, time_ms: 5, bytes }
}

const text = fc.string({ unit: 'binary' })
const anyRecord = fc.record({
  key: text,
  headers: fc.dictionary(text, text, { noNullPrototype: true }),
  value: fc.uint8Array({ maxLength: 300 }),
})

test('every record comes out as it went in', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyRecord, { minLength: 1, maxLength: 5 })), groups => {
      let offset = 7
      const blocks = groups.map(records => {
        const block = blockOf(offset, records)
        offset += records.length
        return block
      })
      const found = unpack(blocks, place, { ...everything, offset: 7 })
      assert.deepEqual(
        found.map(({ key, headers, value }) => ({ key, headers, value: [...value] })),
        groups.flat().map(({ key, headers, value }) => ({ key, headers, value: [...value] })),
      )
      assert.deepEqual(
        found.map(record => record.offset),
        groups.flat().map((_, i) => 7 + i),
      )
    }),
  )
})

test('unpacking begins inside a block, and ends at its bounds', () => {
  const record = (value: string) => ({ key: '', headers: {}, value: Buffer.from(value) })
  const blocks = [blockOf(0, ['a', 'b', 'c'].map(record)), blockOf(3, ['d', 'e'].map(record))]
  const read = (offset: number, bounds = everything) =>
    unpack(blocks, place, { ...bounds, offset })
      .map(({ value }) => value.toString())
      .join('')
  assert.equal(read(1), 'bcde')
  assert.equal(read(4), 'e')
  assert.equal(read(5), '')
  assert.equal(read(1, { ...everything, records_max: 3 }), 'bcd')
  assert.equal(read(1, { ...everything, bytes_max: 0 }), 'b')
})

test('a record does not share its bytes with its block', () => {
  const block = blockOf(0, [{ key: '', headers: {}, value: Buffer.from('abc') }])
  const [record] = unpack([block], place, { ...everything, offset: 0 })
  block.bytes.fill(0)
  assert.equal(record?.value.toString(), 'abc')
})

test('a block with other lengths or counts than its records is a bug', () => {
  const block = blockOf(0, [{ key: 'k', headers: {}, value: Buffer.from('abc') }])
  const of = (changed: Block) => () => unpack([changed], place, { ...everything, offset: 0 })
  assert.throws(of({ ...block, bytes: block.bytes.subarray(0, -1) }), { name: 'Bug' })
  assert.throws(of({ ...block, bytes: Buffer.concat([block.bytes, Buffer.alloc(9)]) }), {
    name: 'Bug',
  })
})
