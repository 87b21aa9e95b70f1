// The numbers of an engine: what the path counted, how long messages took, and that nothing a
// sender wrote becomes a label.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Engine } from '../../src/operate/engine.ts'
import { openMetrics } from '../../src/operate/metrics.ts'
import { COUNTERS } from '../../src/operate/metrics_names.ts'
import { openSignals } from '../../src/operate/signals.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { settled, startToy } from './world.ts'

const disk = { freeBytes: () => 4_096 }

/** A whole engine, its signals real. */
async function toy(t: TestContext, change: (engine: Engine) => Partial<Engine> = () => ({})) {
  const { engine, data, send } = await startToy(t)
  const signals = openSignals({ level: 'error', format: 'json' })
  // Read as it is at each question: the engine's own getters.
  const seen = Object.create(engine, {
    signals: { value: signals },
    ...Object.fromEntries(Object.entries(change(engine)).map(([name, value]) => [name, { value }])),
  }) as Engine
  const metrics = openMetrics(seen, { clock: systemClock, disk, data })
  return { engine, send, signals, metrics }
}

describe('the metrics', () => {
  it('hold what was counted, with every label and under documented names (P01)', async t => {
    const { metrics, signals } = await toy(t)
    signals.count('stored', { tenant: 'harbor', channel: 'feed' }, 5)
    signals.count('delivered', { tenant: 'harbor', target: 'chart', outcome: 'ok' }, 2)
    signals.count('delivered', { tenant: 'harbor', target: 'chart', outcome: 'fix' })
    const text = await metrics.text()
    assert.match(text, /^firth_stored_total\{tenant="harbor",channel="feed"\} 5$/m)
    assert.match(text, /^firth_delivered_total\{.*outcome="ok"\} 2$/m)
    assert.match(text, /^firth_delivered_total\{.*outcome="fix"\} 1$/m)
    assert.ok(text.includes(COUNTERS.stored ?? '?'))
    assert.match(text, /^firth_disk_free_bytes 4096$/m)
    assert.match(text, /^process_cpu_seconds_total /m)
    assert.match(metrics.type, /^text\/plain/)
  })

  it('hold how long messages stood before and in a station (P02, P06)', async t => {
    const { metrics, signals } = await toy(t)
    signals.passed?.({
      ...{ station: 'deliver', labels: { tenant: 'harbor', target: 'chart', outcome: 'ok' } },
      ...{ began_ms: 2_000, ended_ms: 3_000 },
      messages: [
        { traceparent: '', since_ms: 1_000 },
        { traceparent: '', since_ms: 2_500 },
      ],
    })
    const text = await metrics.text()
    const labels = '\\{station="deliver",tenant="harbor",channel="",target="chart",outcome="ok"\\}'
    assert.match(text, new RegExp(`^firth_station_seconds_sum${labels} 2\\.5$`, 'm'))
    assert.match(text, new RegExp(`^firth_station_seconds_count${labels} 2$`, 'm'))
    assert.match(text, new RegExp(`^firth_station_work_seconds_sum${labels} 1$`, 'm'))
  })

  it('are of names from configuration: a thousand senders make no new series (P04, N09)', async t => {
    const { metrics, engine, send } = await toy(t)
    const seriesOf = (text: string) => text.split('\n').filter(line => line.startsWith('firth_'))
    const facts = { visit: 1, at: '20260105080000+0000', revision: 1 }
    const from = (n: number) => ({ ...facts, patient: n, control_id: `C${n}`, facility: `F${n}` })
    await send(adt('A01', from(1)))
    await until('it is through', () => settled(engine))
    const before = seriesOf(await metrics.text())
    for (let n = 2; n < 60; n++) await send(adt('A01', from(n)))
    await until('all is through', () => settled(engine))
    let after = before
    await until('it is counted', async () => {
      after = seriesOf(await metrics.text())
      return after.some(line => /^firth_topic_records\{topic="raw.*\} 59$/.test(line))
    })
    const namesOf = (lines: string[]) => lines.map(line => line.replace(/ \S+$/, ''))
    assert.deepEqual(new Set(namesOf(after)), new Set(namesOf(before)))
  })

  it('leave out what cannot be read, and say so', async t => {
    const failing = {
      ...{ trouble: undefined, waiting_bytes: 0 },
      async partitions() {
        throw new Failure('log_io_error')
      },
    }
    const { metrics } = await toy(t, () => ({ log: failing as unknown as Engine['log'] }))
    const text = await metrics.text()
    assert.match(text, /^firth_metrics_unreadable\{part="records"\} 1$/m)
    assert.match(text, /^firth_metrics_unreadable\{part="ledger"\} 0$/m)
    assert.match(text, /^firth_log_trouble 0$/m)
  })

  it('are made once for many who ask together', async t => {
    let asked = 0
    const { metrics } = await toy(t, engine => ({
      store: Object.create(engine.store, {
        counts: {
          value: async () => {
            asked += 1
            return []
          },
        },
      }),
    }))
    const texts = await Promise.all(Array.from({ length: 50 }, () => metrics.text()))
    assert.equal(new Set(texts).size, 1)
    assert.equal(asked, 1)
  })
})
