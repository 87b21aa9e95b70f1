// Stations 1 and 2 as a source sees them, and the door for what is refused: kept once, repeats
// counted.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import type { Refused } from '../../src/model/message.ts'
import { openIntake } from '../../src/path/intake.ts'
import { diskFull, guarded, handClock, openLog, recordsOf } from './rooms.ts'
import { CHANNEL, DEPLOYMENT, ears, message, START_MS, TENANT } from './toy.ts'

const RAW = `raw.${TENANT}.${CHANNEL}`
const DEAD = `dead.${TENANT}`

async function world(t: TestContext) {
  const log = await openLog(t, [RAW, DEAD])
  const signals = ears()
  const context = {
    log,
    clock: handClock(),
    random: seededRandom(1),
    signals,
    tenant: TENANT,
    channel: CHANNEL,
    deployment: DEPLOYMENT,
    record_bytes_max: 1_000,
  }
  const intake = openIntake(context)
  const arrival = (bytes: Buffer) => ({
    bytes,
    peer: { address: '10.0.0.7', port: 40_000 },
    door: '2575',
    received_at_ms: START_MS,
  })
  const refusedOf = (text: string): Refused => {
    const refused = intake.receive(arrival(Buffer.from(text)))
    assert.equal(refused.kind, 'refused')
    return refused as Refused
  }
  const dead = () => recordsOf(log, DEAD)
  return { log, signals, context, intake, arrival, refusedOf, dead }
}

describe('an intake', () => {
  it('stores what it has received and counts it', async t => {
    const { intake, arrival, log, signals } = await world(t)
    const received = intake.receive(arrival(message()))
    assert.ok(received.kind === 'received')
    assert.equal((await intake.append(received)).position.offset, 0)
    assert.equal((await recordsOf(log, RAW)).length, 1)
    assert.equal(signals.total('stored', { tenant: TENANT, channel: CHANNEL }), 1)
  })

  it('counts nothing as stored that was not', async t => {
    const { context, arrival, signals, log } = await world(t)
    const full = guarded(log, () => {
      throw diskFull()
    })
    const intake = openIntake({ ...context, log: full })
    const received = intake.receive(arrival(message()))
    assert.ok(received.kind === 'received')
    await assert.rejects(intake.append(received), { code: 'log_disk_full' })
    assert.equal(signals.total('stored'), 0)
  })

  it('takes the limit of the channel', async t => {
    const { intake, arrival } = await world(t)
    const large = intake.receive(arrival(Buffer.concat([message(), Buffer.alloc(1_000, 0x41)])))
    assert.equal(large.kind === 'refused' && large.code, 'frame_too_large')
  })
})

describe('refused input', () => {
  it('is a dead letter with its bytes, and never raw', async t => {
    const { intake, refusedOf, dead, log, signals } = await world(t)
    await intake.refuse(refusedOf('GET / HTTP/1.1'))
    const [letter] = await dead()
    assert.equal(letter?.value.toString(), 'GET / HTTP/1.1')
    assert.equal(letter?.headers['dlt.error.code'], 'frame_not_hl7')
    assert.deepEqual(await recordsOf(log, RAW), [])
    assert.equal(signals.total('refused', { code: 'frame_not_hl7' }), 1)
  })

  it('that repeats itself fills no disk: it is written at its 1st, 10th, 100th, 1000th time', async t => {
    const { intake, refusedOf, dead, signals } = await world(t)
    for (let i = 0; i < 1_000; i++) await intake.refuse(refusedOf('GET / HTTP/1.1'))
    const letters = await dead()
    assert.deepEqual(
      letters.map(({ headers }) => JSON.parse(headers['dlt.error.facts'] ?? '').repeats),
      [0, 9, 99, 999],
    )
    assert.equal(new Set(letters.map(({ headers }) => headers['dlt.id'])).size, 1)
    assert.equal(signals.total('refused'), 1_000)
    assert.equal(signals.said.length, 4)
  })

  it('that differs is written each', async t => {
    const { intake, refusedOf, dead } = await world(t)
    for (const text of ['one', 'two', 'one', 'two']) await intake.refuse(refusedOf(text))
    assert.deepEqual(
      (await dead()).map(({ value }) => value.toString()),
      ['one', 'two'],
    )
  })

  it('that could not be kept is written the next time, and the source is told', async t => {
    const { context, refusedOf, dead, log } = await world(t)
    let full = true
    const failing = guarded(log, method => {
      if (full && method === 'append') throw diskFull()
    })
    const intake = openIntake({ ...context, log: failing })
    await assert.rejects(intake.refuse(refusedOf('x')), { code: 'log_disk_full' })
    full = false
    await intake.refuse(refusedOf('x'))
    assert.equal((await dead()).length, 1)
  })

  it('is remembered within a limit: the least recently seen is forgotten first', async t => {
    const { intake, refusedOf, dead } = await world(t)
    await intake.refuse(refusedOf('kept'))
    await intake.refuse(refusedOf('forgotten'))
    for (let i = 0; i < 999; i++) {
      await intake.refuse(refusedOf(`other ${i}`))
      if (i === 500) await intake.refuse(refusedOf('kept'))
    }
    const before = (await dead()).length
    await intake.refuse(refusedOf('kept'))
    assert.equal((await dead()).length, before)
    await intake.refuse(refusedOf('forgotten'))
    assert.equal((await dead()).length, before + 1)
  })

  it('says nothing of its content in a signal (N09)', async t => {
    const { intake, refusedOf, signals } = await world(t)
    await intake.refuse(refusedOf('CANARY'))
    assert.doesNotMatch(JSON.stringify(signals.said), /CANARY/)
  })
})
