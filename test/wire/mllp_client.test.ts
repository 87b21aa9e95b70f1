// The sender against receivers that answer well, wrongly, late or not at all. What counts: a result
// is never better than what is known, and a late answer never becomes the answer to another
// message.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MllpClient, type MllpClientOptions, type SendResult } from '../../src/wire/mllp_client.ts'
import { type Answer, ack, receive } from '../peers/mllp_receivers.ts'
import { latin1, message, until, VT } from '../peers/raw_sender.ts'

const well: Answer = (socket, id) => void socket.write(ack(id))
const brief = (result: SendResult) =>
  result.kind === 'ack' ? result.code : `${result.kind} ${result.code} ${result.facts.why}`

interface Options extends Partial<Omit<MllpClientOptions, 'limits'>> {
  limits?: MllpClientOptions['limits']
}

async function pair(t: TestContext, answer: Answer, options: Options = {}) {
  const receiver = await receive(answer)
  const client = new MllpClient({
    host: '127.0.0.1',
    port: receiver.port,
    ...options,
    limits: { ack_ms_max: 20_000, wait_ms_min: 10, wait_ms_max: 50, ...options.limits },
  })
  t.after(async () => {
    await receiver.close()
    await client.close()
  })
  return { receiver, client, send: async (id: string) => brief(await client.send(message(id))) }
}

test('sends a message byte for byte and resolves with the answer to it', async t => {
  const answer = ack('A1', 'AE', '|why\rERR|||207|E')
  const { receiver, client } = await pair(t, socket => void socket.write(answer))
  const bytes = Buffer.concat([message('A1'), Buffer.from([0x4e, 0xe9, 0x1c, 0x0b, 0])])
  const result = await client.send(bytes)
  assert.deepEqual(receiver.bytes, [bytes])
  assert.deepEqual(result, {
    kind: 'ack',
    code: 'AE',
    msa3: 'why',
    err: 'ERR|||207|E',
    bytes: answer.subarray(1, -2),
  })
})

test('sends one message at a time over one connection, in the order of the calls', async t => {
  let open = 0
  let most = 0
  const { receiver, send } = await pair(t, async (socket, id) => {
    most = Math.max(most, ++open)
    await sleep(2)
    open -= 1
    socket.write(ack(id))
  })
  const ids = Array.from({ length: 30 }, (_, i) => `O${i}`)
  const results = await Promise.all(ids.map(send))
  assert.deepEqual(
    results,
    ids.map(() => 'AA'),
  )
  assert.deepEqual(receiver.ids, ids)
  assert.equal(receiver.connections, 1)
  assert.equal(most, 1)
})

test('with a window, matches answers that come in another order', async t => {
  const held: string[] = []
  const { send } = await pair(
    t,
    (socket, id) => {
      held.push(id)
      if (held.length % 4 === 0) for (const one of held.splice(0).reverse()) socket.write(ack(one))
    },
    { limits: { in_flight_max: 4 } },
  )
  assert.deepEqual(
    await Promise.all(['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8'].map(send)),
    Array(8).fill('AA'),
  )
})

test('never has one control id in flight twice', async t => {
  let open = 0
  let most = 0
  const answer: Answer = async (socket, id) => {
    most = Math.max(most, ++open)
    await sleep(20)
    open -= 1
    socket.write(ack(id))
  }
  const { send } = await pair(t, answer, { limits: { in_flight_max: 4 } })
  assert.deepEqual(await Promise.all(['SAME', 'SAME', 'SAME'].map(send)), ['AA', 'AA', 'AA'])
  assert.equal(most, 1)
})

