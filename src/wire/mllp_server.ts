// The MLLP listener: takes connections within its limits, refuses the others visibly, watches the
// clock over all of them, and stops without breaking a promise. Each connection is
// mllp_connection.ts.
import { controlIds } from '../codecs/hl7v2/ack.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import {
  type Listener,
  type Net,
  type Remote,
  type SecureContextOptions,
  systemNet,
  type TlsOptions,
} from '../kit/net.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import { Failure } from '../model/errors.ts'
import type { FeedStatus, Intake } from '../model/rooms.ts'
import type { Signals } from '../model/signals.ts'
import { type Entrance, MllpConnection } from './mllp_connection.ts'
import { Feeds } from './mllp_feeds.ts'
import {
  type ByteBudget,
  type MllpListenerLimits,
  mllpListenerLimits,
  unanswered,
  unfinished,
} from './mllp_limits.ts'

export interface MllpServerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly intake: Intake
  readonly signals: Signals
  /** Node's options, all of them. `requestCert` and `ca` make it mutual. */
  readonly tls?: TlsOptions
  /** Common names of client certificates that may send; absent: whoever the `ca` vouches for. */
  readonly client_names?: readonly string[]
  readonly limits?: Partial<MllpListenerLimits>
  readonly net?: Net
  readonly clock?: Clock
  readonly random?: Random
  /** Shared by all listeners of a process unless given. */
  readonly unanswered?: ByteBudget
  readonly unfinished?: ByteBudget
}

export interface MllpServer {
  /** The address and port that it has in fact. */
  readonly host: string
  readonly port: number
  feeds(): readonly FeedStatus[]
  /** New connections use these certificates; live ones stay. Throws where they are unusable. */
  renewTls(context: SecureContextOptions): void
  /** Accepts nothing new, answers what is in hand, closes. At most `drain_ms_max`. */
  drain(): Promise<void>
}

/** Rejects with `listen_failed` where the address or the TLS options cannot be used. */
export async function listenMllp(options: MllpServerOptions): Promise<MllpServer> {
  const { host, port, tls, net = systemNet, signals } = options
  const limits = { ...mllpListenerLimits, ...options.limits }
  const onError = (cause: Error) =>
    signals.say('error', 'mllp listener trouble', { host, port, error: nameOf(cause) })
  let server: Server | undefined
  try {
    const secure = tls && { handshakeTimeout: limits.handshake_ms_max, ...tls }
    const listening = { host, port, tls: secure, onError }
    const listener = await net.listen(listening, remote => server?.accept(remote))
    server = new Server(options, limits, listener)
    return server
  } catch (cause) {
    throw new Failure('listen_failed', { host, port, error: nameOf(cause) }, cause)
  }
}

/** How often the clock is looked at, as a share of the shortest limit, and within these bounds. */
const LOOKS_PER_LIMIT = 4
const LOOK_MS_MIN = 5
const LOOK_MS_MAX = 1_000

/**
 * One line a second about refused connections: a flood of them must not become a flood of lines.
 */
const SAY_REFUSED_MS_MIN = 1_000

class Server implements MllpServer {
  readonly #limits: MllpListenerLimits
  readonly #listener: Listener
  readonly #entrance: Entrance
  readonly #connections = new Set<MllpConnection>()
  readonly #per_peer = new Map<string, number>()
  readonly #stopping = new AbortController()
  #emptied: (() => void) | undefined
  #refused = 0
  #refused_said_ms = Number.NEGATIVE_INFINITY

  constructor(options: MllpServerOptions, limits: MllpListenerLimits, listener: Listener) {
    const { intake, signals, client_names: names } = options
    const door = String(listener.port)
    this.#limits = limits
    this.#listener = listener
    this.#entrance = {
      door,
      intake,
      signals,
      limits,
      clock: options.clock ?? systemClock,
      unanswered: options.unanswered ?? unanswered,
      unfinished: options.unfinished ?? unfinished,
      feeds: new Feeds(door, limits.feeds_max),
      nextControlId: controlIds(options.random ?? systemRandom),
      admits: ({ tls_name = '' }) => names === undefined || names.includes(tls_name),
      settled: connection => this.#settled(connection),
    }
    void this.#watch()
  }

  get host(): string {
    return this.#listener.host
  }

  get port(): number {
    return this.#listener.port
  }

  feeds(): readonly FeedStatus[] {
    return this.#entrance.feeds.list()
  }

  renewTls(context: SecureContextOptions): void {
    this.#listener.renewTls(context)
  }

  async drain(): Promise<void> {
    this.#listener.close()
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size > 0) {
      const emptied = new Promise<void>(resolve => {
        this.#emptied = resolve
      })
      const over = new AbortController()
      const late = this.#entrance.clock.sleep(this.#limits.drain_ms_max, over.signal)
      await Promise.race([emptied, late])
      over.abort()
    }
    for (const connection of this.#connections) connection.destroy()
    this.#stopping.abort()
  }

  accept(remote: Remote): MllpConnection | undefined {
    const of_peer = this.#per_peer.get(remote.address) ?? 0
    const { connections_max, connections_per_peer_max } = this.#limits
    if (this.#stopping.signal.aborted) return undefined
    if (this.#connections.size >= connections_max) return this.#refuse(remote, { connections_max })
    if (of_peer >= connections_per_peer_max) {
      return this.#refuse(remote, { connections_per_peer_max })
    }
    const connection = new MllpConnection(this.#entrance, remote)
    this.#connections.add(connection)
    this.#per_peer.set(remote.address, of_peer + 1)
    return connection
  }

  #refuse(remote: Remote, limit: Readonly<Record<string, number>>): undefined {
    const { signals, door, clock } = this.#entrance
    signals.count('mllp_connections_refused', { door })
    this.#refused += 1
    const now_ms = clock.elapsed()
    if (now_ms - this.#refused_said_ms < SAY_REFUSED_MS_MIN) return undefined
    this.#refused_said_ms = now_ms
    const facts = { door, peer: remote.address, refused: this.#refused, ...limit }
    signals.say('warn', 'mllp connection refused', facts)
    return undefined
  }

  #settled(connection: MllpConnection): void {
    if (!this.#connections.delete(connection)) return
    const left = (this.#per_peer.get(connection.address) ?? 1) - 1
    if (left === 0) this.#per_peer.delete(connection.address)
    else this.#per_peer.set(connection.address, left)
    if (this.#connections.size === 0) this.#emptied?.()
  }

  async #watch(): Promise<void> {
    const limits = this.#limits
    const { clock } = this.#entrance
    const shortest = Math.min(
      limits.first_byte_ms_max,
      limits.frame_ms_max,
      limits.idle_ms_max,
      limits.linger_ms_max,
      limits.unread_answer_ms_max,
    )
    const look_ms = Math.max(LOOK_MS_MIN, Math.min(LOOK_MS_MAX, shortest / LOOKS_PER_LIMIT))
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(look_ms, this.#stopping.signal)
      const now_ms = clock.elapsed()
      for (const connection of this.#connections) connection.expire(now_ms)
    }
  }
}

const nameOf = (cause: unknown): string =>
  (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.name : typeof cause)
