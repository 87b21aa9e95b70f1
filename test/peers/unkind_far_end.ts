// Stands before a real FHIR server and behaves as far ends do on bad days, by a seed: it dies,
// drops the connection before or after the work, answers late, twice or with garbage, asks for
// time, and hides for a while what it has just taken. Its log says what landed: it is the witness.
import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../../src/kit/random.ts'
import { type Behind, isSearch, Veil } from './veil.ts'

export type Mood =
  | 'well'
  /** Nothing is done, and the connection reset. */
  | 'drops_before'
  /** It is done, and the connection reset. */
  | 'drops_after'
  /** It is done late: the asker may be dead by then. */
  | 'late'
  /** It is done at once and answered late. */
  | 'answers_late'
  /** The answer comes twice on one connection. */
  | 'twice'
  /** Nothing is done: 503, with or without Retry-After. */
  | 'busy'
  /** It is done, and a gateway answers with a page of HTML. */
  | 'garbled'
  /** Nothing is done, by the test's own wish. */
  | 'refused'
  | 'down'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly mood: Mood
  /** What the server behind answered; 0 where it was never asked. */
  readonly status: number
  /** When the server behind had done it. */
  readonly at_ms: number
}

export interface UnkindOptions {
  readonly behind: string
  readonly random: Random
  /** Parts of all calls, 0 to 1. */
  readonly moods: Partial<Record<Mood, number>>
  /** So much of what is written stays hidden for a while. */
  readonly hides?: { readonly part: number; readonly ms_max: number }
  /** Answers a call by itself with this status; undefined: it goes its way. */
  readonly refuses?: (body: string) => number | undefined
}

/** Below what an adapter for FHIR takes a call to need until it has settled. */
const LATE_MS_MAX = 2_500

export class UnkindFarEnd {
  readonly asked: Asked[] = []
  isDown = false
  /** Taken away, everything is well. */
  isUnkind = true
  readonly #options: UnkindOptions
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing).catch(() => incoming.socket.destroy()) // The asker has died.
  })
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })
  readonly #sockets = new Set<Socket>()
  readonly #veil: Veil

  constructor(options: UnkindOptions) {
    this.#options = options
    this.#veil = new Veil(options.random, options.hides ?? { part: 0, ms_max: 0 })
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(options: UnkindOptions): Promise<UnkindFarEnd> {
    const far = new UnkindFarEnd(options)
    far.#server.listen(0, '127.0.0.1')
    await once(far.#server, 'listening')
    return far
  }

  get base(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${new URL(this.#options.behind).pathname}`
  }

  /** Every connection breaks, and new ones do too; what was passed on is still carried out. */
  async die(ms: number): Promise<void> {
    this.isDown = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await delay(ms)
    this.isDown = false
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await new Promise(done => this.#server.close(done))
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (this.isDown) return void incoming.socket.resetAndDestroy()
    const body = await textOf(incoming)
    const { method = '', url: path = '', headers } = incoming
    const refusal = this.#options.refuses?.(body)
    const mood = refusal === undefined ? this.#mood() : 'refused'
    const note = (status: number) =>
      this.asked.push({ method, path, headers, body, mood, status, at_ms: Date.now() })
    if (mood === 'refused' || mood === 'busy') {
      note(0)
      return refuse(outgoing, refusal ?? 503, this.#options.random.fraction() < 0.5)
    }
    if (mood === 'drops_before') {
      note(0)
      return void incoming.socket.resetAndDestroy()
    }
    if (mood === 'late') await delay(this.#options.random.fraction() * LATE_MS_MAX)
    const answer = this.#veil.over(
      { method, path },
      await this.#pass(incoming, { method, path, body }),
    )
    note(answer.status)
    if (this.isDown || mood === 'drops_after') return void incoming.socket.resetAndDestroy()
    if (mood === 'answers_late') await delay(this.#options.random.fraction() * LATE_MS_MAX)
    if (mood === 'garbled') return garble(outgoing)
    tell(outgoing, answer)
    if (mood === 'twice') incoming.socket.write(asWritten(answer))
  }

  #mood(): Mood {
    if (!this.isUnkind) return 'well'
    let left = this.#options.random.fraction()
    for (const [mood, part] of Object.entries(this.#options.moods)) {
      left -= part
      if (left < 0) return mood as Mood
    }
    return 'well'
  }

  #pass(
    incoming: IncomingMessage,
    { method, path, body }: { method: string; path: string; body: string },
  ): Promise<Behind> {
    const { hostname, port } = new URL(this.#options.behind)
    const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
    const options = { hostname, port, path, method, headers, agent: this.#agent }
    return new Promise((resolve, reject) => {
      const through = request(options, answer => {
        textOf(answer).then(
          text =>
            resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: text }),
          reject,
        )
      })
      through.on('error', reject)
      through.end(body)
    })
  }
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const HOP = new Set(['transfer-encoding', 'content-length', 'connection', 'keep-alive'])

const ownHeaders = ({ headers, body }: Behind) => ({
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name))),
  'content-length': String(Buffer.byteLength(body)),
})

function tell(outgoing: ServerResponse, answer: Behind): void {
  outgoing.writeHead(answer.status, ownHeaders(answer))
  outgoing.end(answer.body)
}

/** The same answer once more, byte by byte as a broken gateway would. */
function asWritten(answer: Behind): string {
  const lines = Object.entries(ownHeaders(answer)).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${answer.status} Again\r\n${lines.join('\r\n')}\r\n\r\n${answer.body}`
}

function refuse(outgoing: ServerResponse, status: number, asksForTime: boolean): void {
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'x' }] }
  outgoing.writeHead(status, {
    'content-type': 'application/fhir+json',
    ...(status === 503 && asksForTime ? { 'retry-after': '1' } : {}),
  })
  outgoing.end(JSON.stringify(outcome))
}

function garble(outgoing: ServerResponse): void {
  outgoing.writeHead(502, { 'content-type': 'text/html' })
  outgoing.end('<html><body>Bad gateway</body></html>')
}

/** What of the log changed something: it stands at the far end, told or not. */
export const landed = (asked: readonly Asked[]): readonly Asked[] =>
  asked.filter(
    ({ method, path, status }) =>
      (method === 'POST' && !isSearch(path) && status === 201) ||
      (method === 'PUT' && (status === 200 || status === 201)),
  )
