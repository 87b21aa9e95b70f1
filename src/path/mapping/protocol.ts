// What the engine and a mapping process say to each other over two pipes.
//
// Engine to process, one frame for each batch:
//   u32 length of the rest · u32 length of the JSON · JSON · the raw messages, one after the other
//   JSON: { module, facts: [MappingFacts…], lengths: [bytes of each raw message…] }
// Process to engine, one frame for each message, in order:
//   u32 length of the rest · JSON of a MappingResult
// and frames of length 0 as signs of life: one when it is up, one after the loading of each module.
// Lengths are big-endian and count bytes.
import { Buffer } from 'node:buffer'
import { assert } from '../../kit/assert.ts'
import type { MappingFacts, MappingJob } from '../../model/event.ts'

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
  readonly facts: readonly MappingFacts[]
  readonly lengths: readonly number[]
}

export function encodeBatch(module: string, jobs: readonly MappingJob[]): Buffer {
  const head: BatchHead = {
    module,
    facts: jobs.map(job => job.facts),
    lengths: jobs.map(job => job.raw.length),
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
  const raws = head.lengths.map(length => {
    at += length
    // Memory of its own: whoever holds one message must not reach its neighbours through `buffer`.
    const raw = Buffer.allocUnsafeSlow(length)
    body.copy(raw, 0, at - length, at)
    return raw
  })
  assert(at === body.length, 'a batch is as long as its messages')
  return { head, raws }
}

/** One frame for each text. */
export function encodeFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map(text => Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0))
  let at = 0
  for (const [i, text] of texts.entries()) {
    at = frames.writeUInt32BE(lengths[i] ?? 0, at)
    at += frames.write(text, at)
  }
  return frames
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

  /** Frames that are whole now, parsed; undefined for a sign of life. */
  push(chunk: Buffer): readonly unknown[] {
    if (this.#broken) return []
    this.#chunks.push(chunk)
    this.#held += chunk.length
    const found: unknown[] = []
    try {
      for (let body = this.#take(); body !== undefined; body = this.#take()) {
        found.push(body.length === 0 ? undefined : JSON.parse(body.toString('utf8')))
      }
    } catch {
      // No JSON. Whoever reads asks `broken`.
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
