// Station 2: the bytes stand durable in the raw topic, unchanged, before anything is acknowledged.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { sha256 } from '../../src/kit/ids.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Received } from '../../src/model/message.ts'
import { receive } from '../../src/path/1_receive.ts'
import { append } from '../../src/path/2_append.ts'
import { diskFull, folder, guarded, handClock, openLog, openLogIn, recordsOf } from './rooms.ts'
import { CHANNEL, DEPLOYMENT, message, START_MS, TENANT } from './toy.ts'

const RAW = `raw.${TENANT}.${CHANNEL}`
const random = seededRandom(1)

function received(bytes: Buffer, tls_name?: string): Received {
  const peer = { address: '10.0.0.7', port: 40_000, ...(tls_name ? { tls_name } : {}) }
  const arrival = { bytes, peer, door: '2575', received_at_ms: START_MS }
  const result = receive(arrival, { clock: handClock(), random, record_bytes_max: 1_000_000 })
  assert.equal(result.kind, 'received')
  return result as Received
}

async function world(t: TestContext) {
  const log = await openLog(t, [RAW])
  return { log, context: { log, random, tenant: TENANT, channel: CHANNEL, deployment: DEPLOYMENT } }
}

describe('append', () => {
  it('says where the message stands, one offset after the other', async t => {
    const { context } = await world(t)
    for (const offset of [0, 1, 2]) {
      const stored = await append(received(message()), context)
      assert.deepEqual(stored.position, { topic: RAW, partition: 0, offset })
    }
  })

  it('keeps every byte, whatever the message holds (G2)', async t => {
    const { log, context } = await world(t)
    const tails = [
      Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0d, 0x0a, 0x1c]),
      Buffer.from('Ünïcödé \u{1f9ec}'),
      Buffer.from('Ünïcödé', 'latin1'),
      Buffer.alloc(100_000, 0x41),
    ]
    const messages = [
      ...tails.map(tail => Buffer.concat([message(), tail])),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), message()]),
    ]
    for (const bytes of messages) await append(received(bytes), context)
    const records = await recordsOf(log, RAW)
    assert.deepEqual(
      records.map(({ value }) => value),
      messages,
    )
  })

  it('writes beside them who sent what, when, and which deployment took it in (M02)', async t => {
    const { log, context } = await world(t)
    const one = received(message({ type: 'ADT^A08^ADT_A01', control_id: 'MSG1' }), 'his.harbor')
    await append(one, context)
    const [record] = await recordsOf(log, RAW)
    assert.ok(record)
    const { traceparent, ...headers } = record.headers
    assert.equal(record.key, '2575|HIS|HARBOR')
    assert.deepEqual(headers, {
      raw_id: one.raw_id,
      tenant: TENANT,
      channel: CHANNEL,
      feed: '2575|HIS|HARBOR',
      received_at: '2026-01-05T08:00:00.000Z',
      sha256: sha256(one.bytes),
      control_id: 'MSG1',
      message_type: 'ADT^A08',
      hl7_version: '2.5.1',
      charset: '',
      peer: '10.0.0.7 his.harbor',
      deployment: DEPLOYMENT,
    })
    assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  })

  it('begins a trace of its own for every message (M05)', async t => {
    const { log, context } = await world(t)
    for (let i = 0; i < 3; i++) await append(received(message()), context)
    const traces = (await recordsOf(log, RAW)).map(({ headers }) => headers.traceparent)
    assert.equal(new Set(traces).size, 3)
  })

  it('rejects where the log does: nothing may be acknowledged (G1)', async t => {
    const { log, context } = await world(t)
    const full = guarded(log, () => {
      throw diskFull()
    })
    await assert.rejects(append(received(message()), { ...context, log: full }), {
      code: 'log_disk_full',
    })
    assert.deepEqual(await recordsOf(log, RAW), [])
  })

  it('has made it durable when it resolves: a log opened anew holds it', async t => {
    const data = await folder(t)
    const log = await openLogIn(data)
    await log.createTopic(RAW)
    await append(received(message()), {
      log,
      random,
      tenant: TENANT,
      channel: CHANNEL,
      deployment: DEPLOYMENT,
    })
    await log.close()
    const again = await openLogIn(data)
    assert.deepEqual(
      (await recordsOf(again, RAW)).map(({ value }) => value),
      [message()],
    )
    await again.close()
  })
})
