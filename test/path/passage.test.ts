// What a station tells of the records that it has worked.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { passage } from '../../src/path/passage.ts'

it('tells of each record since when it stood before the station, and of old ones without a trace', () => {
  const records = [
    { headers: { traceparent: '00-aa-bb-01', patient: 'never told' }, time_ms: 5 },
    { headers: {}, time_ms: 7 },
  ]
  const labels = { tenant: 'harbor' }
  assert.deepEqual(passage('route', records, { labels, began_ms: 9, clock: { now: () => 11 } }), {
    ...{ station: 'route', labels, began_ms: 9, ended_ms: 11 },
    messages: [
      { traceparent: '00-aa-bb-01', since_ms: 5 },
      { traceparent: '', since_ms: 7 },
    ],
  })
})
