// The yardstick of intake: the least that a durable MLLP listener can do. Bytes up to FS CR, one
// raw file, a group commit (whatever arrives while a sync runs is the next group), then a fixed ACK
// with the control id. No limits, no checks, no headers, no index: nothing that a product needs.
//   node bare_listener.ts FILE   prints its port
import { fdatasync, openSync, write } from 'node:fs'
import { createServer, type Socket } from 'node:net'

const file = openSync(process.argv[2] ?? '', 'a')

interface Waiting {
  readonly bytes: Buffer
  readonly socket: Socket
}

let waiting: Waiting[] = []
let writing = false

function commit(): void {
  const group = waiting
  waiting = []
  if (group.length === 0) {
    writing = false
    return
  }
  write(file, Buffer.concat(group.map(({ bytes }) => bytes)), failed => {
    if (failed) throw failed
    fdatasync(file, unsynced => {
      if (unsynced) throw unsynced
      for (const { bytes, socket } of group) socket.write(ack(bytes))
      commit()
    })
  })
}

function ack(bytes: Buffer): string {
  const id = bytes.toString('latin1', 0, 200).split('|')[9] ?? ''
  return `\x0bMSH|^~\\&|F|F|H|H|20260105080000||ACK|${id}|P|2.5.1\rMSA|AA|${id}\r\x1c\r`
}

const server = createServer(socket => {
  let held: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    let end = held.indexOf('\x1c\r')
    while (end >= 0) {
      waiting.push({ bytes: held.subarray(1, end), socket })
      held = held.subarray(end + 2)
      end = held.indexOf('\x1c\r')
    }
    if (!writing && waiting.length > 0) {
      writing = true
      setImmediate(commit)
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))
