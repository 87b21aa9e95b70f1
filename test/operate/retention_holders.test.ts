// What holds the space, said so that an operator knows whom to ask.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pin } from '../../src/model/pin.ts'
import { holdersOf } from '../../src/operate/retention_holders.ts'

const RAW = 'raw.harbor.adt_in'
const aged = (aged_offset: number, topic = RAW) => ({
  ...{ topic, partition: 0, first_offset: 0, next_offset: 100, bytes: 1 },
  aged_offset,
})
const group = (name: string, committed_offset: number | undefined) => ({
  ...{ group: name, topic: RAW, partition: 0 },
  committed_offset,
})
const pin = (name: string, from_offset: number, to_offset: number | undefined): Pin => ({
  ...{ topic: RAW, partition: 0, why: 'open_dead_letter', name },
  ...{ from_offset, to_offset },
})
const log = {
  read: async (topic: string, partition: number, offset: number) => [
    { topic, partition, offset, time_ms: 1_000 + offset, key: '', headers: {}, value: Buffer.of() },
  ],
}
const facts = { aged: [aged(50)], groups: [], pins: [], log }

describe('what holds back old records', () => {
  it('is nothing where all of them may go', async () => {
    const groups = [group('transform', 50), group('search', 80)]
    assert.deepEqual(await holdersOf({ ...facts, groups, pins: [pin('young', 60, 61)] }), [])
  })

  it('names the slowest reader, since when, and how many others are behind', async () => {
    const groups = [group('search', 40), group('transform', 10), group('done', 90)]
    assert.deepEqual(await holdersOf({ ...facts, groups }), [
      {
        ...{ topic: RAW, partition: 0, why: 'unread', name: 'transform', more: 1 },
        ...{ records: 40, since_ms: 1_010 },
      },
    ])
  })

  it('counts what a reader that never committed holds from the first record on', async () => {
    const [holder] = await holdersOf({ ...facts, groups: [group('new', undefined)] })
    assert.equal(holder?.records, 50)
  })

  it('counts records that several pins hold once, and not what is young', async () => {
    const pins = [pin('b', 5, 8), pin('a', 7, 10), pin('c', 45, undefined), pin('a', 2, 3)]
    const [holder, ...more] = await holdersOf({ ...facts, pins })
    assert.deepEqual(
      { why: holder?.why, name: holder?.name, more: holder?.more, records: holder?.records },
      { why: 'open_dead_letter', name: 'a', more: 2, records: 1 + 5 + 5 },
    )
    assert.deepEqual(more, [])
  })

  it('puts the one that holds most first', async () => {
    const pins = [pin('few', 1, 3)]
    const found = await holdersOf({ ...facts, pins, groups: [group('slow', 20)] })
    assert.deepEqual(
      found.map(({ name }) => name),
      ['slow', 'few'],
    )
  })
})
