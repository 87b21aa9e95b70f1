// The sender for people: every message once, answers counted by what they were, control ids changed
// where asked and nothing else.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../src/kit/clock.ts'
import { quantile, type SendOptions, sendFiles, withControlId } from '../../src/operate/send.ts'
import { freePorts } from '../harness/engine.ts'
import { message } from '../path/toy.ts'
import { controlIdOf, listen } from './listener.ts'

const options = (port: number, change: Partial<SendOptions> = {}): SendOptions => ({
  target: { host: '127.0.0.1', port },
  messages: ['A', 'B', 'C'].map(control_id => message({ control_id })),
  repeat: 1,
  connections: 1,
  per_second: undefined,
  unique: false,
  clock: systemClock,
  signal: new AbortController().signal,
  onProgress: () => {},
  ...change,
})

describe('sendFiles', () => {
  it('sends each message once, in order, byte for byte, and counts the answers', async t => {
    const listener = await listen(t, (_, n) => (n === 2 ? 'AE' : 'AA'))
    const wanted = options(listener.port)
    const tally = await sendFiles(wanted)
    assert.deepEqual(listener.messages, wanted.messages)
    assert.equal(tally.sent, 3)
    assert.equal(tally.total, 3)
    assert.deepEqual(Object.fromEntries(tally.answers), { AA: 2, AE: 1 })
    assert.equal(tally.latencies.length, 3)
    assert.deepEqual([...tally.reasons.values()], [1], 'the refusal is told with its reason')
  })

  it('shares the list over connections, however often it is repeated', async t => {
    const listener = await listen(t)
    let progress = 0
    const tally = await sendFiles(
      options(listener.port, {
        repeat: 10,
        connections: 4,
        onProgress: () => {
          progress += 1
        },
      }),
    )
    assert.equal(tally.sent, 30)
    assert.equal(progress, 30)
    assert.equal(listener.messages.length, 30)
    assert.equal(listener.connections, 4)
  })

  it('opens no more connections than there are messages', async t => {
    const listener = await listen(t)
    await sendFiles(options(listener.port, { connections: 50 }))
    assert.ok(listener.connections <= 3)
  })

  it('gives each message a control id of its own where asked, and changes nothing else', async t => {
    const listener = await listen(t)
    const wanted = options(listener.port, { repeat: 5, unique: true })
    await sendFiles(wanted)
    const ids = listener.messages.map(controlIdOf)
    assert.equal(new Set(ids).size, 15)
    listener.messages.forEach((came, i) => {
      const original = wanted.messages[i % 3] ?? Buffer.alloc(0)
      assert.deepEqual(withControlId(came, controlIdOf(original)), original)
    })
  })

  it('counts a message whose answer never came as unknown, and not as refused', async t => {
    const listener = await listen(t, (_, n) => (n === 2 ? 'close' : 'AA'))
    const tally = await sendFiles(options(listener.port))
    assert.equal(tally.answers.get('unknown'), 1)
    assert.equal(tally.answers.get('AA'), 2)
    assert.equal(
      [...tally.reasons.values()].reduce((a, b) => a + b, 0),
      1,
    )
  })

  it('counts what could not be sent, with the reason', async () => {
    const [port = 0] = await freePorts(1)
    const limits = { connect_ms_max: 1_000 }
    const target = { host: '127.0.0.1', port, limits }
    const tally = await sendFiles(options(port, { target, messages: [message()] }))
    assert.equal(tally.answers.get('not_sent'), 1)
    assert.equal(tally.latencies.length, 0)
    assert.ok(tally.reasons.size > 0)
  })

  it('keeps to its rate over all connections, by the clock', async t => {
    const listener = await listen(t)
    const due: number[] = []
    let now_ms = 0
    const clock = {
      ...systemClock,
      elapsed: () => now_ms,
      sleep: async (wait_ms: number) => {
        now_ms += wait_ms
        due.push(now_ms)
      },
    }
    await sendFiles(options(listener.port, { clock, per_second: 4, repeat: 2 }))
    assert.deepEqual(due, [250, 500, 750, 1_000, 1_250])
  })

  it('stops where it is told to', async t => {
    const listener = await listen(t)
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    const tally = await sendFiles(
      options(listener.port, { repeat: 100, signal: stop.signal, onProgress }),
    )
    assert.ok(tally.sent < 300)
    assert.equal(tally.total, 300)
  })
})

describe('withControlId', () => {
  it('changes MSH-10 alone, in any delimiters, behind any byte order mark', () => {
    const cases = [
      [
        'MSH|^~\\&|A|B|C|D|t||ADT^A01|OLD|P|2.5\rPID|1\r',
        'MSH|^~\\&|A|B|C|D|t||ADT^A01|NEW|P|2.5\rPID|1\r',
      ],
      ['MSH#*~\\&#A#B#C#D#t##ADT*A01#OLD#P\r', 'MSH#*~\\&#A#B#C#D#t##ADT*A01#NEW#P\r'],
      [
        '\xef\xbb\xbfMSH|^~\\&|A|B|C|D|t||ADT|OLD|P\r',
        '\xef\xbb\xbfMSH|^~\\&|A|B|C|D|t||ADT|NEW|P\r',
      ],
      ['MSH|^~\\&|A|B|C|D|t||ADT||P\r', 'MSH|^~\\&|A|B|C|D|t||ADT|NEW|P\r'],
      ['MSH|^~\\&|A|B|C|D|t||ADT|OLD\rPID|1\r', 'MSH|^~\\&|A|B|C|D|t||ADT|NEW\rPID|1\r'],
      ['MSH|^~\\&|A|B|C|D|t||ADT|OLD', 'MSH|^~\\&|A|B|C|D|t||ADT|NEW'],
    ] as const
    for (const [before, after] of cases) {
      assert.equal(withControlId(Buffer.from(before, 'latin1'), 'NEW').toString('latin1'), after)
    }
  })

  it('leaves alone what has no header or no MSH-10', () => {
    for (const text of ['', 'PID|1', 'MSH', 'MSH|^~\\&|A\rPID|1|2|3|4|5|6|7|8|9|10|11\r']) {
      const bytes = Buffer.from(text)
      assert.deepEqual(withControlId(bytes, 'NEW'), bytes, text)
    }
  })
})

describe('quantile', () => {
  it('is the value below which a part of the numbers lies', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n)
    assert.deepEqual(
      [0, 0.5, 0.9, 0.99, 1].map(part => quantile(hundred, part)),
      [0, 50, 90, 99, 99],
    )
    assert.equal(quantile([7], 0.5), 7)
    assert.equal(quantile([], 0.5), 0)
  })

  it('is always one of the numbers', () => {
    const numbers = fc.array(fc.integer(), { minLength: 1 })
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (some, part) => {
        assert.ok(
          some.includes(
            quantile(
              some.toSorted((a, b) => a - b),
              part,
            ),
          ),
        )
      }),
    )
  })
})
