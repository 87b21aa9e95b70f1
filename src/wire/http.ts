// HTTP/1.1 as a client, over node:http and node:https. Its one promise beyond them: it tells
// exactly whether a request may have reached the far end. No body and no identifier enters an
// error.
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Clock, systemClock } from '../kit/clock.ts'
import type { Code, Facts } from '../model/errors.ts'
import type { Answer } from '../model/intent.ts'

export interface HttpClientOptions {
  /** `http:` or `https:`, with a path or without; no query. */
  readonly base_url: string
  /** Sent with every request; a request's own header of the same name wins. */
  readonly headers: Readonly<Record<string, string>>
  /** Connections to the far end; what is more waits for one of them. */
  readonly connections_max: number
  /** Until a connection stands, TLS included. Milliseconds. */
  readonly connect_ms_max: number
  /** From the request's first byte to the answer's last. Milliseconds. */
  readonly call_ms_max: number
  readonly answer_bytes_max: number
  readonly tls: HttpTls | undefined
  readonly clock?: Clock
}

/** PEM texts. */
export interface HttpTls {
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
}

export interface HttpRequest {
  readonly method: string
  /** Below `base_url`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What HTTP can come to; other transports have answers of their own. */
export type HttpAnswer = Extract<Answer, { kind: 'answer' | 'not_sent' | 'no_answer' }>

export interface HttpClient {
  /** Never rejects: what went wrong is in the answer. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** Closes idle connections; calls under way come to their end. */
  close(): void
}

/**
 * An idle connection is given up early, before the far end does it (Node's servers after 5 s): a
 * request that crosses its close would have an unknown end.
 */
const IDLE_MS_MAX = 3_000

export function openHttpClient(options: HttpClientOptions): HttpClient {
  const base = new URL(options.base_url)
  const secure = base.protocol === 'https:'
  const pool = { keepAlive: true, maxSockets: options.connections_max, timeout: IDLE_MS_MAX }
  const { ca, certificate: cert, key } = options.tls ?? {}
  const agent = secure
    ? new https.Agent({ ...pool, ...defined({ ca, cert, key }), minVersion: 'TLSv1.2' })
    : new http.Agent(pool)
  const prefix = base.pathname.replace(/\/+$/, '')
  return {
    send: (request, signal) =>
      new Promise(resolve => {
        const target = {
          ...connectionOf(base),
          path: `${prefix}/${request.path.replace(/^\/+/, '')}`,
        }
        new Exchange({ request, target, agent, secure, options, signal, resolve }).begin()
      }),
    close: () => agent.destroy(),
  }
}

const connectionOf = (base: URL) => ({
  protocol: base.protocol,
  // Brackets of an IPv6 literal belong to the URL, not to the address.
  hostname: base.hostname.replace(/^\[|\]$/g, ''),
  ...(base.port === '' ? {} : { port: base.port }),
})

/** Without the keys that are undefined: Node's TLS takes their presence for a wish. */
function defined(values: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(values).filter(entry => entry[1] !== undefined)
  return Object.fromEntries(entries) as Record<string, string>
}

interface ExchangeOptions {
  readonly request: HttpRequest
  readonly target: { readonly hostname: string; readonly path: string }
  readonly agent: http.Agent | https.Agent
  readonly secure: boolean
  readonly options: HttpClientOptions
  readonly signal: AbortSignal
  readonly resolve: (answer: HttpAnswer) => void
}

/** Connections that stand: what is written to them goes out at once. */
const standing = new WeakSet<Socket>()

/** One request and its answer. Resolved once; whatever comes later changes nothing. */
class Exchange {
  readonly #of: ExchangeOptions
  readonly #clock: Clock
  #request: ClientRequest | undefined
  /** From here on bytes of the request may have left this machine. */
  #sent = false
  #done = false
  #cancelTimer = () => {}
  readonly #abort = () => this.#fail('aborted')

  constructor(of: ExchangeOptions) {
    this.#of = of
    this.#clock = of.options.clock ?? systemClock
  }

