// Receivers that answer wrongly, late or not at all. Each reads frames by its own few lines.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { END, latin1, VT } from './raw_sender.ts'

export const ack = (id: string, code = 'AA', more = '') =>
  latin1(`${VT}MSH|^~\\&|C|D|A|B|20261121||ACK|A${id}|P|2.5\rMSA|${code}|${id}${more}\r${END}`)

/** What a receiver does with its nth message (from 0) of all connections. */
export type Answer = (socket: Socket, id: string, nth: number) => void

export interface Receiver {
  readonly port: number
  /** Control ids in the order of arrival, over all connections. */
  readonly ids: string[]
  readonly bytes: Buffer[]
  readonly connections: number
  close(): Promise<void>
}

export async function receive(answer: Answer, port = 0): Promise<Receiver> {
  const ids: string[] = []
  const bytes: Buffer[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(socket => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {}) // Tests reset connections on purpose.
    socket.on('close', () => sockets.delete(socket))
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf(END); end >= 0; end = text.indexOf(END)) {
        const message = text.slice(1, end)
        text = text.slice(end + END.length)
        const id = message.split('\r')[0]?.split('|')[9] ?? ''
        ids.push(id)
        bytes.push(latin1(message))
        answer(socket, id, ids.length - 1)
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ids,
    bytes,
    get connections() {
      return connections
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
