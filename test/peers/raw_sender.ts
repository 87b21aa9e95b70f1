// A sender on a bare socket, which can misbehave in every way. Reads answers by its own few lines,
// so that it shares no mistake with the code under test.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export const VT = '\x0b'
export const END = '\x1c\r'
export const latin1 = (text: string) => Buffer.from(text, 'latin1')
export const frame = (content: string | Buffer) =>
  Buffer.concat([latin1(VT), Buffer.from(content as string, 'latin1'), latin1(END)])

/**
 * A synthetic ADT of about a hundred bytes. `fields` replaces single fields of MSH by their number.
 */
export function message(id: string, fields: Readonly<Record<number, string>> = {}): Buffer {
  const msh = ['MSH', '^~\\&', 'SEND^1.2.3^ISO', 'FAC', 'RECV', 'HOSP', '20261121101500+0000', '']
  msh.push('ADT^A01^ADT_A01', id, 'P', '2.5.1')
  for (const [n, text] of Object.entries(fields)) {
    while (msh.length < Number(n)) msh.push('')
    msh[Number(n) - 1] = text
  }
  return latin1(`${msh.join('|')}\rEVN|A01\rPID|1||4711^^^FAC^MR||TEST^TOM\r`)
}

/** Waits until it holds; fails loudly where it never does. */
export async function until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
  const end = Date.now() + ms
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`)
    await sleep(5)
  }
}

export class RawSender {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  ended = false
  closed = false
  error: string | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    // A test that fails must end: what it left open is closed with the process.
    socket.unref()
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', error => {
      this.error = (error as NodeJS.ErrnoException).code ?? error.message
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  /** Resolves when the connection stands or has failed. */
  static async open(port: number, tls?: ConnectionOptions): Promise<RawSender> {
    const at = { port, host: '127.0.0.1' }
    const socket = tls
      ? connectTls({ ...tls, ...at, allowHalfOpen: true } as ConnectionOptions)
      : connect({ ...at, noDelay: true, allowHalfOpen: true })
    const sender = new RawSender(socket)
    let open = false
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      open = true
    })
    await until('the connection opened or failed', () => open || sender.closed)
    return sender
  }

  write(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? latin1(bytes) : bytes)
  }

  /** Writes apart, so that the far end sees them as reads of their own. */
  async writeParts(parts: readonly (string | Buffer)[], wait_ms = 15): Promise<void> {
    for (const part of parts) {
      this.write(part)
      await sleep(wait_ms)
    }
  }

  get answers(): Buffer[] {
    return this.#received
      .toString('latin1')
      .split(END)
      .slice(0, -1)
      .map(text => latin1(text.slice(1)))
  }

  /** `AA id` for each answer. */
  get acks(): string[] {
    return this.answers.map(answer => {
      const text = answer.toString('latin1')
      const separator = text.charAt(3)
      const msa = text.split('\r').find(line => line.startsWith(`MSA${separator}`)) ?? ''
      const [, code, id = ''] = msa.split(separator)
      return `${code} ${id}`
    })
  }

  /** Resolves with the acks when there are so many, or the far end has ended. */
  async answered(count: number, ms = 60_000): Promise<string[]> {
    await until(`${count} answers`, () => this.answers.length >= count || this.gone, ms)
    return this.acks
  }

  /** The far end has said that no more comes, or the connection is away. */
  get gone(): boolean {
    return this.ended || this.closed
  }

  async untilGone(ms = 30_000): Promise<void> {
    await until('the far end closed', () => this.gone, ms)
  }

  /** Ends in an orderly way, after everything written. */
  async close(): Promise<void> {
    this.socket.end()
    await until('the connection closed', () => this.closed)
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }
}
