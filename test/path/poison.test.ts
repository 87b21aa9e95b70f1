// The letters of records that ended the process: what they say, under which id, and that the record
// is kept whole.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogRecord } from '../../src/model/log.ts'
import { buryRaw, buryRouted } from '../../src/path/poison.ts'
import { openLog, recordsOf } from './rooms.ts'
import { CHANNEL, TENANT } from './toy.ts'

const record = (topic: string, headers: Readonly<Record<string, string>>): LogRecord => ({
  topic,
  partition: 0,
  offset: 7,
  time_ms: 1_000,
  key: 'feed',
  headers,
  value: Buffer.from('MSH|poison'),
})

describe('a record that ended the process', () => {
  it('is a letter of its station, with its bytes, its origin and how often it did', async t => {
    const log = await openLog(t, [`dead.${TENANT}`, `canonical.${TENANT}`])
    const of = { log, tenant: TENANT, group: 'unit', now_ms: 5_000, deaths: 2 }
    const raw = record(`raw.${TENANT}.${CHANNEL}`, { raw_id: 'r1', deployment: 'd1' })
    const event = record(`canonical.${TENANT}`, { raw_id: 'r1', event_id: 'e1', channel: CHANNEL })
    const intent = record(`outbound.${TENANT}.chart`, { intent_id: 'i1', channel: CHANNEL })
    await buryRaw(raw, { ...of, channel: CHANNEL })
    await buryRaw(raw, { ...of, channel: CHANNEL })
    await buryRouted(event, { ...of, stage: 'route' })
    await buryRouted(intent, { ...of, stage: 'deliver' })
    await buryRouted(intent, { ...of, stage: 'deliver' })
    const letters = await recordsOf(log, `dead.${TENANT}`)
    assert.deepEqual(
      letters.map(({ headers }) => headers['dlt.stage']),
      ['transform', 'transform', 'route', 'deliver', 'deliver'],
    )
    for (const { headers, value } of letters) {
      assert.equal(headers['dlt.class'], 'poison')
      assert.equal(headers['dlt.error.code'], 'record_crashes')
      assert.equal(headers['dlt.channel'], CHANNEL)
      assert.equal(headers['dlt.origin.offset'], '7')
      assert.deepEqual(JSON.parse(headers['dlt.error.facts'] ?? ''), { deaths: 2 })
      assert.equal(value.toString(), 'MSH|poison')
    }
    const ids = letters.map(({ headers }) => headers['dlt.id'])
    assert.equal(new Set(ids).size, 3, 'written twice, it is one letter')
  })

  it('is a letter of its own each time that it is retried and ends the process again', async t => {
    const log = await openLog(t, [`dead.${TENANT}`])
    const of = { log, tenant: TENANT, group: 'unit', now_ms: 5_000, deaths: 2 }
    const intent = record(`outbound.${TENANT}.chart`, { intent_id: 'i1', channel: CHANNEL })
    await buryRouted(intent, { ...of, stage: 'deliver' })
    await buryRouted({ ...intent, offset: 9 }, { ...of, stage: 'deliver' })
    const letters = await recordsOf(log, `dead.${TENANT}`)
    assert.equal(new Set(letters.map(({ headers }) => headers['dlt.id'])).size, 2)
  })
})
