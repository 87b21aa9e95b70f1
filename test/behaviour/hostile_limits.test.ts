// The listener's limits against senders that would take all there is, and its stop, over real
// sockets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Signals } from '../../src/model/signals.ts'
import { ByteBudget } from '../../src/wire/mllp_limits.ts'
import { listen } from '../peers/listening.ts'
import { frame, latin1, message, RawSender, until, VT } from '../peers/raw_sender.ts'

test('an endless frame is cut at the limit, answered AR, and its connection closed', async () => {
  const server = await listen({ frame_bytes_max: 1_000_000 })
  const sender = await RawSender.open(server.port)
  sender.write(`${VT}${message('BIG').toString('latin1')}OBX|1|ED|||`)
  const more = Buffer.alloc(1_000_000, 'x')
  for (let i = 0; i < 50 && !sender.gone; i++) {
    sender.write(more)
    await sleep(5)
  }
  assert.deepEqual(await sender.answered(1), ['AR BIG'])
  await sender.untilGone()
  assert.deepEqual(server.intake.codes, ['frame_too_large'])
  assert.equal(server.intake.refused[0]?.bytes.length, 65_536)
  sender.socket.destroy()
})

test('a sender without framing is closed when its stray bytes pass the limit', async () => {
  const server = await listen({ outside_bytes_max: 200 })
  const sender = await RawSender.open(server.port)
  for (let i = 0; i < 5; i++) sender.write(message(`BARE${i}`))
  await sender.untilGone()
  assert.deepEqual(sender.acks, [])
  assert.deepEqual(server.intake.codes, ['bytes_outside_frame'])
  sender.socket.destroy()
})

test('a sender that reads no answers is not read either, and is closed in the end', async () => {
  const limits = { unread_answer_bytes_max: 20_000, unread_answer_ms_max: 1_500 }
  const server = await listen(limits)
  const sender = await RawSender.open(server.port)
  sender.socket.pause()
  const stream = Buffer.concat(Array.from({ length: 1_000 }, (_, i) => frame(message(`U${i}`))))
  let written = 0
  while (!server.said.includes('mllp connection closed answers not read')) {
    // Only as much as the system takes: what is left shows that the listener stopped reading.
    if (sender.socket.writableLength < 1_000_000) {
      sender.socket.write(stream)
      written += 1_000
    }
    await sleep(5)
  }
  assert.ok(server.intake.stored.length < written, 'the listener read everything')
  sender.socket.destroy()
  await until('gone', () => server.feeds().every(feed => feed.connections === 0))
})

test('a connection with too much in hand is not read until answers have left', async () => {
  const server = await listen({ in_hand_messages_max: 10 })
  const release: (() => void)[] = []
  server.intake.disk = () => new Promise<void>(resolve => void release.push(resolve))
  const sender = await RawSender.open(server.port)
  for (let i = 0; i < 200; i++) {
    sender.write(Buffer.concat([frame(message(`I${i}`)), Buffer.alloc(20_000)]))
  }
  await until('the first are in hand', () => release.length >= 10)
  await sleep(200)
  // Each read holds at most a few frames beside their padding, so the limit is passed by one read.
  assert.ok(release.length < 40, `${release.length} in hand`)
  while (sender.answers.length < 200) {
    for (const resolve of release.splice(0)) resolve()
    await sleep(1)
  }
  assert.deepEqual(
    sender.acks,
    Array.from({ length: 200 }, (_, i) => `AA I${i}`),
  )
  await sender.close()
})

test('one budget of bytes in hand holds all connections back, and none for ever', async () => {
  const unanswered = new ByteBudget(1_000)
  const server = await listen({}, { unanswered })
  const release: (() => void)[] = []
  server.intake.disk = () => new Promise<void>(resolve => void release.push(resolve))
  const senders = await Promise.all(Array.from({ length: 5 }, () => RawSender.open(server.port)))
  const body = Buffer.concat([message('BUDGET'), Buffer.alloc(50_000, 'x')])
  for (const sender of senders) for (let i = 0; i < 10; i++) sender.write(frame(body))
  await until('some are in hand', () => release.length > 0)
  await sleep(200)
  assert.ok(release.length < 30, `${release.length} in hand`)
  while (senders.some(sender => sender.answers.length < 10)) {
    for (const resolve of release.splice(0)) resolve()
    await sleep(1)
  }
  assert.equal(unanswered.taken, 0)
  await Promise.all(senders.map(sender => sender.close()))
})

test('unfinished frames that fill the process are refused with AE', async () => {
  const unfinished = new ByteBudget(300_000)
  const server = await listen({}, { unfinished })
  const start = `${VT}${message('PART').toString('latin1')}OBX|1|ED|||`
  const senders = await Promise.all(Array.from({ length: 4 }, () => RawSender.open(server.port)))
  for (const sender of senders) sender.write(start + 'x'.repeat(100_000))
  await until('one is refused', () => senders.some(sender => sender.answers.length > 0))
  const refused = senders.find(sender => sender.answers.length > 0)
  assert.deepEqual(refused?.acks, ['AE PART'])
  assert.ok(server.said.includes('intake_full'))
  for (const sender of senders) sender.socket.destroy()
  await until('all is given back', () => unfinished.taken === 0)
})

