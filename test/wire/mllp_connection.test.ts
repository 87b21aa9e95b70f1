// One connection, on a network of function calls and a clock that the test moves: when it reads,
// when it pauses, and that every way out gives back what it held. Real sockets:
// hostile_senders.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/model/errors.ts'
import { ByteBudget, type MllpListenerLimits } from '../../src/wire/mllp_limits.ts'
import { listenMllp } from '../../src/wire/mllp_server.ts'
import { FakeNet } from '../peers/fake_net.ts'
import { ManualClock, settled } from '../peers/manual_clock.ts'
import { MemoryIntake } from '../peers/memory_intake.ts'
import { frame, latin1, message, VT } from '../peers/raw_sender.ts'

async function start(limits: Partial<MllpListenerLimits> = {}, unanswered_max = 1_000_000) {
  const net = new FakeNet()
  const clock = new ManualClock()
  const intake = new MemoryIntake()
  const unanswered = new ByteBudget(unanswered_max)
  const unfinished = new ByteBudget(1_000_000)
  const said: string[] = []
  const server = await listenMllp({
    host: '127.0.0.1',
    port: 2575,
    intake,
    net,
    clock,
    limits,
    unanswered,
    unfinished,
    signals: {
      say: (_level, what, facts) => void said.push(`${what} ${facts?.why ?? ''}`),
      count() {},
    },
  })
  /** Appends wait until the test lets the next one through. */
  const held: ((cause?: Failure) => void)[] = []
  const hold = () => {
    intake.disk = () =>
      new Promise((resolve, reject) => {
        held.push(cause => (cause ? reject(cause) : resolve()))
      })
  }
  return { net, clock, intake, unanswered, unfinished, server, said, held, hold }
}

test('frames of one read are answered in one write', async () => {
  const { net } = await start()
  const link = net.arrive()
  link.sends(Buffer.concat(['A', 'B', 'C'].map(id => frame(message(id)))))
  await settled()
  assert.deepEqual(link.codes, ['AA A', 'AA B', 'AA C'])
  assert.equal(link.writes.length, 1)
})

test('pauses at its limit of frames in hand and reads on when one is answered', async () => {
  const { net, held, hold } = await start({ in_hand_messages_max: 2 })
  hold()
  const link = net.arrive()
  link.sends(frame(message('A')))
  assert.equal(link.paused, false)
  link.sends(frame(message('B')))
  assert.equal(link.paused, true)
  held[0]?.()
  await settled()
  assert.equal(link.paused, false)
})

test('pauses at its limit of bytes in hand', async () => {
  const { net, held, hold } = await start({ in_hand_bytes_max: 50 })
  hold()
  const link = net.arrive()
  link.sends(frame(message('A')))
  assert.equal(link.paused, true)
  held[0]?.()
  await settled()
  assert.equal(link.paused, false)
})

test('pauses while its answers are not taken', async () => {
  const { net } = await start({ unread_answer_bytes_max: 100 })
  const link = net.arrive()
  link.stuck = true
  link.sends(frame(message('A')))
  await settled()
  assert.equal(link.paused, true)
  link.takes()
  assert.equal(link.paused, false)
})

test('pauses while the process holds too much, and is woken by another connection', async () => {
  const { net, held, hold, unanswered } = await start({}, 100)
  hold()
  const [first, second] = [net.arrive(), net.arrive()]
  first.sends(frame(message('A')))
  second.sends(latin1('\r'))
  assert.deepEqual([first.paused, second.paused], [true, true])
  held[0]?.()
  await settled()
  assert.deepEqual([first.paused, second.paused, unanswered.taken], [false, false, 0])
})