  begin(): void {
    const { request, target, agent, options, signal } = this.#of
    if (signal.aborted) {
      this.#fail('aborted')
      return
    }
    const headers = {
      'accept-encoding': 'gzip',
      ...options.headers,
      ...request.headers,
      ...(request.body === undefined
        ? {}
        : { 'content-length': String(Buffer.byteLength(request.body)) }),
    }
    try {
      const module = this.#of.secure ? https : http
      this.#request = module.request({ ...target, agent, method: request.method, headers })
    } catch (cause) {
      // A header or a path that HTTP cannot carry: nothing was sent, and trying again changes
      // nothing.
      this.#finish(notSent('target_misconfigured', nameOf(cause)))
      return
    }
    signal.addEventListener('abort', this.#abort, { once: true })
    this.#request.on('socket', socket => this.#watch(socket))
    this.#request.on('response', response => this.#receive(response))
    this.#request.on('error', cause => this.#fail(nameOf(cause)))
    this.#request.end(request.body)
  }

  /** Called when a connection, new or kept, is given to this request; it may have waited for it. */
  #watch(socket: Socket): void {
    const { connect_ms_max, call_ms_max } = this.#of.options
    const connected = () => {
      this.#sent = true
      this.#limit(call_ms_max)
    }
    if (standing.has(socket)) {
      connected()
      return
    }
    this.#limit(connect_ms_max)
    // Until then Node holds the request back; a certificate that we refuse never gets as far.
    socket.once(this.#of.secure ? 'secureConnect' : 'connect', () => {
      standing.add(socket)
      connected()
    })
  }

  #limit(wait_ms: number): void {
    this.#cancelTimer()
    if (!this.#done) this.#cancelTimer = this.#clock.after(wait_ms, () => this.#fail('timeout'))
  }

  #receive(response: IncomingMessage): void {
    const { answer_bytes_max } = this.#of.options
    const chunks: Buffer[] = []
    let size = 0
    const body = unpacked(response)
    // The limit is on what it unpacks to.
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= answer_bytes_max) chunks.push(chunk)
      else this.#fail('answer_too_large')
    })
    for (const one of new Set([response, body])) {
      one.on('error', cause => this.#fail(nameOf(cause)))
    }
    body.on('end', () =>
      this.#finish({
        kind: 'answer',
        status: response.statusCode ?? 0,
        // Waits are counted from it; when it came, where the far end does not say (RFC 9110).
        headers: { date: new Date(this.#clock.now()).toUTCString(), ...headersOf(response) },
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    )
  }

  #fail(error: string): void {
    this.#finish(
      this.#sent && !refusedByTls(error) ? noAnswer(error) : notSent(codeOf(error), error),
    )
    // A listener for errors stays, so that what the destroyed socket still says has no effect.
    this.#request?.destroy()
  }

  #finish(answer: HttpAnswer): void {
    if (this.#done) return
    this.#done = true
    this.#cancelTimer()
    this.#of.signal.removeEventListener('abort', this.#abort)
    this.#of.resolve(answer)
  }
}

function unpacked(response: IncomingMessage): Readable {
  const packed = /^(x-)?gzip$/i.test(response.headers['content-encoding'] ?? '')
  return packed ? response.pipe(createGunzip()) : response
}

/**
 * Under TLS 1.3 a server judges our certificate after our side of the handshake is over. These
 * alerts say that it refused it, and then it has read no request.
 */
const refusedByTls = (error: string): boolean =>
  /^ERR_SSL_.*ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERT|ACCESS_DENIED)/.test(
    error,
  )

function codeOf(error: string): Code {
  if (refusedByTls(error)) return 'target_auth'
  if (error === 'aborted') return 'target_transient'
  return /CERT|SSL|TLS|EPROTO|SELF_SIGNED|UNABLE_TO_/.test(error)
    ? 'target_misconfigured'
    : 'target_down'
}

const notSent = (code: Code, error: string): HttpAnswer => ({
  kind: 'not_sent',
  code,
  facts: { error },
})

function noAnswer(error: string): HttpAnswer {
  const code = error === 'answer_too_large' ? 'target_answer_too_large' : 'target_answer_unknown'
  const facts: Facts = { error }
  return { kind: 'no_answer', code, facts }
}

/**
 * The system's or Node's name of an error. Never its text, which may quote an address or a header.
 */
function nameOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'unnamed'
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
