// A load of lockstep senders in a process of its own: each connection sends a 1 kB ADT, waits for
// its answer, and sends the next one. Prints one JSON line: acknowledged a second and latencies.
//   node load.ts PORT CONNECTIONS MILLISECONDS [MESSAGES]
import { connect } from 'node:net'
import { adt, framed } from '../harness/messages.ts'

const [port, connections, duration_ms, messages_max] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number | undefined,
]
const latencies: number[] = []
const LATENCIES_MAX = 2_000_000
const most = messages_max ?? Number.POSITIVE_INFINITY
let acknowledged = 0
let refused = 0
let sent = 0
let measuring = false

const ID_DIGITS = 12

function template(): { frame: Buffer; id_at: number } {
  const id = '0'.repeat(ID_DIGITS)
  const facts = { control_id: id, patient: 1, visit: 1, at: '20260105080000+0000', revision: 1 }
  const message = adt('A01', facts)
  const padding = Buffer.from(`NTE|1||${'z'.repeat(Math.max(0, 1000 - message.length))}\r`)
  const frame = framed(Buffer.concat([message, padding]))
  return { frame, id_at: frame.indexOf(`|${id}|`) + 1 }
}

function open(number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { frame, id_at } = template()
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let n = number * 1_000_000_000
    let started = 0
    const next = () => {
      if (sent >= most) return
      sent += 1
      n += 1
      frame.write(String(n).padStart(ID_DIGITS, '0').slice(-ID_DIGITS), id_at, 'latin1')
      started = performance.now()
      socket.write(frame)
    }
    socket.once('error', reject)
    socket.once('connect', () => {
      next()
      resolve()
    })
    socket.on('data', (chunk: Buffer) => {
      // Lockstep: one answer at a time, and it is short.
      if (chunk.at(-1) !== 0x0d || chunk.at(-2) !== 0x1c) return
      if (measuring) {
        if (chunk.includes('MSA|AA')) acknowledged += 1
        else refused += 1
        if (latencies.length < LATENCIES_MAX) latencies.push(performance.now() - started)
      }
      next()
    })
  })
}

measuring = messages_max !== undefined
await Promise.all(Array.from({ length: connections }, (_, i) => open(i + 1)))
if (messages_max === undefined) {
  await new Promise(done => setTimeout(done, Math.min(1000, duration_ms / 4)))
  measuring = true
}
const from = performance.now()
if (messages_max === undefined) await new Promise(done => setTimeout(done, duration_ms))
else while (acknowledged + refused < most) await new Promise(done => setTimeout(done, 20))
const seconds = (performance.now() - from) / 1000
const rate = acknowledged / seconds
latencies.sort((a, b) => a - b)
const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0
console.log(
  JSON.stringify({
    connections,
    rate,
    acknowledged,
    refused,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    max_ms: at(0.99999),
  }),
)
process.exit(0)
