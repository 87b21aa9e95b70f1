// The frames between the engine and a mapping process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeBatch,
  encodeBatch,
  encodeFrames,
  FrameReader,
} from '../../../src/path/mapping/protocol.ts'
import { facts } from './tenant.ts'

test('a batch comes out as it went in, whatever its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 16 }), raws => {
      const jobs = raws.map((raw, i) => ({
        raw: Buffer.from(raw),
        facts: { ...facts, raw_id: `ü${i}` },
      }))
      const batch = encodeBatch('file:///m.ts', jobs)
      assert.equal(batch.readUInt32BE(0), batch.length - 4)
      const { head, raws: decoded } = decodeBatch(batch.subarray(4))
      assert.equal(head.module, 'file:///m.ts')
      assert.deepEqual(
        head.facts,
        jobs.map(job => job.facts),
      )
      assert.deepEqual(
        decoded,
        jobs.map(job => job.raw),
      )
    }),
  )
})

test('frames come out whole and in order, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(undefined)), {
        maxLength: 20,
      }),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (values, sizes) => {
        const texts = values.map(value => (value === undefined ? '' : JSON.stringify(value)))
        const bytes = encodeFrames(texts)
        const reader = new FrameReader()
        const found: unknown[] = []
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number
          found.push(...reader.push(bytes.subarray(at, at + size)))
          at += size
        }
        assert.deepEqual(found, values)
      },
    ),
  )
})

test('a long result in many small pieces is joined in linear work', () => {
  const reader = new FrameReader()
  const bytes = encodeFrames([JSON.stringify('x'.repeat(4_000_000))])
  const found: unknown[] = []
  for (let at = 0; at < bytes.length; at += 1_000) {
    found.push(...reader.push(bytes.subarray(at, at + 1_000)))
  }
  assert.equal(found.length, 1)
})

test('what is no frame is told as such, and nothing after it is read', () => {
  const bad = [
    Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
    Buffer.concat([Buffer.from([0, 0, 0, 3]), Buffer.from('{]]')]),
  ]
  for (const bytes of bad) {
    const reader = new FrameReader()
    assert.equal(reader.broken, false)
    assert.deepEqual(reader.push(bytes), [])
    assert.equal(reader.broken, true)
    assert.deepEqual(reader.push(encodeFrames(['{}'])), [])
  }
})
