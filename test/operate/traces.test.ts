// Traces of messages: one trace a message, sampled as its header says, never in the path's way.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Passage } from '../../src/model/signals.ts'
import { openSignals } from '../../src/operate/signals.ts'
import { openTraces, spansOf } from '../../src/operate/traces.ts'
import type { Span } from '../../src/wire/otlp.ts'
import { until } from '../path/rooms.ts'

const parent = (n: number, flags = '01') =>
  `00-${String(n).padStart(32, '0')}-${String(n).padStart(16, '0')}-${flags}`

const passage = (station: Passage['station'], traceparents: readonly string[]): Passage => ({
  ...{ station, labels: { tenant: 'harbor', channel: 'feed' }, began_ms: 100, ended_ms: 110 },
  messages: traceparents.map(traceparent => ({ traceparent, since_ms: 40 })),
})

describe('the spans of a passage', () => {
  const random = seededRandom(7)

  it('begin a trace with the way into the log, under the id that the record carries (M05)', () => {
    const [first] = spansOf(passage('append', [parent(1)]), random)
    assert.equal(first?.trace_id, '1'.padStart(32, '0'))
    assert.equal(first.span_id, '1'.padStart(16, '0'))
    assert.equal(first.parent_id, undefined)
  })

  it('stand below it at every later station, linked where they were worked together', () => {
    const spans = spansOf(passage('transform', [parent(1), parent(2)]), random)
    assert.deepEqual(
      spans.map(span => span.parent_id),
      ['1'.padStart(16, '0'), '2'.padStart(16, '0')],
    )
    assert.equal(new Set(spans.map(span => span.span_id)).size, 2)
    assert.equal(spans[0]?.link, undefined)
    assert.equal(spans[1]?.link?.trace_id, spans[0]?.trace_id)
    assert.equal(spans[1]?.attributes['firth.waited_ms'], 60)
  })

  it('are none for what is not sampled, has no trace, or whose header is another thing', () => {
    const strange = ['', 'Doe^Jane', parent(3, '00'), `${parent(4)}-more`]
    assert.deepEqual(spansOf(passage('route', strange), random), [])
  })
})

function sending(t: TestContext) {
  const sent: Span[] = []
  let takes = true
  const otlp = {
    send: async (spans: readonly Span[]) => {
      if (takes) sent.push(...spans)
      return takes
    },
    close: async () => {},
  }
  const signals = openSignals({ level: 'error', format: 'json' })
  const said: string[] = []
  const told = { ...signals, say: (_: unknown, what: string) => void said.push(what) }
  const traces = openTraces(otlp, { signals: told, clock: systemClock, random: seededRandom(1) })
  t.after(() => traces.close())
  const dropped = () =>
    signals.counters().find(({ name }) => name === 'trace_spans_dropped')?.value ?? 0
  return { sent, said, dropped, pass: signals, traces, takes: (word: boolean) => (takes = word) }
}

describe('sending', () => {
  it('goes on beside the path, and closing sends what waits', async t => {
    const { sent, pass, traces } = sending(t)
    pass.passed?.(passage('append', [parent(1)]))
    assert.equal(sent.length, 0, 'nothing is sent within the passage')
    await traces.close()
    assert.equal(sent.length, 1)
  })

  it('drops and counts what a collector does not take, and says so once', async t => {
    const { said, dropped, pass, takes } = sending(t)
    takes(false)
    pass.passed?.(passage('append', [parent(1)]))
    await until('it is dropped', async () => dropped() === 1)
    pass.passed?.(passage('append', [parent(2)]))
    await until('so is the next', async () => dropped() === 2)
    assert.equal(said.length, 1)
    takes(true)
    pass.passed?.(passage('append', [parent(3)]))
    await until('it is said that it takes them again', async () => said.length === 2)
    assert.equal(dropped(), 2)
  })

  it('keeps no more than its queue holds', t => {
    const { dropped, pass } = sending(t)
    const many = Array.from({ length: 9_000 }, (_, i) => parent(i + 1))
    pass.passed?.(passage('transform', many))
    assert.equal(dropped(), 9_000 - 8_192)
  })
})
