// The transport of messages: what was not sent, what may have landed, and what was answered,
// against receivers that answer well, wrongly, late, twice or not at all; and TLS with real
// certificates.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { OpenTransport } from '../../../src/model/rooms.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { mllp } from '../../../src/transports/mllp/mllp.ts'
import { type Authority, makeAuthority, opensslMissing } from '../../peers/certificates.ts'
import { type Answer, ack, receive } from '../../peers/mllp_receivers.ts'
import { message } from '../../peers/raw_sender.ts'

type Change = Readonly<Record<string, unknown>>

const open = (port: number, change: Change = {}): Promise<OpenTransport> =>
  mllp.open(
    {
      host: '127.0.0.1',
      port,
      acknowledgement: 'first',
      connection: 'kept',
      connections_max: 1,
      connect_ms_max: 30_000,
      answer_ms_max: 30_000,
      answer_bytes_max: 1_048_576,
      idle_ms_max: 60_000,
      ...change,
    },
    { signals: silentSignals },
  )

async function pair(t: TestContext, answer: Answer, change: Change = {}) {
  const receiver = await receive(answer)
  const transport = await open(receiver.port, change)
  t.after(async () => {
    await receiver.close()
    await transport.close()
  })
  const send = (id: string, signal = AbortSignal.timeout(60_000)) =>
    transport.call({ kind: 'mllp', bytes: message(id), changes: true }, signal)
  return { receiver, send }
}

const well: Answer = (socket, id) => void socket.write(ack(id))

describe('the transport of messages', () => {
  it('sends the bytes as they are on a kept connection, one at a time', async t => {
    const { receiver, send } = await pair(t, well)
    const answers = await Promise.all(['A1', 'A2', 'A3'].map(id => send(id)))
    assert.deepEqual(
      answers,
      answers.map(() => ({ kind: 'ack', code: 'AA', err: '' })),
    )
    assert.deepEqual(
      receiver.bytes,
      ['A1', 'A2', 'A3'].map(id => message(id)),
    )
    assert.equal(receiver.connections, 1)
  })

  it('uses as many connections as it may, each with one message in hand', async t => {
    const held: (() => void)[] = []
    const { receiver, send } = await pair(
      t,
      (socket, id) => void held.push(() => socket.write(ack(id))),
      { connections_max: 2 },
    )
    const all = ['A1', 'A2', 'A3'].map(id => send(id))
    while (held.length < 2) await sleep(5)
    await sleep(50)
    assert.equal(receiver.ids.length, 2)
    assert.equal(receiver.connections, 2)
    for (const answer of held.splice(0)) answer()
    while (held.length < 1) await sleep(5)
    held[0]?.()
    for (const answer of await Promise.all(all)) assert.equal(answer.kind, 'ack')
  })

  it('judges no answer, and hands on where it says the error is', async t => {
    const { send } = await pair(t, (socket, id) => {
      socket.write(ack(id, 'AE', '|why\rERR||PID^1^5|101|E'))
    })
    assert.deepEqual(await send('A1'), { kind: 'ack', code: 'AE', err: 'ERR||PID^1^5|101|E' })
  })

  it('says not sent where nothing listens', async () => {
    const receiver = await receive(well)
    await receiver.close()
    const transport = await open(receiver.port)
    const call = { kind: 'mllp', bytes: message('A1'), changes: true } as const
    const answer = await transport.call(call, AbortSignal.timeout(60_000))
    assert.deepEqual(answer, {
      kind: 'not_sent',
      code: 'target_down',
      facts: { why: 'ECONNREFUSED' },
    })
    await transport.close()
  })

  it('says no answer where the connection ends, or the answer is of another message', async t => {
    const answers: Answer[] = [
      socket => void socket.resetAndDestroy(),
      socket => void socket.end(),
      socket => void socket.write(ack('OTHER')),
      socket => void socket.write(ack('')),
      socket => void socket.write('\x0bnot HL7\x1c\r'),
    ]
    const { send } = await pair(t, (socket, id, nth) => (answers[nth] ?? well)(socket, id, nth))
    for (const [i] of answers.entries()) {
      const answer = await send(`A${i}`)
      assert.equal(answer.kind, 'no_answer')
      assert.equal(answer.kind === 'no_answer' && answer.code, 'target_answer_unknown')
    }
    assert.equal((await send('LAST')).kind, 'ack')
  })

  it('takes no answer that comes late or twice for that of the next message', async t => {
    const { send } = await pair(
      t,
      (socket, id, nth) => {
        if (nth === 0) return void setTimeout(() => socket.write(ack(id)), 600)
        socket.write(Buffer.concat([ack(id, nth === 1 ? 'AE' : 'AA'), ack(id, 'AA')]))
      },
      { answer_ms_max: 200 },
    )
    assert.equal((await send('LATE')).kind, 'no_answer')
    const codes = []
    for (const id of ['TWICE', 'NEXT', 'LAST']) {
      const answer = await send(id)
      codes.push(answer.kind === 'ack' ? answer.code : answer.kind)
      await sleep(300)
    }
    assert.deepEqual(codes, ['AE', 'AA', 'AA'])
  })

  it('takes custody for an answer, or waits for the application beyond it, as it is set', async t => {
    const both: Answer = (socket, id) => {
      socket.write(ack(id, 'CA'))
      setTimeout(() => socket.write(ack(id, 'AR')), 50)
    }
    const first = await pair(t, both)
    assert.deepEqual(await first.send('A1'), { kind: 'ack', code: 'CA', err: '' })
    const application = await pair(t, both, { acknowledgement: 'application' })
    assert.deepEqual(await application.send('A1'), { kind: 'ack', code: 'AR', err: '' })
  })

  it('obeys the caller: not sent while it waits, no answer once it is out', async t => {
    const { receiver, send } = await pair(t, () => {})
    const [first, second] = [new AbortController(), new AbortController()]
    const held = send('A1', first.signal)
    const waiting = send('A2', second.signal)
    while (receiver.ids.length === 0) await sleep(5)
    second.abort()
    assert.equal((await waiting).kind, 'not_sent')
    first.abort()
    assert.equal((await held).kind, 'no_answer')
    assert.deepEqual(receiver.ids, ['A1'])
  })

  it('names a certificate that is missing, or that its key does not fit', async () => {
    const tls = (more: object) => ({ tls: { min_version: 'TLSv1.2', ...more } })
    await assert.rejects(open(1, tls({ ca: '/nowhere/ca.pem' })), { code: 'file_missing' })
    const broken = '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n'
    await assert.rejects(open(1, tls({ certificate: broken })), { code: 'target_misconfigured' })
  })
})

