// A receiver for tests of the sender, on plain sockets: answers each frame as a test says, and
// remembers what came.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { framed } from '../harness/messages.ts'
import { atEnd } from '../path/rooms.ts'

export interface Listener {
  readonly port: number
  /** Messages as they came, unframed. */
  readonly messages: Buffer[]
  connections: number
}

/** What a message is answered with: MSA-1, or nothing and the connection closed. */
export type Reply = (message: Buffer, nth: number) => string | 'close'

export async function listen(t: TestContext, reply: Reply = () => 'AA'): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const listener: Listener = { port, messages: [], connections: 0 }
  server.on('connection', socket => {
    listener.connections += 1
    sockets.add(socket)
    let held = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', chunk => {
      held = Buffer.concat([held, chunk])
      for (let end = held.indexOf('\x1c\r'); end >= 0; end = held.indexOf('\x1c\r')) {
        const message = held.subarray(1, end)
        held = held.subarray(end + 2)
        const code = reply(message, listener.messages.push(message))
        if (code === 'close') socket.destroy()
        else socket.write(framed(ack(message, code)))
      }
    })
  })
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listener
}

const fieldOf = (message: Buffer, n: number) => message.toString('latin1').split('|')[n - 1] ?? ''

export const controlIdOf = (message: Buffer) => fieldOf(message, 10)

function ack(message: Buffer, code: string): Buffer {
  const id = controlIdOf(message)
  return Buffer.from(`MSH|^~\\&|R|R|S|S|20260105||ACK|A${id}|P|2.5.1\rMSA|${code}|${id}\r`)
}
