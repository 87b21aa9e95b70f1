// A small HTTP listener for what programs ask of an engine: GET of a few fixed paths, answered with
// a text. It reads no body and keeps nothing of a request; every size and time has its limit.
import { createServer, type ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { Failure } from '../model/errors.ts'

export interface DoorAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface HttpDoor {
  /** Where it listens, `http://127.0.0.1:9090`. */
  readonly address: string
  close(): Promise<void>
}

const LIMITS = {
  connections_max: 64,
  header_bytes_max: 8_192,
  /** Until the head of a request has come, and until the whole exchange is over. */
  request_ms_max: 10_000,
  idle_ms_max: 30_000,
} as const

/**
 * `answer` is given the path without its query; undefined: there is nothing of that name. Where it
 * rejects, `onTrouble` is told and the asker gets a 500. Rejects with `listen_failed` where the
 * address cannot be had.
 */
export async function openHttpDoor(
  { host, port }: { readonly host: string; readonly port: number },
  answer: (path: string) => Promise<DoorAnswer | undefined>,
  onTrouble: (cause: unknown) => void,
): Promise<HttpDoor> {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.header_bytes_max,
      headersTimeout: LIMITS.request_ms_max,
      requestTimeout: LIMITS.request_ms_max,
      keepAliveTimeout: LIMITS.idle_ms_max,
      connectionsCheckingInterval: LIMITS.request_ms_max,
    },
    (request, response) => {
      // Whatever body there is stays unread: the connection ends with the answer.
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return write(response, METHOD)
      }
      const [path = '/'] = (request.url ?? '/').split('?', 1)
      answer(path)
        .then(said => write(response, said ?? NOWHERE))
        .catch(cause => {
          onTrouble(cause)
          write(response, TROUBLE)
        })
    },
  )
  server.maxConnections = LIMITS.connections_max
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      const error = (cause as { code?: string }).code ?? cause.name
      reject(new Failure('listen_failed', { host, port, error }, cause))
    })
    server.listen(port, host, resolve)
  })
  // From here on a trouble of the listener costs a connection, never the engine.
  server.on('error', onTrouble)
  const bound = server.address()
  const at = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    address: `http://${isIPv6(host) ? `[${host}]` : host}:${at}`,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const text = (status: number, body: string): DoorAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body,
})
const NOWHERE = text(404, 'There is /metrics, /healthz and /readyz.\n')
const TROUBLE = text(500, 'This cannot be answered at the moment.\n')
const METHOD = text(405, 'This is read only: GET.\n')

function write(response: ServerResponse, { status, type, body }: DoorAnswer): void {
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD', connection: 'close' } : {}),
  }
  response.writeHead(status, headers)
  response.end(body)
}
