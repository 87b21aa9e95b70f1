// The listener as a whole, on a network of function calls: who gets in, who is counted, how it
// stops.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Net } from '../../src/kit/net.ts'
import { silentSignals } from '../../src/model/signals.ts'
import { ByteBudget } from '../../src/wire/mllp_limits.ts'
import { listenMllp, type MllpServerOptions } from '../../src/wire/mllp_server.ts'
import { FakeNet } from '../peers/fake_net.ts'
import { ManualClock, settled } from '../peers/manual_clock.ts'
import { MemoryIntake } from '../peers/memory_intake.ts'
import { frame, message } from '../peers/raw_sender.ts'

async function start(more: Partial<MllpServerOptions> = {}) {
  const net = new FakeNet()
  const clock = new ManualClock()
  const intake = new MemoryIntake()
  const lines: string[] = []
  const counts: string[] = []
  const server = await listenMllp({
    host: '127.0.0.1',
    port: 2575,
    intake,
    net,
    clock,
    unanswered: new ByteBudget(1_000_000),
    unfinished: new ByteBudget(1_000_000),
    signals: {
      say: (_level, what, facts) => void lines.push(`${what} ${facts?.refused ?? ''}`.trim()),
      count: name => void counts.push(name),
    },
    ...more,
  })
  return { net, clock, intake, server, lines, counts }
}

test('takes so many connections, and so many of one address, and each place again', async () => {
  const limits = { connections_max: 3, connections_per_peer_max: 2 }
  const { net } = await start({ limits })
  const taken = (address: string) => net.arrive(address)
  const [a, b, c] = [taken('A'), taken('A'), taken('A')]
  assert.deepEqual(
    [a, b, c].map(link => link.handler !== undefined),
    [true, true, false],
  )
  const [d, e] = [taken('B'), taken('C')]
  assert.deepEqual(
    [d, e].map(link => link.handler !== undefined),
    [true, false],
  )
  a.leaves()
  await settled()
  assert.ok(taken('A').handler)
  assert.equal(taken('A').handler, undefined)
})

test('every refusal is counted, and a flood of them is one line a second', async () => {
  const { net, clock, lines, counts } = await start({ limits: { connections_max: 0 } })
  for (let i = 0; i < 100; i++) net.arrive()
  await clock.pass(1_000)
  net.arrive()
  assert.equal(counts.length, 101)
  assert.deepEqual(lines, ['mllp connection refused 1', 'mllp connection refused 101'])
})

test('a place is held until what the connection left in hand is done', async () => {
  const { net, intake } = await start({ limits: { connections_max: 1 } })
  let release = () => {}
  intake.disk = () => new Promise(resolve => (release = resolve))
  const link = net.arrive()
  link.sends(frame(message('A')))
  link.leaves()
  assert.equal(net.arrive().handler, undefined)
  release()
  await settled()
  assert.ok(net.arrive().handler)
})

test('lets in only the certificate names that it is told', async () => {
  const { net, lines } = await start({ client_names: ['Lab A'] })
  const [known, other, none] = [net.arrive('A', 'Lab A'), net.arrive('B', 'Lab B'), net.arrive('C')]
  assert.deepEqual(
    [known, other, none].map(link => link.destroyed),
    [false, true, true],
  )
  assert.equal(lines.length, 2)
})

test('a stop answers what is in hand, then closes, and is over when all have gone', async () => {
  const { net, clock, intake, server } = await start()
  let release = () => {}
  intake.disk = () => new Promise(resolve => (release = resolve))
  const [busy, idle] = [net.arrive(), net.arrive()]
  busy.sends(frame(message('BUSY')))
  let over = false
  const drained = server.drain().then(() => (over = true))
  assert.deepEqual([net.closed, idle.ended, busy.ended], [true, true, false])
  release()
  await settled()
  assert.deepEqual([busy.codes, busy.ended, over], [['AA BUSY'], true, false])
  idle.leaves()
  await settled()
  assert.equal(over, false)
  // The other one does not leave by itself: its lingering ends.
  await clock.pass(3_000)
  await drained
  assert.equal(busy.destroyed, true)
})

test('a stop is over at its limit, whatever hangs', async () => {
  const { net, clock, intake, server } = await start({ limits: { drain_ms_max: 5_000 } })
  intake.disk = () => new Promise(() => {})
  const link = net.arrive()
  link.sends(frame(message('STUCK')))
  const drained = server.drain()
  await clock.pass(4_900)
  assert.equal(link.destroyed, false)
  await clock.pass(200)
  await drained
  assert.deepEqual([link.destroyed, link.codes], [true, []])
})

test('an address that cannot be taken is a failure that names it', async () => {
  const cause = Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
  const net: Net = { listen: () => Promise.reject(cause), connect: () => () => {} }
  const options = { host: '127.0.0.1', port: 2575, intake: new MemoryIntake(), net }
  await assert.rejects(listenMllp({ ...options, signals: silentSignals }), {
    code: 'listen_failed',
    facts: { host: '127.0.0.1', port: 2575, error: 'EADDRINUSE' },
  })
})
