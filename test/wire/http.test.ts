// The HTTP client below the transports. What it answers is proved by the transport's contract
// (test/contract/transport.contract.ts); here stands what only the client itself shows.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { openHttpClient } from '../../src/wire/http.ts'

const options = (base_url: string) => ({
  base_url,
  headers: {},
  connections_max: 2,
  connect_ms_max: 30_000,
  call_ms_max: 30_000,
  answer_bytes_max: 10_000,
  tls: undefined,
})

const request = { method: 'GET', path: '/metadata', headers: {}, body: undefined }

describe('HTTP client', () => {
  it('joins the base address and the path with one slash in every case', async () => {
    const paths: (string | undefined)[] = []
    const server = createServer((incoming, response) => {
      paths.push(incoming.url)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const base of ['', '/', '/fhir', '/fhir/', '/a/b/']) {
      const client = openHttpClient(options(`http://127.0.0.1:${port}${base}`))
      await client.send(request, AbortSignal.timeout(30_000))
      client.close()
    }
    server.close()
    assert.deepEqual(paths, [
      '/metadata',
      '/metadata',
      '/fhir/metadata',
      '/fhir/metadata',
      '/a/b/metadata',
    ])
  })

  it('reaches an IPv6 address', async t => {
    const server = createServer((_, response) => response.end('six'))
    server.listen(0, '::1')
    try {
      await once(server, 'listening')
    } catch (cause) {
      return t.skip(`no IPv6 here: ${(cause as NodeJS.ErrnoException).code}`)
    }
    const { port } = server.address() as AddressInfo
    const client = openHttpClient(options(`http://[::1]:${port}`))
    const answer = await client.send(request, AbortSignal.timeout(30_000))
    assert.equal(answer.kind === 'answer' && answer.body, 'six')
    client.close()
    server.close()
  })

  it('sends the length of a body in bytes, and reads UTF-8 over the edges of packets', async () => {
    let length: string | undefined
    const server = createServer((incoming, response) => {
      length = incoming.headers['content-length']
      const bytes = Buffer.from('Grüße')
      response.write(bytes.subarray(0, 3))
      setTimeout(() => response.end(bytes.subarray(3)), 20)
      incoming.resume()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = openHttpClient(options(`http://127.0.0.1:${port}`))
    const post = { ...request, method: 'POST', body: 'ü' }
    const answer = await client.send(post, AbortSignal.timeout(30_000))
    assert.equal(length, '2')
    assert.equal(answer.kind === 'answer' && answer.body, 'Grüße')
    client.close()
    server.close()
  })
})