test('time in which it is paused is not the sender’s', async () => {
  const { net, clock, held, hold } = await start({ in_hand_messages_max: 1, frame_ms_max: 100 })
  hold()
  const link = net.arrive()
  link.sends(Buffer.concat([frame(message('A')), frame(message('B')).subarray(0, 20)]))
  await clock.pass(60_000)
  assert.equal(link.ended, false)
  held[0]?.()
  await settled()
  link.sends(frame(message('B')).subarray(20))
  held[1]?.()
  await settled()
  assert.deepEqual(link.codes, ['AA A', 'AA B'])
})

for (const [why, limit, sends] of [
  ['no first byte', { first_byte_ms_max: 1_000 }, ''],
  ['idle', { idle_ms_max: 1_000 }, '\r'],
  ['frame not finished', { frame_ms_max: 1_000 }, `${VT}MSH|^~\\&|`],
] as const) {
  test(`is closed for '${why}' at its limit, and lingers for its limit`, async () => {
    const { net, clock, said, intake, unfinished } = await start({ ...limit, linger_ms_max: 5_000 })
    const link = net.arrive()
    if (sends !== '') link.sends(latin1(sends))
    await clock.pass(999)
    assert.equal(link.ended, false)
    await clock.pass(400)
    assert.equal(link.ended, true)
    assert.equal(link.paused, false)
    assert.ok(said.includes(`mllp connection closed ${why}`))
    link.sends(frame(message('TOO LATE')))
    await clock.pass(4_000)
    assert.equal(link.destroyed, false)
    await clock.pass(2_500)
    assert.equal(link.destroyed, true)
    assert.deepEqual(intake.codes, why === 'frame not finished' ? ['frame_cut_off'] : [])
    assert.deepEqual([intake.stored.length, unfinished.taken], [0, 0])
  })
}

test('a sender that takes no answers is closed after its limit', async () => {
  const { net, clock, said } = await start({ unread_answer_ms_max: 1_000 })
  const link = net.arrive()
  link.stuck = true
  link.sends(frame(message('A')))
  await clock.pass(900)
  assert.equal(link.destroyed, false)
  await clock.pass(600)
  assert.equal(link.destroyed, true)
  assert.ok(said.includes('mllp connection closed answers not read'))
})

test('after a failed append nothing more is read, and what it held is given back', async () => {
  const { net, held, hold, unanswered, unfinished, intake } = await start()
  hold()
  const link = net.arrive()
  link.sends(Buffer.concat([frame(message('A')), frame(message('B')), latin1(`${VT}MSH|`)]))
  held[0]?.(new Failure('log_disk_full'))
  await settled()
  assert.deepEqual(link.codes, ['AE A', 'AE B'])
  assert.equal(link.ended, true)
  link.sends(frame(message('C')))
  held[1]?.()
  link.leaves()
  await settled()
  assert.deepEqual(intake.ids, ['B'])
  assert.deepEqual([unanswered.taken, unfinished.taken], [0, 0])
})

test('a frame behind one whose receiving throws in the same read is refused as well', async () => {
  const { net, intake } = await start()
  const receive = intake.receive.bind(intake)
  intake.receive = arrival => {
    if (arrival.bytes.includes('BAD')) throw new Failure('log_closed')
    return receive(arrival)
  }
  const link = net.arrive()
  link.sends(Buffer.concat(['GOOD', 'BAD', 'BEHIND'].map(id => frame(message(id)))))
  await settled()
  assert.deepEqual(link.codes, ['AA GOOD', 'AE BAD', 'AE BEHIND'])
  assert.deepEqual(intake.ids, ['GOOD'])
})

test('answers for a sender that has left are spoken of, and what it sent is kept', async () => {
  const { net, held, hold, said, intake, server } = await start()
  hold()
  const link = net.arrive()
  link.sends(frame(message('A')))
  link.destroy()
  held[0]?.()
  await settled()
  assert.deepEqual(intake.ids, ['A'])
  assert.ok(said.includes('mllp sender left before its answers '))
  assert.deepEqual(
    server.feeds().map(({ connections }) => connections),
    [0, 0],
  )
})
