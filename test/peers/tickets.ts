// A small ticket system for tests, with a log of all requests: the witness of what was sent and of
// what it made of it. It may know requests again by a key, and behaves badly when told to.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Ticket {
  readonly id: number
  readonly external_id: string
  readonly title: string
}

export type Mood =
  | 'well'
  /** The work is done, and the connection reset. */
  | 'drops_after'
  /** Nothing is done, and the connection reset. */
  | 'drops_before'
  /** Nothing is done: 200, and the body says no. */
  | 'says_no'
  /** Nothing is done: 429 with Retry-After. */
  | 'busy'
  /** The work is done, and a gateway in front says 502 in HTML. */
  | 'garbled'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly key: string | undefined
  readonly body: string
  readonly mood: Mood
}

export class Tickets {
  readonly asked: Asked[] = []
  readonly held: Ticket[] = []
  /** Moods of the next writes; then it is well. */
  moods: Mood[] = []
  readonly #keys = new Map<string, number>()
  readonly #knowsKeys: boolean
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing).catch(() => incoming.socket.destroy()) // The asker has gone.
  })

  constructor(knowsKeys: boolean) {
    this.#knowsKeys = knowsKeys
  }

  static async open({ knows_keys }: { readonly knows_keys: boolean }): Promise<Tickets> {
    const tickets = new Tickets(knows_keys)
    tickets.#server.listen(0, '127.0.0.1')
    await once(tickets.#server, 'listening')
    return tickets
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`
  }

  get writes(): readonly Asked[] {
    return this.asked.filter(({ method }) => method !== 'GET')
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(done => this.#server.close(done))
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers, socket } = incoming
    const body = Buffer.concat(chunks).toString('utf8')
    const key = headers['idempotency-key']?.toString()
    const mood = method === 'GET' ? 'well' : (this.moods.shift() ?? 'well')
    this.asked.push({ method, url, key, body, mood })
    if (mood === 'drops_before') return void socket.resetAndDestroy()
    if (mood === 'says_no') return void outgoing.end('{"success":false,"error":"no such queue"}')
    if (mood === 'busy') return void outgoing.writeHead(429, { 'retry-after': '1' }).end()
    const [status, answer] = this.#work({ method, url, key, body })
    if (mood === 'drops_after') return void socket.resetAndDestroy()
    if (mood === 'garbled') return void outgoing.writeHead(502).end('<html>Bad gateway</html>')
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #work({ method, url, key, body }: Omit<Asked, 'mood'>): readonly [number, unknown] {
    const { pathname, searchParams } = new URL(url, 'http://h')
    const id = Number(/^\/api\/tickets\/(\d+)$/.exec(pathname)?.[1])
    const found = this.held.findIndex(one => one.id === id)
    if (method === 'GET' && pathname === '/api/tickets') {
      const external_id = searchParams.get('external_id')
      return [200, { results: this.held.filter(one => one.external_id === external_id) }]
    }
    if (method === 'POST' && pathname === '/api/tickets') return this.#make(body, key)
    const ticket = this.held[found]
    if (ticket === undefined) return [404, {}]
    if (method === 'GET') return [200, ticket]
    if (method === 'PATCH') this.held[found] = { ...ticket, ...(JSON.parse(body) as Ticket) }
    if (method === 'DELETE') this.held.splice(found, 1)
    return [200, this.held[found] ?? {}]
  }

  #make(body: string, key: string | undefined): readonly [number, unknown] {
    const before = key === undefined || !this.#knowsKeys ? undefined : this.#keys.get(key)
    if (before !== undefined) return [200, { id: before }]
    const id = 100 + this.held.length
    this.held.push({ ...(JSON.parse(body) as Ticket), id })
    if (key !== undefined) this.#keys.set(key, id)
    return [201, { id }]
  }
}
