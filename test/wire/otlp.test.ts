// Spans as a collector gets them: whole, in its words, and where it takes nothing that is said.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openOtlp, type Span } from '../../src/wire/otlp.ts'
import { startCollector } from '../peers/collector.ts'

const span: Span = {
  ...{ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), parent_id: 'c'.repeat(16) },
  ...{ name: 'firth route', kind: 'internal', began_ms: 1_795_000_000_250 },
  ended_ms: 1_795_000_001_500,
  attributes: { 'firth.tenant': 'harbor', 'firth.batch_messages': 2 },
  link: { trace_id: 'd'.repeat(32), span_id: 'e'.repeat(16) },
}

it('sends a span with its place, times, attributes and link', async t => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const otlp = openOtlp(collector.url, { version: '1.2.3' })
  assert.equal(await otlp.send([span]), true)
  await otlp.close()
  const [sent] = collector.spans()
  assert.equal(sent?.traceId, span.trace_id)
  assert.equal(sent.spanId, span.span_id)
  assert.equal(sent.parentSpanId, span.parent_id)
  assert.equal(sent.startTimeUnixNano, '1795000000250000000')
  assert.equal(sent.endTimeUnixNano, '1795000001500000000')
  assert.equal(sent.links?.[0]?.traceId, 'd'.repeat(32))
  assert.ok(collector.text().includes('"harbor"'))
  assert.ok(collector.text().includes('1.2.3'))
})

it('says that nobody took them, and never rejects', async t => {
  const collector = await startCollector()
  t.after(() => collector.close())
  collector.answer(400)
  const otlp = openOtlp(collector.url, { version: '1' })
  assert.equal(await otlp.send([span]), false)
  await otlp.close()
  const nobody = openOtlp('http://127.0.0.1:9/v1/traces', { version: '1' })
  assert.equal(await nobody.send([span]), false)
  await nobody.close()
})
