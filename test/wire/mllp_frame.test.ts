// The framer against every way of cutting a stream: what comes out never depends on where reads
// end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FrameItem, Framer, fitsFrame, framed } from '../../src/wire/mllp_frame.ts'

const LIMITS = { frame_bytes_max: 1_000, outside_bytes_max: 100, kept_bytes_max: 64 }
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const VT = '\x0b'
const END = '\x1c\r'

function read(chunks: readonly Buffer[], limits = LIMITS): FrameItem[] {
  const framer = new Framer(limits)
  return [...chunks.flatMap(chunk => framer.push(chunk)), ...framer.end()]
}

const seen = (items: readonly FrameItem[]) =>
  items.map(item => `${item.kind} ${item.bytes.toString('latin1')}`)

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

/** Streams in which every mark of the protocol is likely, in any order. */
const nastyStream = fc
  .array(
    fc.constantFrom(
      VT,
      '\x1c',
      '\r',
      END,
      '\n',
      '\0',
      'M',
      'MS',
      'MSH',
      'MSH|',
      'FHS',
      'BH',
      'S',
      'x',
    ),
    { maxLength: 40 },
  )
  .map(parts => latin1(parts.join('')))

const content = fc
  .array(fc.constantFrom('MSH|^~\\&|', 'PID|1', '\r', '\x1c', VT, 'é', 'x'.repeat(50), '\0'), {
    minLength: 1,
    maxLength: 12,
  })
  .map(parts => latin1(`MSH|${parts.join('')}`))
  .filter(fitsFrame)

