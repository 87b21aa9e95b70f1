// Which writes a replayed message no longer comes to.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CanonicalEvent } from '../../src/model/event.ts'
import { type At, route } from '../../src/path/5_route.ts'
import type { Again } from '../../src/path/replay_make.ts'
import { noLongerMade } from '../../src/path/replay_retract.ts'
import { canonicalEvent, tenantPlan } from './toy.ts'

const message = Buffer.from('MSH|^~')
const [way] = tenantPlan().channels[0]?.routes ?? []

function written(event: CanonicalEvent, takes: 'message' | 'event') {
  assert.ok(way)
  const record: At = { key: 'k', offset: 0, headers: {}, message }
  const targets = [{ name: way.to, takes }]
  const [intent] = route(event, { match: 'all', routes: [way], targets }, record).intents
  return intent ?? assert.fail()
}

/** A message that came to both events comes to the second one alone. */
const [gone, kept] = [canonicalEvent({ id: 'a' }), canonicalEvent({ id: 'b' })]

function again(output: readonly CanonicalEvent[]): Again {
  return {
    record: {
      ...{ topic: 'raw.t.c', partition: 0, offset: 0, time_ms: 0, key: 'k', value: message },
      headers: { raw_id: gone.source.raw_id },
    },
    fate: 'again',
    output: output.map(({ id, ...rest }) => ({
      key: 'k',
      headers: { event_id: id },
      value: Buffer.from(JSON.stringify({ id, ...rest })),
    })),
    lost: [{ event_id: gone.id, raw_id: gone.source.raw_id }],
  }
}

describe('a message that comes to fewer events than before', () => {
  it('lacks the writes of the events that it no longer comes to', () => {
    const lacks = noLongerMade(again([kept]), 'again')?.lacks ?? assert.fail()
    assert.equal(lacks(written(gone, 'event')), true)
    assert.equal(lacks(written(kept, 'event')), false)
  })

  it('is still forwarded, unless it comes to no event at all', () => {
    assert.equal(written(gone, 'message').intent_id, written(kept, 'message').intent_id)
    assert.equal(noLongerMade(again([kept]), 'again')?.lacks(written(gone, 'message')), false)
    assert.equal(noLongerMade(again([]), 'again')?.lacks(written(gone, 'message')), true)
  })
})
