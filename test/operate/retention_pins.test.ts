// Dead letters and unfinished writes hold what they need, and no more than that.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Pin } from '../../src/model/pin.ts'
import { intentPins, letterPins } from '../../src/operate/retention_pins.ts'
import { admission, intent } from '../contract/store_samples.ts'
import { openLog, openStore } from '../path/rooms.ts'

const RAW = 'raw.harbor.adt_in'
const ORU = 'raw.harbor.oru_in'
const CANONICAL = 'canonical.harbor'
const DEAD = 'dead.harbor'

async function world(t: TestContext) {
  const log = await openLog(t, [RAW, ORU, CANONICAL, DEAD])
  const store = await openStore(t)
  const append = (topic: string, headers: Record<string, string>) =>
    log.append(topic, 0, [{ key: 'k', headers, value: Buffer.from('x') }])
  return { log, store, append }
}

const from = (topic: string, offset: number) => ({
  ...{ source_topic: topic, source_partition: '0', source_offset: String(offset) },
})
const origin = (topic: string, offset: number) => ({
  ...{
    'dlt.origin.topic': topic,
    'dlt.origin.partition': '0',
    'dlt.origin.offset': String(offset),
  },
})
const spans = (pins: readonly Pin[]) =>
  pins.map(pin => `${pin.topic} ${pin.from_offset}..${pin.to_offset ?? ''} ${pin.name}`)

describe('pins of dead letters', () => {
  it('hold the letter, what it comes from, and the message behind that', async t => {
    const { append, ...rooms } = await world(t)
    await append(DEAD, { 'dlt.id': 'refused' })
    await append(DEAD, { 'dlt.id': 'unmapped', ...origin(RAW, 7) })
    await append(DEAD, { 'dlt.id': 'unrouted', ...origin(CANONICAL, 3), ...from(ORU, 2) })
    assert.deepEqual(spans(await letterPins(rooms)()), [
      'dead.harbor 0..1 refused',
      'dead.harbor 1..2 unmapped',
      'raw.harbor.adt_in 7..8 unmapped',
      'dead.harbor 2..3 unrouted',
      'canonical.harbor 3..4 unrouted',
      'raw.harbor.oru_in 2..3 unrouted',
    ])
  })

  it('of a dead write hold the message that its event comes from, to be mended', async t => {
    const { append, ...rooms } = await world(t)
    await append(CANONICAL, { event_id: 'other', ...from(RAW, 4) })
    await append(CANONICAL, { event_id: 'event', ...from(ORU, 5) })
    await append(DEAD, { 'dlt.id': 'write', event_id: 'event', ...origin(CANONICAL, 1) })
    assert.deepEqual(spans(await letterPins(rooms)()), [
      'dead.harbor 0..1 write',
      'canonical.harbor 1..2 write',
      'raw.harbor.oru_in 5..6 write',
    ])
  })

  it('end when somebody decides, and of a letter written again the newest counts', async t => {
    const { append, log, store } = await world(t)
    const pins = letterPins({ log, store })
    await append(DEAD, { 'dlt.id': 'one', ...origin(RAW, 7) })
    await append(DEAD, { 'dlt.id': 'two' })
    assert.equal((await pins()).length, 3)
    await append(DEAD, { 'dlt.id': 'two' })
    const made = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }
    const act = { tenant: 'harbor', state: 'dropped', by: 'R. Moss', why: '', at_ms: 1 } as const
    await store.closeLetters([{ letter_id: 'one', ...act, ...made }])
    assert.deepEqual(spans(await pins()), ['dead.harbor 2..3 two'])
  })
})

describe('pins of unfinished writes', () => {
  it('hold their event and its message, each once', async t => {
    const { append, log, store } = await world(t)
    for (const [topic, at] of [
      [RAW, 0],
      [ORU, 5],
      [RAW, 1],
    ] as const)
      await append(CANONICAL, from(topic, at))
    const rows = [1, 1, 2].map(sequence => intent({ tenant: 'harbor', sequence }))
    await store.admit(
      rows.map(one => admission(one)),
      1,
    )
    assert.deepEqual(spans(await intentPins({ log, store })()), [
      'canonical.harbor 1..2 harbor',
      'raw.harbor.oru_in 5..6 harbor',
      'canonical.harbor 2..3 harbor',
      'raw.harbor.adt_in 1..2 harbor',
    ])
  })

  it('hold everything behind the thousandth, so that a long outage costs no long look', async t => {
    const { log, store } = await world(t)
    const records = Array.from({ length: 1_200 }, (_, i) => {
      return { key: 'k', headers: from(RAW, i), value: Buffer.from('x') }
    })
    await log.append(CANONICAL, 0, records)
    const rows = records.map((_, sequence) => intent({ tenant: 'harbor', sequence }))
    await store.admit(
      rows.map(one => admission(one)),
      1,
    )
    const pins = spans(await intentPins({ log, store })())
    assert.equal(pins.length, 2 * 1_000 + 3)
    assert.deepEqual(pins.slice(-3), [
      'canonical.harbor 999.. harbor',
      'raw.harbor.adt_in 999.. harbor',
      // Of this one no event was seen: all of it may be needed.
      'raw.harbor.oru_in 0.. harbor',
    ])
  })
})
