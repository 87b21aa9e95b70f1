// A sender for people: files over MLLP with a rate and several connections, counted by answer, with
// latencies. Each connection sends one message, waits for its answer, and takes the next.

import { controlIds } from '../codecs/hl7v2/ack.ts'
import { findMessageStart, scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Clock } from '../kit/clock.ts'
import { MllpClient, type MllpClientOptions, type SendResult } from '../wire/mllp_client.ts'

export interface SendOptions {
  readonly target: MllpClientOptions
  readonly messages: readonly Buffer[]
  /** How often the whole list is sent. */
  readonly repeat: number
  readonly connections: number
  /** Messages a second over all connections; undefined: as fast as the answers come. */
  readonly per_second: number | undefined
  /** Gives every message that is sent a control id of its own. */
  readonly unique: boolean
  readonly clock: Clock
  readonly signal: AbortSignal
  onProgress(tally: Tally): void
}

export interface Tally {
  /** Written, wholly or in part: answered or unknown. */
  sent: number
  readonly total: number
  /** By MSA-1, or `not_sent`, `unknown`. */
  readonly answers: Map<string, number>
  /** Milliseconds from the message's last byte to its answer; only of those that were answered. */
  readonly latencies: number[]
  /** Why messages were not sent or are unknown, counted. */
  readonly reasons: Map<string, number>
  elapsed_ms: number
}

const LATENCIES_MAX = 1_000_000

export async function sendFiles(options: SendOptions): Promise<Tally> {
  const { messages, repeat, clock, signal } = options
  const tally: Tally = {
    sent: 0,
    total: messages.length * repeat,
    answers: new Map(),
    latencies: [],
    reasons: new Map(),
    elapsed_ms: 0,
  }
  const started_ms = clock.elapsed()
  const nextId = controlIds()
  let next = 0
  async function lane(): Promise<void> {
    const client = new MllpClient(options.target)
    while (next < tally.total && !signal.aborted) {
      const number = next++
      await untilDue(number, started_ms, options)
      if (signal.aborted) break
      const message = messages[number % messages.length] ?? Buffer.alloc(0)
      const bytes = options.unique ? withControlId(message, nextId()) : message
      const from_ms = clock.elapsed()
      const result = await client.send(bytes, signal)
      count(tally, result, clock.elapsed() - from_ms)
      tally.elapsed_ms = clock.elapsed() - started_ms
      options.onProgress(tally)
    }
    await client.close()
  }
  await Promise.all(Array.from({ length: Math.min(options.connections, tally.total) }, lane))
  return tally
}

/** Message n leaves at n / rate after the start, however long earlier ones took. */
async function untilDue(number: number, started_ms: number, options: SendOptions): Promise<void> {
  const { clock, per_second, signal } = options
  if (per_second === undefined) return
  const due_ms = started_ms + (number / per_second) * 1000
  const wait_ms = due_ms - clock.elapsed()
  if (wait_ms > 0) await clock.sleep(wait_ms, signal)
}

function count(tally: Tally, result: SendResult, latency_ms: number): void {
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  if (result.kind !== 'not_sent') tally.sent += 1
  add(tally.answers, result.kind === 'ack' ? result.code : result.kind)
  if (result.kind !== 'ack') {
    add(tally.reasons, `${result.code}${'why' in result.facts ? ` (${result.facts.why})` : ''}`)
    return
  }
  if (tally.latencies.length < LATENCIES_MAX) tally.latencies.push(latency_ms)
  // What the receiver says of a refusal (MSA-3), for the person who sends.
  if (!result.code.endsWith('A')) add(tally.reasons, `${result.code} ${result.msa3}`.trim())
}

/** The message with another MSH-10; as it is where it has none to change. */
export function withControlId(message: Buffer, id: string): Buffer {
  const separator = scanMsh(message)?.delimiters.field.charCodeAt(0)
  if (separator === undefined) return message
  let headerEnd = findMessageStart(message)
  while (headerEnd < message.length && message[headerEnd] !== CR && message[headerEnd] !== LF)
    headerEnd++
  // MSH-1 is the separator itself, so MSH-10 begins behind the ninth one.
  let at = message.indexOf(separator)
  for (let n = 1; n < 9 && at >= 0; n++) at = message.indexOf(separator, at + 1)
  if (at < 0 || at >= headerEnd) return message
  let end = at + 1
  while (end < headerEnd && message[end] !== separator) end++
  return Buffer.concat([message.subarray(0, at + 1), Buffer.from(id), message.subarray(end)])
}

const CR = 0x0d
const LF = 0x0a

/** The value below which this part of the numbers lies; 0 of none. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
