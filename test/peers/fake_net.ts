// A network of function calls, in the place of sockets: a test is the far end of each connection.
import type { Link, LinkHandler, Listener, ListenOptions, Net, Remote } from '../../src/kit/net.ts'

/** The far end of one connection, and what was done to ours. */
export class FakeLink implements Link {
  readonly remote: Remote
  readonly handler: LinkHandler | undefined
  /** One entry a write. */
  readonly writes: string[] = []
  paused = false
  ended = false
  destroyed = false
  /** While set, nothing that is written is taken. */
  stuck = false
  #unsent_bytes = 0

  constructor(remote: Remote, handler: LinkHandler | undefined) {
    this.remote = remote
    this.handler = handler
    handler?.open(this)
  }

  get unsent_bytes(): number {
    return this.#unsent_bytes
  }

  write(bytes: Uint8Array): void {
    this.writes.push(Buffer.from(bytes).toString('latin1'))
    if (this.stuck) this.#unsent_bytes += bytes.length
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.handler?.closed(undefined)
  }

  // --- the far end ---

  sends(bytes: Buffer): void {
    this.handler?.data(bytes)
  }

  takes(): void {
    this.stuck = false
    this.#unsent_bytes = 0
    this.handler?.drained()
  }

  leaves(): void {
    this.handler?.end()
    this.destroy()
  }

  get codes(): string[] {
    return [...this.writes.join('').matchAll(/MSA\|(\w\w)\|(\w*)/g)].map(
      ([, code, id]) => `${code} ${id}`,
    )
  }
}

export class FakeNet implements Net {
  #accept: ((remote: Remote) => LinkHandler | undefined) | undefined
  closed = false

  async listen(
    { host, port }: ListenOptions,
    accept: (remote: Remote) => LinkHandler | undefined,
  ): Promise<Listener> {
    this.#accept = accept
    const close = () => {
      this.closed = true
    }
    return { host, port, renewTls: () => {}, close }
  }

  connect(): () => void {
    throw new Error('this network has no one to connect to')
  }

  /** Somebody connects. `refused` where the listener did not take it. */
  arrive(address = '192.0.2.7', tls_name?: string): FakeLink {
    const remote = { address, port: 40_000, ...(tls_name === undefined ? {} : { tls_name }) }
    return new FakeLink(remote, this.#accept?.(remote))
  }
}
