// An HTTP client from a target's settings: its own headers, packed answers, and their limit.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openHttpTarget } from '../../src/wire/http_target.ts'

const text = JSON.stringify({ resourceType: 'Patient', note: 'ä'.repeat(40_000) })

describe('an HTTP target', () => {
  let headers: IncomingHttpHeaders = {}
  const server = createServer((request, response) => {
    headers = request.headers
    const packed = gzipSync(text)
    const broken = request.url?.endsWith('broken')
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(broken ? packed.subarray(0, 20) : packed)
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => server.close())

  const ask = async (path: string, answer_bytes_max = 1_000_000) => {
    const { port } = server.address() as AddressInfo
    const client = await openHttpTarget(
      {
        base_url: `http://127.0.0.1:${port}/fhir/`,
        headers: { 'x-tenant': 'north' },
        connections_max: 1,
        connect_ms_max: 30_000,
        call_ms_max: 30_000,
        answer_bytes_max,
      },
      { accept: 'application/fhir+json' },
    )
    const request = { method: 'GET', path, headers: {}, body: undefined }
    const answer = await client.send(request, AbortSignal.timeout(60_000))
    client.close()
    return answer
  }

  it('unpacks what is answered packed, and says that it can', async () => {
    const answer = await ask('Patient/1')
    assert.equal(answer.kind === 'answer' && answer.body, text)
    assert.equal(headers['accept-encoding'], 'gzip')
    assert.equal(headers['x-tenant'], 'north')
    assert.equal(headers.accept, 'application/fhir+json')
  })

  it('reads no more than its limit, counted unpacked', async () => {
    const answer = await ask('Patient/1', 20_000)
    assert.equal(answer.kind === 'no_answer' && answer.code, 'target_answer_too_large')
  })

  it('has no answer where one is packed and broken off', async () => {
    assert.equal((await ask('broken')).kind, 'no_answer')
  })
})
