// The FHIR transport: the contract, its own headers, and TLS with real certificates.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { TlsOptions } from 'node:tls'
import type { OpenTransport } from '../../../src/model/rooms.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { fhir_http } from '../../../src/transports/fhir_http/fhir_http.ts'
import { bareServer, call, patience, transportContract } from '../../contract/transport.contract.ts'
import { requirePart } from '../../peers/require.ts'

const open = (base_url: string, change: Readonly<Record<string, unknown>> = {}) =>
  fhir_http.open(
    {
      base_url,
      connections_max: 4,
      connect_ms_max: 30_000,
      call_ms_max: 30_000,
      answer_bytes_max: 1_000_000,
      ...change,
    },
    { signals: silentSignals },
  )

transportContract({ name: 'fhir_http', open })

describe('fhir_http', () => {
  it('sends its token and the headers of the target, and lets a call say its own', async () => {
    let headers: IncomingHttpHeaders = {}
    const server = createServer((request, response) => {
      headers = request.headers
      response.end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const transport = await open(`http://127.0.0.1:${port}`, {
      token: 't0ken',
      headers: { 'x-tenant': 'north', 'content-type': 'text/plain' },
    })
    await transport.call(call(), patience())
    assert.equal(headers.authorization, 'Bearer t0ken')
    assert.equal(headers['x-tenant'], 'north')
    assert.equal(headers['content-type'], 'application/fhir+json')
    assert.equal(headers.accept, 'application/fhir+json')
    await transport.close()
    server.close()
  })

  it('says not sent where a TLS handshake does not come to its end in time', async () => {
    const server = await bareServer(() => {})
    const transport = await open(`https://127.0.0.1:${server.port}`, { connect_ms_max: 300 })
    const answer = await transport.call(call(), patience())
    assert.deepEqual(answer, {
      kind: 'not_sent',
      code: 'target_down',
      facts: { error: 'timeout' },
    })
    await transport.close()
    await server.close()
  })

  it('says not sent where the far end does not speak TLS', async () => {
    const server = await bareServer(socket =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    const transport = await open(`https://127.0.0.1:${server.port}`)
    const answer = await transport.call(call(), patience())
    assert.equal(answer.kind, 'not_sent')
    assert.equal(answer.kind === 'not_sent' && answer.code, 'target_misconfigured')
    await transport.close()
    await server.close()
  })

  it('names a certificate file that is missing', async () => {
    await assert.rejects(open('https://127.0.0.1:1', { tls: { ca: '/nowhere/ca.pem' } }), {
      code: 'target_misconfigured',
      facts: { missing: 'tls.ca' },
    })
  })
})

const openssl = requirePart('openssl', hasOpenssl(), 'apt-get install openssl')

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('fhir_http over TLS', { skip: openssl }, () => {
  let folder: string
  const file = (name: string) => join(folder, name)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firth_tls_'))
    const ssl = (...args: string[]) =>
      execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    const days = ['-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    const self = (name: string) =>
      ssl(
        ...['req', '-x509', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
        ...[...days, '-keyout', `${name}.key`, '-out', `${name}.pem`],
      )
    self('server')
    self('client')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function withServer(
    options: TlsOptions,
    run: (base_url: string, requests: () => number) => Promise<void>,
  ): Promise<void> {
    let requests = 0
    const [key, cert] = await Promise.all([
      readFile(file('server.key')),
      readFile(file('server.pem')),
    ])
    const server = createTlsServer({ key, cert, ...options }, (_, response) => {
      requests += 1
      response.end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      await run(`https://127.0.0.1:${port}`, () => requests)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  const ask = async (transport: OpenTransport) => {
    const answer = await transport.call(call(), patience())
    await transport.close()
    return answer
  }

  it('sends nothing to a server whose certificate it does not trust', () =>
    withServer({}, async (base_url, requests) => {
      const answer = await ask(await open(base_url))
      assert.equal(answer.kind, 'not_sent')
      assert.equal(answer.kind === 'not_sent' && answer.code, 'target_misconfigured')
      assert.equal(requests(), 0)
    }))

  it('trusts the authority that it is given, as a file or as text', () =>
    withServer({}, async base_url => {
      const ca = await readFile(file('server.pem'), 'utf8')
      assert.equal((await ask(await open(base_url, { tls: { ca } }))).kind, 'answer')
      const by_file = await open(base_url, { tls: { ca: file('server.pem') } })
      assert.equal((await ask(by_file)).kind, 'answer')
    }))

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`says not sent where the server refuses our certificate (${maxVersion})`, async () => {
      const client = await readFile(file('client.pem'))
      const options = { requestCert: true, rejectUnauthorized: true, ca: client, maxVersion }
      await withServer(options, async (base_url, requests) => {
        const ca = file('server.pem')
        const without = await ask(await open(base_url, { tls: { ca } }))
        assert.equal(without.kind, 'not_sent')
        assert.equal(requests(), 0)
        const tls = { ca, certificate: file('client.pem'), key: file('client.key') }
        assert.equal((await ask(await open(base_url, { tls }))).kind, 'answer')
      })
    })
  }
})
