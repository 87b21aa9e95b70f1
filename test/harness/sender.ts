// A sender as hospitals run them: one message at a time, waits for its ACK, and sends again what
// was not acknowledged, over a new connection. Written for the tests alone, on plain sockets, so
// that it shares no error with the product's own sender.
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { framed } from './messages.ts'

export interface Acked {
  readonly message: Buffer
  readonly code: string
}

export interface LockstepOptions {
  readonly port: number
  readonly host?: string
  /** How long to go on trying one message. */
  readonly patience_ms?: number
  /** Between an answer and the next message. */
  readonly pause_ms?: number
}

/** Sends messages in order; resolves when each has been acknowledged positively (AA or CA). */
export async function sendAll(
  messages: Iterable<Buffer>,
  options: LockstepOptions,
): Promise<Acked[]> {
  const acked: Acked[] = []
  let link: Link | undefined
  for (const message of messages) {
    const until = Date.now() + (options.patience_ms ?? 120_000)
    for (;;) {
      if (Date.now() > until) throw new Error('the message was not acknowledged in time')
      try {
        link ??= await Link.open(options.port, options.host ?? '127.0.0.1')
        const code = await link.send(message)
        if (code === 'AA' || code === 'CA') {
          acked.push({ message, code })
          if (options.pause_ms !== undefined) await delay(options.pause_ms)
          break
        }
        await delay(50)
      } catch {
        // The connection broke or was refused: what was not acknowledged is sent again.
        link?.close()
        link = undefined
        await delay(30)
      }
    }
  }
  link?.close()
  return acked
}

class Link {
  #buffer = Buffer.alloc(0)
  #waiting: { resolve: (frame: Buffer) => void; reject: (cause: Error) => void } | undefined
  #ended = false
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk])
      const end = this.#buffer.indexOf('\x1c\r')
      if (end < 0) return
      const frame = this.#buffer.subarray(1, end)
      this.#buffer = this.#buffer.subarray(end + 2)
      this.#waiting?.resolve(frame)
    })
    const fail = () => {
      this.#ended = true
      this.#waiting?.reject(new Error('the connection ended'))
    }
    socket.on('error', fail)
    socket.on('close', fail)
  }

  static open(port: number, host: string): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Link(socket)))
    })
  }

  /** MSA-1 of the answer; throws where MSA-2 is not the message's control id. */
  async send(message: Buffer): Promise<string> {
    if (this.#ended) throw new Error('the connection ended')
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      setTimeout(() => reject(new Error('no answer')), 30_000).unref()
    })
    this.#socket.write(framed(message))
    const text = (await answer).toString('latin1')
    const msa = text.split('\r').find(line => line.startsWith('MSA')) ?? ''
    const [, code = '', id = ''] = msa.split('|')
    if (id !== message.toString('latin1').split('\r')[0]?.split('|')[9])
      throw new Error('a foreign ACK')
    return code
  }

  close(): void {
    this.#socket.destroy()
  }
}

/**
 * Sends one frame as it is and answers with the MSA of every answer until one came and the line was
 * quiet for a moment, or the connection ended.
 */
export function sendBytes(bytes: Buffer, options: { port: number }): Promise<readonly string[]> {
  return new Promise(resolve => {
    const socket = connect(options.port, '127.0.0.1')
    let text = ''
    const done = () => {
      socket.destroy()
      resolve(text.split('\r').filter(line => line.startsWith('MSA')))
    }
    let quiet: NodeJS.Timeout | undefined
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      clearTimeout(quiet)
      if (text.includes('\x1c\r')) quiet = setTimeout(done, QUIET_MS)
    })
    socket.on('error', done)
    socket.on('close', done)
    socket.on('connect', () => socket.write(framed(bytes)))
  })
}

/** So long a second answer would have to come. */
const QUIET_MS = 300
