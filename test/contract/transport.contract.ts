// What every transport that speaks HTTP promises, as tests against a bare socket server: whether a
// call was not sent, may have landed, or was answered. A driver hands in how it is opened for a
// base address.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { HttpCall } from '../../src/model/intent.ts'
import type { OpenTransport } from '../../src/model/rooms.ts'

export interface TransportUnderTest {
  readonly name: string
  open(base_url: string, change?: Readonly<Record<string, unknown>>): Promise<OpenTransport>
}

export const call = (change: Partial<HttpCall> = {}): HttpCall => ({
  kind: 'http',
  method: 'POST',
  path: 'Patient',
  headers: { 'content-type': 'application/fhir+json' },
  body: '{"resourceType":"Patient"}',
  changes: true,
  ...change,
})

export const patience = () => AbortSignal.timeout(60_000)

/**
 * A TCP server that does with each connection what it is told, and counts bytes that reached it.
 */
export async function bareServer(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const seen: string[] = []
  const server = createServer(socket => {
    sockets.add(socket)
    // A connection that is cut is what these tests are about.
    socket.on('error', () => {})
    socket.on('data', bytes => seen.push(bytes.toString('latin1')))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port: address.port, seen, sockets, close }
}

const http = (status: string, body: string, ...headers: string[]) =>
  [`HTTP/1.1 ${status}`, `content-length: ${body.length}`, ...headers, '', body].join('\r\n')

export function transportContract(under: TransportUnderTest): void {
  async function withServer<T>(
    onConnection: (socket: Socket) => void,
    run: (transport: OpenTransport, server: Awaited<ReturnType<typeof bareServer>>) => Promise<T>,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<T> {
    const server = await bareServer(onConnection)
    const transport = await under.open(`http://127.0.0.1:${server.port}/base`, change)
    try {
      return await run(transport, server)
    } finally {
      await transport.close()
      await server.close()
    }
  }

  describe(`transport contract: ${under.name}`, () => {
    it('carries a call as it is, below the base address', () =>
      withServer(
        socket => socket.once('data', () => socket.write(http('201 Created', '{}', 'ETag: W/"1"'))),
        async (transport, { seen }) => {
          const answer = await transport.call(call(), patience())
          assert.ok(answer.kind === 'answer')
          assert.equal(answer.status, 201)
          assert.equal(answer.headers.etag, 'W/"1"')
          assert.equal(answer.body, '{}')
          const request = seen.join('')
          assert.match(request, /^POST \/base\/Patient HTTP\/1\.1\r\n/)
          assert.match(request, /content-type: application\/fhir\+json\r\n/)
          assert.ok(request.endsWith('\r\n\r\n{"resourceType":"Patient"}'))
        },
      ))

    it('judges no status and follows no redirect', () =>
      withServer(
        socket => {
          const lines = ['302 Found', '404 Not Found', '500 Oops', '429 Slow']
          socket.on('data', () => socket.write(http(lines.shift() ?? '', '', 'Location: /other')))
        },
        async transport => {
          for (const status of [302, 404, 500, 429]) {
            const answer = await transport.call(call(), patience())
            assert.equal(answer.kind === 'answer' && answer.status, status)
          }
        },
      ))

    it('says not sent where nothing listens', async () => {
      const server = await bareServer(() => {})
      await server.close()
      const transport = await under.open(`http://127.0.0.1:${server.port}`)
      const answer = await transport.call(call(), patience())
      assert.deepEqual(answer, {
        kind: 'not_sent',
        code: 'target_down',
        facts: { error: 'ECONNREFUSED' },
      })
      await transport.close()
    })

    it('says not sent where the name does not exist', async () => {
      const transport = await under.open('http://nowhere.invalid')
      const answer = await transport.call(call(), patience())
      assert.equal(answer.kind, 'not_sent')
      assert.equal(answer.kind === 'not_sent' && answer.code, 'target_down')
      await transport.close()
    })

    it('says no answer where the connection closes after the request', () =>
      withServer(
        socket => socket.once('data', () => socket.destroy()),
        async transport => {
          const answer = await transport.call(call(), patience())
          assert.equal(answer.kind, 'no_answer')
          assert.equal(answer.kind === 'no_answer' && answer.code, 'target_answer_unknown')
        },
      ))

    it('says no answer where the answer breaks off', () =>
      withServer(
        socket =>
          socket.once('data', () =>
            socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"res'),
          ),
        async transport => {
          assert.equal((await transport.call(call(), patience())).kind, 'no_answer')
        },
      ))

    it('says no answer where what comes is not HTTP', () =>
      withServer(
        socket => socket.once('data', () => socket.end('MSH|^~\\&|not http\r\n\r\n')),
        async transport => {
          assert.equal((await transport.call(call(), patience())).kind, 'no_answer')
        },
      ))

    it('says no answer where none comes in time', () =>
      withServer(
        () => {},
        async transport => {
          const answer = await transport.call(call(), patience())
          assert.deepEqual(answer.kind === 'no_answer' && answer.facts, { error: 'timeout' })
        },
        { call_ms_max: 300 },
      ))

    it('obeys the caller: not sent before the call, no answer after it', () =>
      withServer(
        () => {},
        async (transport, { sockets, seen }) => {
          const before = await transport.call(call(), AbortSignal.abort())
          assert.equal(before.kind, 'not_sent')
          assert.equal(sockets.size, 0)
          const stop = new AbortController()
          const after = transport.call(call(), stop.signal)
          await until(() => seen.length > 0)
          stop.abort()
          assert.equal((await after).kind, 'no_answer')
        },
      ))

    it('reads no more of an answer than its limit', () =>
      withServer(
        socket => socket.once('data', () => socket.write(http('200 OK', 'x'.repeat(5_000)))),
        async transport => {
          const answer = await transport.call(call(), patience())
          assert.equal(answer.kind === 'no_answer' && answer.code, 'target_answer_too_large')
        },
        { answer_bytes_max: 1_024 },
      ))

    it('uses a connection again, and another one where the far end has closed it', () => {
      let connections = 0
      return withServer(
        socket => {
          connections += 1
          socket.on('data', () => socket.write(http('200 OK', '')))
        },
        async (transport, { sockets }) => {
          await transport.call(call(), patience())
          await transport.call(call(), patience())
          assert.equal(connections, 1)
          const [first] = [...sockets]
          first?.destroy()
          // The close has to arrive; a call that crosses it would rightly have no answer.
          await new Promise(done => setTimeout(done, 200))
          const answer = await transport.call(call(), patience())
          assert.equal(answer.kind, 'answer')
          assert.equal(connections, 2)
        },
      )
    })

    it('sends no more at once than connections_max, and what waited was not sent', () => {
      return withServer(
        () => {},
        async (transport, { sockets, seen }) => {
          const first = new AbortController()
          const second = new AbortController()
          const held = transport.call(call(), first.signal)
          const waiting = transport.call(call(), second.signal)
          await until(() => seen.length > 0)
          second.abort()
          assert.equal((await waiting).kind, 'not_sent')
          assert.equal(sockets.size, 1)
          first.abort()
          assert.equal((await held).kind, 'no_answer')
        },
        { connections_max: 1 },
      )
    })

    it('says nothing of a call in what it answers for a failure', () =>
      withServer(
        socket => socket.once('data', () => socket.destroy()),
        async transport => {
          const secret = 'CANARY7f3a'
          const bad = [
            call({ body: secret, headers: { 'if-none-exist': `identifier=${secret}` } }),
            call({ headers: { 'if-none-exist': `${secret}\n` } }),
            call({ path: `Patient/ ${secret}` }),
          ]
          for (const one of bad) {
            const answer = await transport.call(one, patience())
            assert.notEqual(answer.kind, 'answer')
            assert.ok(!JSON.stringify(answer).includes(secret))
          }
        },
      ))
  })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(done => setTimeout(done, 5))
}