test('reads an answer that comes byte by byte', async t => {
  const { send } = await pair(t, async (socket, id) => {
    for (const byte of ack(id)) {
      socket.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
  })
  assert.equal(await send('SPLIT'), 'AA')
})

test('an answer that does not come in time makes the outcome unknown and closes', async t => {
  const { receiver, send } = await pair(
    t,
    (socket, id, nth) => nth > 0 && void socket.write(ack(id)),
    { limits: { ack_ms_max: 1_500 } },
  )
  assert.equal(await send('T1'), 'unknown target_answer_unknown no answer in time')
  assert.equal(await send('T2'), 'AA')
  assert.equal(receiver.connections, 2)
})

test('a late answer is never taken for the next message', async t => {
  const { send } = await pair(
    t,
    async (socket, id, nth) => {
      if (nth === 0) await sleep(600)
      if (nth > 0) await sleep(900)
      socket.write(ack(id, nth === 0 ? 'AA' : 'AE'))
    },
    { limits: { ack_ms_max: 300 } },
  )
  assert.equal(await send('LATE1'), 'unknown target_answer_unknown no answer in time')
  assert.equal(await send('LATE2'), 'unknown target_answer_unknown no answer in time')
})

const wrong: [string, Answer, string][] = [
  ['to another message', socket => void socket.write(ack('WRONG')), 'answer to another message'],
  ['without MSA-2', socket => void socket.write(ack('')), 'answer without MSA-2'],
  ['that is no HL7', socket => void socket.write(`${VT}hello\x1c\r`), 'answer is no ACK'],
  ['without MSA', (s, id) => void s.write(`${VT}MSH|^~\\&|${id}\r\x1c\r`), 'answer is no ACK'],
  ['of an unknown code', (s, id) => void s.write(ack(id, 'XX')), 'answer is no ACK'],
  ['that never ends', s => void s.write(VT + 'x'.repeat(2_000_000)), 'answer too large'],
  [
    'cut by the next',
    (s, id) => void s.write(`${VT}MSH|${VT}${ack(id).subarray(1).toString('latin1')}`),
    'answer abandoned',
  ],
  ['by closing', socket => void socket.end(), 'closed by the far end'],
  ['by a reset', socket => void socket.resetAndDestroy(), 'ECONNRESET'],
]
for (const [name, answer, why] of wrong) {
  test(`an answer ${name} makes the outcome unknown, and the next connection is new`, async t => {
    const { receiver, send } = await pair(t, (socket, id, nth) =>
      nth === 0 ? answer(socket, id, nth) : well(socket, id, nth),
    )
    assert.equal(await send('X1'), `unknown target_answer_unknown ${why}`)
    assert.equal(await send('X2'), 'AA')
    assert.equal(receiver.connections, 2)
  })
}

test('a second answer to a message that is done disturbs nobody', async t => {
  const { receiver, send } = await pair(t, (socket, id) => {
    socket.write(ack(id))
    socket.write(ack(id))
  })
  for (const id of ['D1', 'D2', 'D3']) assert.equal(await send(id), 'AA')
  assert.equal(receiver.connections, 1)
})

const commitThenApplication: Answer = async (socket, id) => {
  socket.write(ack(id, 'CA'))
  await sleep(50)
  socket.write(ack(id, 'AE'))
}

test('takes the commit for the answer, unless the application is to be awaited', async t => {
  const first = await pair(t, commitThenApplication)
  assert.deepEqual([await first.send('F1'), await first.send('F2')], ['CA', 'CA'])
  await sleep(200)
  assert.equal(await first.send('F3'), 'CA')
  assert.equal(first.receiver.connections, 1)
  const both = await pair(t, commitThenApplication, { await: 'application' })
  assert.deepEqual([await both.send('B1'), await both.send('B2')], ['AE', 'AE'])
})

test('a refusing commit is the last word, also where the application is awaited', async t => {
  const { send } = await pair(t, (socket, id) => void socket.write(ack(id, 'CR')), {
    await: 'application',
  })
  assert.equal(await send('CR1'), 'CR')
})

test('a commit without the application that is awaited stays unknown, but committed', async t => {
  const { client } = await pair(t, (socket, id) => void socket.write(ack(id, 'CA')), {
    await: 'application',
    limits: { ack_ms_max: 1_500 },
  })
  const result = await client.send(message('ONLYCA'))
  assert.equal(result.kind, 'unknown')
  assert.equal(result.kind === 'unknown' && result.facts.committed, true)
})

test('a receiver that closes after each answer gets a connection for each message', async t => {
  const { receiver, send } = await pair(t, (socket, id) => void socket.end(ack(id)), {
    connection: 'per_message',
  })
  for (const id of ['E1', 'E2', 'E3']) assert.equal(await send(id), 'AA')
  assert.deepEqual(receiver.ids, ['E1', 'E2', 'E3'])
  assert.equal(receiver.connections, 3)
})

test('nothing was sent where nobody listens; what comes later is tried again', async t => {
  const { receiver, send } = await pair(t, well)
  assert.equal(await send('R1'), 'AA')
  await receiver.close()
  const refused = await Promise.all([send('R2'), send('R3')])
  assert.match(refused[0] ?? '', /^(not_sent target_down ECONNREFUSED|unknown)/)
  assert.match(refused[1] ?? '', /^not_sent target_down ECONNREFUSED$/)
  const again = await receive(well, receiver.port)
  assert.equal(await send('R4'), 'AA')
  assert.deepEqual(again.ids, ['R4'])
  await again.close()
})

test('a connection that cannot be made in time is given up', async t => {
  // 192.0.2.0/24 is for documentation: it is either unreachable or silent.
  const { client } = await pair(t, well, { host: '192.0.2.1', limits: { connect_ms_max: 300 } })
  const result = await client.send(message('FAR'))
  assert.equal(result.kind, 'not_sent')
  assert.equal(result.kind === 'not_sent' && result.code, 'target_down')
})

test('waits longer and longer between connections that lead to nothing', async t => {
  const { receiver, send } = await pair(t, socket => void socket.end(), {
    limits: { wait_ms_min: 60, wait_ms_max: 10_000 },
  })
  const begun = performance.now()
  for (const id of ['K1', 'K2', 'K3', 'K4']) await send(id)
  // At least half of 60, 120 and 240 ms; a lower bound only, so a slow machine cannot break it.
  assert.ok(performance.now() - begun >= 200)
  assert.equal(receiver.connections, 4)
})

test('an idle connection is closed before something between forgets it', async t => {
  const { receiver, send } = await pair(t, well, { limits: { idle_ms_max: 100 } })
  assert.equal(await send('I1'), 'AA')
  await sleep(600)
  assert.equal(await send('I2'), 'AA')
  assert.equal(receiver.connections, 2)
})

test('what waits can be taken back, what is in flight becomes unknown', async t => {
  const { receiver, client } = await pair(t, () => {})
  const [first, second] = [new AbortController(), new AbortController()]
  const flying = client.send(message('G1'), first.signal)
  const waiting = client.send(message('G2'), second.signal)
  await until('the first arrived', () => receiver.ids.length === 1)
  second.abort()
  assert.equal(brief(await waiting), 'not_sent sender_closed given up')
  first.abort()
  assert.equal(brief(await flying), 'unknown target_answer_unknown given up')
  assert.deepEqual(receiver.ids, ['G1'])
})

test('a message without a control id, or with marks of a frame in it, is not sent', async t => {
  const { receiver, send, client } = await pair(t, well)
  assert.equal(await send(''), 'not_sent message_unreadable no control id')
  for (const marks of ['\x1c\r', `${VT}MSH|`]) {
    const result = await client.send(Buffer.concat([message('Z'), latin1(marks)]))
    assert.equal(brief(result), 'not_sent message_unreadable holds marks of a frame')
  }
  assert.deepEqual(receiver.ids, [])
})

test('more than may wait is refused', async t => {
  const { client, send } = await pair(t, () => {}, { limits: { waiting_max: 2, ack_ms_max: 300 } })
  const results = await Promise.all(['Q1', 'Q2', 'Q3'].map(send))
  assert.equal(results[2], 'not_sent sender_full undefined')
  await client.close()
})

test('closing waits for what is in flight and sends nothing more', async t => {
  const { receiver, client, send } = await pair(t, async (socket, id) => {
    await sleep(200)
    socket.write(ack(id))
  })
  const results = Promise.all(['C1', 'C2'].map(send))
  await until('the first arrived', () => receiver.ids.length === 1)
  await client.close()
  assert.deepEqual(await results, ['AA', 'not_sent sender_closed undefined'])
  assert.equal(await send('C3'), 'not_sent sender_closed undefined')
  assert.deepEqual(receiver.ids, ['C1'])
})
