// The listener against hostile and unlucky senders, over real sockets. Scenarios that any engine
// must stand are in hostile_scenarios.ts; here are also those that need a slow disk or a full one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/model/errors.ts'
import { listen } from '../peers/listening.ts'
import { frame, message, RawSender, until } from '../peers/raw_sender.ts'
import { scenarios } from './hostile_scenarios.ts'

for (const scenario of scenarios) {
  test(`keeps every byte and answers rightly: ${scenario.name}`, async () => {
    const server = await listen()
    const acks = await scenario.run(server.port)
    const { stored, refused = [] } = scenario
    await until('refusals recorded', () => server.intake.codes.length >= refused.length)
    const text = (buffers: readonly Buffer[]) => {
      const texts = buffers.map(bytes => bytes.toString('latin1'))
      return scenario.any_order ? texts.sort() : texts
    }
    assert.deepEqual(acks, scenario.acks)
    assert.equal(server.intake.bytes.length, stored.length)
    // Compared apart from deepEqual, whose report would be as large as the messages.
    const [found, wanted] = [text(server.intake.bytes), text(stored)]
    assert.ok(wanted.every((bytes, i) => bytes === found[i]))
    assert.deepEqual(server.intake.codes, refused)
    await server.drain()
  })
}

test('acknowledges only after the append has resolved', async () => {
  const server = await listen()
  let release = () => {}
  server.intake.disk = () => new Promise<void>(resolve => (release = resolve))
  const sender = await RawSender.open(server.port)
  sender.write(frame(message('WAIT')))
  await until('the append began', () => server.feeds().some(feed => feed.received === 1))
  await sleep(100)
  assert.deepEqual(sender.acks, [])
  release()
  assert.deepEqual(await sender.answered(1), ['AA WAIT'])
  await sender.close()
})

test('answers in the order of arrival, whatever is stored first', async () => {
  const server = await listen()
  const release = new Map<string, () => void>()
  server.intake.disk = ({ control_id }) =>
    new Promise<void>(resolve => void release.set(control_id, resolve))
  const sender = await RawSender.open(server.port)
  sender.write(Buffer.concat(['A', 'B', 'C'].map(id => frame(message(id)))))
  await until('all in hand', () => release.size === 3)
  release.get('C')?.()
  release.get('B')?.()
  await sleep(100)
  assert.deepEqual(sender.acks, [])
  release.get('A')?.()
  assert.deepEqual(await sender.answered(3), ['AA A', 'AA B', 'AA C'])
  await sender.close()
})

test('refuses everything behind a message that cannot be stored, and closes', async () => {
  const server = await listen()
  server.intake.disk = ({ control_id }) => {
    if (control_id === 'F2') throw new Failure('log_disk_full')
  }
  const sender = await RawSender.open(server.port)
  sender.write(Buffer.concat(['F1', 'F2', 'F3', 'F4'].map(id => frame(message(id)))))
  assert.deepEqual(await sender.answered(4), ['AA F1', 'AE F2', 'AE F3', 'AE F4'])
  await sender.untilGone()
  assert.match(sender.answers[1]?.toString() ?? '', /log_disk_full/)
  sender.write(frame(message('F5')))
  await sleep(100)
  assert.ok(!server.intake.ids.includes('F5'))
  // The next connection is served as ever.
  const next = await RawSender.open(server.port)
  next.write(frame(message('F6')))
  assert.deepEqual(await next.answered(1), ['AA F6'])
  await Promise.all([sender.close(), next.close()])
})

test('a message that was stored behind one that was not is refused all the same', async () => {
  const server = await listen()
  const release = new Map<string, (cause?: unknown) => void>()
  server.intake.disk = ({ control_id }) =>
    new Promise<void>((resolve, reject) => {
      release.set(control_id, cause => (cause === undefined ? resolve() : reject(cause)))
    })
  const sender = await RawSender.open(server.port)
  sender.write(Buffer.concat(['G1', 'G2'].map(id => frame(message(id)))))
  await until('both in hand', () => release.size === 2)
  release.get('G2')?.()
  await until('the second is stored', () => server.intake.ids.includes('G2'))
  release.get('G1')?.(new Failure('log_io_error'))
  assert.deepEqual(await sender.answered(2), ['AE G1', 'AE G2'])
  await sender.untilGone()
  await sender.close()
})

for (const place of ['receive', 'append', 'refuse'] as const) {
  test(`an error thrown by ${place} ends no process and is never answered AA`, async () => {
    const server = await listen()
    const boom = () => {
      throw new TypeError('boom')
    }
    if (place === 'receive') server.intake.receive = boom
    else if (place === 'append') server.intake.append = boom
    else server.intake.refuse = boom
    const sender = await RawSender.open(server.port)
    sender.write(frame(place === 'refuse' ? 'not hl7' : message('BOOM')))
    assert.deepEqual(await sender.answered(1), [place === 'refuse' ? 'AE ' : 'AE BOOM'])
    await sender.untilGone()
    assert.ok(server.said.includes('intake_failed'))
    assert.ok(!sender.answers.some(answer => answer.includes('boom')))
    await sender.close()
  })
}

test('a sender that resets before its answer loses nothing stored, and is spoken of', async () => {
  const server = await listen()
  let release = () => {}
  server.intake.disk = () => new Promise<void>(resolve => (release = resolve))
  const sender = await RawSender.open(server.port)
  sender.write(frame(message('RST')))
  await until('in hand', () => server.feeds().some(feed => feed.received === 1))
  sender.reset()
  await until('the reset was seen', () => server.said.some(line => line.includes('broke')))
  release()
  await until('stored', () => server.intake.ids.includes('RST'))
  await until('said', () => server.said.includes('mllp sender left before its answers'))
})

test('a sender that half-closes after its message still gets its answer', async () => {
  const server = await listen()
  server.intake.disk = () => sleep(100)
  const sender = await RawSender.open(server.port)
  sender.socket.end(frame(message('HALF')))
  assert.deepEqual(await sender.answered(1), ['AA HALF'])
  await until('closed by both', () => sender.closed)
})

test('enhanced mode is answered by MSH-15 and MSH-16, for better and for worse', async () => {
  const server = await listen()
  server.intake.disk = ({ control_id }) => {
    if (control_id === 'BAD') throw new Failure('log_disk_full')
  }
  const sender = await RawSender.open(server.port)
  const wishes: [string, Record<number, string>][] = [
    ['CA', { 15: 'AL', 16: 'NE' }],
    ['AA', { 15: 'NE', 16: 'AL' }],
    ['NONE', { 15: 'NE', 16: 'NE' }],
    ['ER', { 15: 'ER', 16: 'NE' }],
    ['BAD', { 15: 'ER', 16: 'NE' }],
  ]
  for (const [id, fields] of wishes) sender.write(frame(message(id, fields)))
  assert.deepEqual(await sender.answered(3), ['CA CA', 'AA AA', 'CE BAD'])
  assert.deepEqual(server.intake.ids, ['CA', 'AA', 'NONE', 'ER'])
  await sender.close()
})

test('listens on the configured address only', async () => {
  const server = await listen()
  assert.equal(server.host, '127.0.0.1')
  await assert.rejects(listen({}, { port: server.port }), { code: 'listen_failed' })
  await assert.rejects(listen({}, { host: '192.0.2.1' }), { code: 'listen_failed' })
})
