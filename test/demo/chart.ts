// The chart of the demo: Medplum's router behind a door of our own, which can be shut, and which
// keeps one rule of the house, as servers with profiles do: no patient without a date of birth.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type MedplumProcess, startMedplumProcess } from '../peers/medplum/process.ts'

export interface Chart {
  readonly base: string
  /** Down: every connection is reset. */
  mode: 'up' | 'down'
  /** How many resources the server says that it has made. */
  made(): Promise<number>
  close(): Promise<void>
}

export async function startChart(): Promise<Chart> {
  const peer = await startMedplumProcess()
  const server = createServer((incoming, outgoing) => {
    if (chart.mode === 'down') return void incoming.socket.resetAndDestroy()
    handle({ incoming, outgoing, peer }).catch(() => {
      // Whoever asks sees it: the connection breaks.
      incoming.socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const chart: Chart = {
    base: `http://127.0.0.1:${port}/fhir`,
    mode: 'up',
    made: async () => (await peer.log()).filter(({ status }) => status === 201).length,
    async close() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
      await peer.stop()
    },
  }
  return chart
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly peer: MedplumProcess
}

async function handle({ incoming, outgoing, peer }: Exchange): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  const { method = 'GET', url = '', headers } = incoming
  if (isWriteOfPatient(method, url) && !('birthDate' in JSON.parse(body.toString()))) {
    outgoing.writeHead(422, { 'content-type': 'application/fhir+json' })
    outgoing.end(JSON.stringify(NO_BIRTH_DATE))
    return
  }
  const { host: _host, connection: _connection, ...passed } = headers
  const answer = await fetch(new URL(url, peer.base), {
    method,
    headers: passed as Record<string, string>,
    ...(body.length > 0 ? { body } : {}),
  })
  const fields = [...answer.headers].filter(([name]) => !HOP.has(name))
  outgoing.writeHead(answer.status, Object.fromEntries(fields))
  outgoing.end(Buffer.from(await answer.arrayBuffer()))
}

/** A search is a POST as well. */
const isWriteOfPatient = (method: string, url: string) =>
  (method === 'POST' && url.endsWith('/Patient')) || (method === 'PUT' && url.includes('/Patient/'))

/** Of one connection only, or about a body that fetch has unpacked. */
const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-encoding'])

const NO_BIRTH_DATE = {
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'required', expression: ['Patient.birthDate'] }],
}
