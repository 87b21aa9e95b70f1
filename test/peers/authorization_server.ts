// An authorization server for tests, written from RFC 6749 (client credentials), RFC 7523 and SMART
// backend services, judged by jose's own verification; and a proxy that lets through to a real far
// end only who brings a token of it. It keeps what it was asked, and can be told to misbehave.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'

export interface AuthorizationServer {
  readonly base: string
  readonly token_url: string
  /** Forms of the requests for a token, oldest first. */
  readonly asked: readonly Readonly<Record<string, string>>[]
  /** Every token that was given out. */
  readonly tokens: readonly string[]
  /** Instead of a token, for so many requests or until the returned function is called. */
  answer(status: number, body: string, times?: number): () => void
  /** Requests wait until it is called. */
  hold(): () => void
  /** Tokens that were given out are good no more. */
  revoke(): void
  /** A server before `far`, which asks for a good token; answers its base. */
  guard(far: string): Promise<Guard>
  close(): Promise<void>
}

export interface Guard {
  readonly base: string
  /** Statuses that it answered, with the method. */
  readonly log: readonly string[]
}

export interface Client {
  readonly client_id: string
  readonly client_secret?: string
  readonly jwks?: JSONWebKeySet
  readonly expires_in?: number
}

export async function startAuthorizationServer(client: Client): Promise<AuthorizationServer> {
  const server = new Authorization(client)
  await server.start()
  return server
}

class Authorization implements AuthorizationServer {
  base = ''
  readonly asked: Record<string, string>[] = []
  readonly tokens: string[] = []
  readonly #client: Client
  readonly #good = new Set<string>()
  readonly #jtis = new Set<string>()
  readonly #servers: Server[] = []
  #faults: { status: number; body: string; left: number }[] = []
  #held: Promise<void> | undefined

  constructor(client: Client) {
    this.#client = client
  }

  get token_url() {
    return `${this.base}/token`
  }

  async start(): Promise<void> {
    this.base = await this.#listen((request, response) => this.#token(request, response))
  }

  answer(status: number, body: string, times = 1): () => void {
    const fault = { status, body, left: times }
    this.#faults.push(fault)
    return () => {
      fault.left = 0
    }
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  revoke(): void {
    this.#good.clear()
  }

  async guard(far: string): Promise<Guard> {
    const log: string[] = []
    const { origin, pathname } = new URL(far)
    const base = await this.#listen(async (request, response) => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const open = request.url?.endsWith('/.well-known/smart-configuration')
      if (open) return this.#describe(response)
      if (!this.#good.has(token)) {
        log.push(`${request.method} 401`)
        response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
        return
      }
      log.push(`${request.method} ${await pass(request, response, origin)}`)
    })
    return { base: `${base}${pathname}`, log }
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }

  async #listen(
    handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  ): Promise<string> {
    const server = createServer((request, response) => void handle(request, response))
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  #describe(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        token_endpoint: this.token_url,
        token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic'],
        token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
      }),
    )
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(await textOf(request)))
    this.asked.push(form)
    await this.#held
    const fault = this.#faults.find(one => one.left > 0)
    if (fault !== undefined) {
      fault.left -= 1
      if (fault.status === 0) return void response.destroy()
      response.writeHead(fault.status).end(fault.body)
      return
    }
    const error = await this.#refusal(request, form)
    if (error !== undefined) {
      response.writeHead(error === 'invalid_client' ? 401 : 400, JSON_TYPE)
      response.end(JSON.stringify({ error, error_description: `no ${form.client_id}` }))
      return
    }
    const access_token = randomUUID()
    this.#good.add(access_token)
    this.tokens.push(access_token)
    const { expires_in = 300 } = this.#client
    response.writeHead(200, JSON_TYPE)
    response.end(JSON.stringify({ access_token, token_type: 'bearer', expires_in }))
  }

  async #refusal(request: IncomingMessage, form: Record<string, string>) {
    if (request.method !== 'POST') return 'invalid_request'
    if (form.grant_type !== 'client_credentials') return 'unsupported_grant_type'
    const { client_id, client_secret, jwks } = this.#client
    if (jwks !== undefined) return this.#assertion(form, jwks)
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const [id, secret] =
      basic === undefined
        ? [form.client_id, form.client_secret]
        : Buffer.from(basic, 'base64').toString().split(':').map(decodeForm)
    return id === client_id && secret === client_secret ? undefined : 'invalid_client'
  }

  async #assertion(form: Record<string, string>, jwks: JSONWebKeySet) {
    if (form.client_assertion_type !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
      return 'invalid_request'
    }
    try {
      const { payload, protectedHeader } = await jwtVerify(
        form.client_assertion ?? '',
        createLocalJWKSet(jwks),
        {
          algorithms: ['RS384', 'ES384'],
          audience: this.token_url,
          issuer: this.#client.client_id,
          subject: this.#client.client_id,
          requiredClaims: ['exp', 'jti'],
          typ: 'JWT',
        },
      )
      const { jti = '', exp = 0 } = payload
      assert.ok(protectedHeader.kid, 'a kid is told')
      assert.ok(exp <= Date.now() / 1000 + 300, 'it lives five minutes at most')
      assert.ok(jti !== '' && !this.#jtis.has(jti), 'its id was never used')
      this.#jtis.add(jti)
      return undefined
    } catch {
      // Whatever is wrong with it, the server does not know the client by it.
      return 'invalid_client'
    }
  }
}

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' }

const decodeForm = (text: string) => new URLSearchParams(`x=${text}`).get('x') ?? ''

/** Hands the request on as it is; answers with the status of the real server. */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): Promise<number> {
  const { authorization: _, host: __, connection: ___, ...headers } = request.headers
  const body = await textOf(request)
  const answer = await fetch(`${origin}${request.url}`, {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(body === '' ? {} : { body }),
  })
  const text = await answer.text()
  const kept = ['content-type', 'etag', 'location', 'last-modified'].flatMap(name => {
    const value = answer.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  response.writeHead(answer.status, Object.fromEntries(kept)).end(text)
  return answer.status
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk
  return text
}
