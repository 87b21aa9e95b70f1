// The HTTP transport: the contract, and the headers of its own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { silentSignals } from '../../../src/model/signals.ts'
import { http } from '../../../src/transports/http/http.ts'
import { call, patience, transportContract } from '../../contract/transport.contract.ts'

const open = (base_url: string, change: Readonly<Record<string, unknown>> = {}) =>
  http.open(
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

transportContract({ name: 'http', open })

describe('http', () => {
  it('asks for JSON first, takes anything, and lets a call and the target say their own', async () => {
    const seen: IncomingHttpHeaders[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers)
      response.end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const transport = await open(`http://127.0.0.1:${port}`, { headers: { 'x-tenant': 'north' } })
    await transport.call(call(), patience())
    await transport.call(call({ headers: { accept: 'text/csv' } }), patience())
    await transport.close()
    server.close()
    assert.equal(seen[0]?.accept, 'application/json, */*;q=0.5')
    assert.equal(seen[0]?.['x-tenant'], 'north')
    assert.equal(seen[1]?.accept, 'text/csv')
  })
})