describe('messages over TLS', { skip: opensslMissing() }, () => {
  let authority: Authority
  let other: Authority
  before(() => {
    authority = makeAuthority()
    other = makeAuthority('Other Authority')
  })
  after(() => {
    authority.remove()
    other.remove()
  })

  /** One call to a server of these options, before a bare receiver. */
  async function answerOf(options: TlsOptions, tls: object) {
    const { cert, key } = authority.issue('server')
    const receiver = await receive(well)
    const front = createTlsServer({ cert, key, ...options }, socket => {
      socket.on('error', () => {}) // Refused handshakes end so.
      socket.on('data', () => socket.write(ack('A1')))
    })
    front.on('tlsClientError', () => {}) // The same.
    front.listen(0, '127.0.0.1')
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    const transport = await open(port, { tls: { min_version: 'TLSv1.2', ...tls } })
    const call = { kind: 'mllp', bytes: message('A1'), changes: true } as const
    const answer = await transport.call(call, AbortSignal.timeout(60_000))
    await transport.close()
    front.close()
    await receiver.close()
    return answer.kind === 'ack' ? answer.code : `${answer.kind} ${'code' in answer && answer.code}`
  }

  it('trusts the authority that it is given, and no other', async () => {
    assert.equal(await answerOf({}, { ca: authority.cert_file }), 'AA')
    assert.equal(await answerOf({}, { ca: other.cert }), 'not_sent target_misconfigured')
    assert.equal(await answerOf({}, {}), 'not_sent target_misconfigured')
  })

  it('shows its own certificate where one is asked for', async () => {
    const asking: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: authority.cert }
    const own = authority.issue('firth')
    const ca = authority.cert
    const with_own = { ca, certificate: own.cert, key: own.key_file }
    assert.equal(await answerOf(asking, with_own), 'AA')
    assert.equal(await answerOf(asking, { ca }), 'not_sent target_auth')
  })

  it('says not sent where the far end does not speak TLS', async () => {
    const plain = createServer(socket => {
      socket.on('error', () => {}) // Our side leaves first.
      socket.on('data', () => socket.end('\x0bno TLS\x1c\r'))
    })
    plain.listen(0, '127.0.0.1')
    await once(plain, 'listening')
    const { port } = plain.address() as AddressInfo
    const transport = await open(port, { tls: { min_version: 'TLSv1.2' } })
    const call = { kind: 'mllp', bytes: message('A1'), changes: true } as const
    const answer = await transport.call(call, AbortSignal.timeout(60_000))
    assert.equal(answer.kind === 'not_sent' && answer.code, 'target_misconfigured')
    await transport.close()
    plain.close()
  })
})