test('connections beyond the limit are closed at once, and said and counted', async () => {
  const counts: string[] = []
  const said: string[] = []
  const signals: Signals = {
    say: (_level, what) => void said.push(what),
    count: name => void counts.push(name),
  }
  const server = await listen({ connections_max: 3 }, { signals })
  const senders = await Promise.all(Array.from({ length: 5 }, () => RawSender.open(server.port)))
  await until('two are refused', () => senders.filter(sender => sender.gone).length === 2)
  assert.deepEqual(counts, ['mllp_connections_refused', 'mllp_connections_refused'])
  assert.ok(said.includes('mllp connection refused'))
  const kept = senders.filter(sender => !sender.gone)
  for (const sender of kept) sender.write(frame(message('KEPT')))
  for (const sender of kept) assert.deepEqual(await sender.answered(1), ['AA KEPT'])
  // A place that is left is taken by the next.
  await kept[0]?.close()
  await until('a place is free', () => server.feeds().some(feed => feed.connections === 2))
  const next = await RawSender.open(server.port)
  next.write(frame(message('NEXT')))
  assert.deepEqual(await next.answered(1), ['AA NEXT'])
  await Promise.all([next, ...kept.slice(1)].map(sender => sender.close()))
})

test('one address may not take all connections', async () => {
  const server = await listen({ connections_per_peer_max: 2 })
  const senders = await Promise.all(Array.from({ length: 3 }, () => RawSender.open(server.port)))
  await until('one is refused', () => senders.some(sender => sender.gone))
  assert.equal(senders.filter(sender => sender.gone).length, 1)
  for (const sender of senders) sender.socket.destroy()
})

test('a connection that sends nothing, and one that falls silent, are closed', async () => {
  const server = await listen({ first_byte_ms_max: 1_500, idle_ms_max: 3_000 })
  const mute = await RawSender.open(server.port)
  const idle = await RawSender.open(server.port)
  idle.write(frame(message('IDLE')))
  await Promise.all([mute.untilGone(), idle.untilGone()])
  assert.deepEqual(idle.acks, ['AA IDLE'])
  assert.deepEqual(
    server.said.filter(line => line.startsWith('mllp connection closed')),
    ['mllp connection closed no first byte', 'mllp connection closed idle'],
  )
  await Promise.all([mute.close(), idle.close()])
})

test('a frame that trickles in for ever is cut off, kept as refused and not answered', async () => {
  const server = await listen({ frame_ms_max: 500 })
  const sender = await RawSender.open(server.port)
  sender.write(frame(message('WHOLE')))
  sender.write(`${VT}MSH|`)
  while (!sender.gone) {
    sender.write('x')
    await sleep(20)
  }
  assert.deepEqual(sender.acks, ['AA WHOLE'])
  assert.deepEqual(server.intake.codes, ['frame_cut_off'])
  sender.socket.destroy()
})

test('a stop takes nothing new, lets a frame end, and answers what is in hand', async () => {
  const unfinished = new ByteBudget(1_000_000)
  const server = await listen({}, { unfinished })
  const release: (() => void)[] = []
  server.intake.disk = () => new Promise<void>(resolve => void release.push(resolve))
  const [busy, half, idle] = await Promise.all([1, 2, 3].map(() => RawSender.open(server.port)))
  assert.ok(busy && half && idle)
  busy.write(frame(message('BUSY')))
  half.write(frame(message('HALF')).subarray(0, 30))
  await until('in hand', () => release.length === 1 && unfinished.taken > 0)
  const drained = server.drain()
  await idle.untilGone()
  const late = await RawSender.open(server.port)
  assert.equal(late.error, 'ECONNREFUSED')
  busy.write(frame(message('LATE')))
  half.write(
    Buffer.concat([frame(message('HALF')).subarray(30), frame(message('NEXT')).subarray(0, 20)]),
  )
  await until('the begun frame is in hand', () => release.length === 2)
  for (const resolve of release) resolve()
  await Promise.all([busy.untilGone(), half.untilGone()])
  assert.deepEqual(busy.acks, ['AA BUSY'])
  assert.deepEqual(half.acks, ['AA HALF'])
  await drained
  assert.deepEqual(server.intake.ids.sort(), ['BUSY', 'HALF'])
  for (const sender of [busy, half, idle]) sender.socket.destroy()
})

test('a stop waits no longer than its limit', async () => {
  const server = await listen({ drain_ms_max: 300 })
  server.intake.disk = () => new Promise(() => {})
  const sender = await RawSender.open(server.port)
  sender.write(frame(message('STUCK')))
  await until('in hand', () => server.feeds().some(feed => feed.received === 1))
  await server.drain()
  await sender.untilGone()
  assert.deepEqual(sender.acks, [])
  sender.socket.destroy()
})

test('feeds are counted apart by sender, and a flood of names shares one row', async () => {
  const server = await listen({ feeds_max: 3 })
  const sender = await RawSender.open(server.port)
  const names = ['A', 'A', 'B', 'C', 'D', 'E']
  for (const name of names) sender.write(frame(message(`ID${name}`, { 3: name, 4: 'F' })))
  sender.write(frame(latin1('rubbish')))
  await sender.answered(7)
  const rows = server.feeds().map(({ feed, received, acknowledged, refused }) => {
    return [feed.replace(/^\d+/, 'door'), received, acknowledged, refused]
  })
  assert.deepEqual(rows, [
    ['door', 3, 3, 1],
    ['door|A|F', 2, 2, 0],
    ['door|B|F', 1, 1, 0],
  ])
  await sender.close()
})
