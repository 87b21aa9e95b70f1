// What a unit finds of its own work after a crash: all of it behind the committed offset, and
// nothing else.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Log, NewRecord } from '../../src/model/log.ts'
import { standing } from '../../src/path/standing.ts'
import { openLog } from './rooms.ts'

const topics = ['canonical.harbor', 'dead.harbor', 'audit.harbor']
const source_topic = 'raw.harbor.adt_in'

const output = (
  raw_id: string,
  offset: number,
  more: Readonly<Record<string, string>> = {},
): NewRecord => ({
  key: 'k',
  headers: { raw_id, source_topic, source_offset: String(offset), ...more },
  value: Buffer.from('{}'),
})
const letter = (raw_id: string, offset: number, topic = source_topic): NewRecord => ({
  key: 'k',
  headers: {
    raw_id,
    'dlt.id': raw_id,
    'dlt.origin.topic': topic,
    'dlt.origin.offset': String(offset),
  },
  value: Buffer.from('{}'),
})

async function world(
  t: TestContext,
): Promise<{ log: Log; found: (from: number) => Promise<object> }> {
  const log = await openLog(t, topics)
  const found = async (from_offset: number) =>
    Object.fromEntries(await standing(log, { source_topic, from_offset, topics }))
  return { log, found }
}

describe('standing', () => {
  it('is nothing where nothing was written', async t => {
    const { found } = await world(t)
    assert.deepEqual(await found(0), {})
  })

  it('finds what was written behind the committed offset, and what it came to', async t => {
    const { log, found } = await world(t)
    await log.append('canonical.harbor', 0, [output('a', 0), output('b', 1), output('c', 2)])
    await log.append('dead.harbor', 0, [letter('d', 3)])
    await log.append('audit.harbor', 0, [
      output('e', 4, { fate: 'filtered' }),
      output('f', 5, { fate: 'duplicate' }),
    ])
    assert.deepEqual(await found(1), {
      b: 'transformed',
      c: 'transformed',
      d: 'dead',
      e: 'filtered',
      f: 'duplicate',
    })
  })

  it('knows the messages of a batch apart', async t => {
    const { log, found } = await world(t)
    await log.append('canonical.harbor', 0, [output('a', 1, { index: '0' })])
    await log.append('audit.harbor', 0, [output('a', 1, { index: '1', fate: 'filtered' })])
    assert.deepEqual(await found(0), { 'a#0': 'transformed', 'a#1': 'filtered' })
  })

  it('takes nothing of other channels, other stations or refused input for its own', async t => {
    const { log, found } = await world(t)
    await log.append('canonical.harbor', 0, [output('x', 9, { source_topic: 'raw.harbor.oru_in' })])
    await log.append('dead.harbor', 0, [
      letter('y', 9, 'canonical.harbor'),
      { key: 'k', headers: { 'dlt.id': 'refused' }, value: Buffer.alloc(0) },
    ])
    await log.append('audit.harbor', 0, [
      output('z', 9, { source_topic: 'canonical.harbor', fate: 'unrouted' }),
    ])
    assert.deepEqual(await found(0), {})
  })

  it('looks past what others wrote since, over more than one reading', async t => {
    const { log, found } = await world(t)
    await log.append('canonical.harbor', 0, [output('before', 4), output('mine', 5)])
    const others = Array.from({ length: 2_500 }, (_, n) =>
      output(`o${n}`, n, { source_topic: 'raw.harbor.oru_in' }),
    )
    await log.append('canonical.harbor', 0, others)
    assert.deepEqual(await found(5), { mine: 'transformed' })
  })

  it('stops at its own work from before the committed offset: no topic is read to its begin', async t => {
    const { log } = await world(t)
    const old = Array.from({ length: 5_000 }, (_, n) => output(`old${n}`, n))
    await log.append('canonical.harbor', 0, old)
    await log.append('canonical.harbor', 0, [output('new', 5_000)])
    let first = Number.POSITIVE_INFINITY
    const watched: Log = Object.assign(Object.create(log) as Log, {
      read: (topic: string, partition: number, offset: number, bounds: never) => {
        first = Math.min(first, offset)
        return log.read(topic, partition, offset, bounds)
      },
      partitions: () => log.partitions(),
    })
    const found = await standing(watched, { source_topic, from_offset: 5_000, topics })
    assert.deepEqual([...found.keys()], ['new'])
    assert.ok(first >= 4_000)
  })
})
