// What the process says of its own health.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { processFacts } from '../../src/operate/process_facts.ts'

it('says how much memory the process holds, and never a negative delay', async () => {
  for (let i = 0; i < 3; i++) {
    const { rss_bytes, event_loop_ms_p99 } = processFacts()
    assert.ok(rss_bytes > 1_000_000)
    assert.ok(event_loop_ms_p99 >= 0)
    await delay(20)
  }
})

it('sees an event loop that was held up, in the span since the last look', async () => {
  processFacts()
  await delay(20)
  const until_ms = Date.now() + 200
  while (Date.now() < until_ms);
  await delay(20)
  assert.ok(processFacts().event_loop_ms_p99 >= 100)
})
