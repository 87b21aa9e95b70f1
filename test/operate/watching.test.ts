// The doors for those who watch, on a whole engine: numbers that add up, health that turns with the
// drain, traces that reach the collector; and nothing of it where nothing was asked for.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { type OperatePlan, usualAlerts } from '../../src/model/plan.ts'
import { openWatching } from '../../src/operate/watching.ts'
import { freePorts } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { startCollector } from '../peers/collector.ts'
import { settled, startToy, toyPlan } from './world.ts'

function watched(t: TestContext, operate: Partial<OperatePlan>) {
  const plan = toyPlan()
  const engine = { ...plan.engine, operate: { alerts: usualAlerts, ...operate } }
  return startToy(t, undefined, { ...plan, engine })
}

const facts = (n: number) => ({
  ...{ control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 },
})

describe('who watches an engine', () => {
  it('hears nothing and costs nothing where firth.yaml asks for nothing', async t => {
    const { engine, data } = await watched(t, {})
    const watching = await openWatching(engine, { data, version: '1', clock: systemClock })
    assert.equal(watching.address, undefined)
    await watching.close()
  })

  it('reads numbers that add up to what came, and health by its parts', async t => {
    const [port = 0] = await freePorts(1)
    const { engine, data, send } = await watched(t, { http: { host: '127.0.0.1', port } })
    const watching = await openWatching(engine, { data, version: '1', clock: systemClock })
    t.after(() => watching.close())
    const get = async (path: string) => {
      const response = await fetch(`${watching.address}${path}`)
      return { status: response.status, body: await response.text() }
    }
    for (const n of [1, 2, 3]) await send(adt('A01', facts(n)))
    await send(Buffer.from('no HL7'))
    await until('all is through', () => settled(engine))
    const { status, body } = await get('/metrics')
    assert.equal(status, 200)
    assert.match(body, /^firth_log_trouble 0$/m)
    assert.match(body, /^firth_topic_records\{topic="raw\.harbor\.\w+"\} 3$/m)
    assert.match(body, /^firth_dead_letters_open\{tenant="harbor"\} 1$/m)
    assert.match(body, /^firth_writes\{tenant="harbor",target="chart",state="\w+"\} [1-9]/m)
    assert.match(body, /^firth_target_breaker\{tenant="harbor",target="chart"\} 0$/m)
    assert.ok(!body.includes('firth_metrics_unreadable{part="ledger"} 1'))
    assert.match(body, /^# HELP firth_waiting_seconds \w/m)

    assert.deepEqual(await get('/healthz'), { status: 200, body: 'alive\n' })
    assert.equal((await get('/readyz')).status, 200)
    watching.draining()
    const draining = await get('/readyz')
    assert.equal(draining.status, 503)
    assert.match(draining.body, /^engine: draining$/m)
    assert.equal((await get('/healthz')).status, 200)
    assert.equal((await get('/')).status, 404)
  })

  it('follows each message across the stations in one trace (M05, P06)', async t => {
    const collector = await startCollector()
    t.after(() => collector.close())
    const traces = { otlp_url: collector.url, sample_percent: 100 }
    const { engine, data, send } = await watched(t, { traces })
    const watching = await openWatching(engine, { data, version: '1', clock: systemClock })
    for (const n of [1, 2]) await send(adt('A01', facts(n)))
    await until('all is through', () => settled(engine))
    await watching.close()
    const byTrace = Map.groupBy(collector.spans(), span => span.traceId)
    assert.equal(byTrace.size, 2)
    for (const [, spans] of byTrace) {
      const names = new Set(spans.map(({ name }) => name))
      const stations = ['append', 'transform', 'route', 'govern', 'deliver', 'verify']
      assert.deepEqual([...names].sort(), stations.map(station => `firth ${station}`).sort())
      const [root] = spans.filter(({ name }) => name === 'firth append')
      const below = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
      assert.equal(below.length, spans.length - 1)
    }
    assert.ok(!/Birch|Cedar|M00000|Quay/.test(collector.text()), 'no patient in a span (N09)')
  })
})