test('any list of messages, cut anywhere, comes out as the same list of frames', () => {
  fc.assert(
    fc.property(
      fc.array(content, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.constantFrom('', '\r', '\n', '\r\n', '\0'),
      (messages, places, between) => {
        const stream = Buffer.concat(
          messages.map(one => Buffer.concat([framed([one]), latin1(between)])),
        )
        const items = read(cut(stream, places))
        assert.deepEqual(
          items.map(item => item.bytes),
          messages,
        )
        assert.ok(items.every(item => item.kind === 'frame'))
      },
    ),
    { numRuns: 500 },
  )
})

test('what comes out of any stream does not depend on where its reads end', () => {
  fc.assert(
    fc.property(nastyStream, fc.array(fc.nat(), { maxLength: 30 }), (stream, places) => {
      assert.deepEqual(seen(read(cut(stream, places))), seen(read([stream])))
    }),
    { numRuns: 2_000 },
  )
})

test('no byte of any stream vanishes but marks and free bytes between frames', () => {
  fc.assert(
    fc.property(nastyStream, stream => {
      const text = (bytes: Buffer) => bytes.filter(byte => byte > 0x1c)
      const limits = { ...LIMITS, kept_bytes_max: 10_000 }
      const out = Buffer.concat(read([stream], limits).map(item => item.bytes))
      assert.deepEqual(text(out), text(stream))
    }),
    { numRuns: 2_000 },
  )
})

test('a frame cut before each of its bytes is whole', () => {
  const message = latin1('MSH|^~\\&|A\rNTE|1||a\x1cb\x0bc\x0bMS\x1c\x1cFHx\r')
  const stream = framed([message, message])
  for (let i = 0; i <= stream.length; i++) {
    const items = read([stream.subarray(0, i), stream.subarray(i)])
    assert.deepEqual(
      items.map(item => item.bytes),
      [message, message],
    )
  }
})

test('an end block without carriage return is content, and so is a lone start block', () => {
  assert.deepEqual(seen(read([latin1(`${VT}MSH|a\x1cb${VT}c${END}`)])), [`frame MSH|a\x1cb${VT}c`])
})

for (const header of ['MSH', 'FHS', 'BHS']) {
  test(`a start block before ${header} inside of a frame abandons that frame`, () => {
    assert.deepEqual(seen(read([latin1(`${VT}MSH|one\r${VT}${header}|two\r${END}`)])), [
      'abandoned MSH|one\r',
      `frame ${header}|two\r`,
    ])
  })
}

test('two start blocks before one message are one frame', () => {
  assert.deepEqual(seen(read([latin1(`${VT}${VT}MSH|a${END}`)])), ['frame MSH|a'])
})

test('an empty frame is a frame, which others judge', () => {
  assert.deepEqual(seen(read([latin1(VT + END)])), ['frame '])
})

test('stray bytes between frames are reported before the frame behind them', () => {
  assert.deepEqual(seen(read([latin1(`\r\njunk\r\n${VT}MSH|a${END}\0\n`)])), [
    'outside junk\r\n',
    'frame MSH|a',
  ])
})

test('more stray bytes than allowed end the stream, wherever the reads end', () => {
  const stray = latin1(`${'x'.repeat(101)}${VT}MSH|a${END}`)
  for (const chunks of [[stray], cut(stray, [1, 50, 99, 100, 101, 102])]) {
    const [item, ...more] = read(chunks)
    assert.equal(item?.kind, 'too_much_outside')
    assert.equal(item?.bytes.length, 64)
    assert.deepEqual(more, [])
  }
})

test('a frame of exactly the limit passes and one byte more does not, whole or in pieces', () => {
  for (const chunk_bytes of [1, 7, 5_000]) {
    const chunks = (length: number) => {
      const stream = framed([Buffer.alloc(length, 'x')])
      return cut(
        stream,
        Array.from({ length: Math.ceil(stream.length / chunk_bytes) }, (_, i) => i * chunk_bytes),
      )
    }
    assert.deepEqual(
      read(chunks(1_000)).map(item => `${item.kind} ${item.bytes.length}`),
      ['frame 1000'],
    )
    const [item, ...more] = read(chunks(1_001))
    assert.equal(item?.kind, 'too_large')
    assert.equal(item?.bytes.length, 64)
    assert.deepEqual(more, [])
  }
})

test('an endless frame is held only up to the limit', () => {
  const framer = new Framer(LIMITS)
  framer.push(latin1(`${VT}MSH|`))
  for (let i = 0; i < 1_000; i++) framer.push(Buffer.alloc(100, 'x'))
  assert.equal(framer.pending_bytes, 0)
  assert.equal(framer.mid_frame, false)
})

test('a stream that ends in a frame reports it as cut off, a bare start block not', () => {
  assert.deepEqual(seen(read([latin1(`${VT}MSH|a\x1c`)])), ['cut_off MSH|a\x1c'])
  assert.deepEqual(seen(read([latin1(VT)])), [])
})

test('a frame of 16 MiB in single bytes and in large reads is assembled without loss', () => {
  const limits = { ...LIMITS, frame_bytes_max: 32 * 1024 * 1024 }
  const message = Buffer.alloc(16 * 1024 * 1024, 'MSH|0123456789')
  const stream = framed([message])
  const chunks: Buffer[] = []
  // Small and large reads in turn: both ways of keeping a part meet at their seams.
  for (let at = 0, i = 0; at < stream.length; i++) {
    const bytes = i % 3 === 0 ? 65_536 : i % 3 === 1 ? 1 : 4_095
    chunks.push(stream.subarray(at, at + bytes))
    at += bytes
  }
  const [item] = read(chunks, limits)
  assert.equal(item?.kind, 'frame')
  assert.ok(item?.bytes.equals(message))
})

test('content that a receiver would cut or join is known not to fit a frame', () => {
  assert.equal(fitsFrame(latin1('MSH|a\x1c\x1cb')), true)
  assert.equal(fitsFrame(latin1(`MSH|a${END}b`)), false)
  assert.equal(fitsFrame(latin1(`MSH|a${VT}MSH|b`)), false)
  assert.equal(fitsFrame(latin1(`${VT}MSH|b`)), false)
})
