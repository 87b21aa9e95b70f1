// Sockets behind an interface, so that tests and the simulator own the network (STYLE.md 19). It
// adds nothing to TCP and TLS but one promise: `closed` is called exactly once, whatever happened
// before.
import net from 'node:net'
import tls, { type ConnectionOptions, type SecureContextOptions, type TlsOptions } from 'node:tls'

export type { ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls'

/** The far end of a connection. */
export interface Remote {
  readonly address: string
  readonly port: number
  /** Common name of its certificate, where one was asked for and given. */
  readonly tls_name?: string
}

/** An open connection. */
export interface Link {
  readonly remote: Remote
  /** Queues bytes; `unsent_bytes` grows until the far end takes them. */
  write(bytes: Uint8Array): void
  /** Written here and not yet taken by the operating system. */
  readonly unsent_bytes: number
  pause(): void
  resume(): void
  /** Sends what is queued, then says that no more comes. The far end may still send. */
  end(): void
  /** Closes now, whatever is queued. */
  destroy(): void
}

export interface LinkHandler {
  /** The connection stands, and so does TLS where it is on. Not called where that failed. */
  open(link: Link): void
  data(bytes: Buffer): void
  /** The far end sends no more; it may still read. */
  end(): void
  /** Everything that was queued has been taken. */
  drained(): void
  /** Once, at the end, in every case. */
  closed(cause: Error | undefined): void
}

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls?: TlsOptions | undefined
  /** Troubles of the listener itself, e.g. no file descriptor for one more connection. */
  readonly onError: (cause: Error) => void
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** New handshakes use it; live connections stay as they are. Throws where it is unusable. */
  renewTls(context: SecureContextOptions): void
  /** Stops accepting and frees the port; live connections stay. */
  close(): void
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly tls?: ConnectionOptions | undefined
}

export interface Net {
  /**
   * Rejects with Node's error where the address cannot be taken. `accept` is asked before any TLS
   * handshake; undefined closes the connection at once.
   */
  listen(
    options: ListenOptions,
    accept: (remote: Remote) => LinkHandler | undefined,
  ): Promise<Listener>
  /** The returned function gives the attempt or the connection up. */
  connect(options: ConnectOptions, handler: LinkHandler): () => void
}

/** Dead peers are noticed by the operating system within about a minute. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true } as const

class SocketLink implements Link {
  readonly remote: Remote
  readonly #socket: net.Socket

  constructor(socket: net.Socket, remote: Remote) {
    this.#socket = socket
    this.remote = remote
  }

  get unsent_bytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#socket.writable) this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function remoteOf(socket: net.Socket): Remote {
  const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  const name =
    socket instanceof tls.TLSSocket ? socket.getPeerCertificate()?.subject?.CN : undefined
  if (name === undefined) return remote
  return { ...remote, tls_name: Array.isArray(name) ? String(name[0]) : name }
}

/** From here on the socket's own events drive the handler. */
function adopt(socket: net.Socket, handler: LinkHandler): void {
  handler.open(new SocketLink(socket, remoteOf(socket)))
  socket.on('data', bytes => handler.data(bytes))
  socket.on('end', () => handler.end())
  socket.on('drain', () => handler.drained())
}

/** Calls `closed` once, with the first error that was seen. */
function watchEnd(socket: net.Socket, closed: (cause: Error | undefined) => void): void {
  let cause: Error | undefined
  socket.on('error', error => {
    cause ??= error
  })
  socket.once('close', () => closed(cause))
}

/** Which handshake is whose: an address and port stand for one connection at a time. */
const endsOf = (socket: net.Socket) =>
  `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`

function secureServer(options: TlsOptions, handshakes: Map<string, Handshake>): tls.Server {
  const server = tls.createServer(options)
  server.on('secureConnection', socket => handshakes.get(endsOf(socket))?.done(socket))
  server.on('tlsClientError', (error, socket) => handshakes.get(endsOf(socket))?.failed(error))
  return server
}

interface Handshake {
  done(socket: tls.TLSSocket): void
  failed(cause: Error): void
}

function shakeHands(
  raw: net.Socket,
  handshakes: Map<string, Handshake>,
  handler: LinkHandler,
): void {
  const ends = endsOf(raw)
  let cause: Error | undefined
  let secure: tls.TLSSocket | undefined
  handshakes.set(ends, {
    failed: error => {
      cause ??= error
    },
    done: socket => {
      secure = socket
      socket.allowHalfOpen = true
      handshakes.delete(ends)
      watchEnd(socket, handler.closed.bind(handler))
      adopt(socket, handler)
    },
  })
  watchEnd(raw, error => {
    if (secure !== undefined) return
    handshakes.delete(ends)
    handler.closed(cause ?? error)
  })
}

async function listen(
  options: ListenOptions,
  accept: (remote: Remote) => LinkHandler | undefined,
): Promise<Listener> {
  const handshakes = new Map<string, Handshake>()
  const secure = options.tls ? secureServer(options.tls, handshakes) : undefined
  // Whoever leaves in the middle of a handshake is gone; later an end may be half an end.
  const allowHalfOpen = secure === undefined
  const server = net.createServer({ ...KEEP_ALIVE, allowHalfOpen }, socket => {
    const handler = accept(remoteOf(socket))
    if (handler === undefined) {
      socket.on('error', options.onError)
      socket.destroy()
    } else if (secure === undefined) {
      watchEnd(socket, handler.closed.bind(handler))
      adopt(socket, handler)
    } else {
      shakeHands(socket, handshakes, handler)
      secure.emit('connection', socket)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, exclusive: true }, () => {
      server.off('error', reject)
      server.on('error', options.onError)
      resolve()
    })
  })
  const address = server.address() as net.AddressInfo
  return {
    host: address.address,
    port: address.port,
    renewTls: context => secure?.setSecureContext(context),
    close: () => void server.close(),
  }
}

function connect(options: ConnectOptions, handler: LinkHandler): () => void {
  const { host, port } = options
  const socket = options.tls
    ? tls.connect({ ...serverName(host), ...KEEP_ALIVE, ...options.tls, host, port })
    : net.connect({ ...KEEP_ALIVE, host, port })
  watchEnd(socket, handler.closed.bind(handler))
  socket.once(options.tls ? 'secureConnect' : 'connect', () => adopt(socket, handler))
  return () => socket.destroy()
}

/** The name that the certificate is asked for. TLS knows no numeric addresses there (RFC 6066). */
const serverName = (host: string) => (net.isIP(host) === 0 ? { servername: host } : {})

export const systemNet: Net = { listen, connect }

/** Throws OpenSSL's error where certificate, key or their settings cannot be used together. */
export function checkSecureContext(options: SecureContextOptions): void {
  tls.createSecureContext(options)
}
