// Stands before a far end and takes it away for a while: connections refused by a reset, or
// requests that are passed on and never answered. A test switches it by hand.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Outage {
  /** Base address in front of the far end's own. */
  readonly base: string
  /** `down`: every connection is reset. `silent`: what comes is done, and nothing answered. */
  mode: 'up' | 'down' | 'silent'
  /** Writes that were let through. */
  readonly writes: readonly string[]
  close(): Promise<void>
}

export async function startOutage(behind: string): Promise<Outage> {
  const target = new URL(behind)
  const writes: string[] = []
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (outage.mode === 'down') return void incoming.socket.resetAndDestroy()
    const { method, headers, url } = incoming
    const silent = outage.mode === 'silent'
    if (method === 'PUT' || method === 'POST') writes.push(`${method} ${url}`)
    const options = { host: target.hostname, port: target.port, path: url, method, headers }
    const through = request(options, answer => {
      if (silent) return void answer.resume()
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    through.on('error', () => incoming.socket.destroy())
    incoming.pipe(through)
  }
  const server = createServer(pass).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const outage: Outage = {
    base: `http://127.0.0.1:${port}${target.pathname}`,
    mode: 'up',
    writes,
    async close() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
  return outage
}
