// What the engine and a mapping process say to each other over two pipes.
//
// Engine to process, one frame for each batch:
//   u32 length of the rest · u32 length of the JSON · JSON · the raw messages, one after the other
//   JSON: { module, jobs: [{ facts, origin, bytes of the raw message }…] }
// Process to engine, one frame for each message, in order:
//   u32 length of the rest · u32 length of the JSON · JSON · the events, one after the other
//   JSON: { events: [{ id, kind, key, bytes }…], findings } or { code, facts }
// and frames of length 0 as signs of life: one when it is up, one after the loading of each module.
// Lengths are big-endian and count bytes.
import { Buffer } from 'node:buffer'
import { assert } from '../../kit/assert.ts'
import type { EventOrigin, MappingFacts, MappingJob } from '../../model/event.ts'

export const PROTOCOL = {
  /** Messages of one batch. */
  batch_messages_max: 16,
  /** Bytes of one batch; a larger message is a batch of its own. */
  batch_bytes_max: 4_194_304,
  /** One result as JSON. A mapping that makes more of a message has lost its way. */
  result_bytes_max: 67_108_864,
  /** Events of one message, and remarks about it. */
  events_max: 10_000,
  findings_max: 1_000,
  /** Characters of one text of a remark, or of one fact of a failure. */
  text_characters_max: 500,
} as const

/** The argument of a process that tells what its mappings read, and where. */
export const EXPLAIN = 'explain'

export interface BatchHead {
  readonly module: string
  readonly jobs: readonly {
    readonly facts: MappingFacts
    readonly origin: EventOrigin
    readonly bytes: number
  }[]
}

export function encodeBatch(module: string, jobs: readonly MappingJob[]): Buffer {
  const head: BatchHead = {
    module,
    jobs: jobs.map(({ facts, origin, raw }) => ({ facts, origin, bytes: raw.length })),
  }
  const json = Buffer.from(JSON.stringify(head))
  const lengths = Buffer.allocUnsafe(8)
  const raws = jobs.reduce((sum, job) => sum + job.raw.length, 0)
  lengths.writeUInt32BE(4 + json.length + raws, 0)
  lengths.writeUInt32BE(json.length, 4)
  return Buffer.concat([lengths, json, ...jobs.map(job => job.raw)])
}

/** `body`: a frame without its length. */
export function decodeBatch(body: Buffer): { head: BatchHead; raws: readonly Buffer[] } {
  const json = body.readUInt32BE(0)
  const head = JSON.parse(body.toString('utf8', 4, 4 + json)) as BatchHead
  let at = 4 + json
  const raws = head.jobs.map(({ bytes: length }) => {
    at += length
    // Memory of its own: whoever holds one message must not reach its neighbours through `buffer`.
    const raw = Buffer.allocUnsafeSlow(length)
    body.copy(raw, 0, at - length, at)
    return raw
  })
  assert(at === body.length, 'a batch is as long as its messages')
  return { head, raws }
}

/** One message's answer, before it is bytes. `head` without the lengths of the texts. */
export interface Reply {
  readonly head: object
  /** The events, each with what the head says of it. */
  readonly events: readonly { readonly text: string; readonly head: object }[]
}

/** What came of one message, its head parsed; of a process that is not trusted. */
export interface Answer {
  readonly head: unknown
  readonly texts: Buffer
}

/** A sign of life. */
export const ALIVE = Buffer.alloc(4)

/** Writes one frame for each reply; what it returns holds until it is called again. */
export class FrameWriter {
  #scratch = Buffer.alloc(1_048_576)
  #at = 0
  /** Taken before a tenant's code could change it. */
  readonly #stringify = JSON.stringify

  frames(replies: readonly Reply[]): Buffer {
    this.#at = 0
    for (const reply of replies) this.#frame(reply)
    return this.#scratch.subarray(0, this.#at)
  }

  #frame({ head, events }: Reply): void {
    const lengths = events.map(({ text }) => Buffer.byteLength(text))
    const told = events.map((event, i) => ({ ...event.head, bytes: lengths[i] }))
    const json = this.#stringify('code' in head ? head : { ...head, events: told })
    const json_bytes = Buffer.byteLength(json)
    const bytes = lengths.reduce((sum, length) => sum + length, 4 + json_bytes)
    this.#room(4 + bytes)
    this.#at = this.#scratch.writeUInt32BE(bytes, this.#at)
    this.#at = this.#scratch.writeUInt32BE(json_bytes, this.#at)
    this.#at += this.#scratch.write(json, this.#at)
    for (const { text } of events) this.#at += this.#scratch.write(text, this.#at)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#scratch.length) return
    const larger = Buffer.alloc(2 * (this.#at + bytes))
    this.#scratch.copy(larger, 0, 0, this.#at)
    this.#scratch = larger
  }
}

/**
 * Cuts a stream of bytes into frames; linear in the bytes, whatever the pieces. What comes is of a
 * process that is not trusted: after a frame that is none, nothing more is read.
 */
export class FrameReader {
  #chunks: Buffer[] = []
  #held = 0
  #broken = false

  /** Whether something came that is no frame. */
  get broken(): boolean {
    return this.#broken
  }

  /** Frames that are whole now; undefined for a sign of life. */
  push(chunk: Buffer): readonly (Answer | undefined)[] {
    if (this.#broken) return []
    this.#chunks.push(chunk)
    this.#held += chunk.length
    const found: (Answer | undefined)[] = []
    try {
      for (let body = this.#take(); body !== undefined; body = this.#take()) {
        found.push(body.length === 0 ? undefined : answerOf(body))
      }
    } catch {
      // No head of JSON. Whoever reads asks `broken`.
      this.#broken = true
    }
    return found
  }

  #take(): Buffer | undefined {
    if (this.#held < 4) return undefined
    const [first] = this.#chunks
    if (first === undefined || first.length < 4) this.#join()
    const length = this.#chunks[0]?.readUInt32BE(0) ?? 0
    if (length > PROTOCOL.result_bytes_max) {
      this.#broken = true
      return undefined
    }
    if (this.#held < 4 + length) return undefined
    this.#join()
    const [all = Buffer.alloc(0)] = this.#chunks
    this.#held -= 4 + length
    this.#chunks = [all.subarray(4 + length)]
    return all.subarray(4, 4 + length)
  }

  #join(): void {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
  }
}

/** Throws where the body is none. */
function answerOf(body: Buffer): Answer {
  const end = 4 + body.readUInt32BE(0)
  assert(end <= body.length, 'a head is no longer than its frame')
  return { head: JSON.parse(body.toString('utf8', 4, end)), texts: body.subarray(end) }
}
