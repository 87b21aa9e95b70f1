// The frames between the engine and a mapping process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ALIVE,
  type Answer,
  decodeBatch,
  encodeBatch,
  FrameReader,
  FrameWriter,
} from '../../../src/path/mapping/protocol.ts'
import { facts, origin } from './tenant.ts'

const bytesOf = (...heads: readonly object[]) =>
  Buffer.from(new FrameWriter().frames(heads.map(head => ({ head, events: [] }))))

test('a batch comes out as it went in, whatever its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 16 }), raws => {
      const jobs = raws.map((raw, i) => ({
        raw: Buffer.from(raw),
        facts: { ...facts, raw_id: `ü${i}` },
        origin,
      }))
      const batch = encodeBatch('file:///m.ts', jobs)
      assert.equal(batch.readUInt32BE(0), batch.length - 4)
      const { head, raws: decoded } = decodeBatch(batch.subarray(4))
      assert.equal(head.module, 'file:///m.ts')
      assert.deepEqual(
        head.jobs,
        jobs.map(job => ({ facts: job.facts, origin, bytes: job.raw.length })),
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
      fc.array(fc.option(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 })), {
        maxLength: 20,
      }),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (replies, sizes) => {
        const writer = new FrameWriter()
        const bytes = Buffer.concat(
          replies.map(texts => {
            if (texts === null) return ALIVE
            const events = texts.map((text, i) => ({ text, head: { id: `e${i}` } }))
            return Buffer.from(writer.frames([{ head: { findings: texts }, events }]))
          }),
        )
        const reader = new FrameReader()
        const found: unknown[] = []
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number
          found.push(...reader.push(bytes.subarray(at, at + size)).map(toldOf))
          at += size
        }
        const told = (texts: readonly string[]) => ({
          findings: texts,
          events: texts.map((text, i) => ({ id: `e${i}`, bytes: Buffer.byteLength(text) })),
          texts: texts.join(''),
        })
        assert.deepEqual(
          found,
          replies.map(texts => (texts === null ? undefined : told(texts))),
        )
      },
    ),
  )
})

function toldOf(answer: Answer | undefined): unknown {
  if (answer === undefined) return undefined
  return { ...(answer.head as object), texts: answer.texts.toString() }
}

test('a long result in many small pieces is joined in linear work', () => {
  const reader = new FrameReader()
  const bytes = bytesOf({ findings: 'x'.repeat(4_000_000) })
  const found: unknown[] = []
  for (let at = 0; at < bytes.length; at += 1_000) {
    found.push(...reader.push(bytes.subarray(at, at + 1_000)))
  }
  assert.equal(found.length, 1)
})

test('what is no frame is told as such, and nothing after it is read', () => {
  const bad = [
    Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
    Buffer.concat([Buffer.from([0, 0, 0, 7, 0, 0, 0, 3]), Buffer.from('{]]')]),
    Buffer.concat([Buffer.from([0, 0, 0, 6, 0, 0, 0, 9]), Buffer.from('{}')]),
    Buffer.from([0, 0, 0, 2, 0, 0]),
  ]
  for (const bytes of bad) {
    const reader = new FrameReader()
    assert.equal(reader.broken, false)
    assert.deepEqual(reader.push(bytes), [])
    assert.equal(reader.broken, true)
    assert.deepEqual(reader.push(bytesOf({})), [])
  }
})
