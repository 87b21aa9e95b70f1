// The bytes of a block: records of one partition, packed one behind the other. A record is
//   u32 length of text | u32 length of value | text | value     (little-endian lengths, bytes)
// where text is JSON `[key, headers]` in UTF-8 and value is the record's bytes, unchanged.
import { assert } from '../../kit/assert.ts'
import type { Headers, LogRecord, NewRecord, ReadOptions } from '../../model/log.ts'

const LENGTHS = 8

/**
 * A record ready to be packed: its text is made once, so that its size is known before there is
 * room.
 */
export interface Prepared {
  readonly text: string
  readonly value: Uint8Array
  /** Bytes that it takes in a block. */
  readonly size: number
}

/** Records of one partition with consecutive offsets and one time. */
export interface Block {
  /** Offset of the first record. */
  readonly offset: number
  readonly count: number
  readonly time_ms: number
  readonly bytes: Uint8Array
}

export interface Place {
  readonly topic: string
  readonly partition: number
}

export function prepare({ key, headers, value }: NewRecord): Prepared {
  const text = JSON.stringify([key, headers])
  return { text, value, size: LENGTHS + Buffer.byteLength(text) + value.byteLength }
}

/** Writes the record and returns the position behind it. */
export function pack(into: Buffer, at: number, { text, value, size }: Prepared): number {
  const textLength = size - LENGTHS - value.byteLength
  into.writeUInt32LE(textLength, at)
  into.writeUInt32LE(value.byteLength, at + 4)
  into.write(text, at + LENGTHS, textLength, 'utf8')
  into.set(value, at + LENGTHS + textLength)
  return at + size
}

/**
 * Records of consecutive blocks from `offset` on, as many as the bounds allow and at least one
 * where there is one. Values are copies: a record that is kept holds no block in memory.
 */
export function unpack(
  blocks: readonly Block[],
  place: Place,
  options: ReadOptions & { readonly offset: number },
): LogRecord[] {
  const records: LogRecord[] = []
  let room = options.bytes_max
  for (const block of blocks) {
    const { buffer, byteOffset, byteLength } = block.bytes
    const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
    let at = 0
    for (let offset = block.offset; offset < block.offset + block.count; offset++) {
      const size = sizeAt(bytes, at)
      if (offset >= options.offset) {
        room -= size
        if (records.length > 0 && (room < 0 || records.length >= options.records_max))
          return records
        records.push({ ...place, offset, time_ms: block.time_ms, ...recordAt(bytes, at) })
      }
      at += size
    }
    assert(at === bytes.length, 'a block holds as many records as it says')
  }
  return records
}

function sizeAt(bytes: Buffer, at: number): number {
  const size = LENGTHS + bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4)
  assert(at + size <= bytes.length, 'a record ends inside its block')
  return size
}

function recordAt(bytes: Buffer, at: number) {
  const text = at + LENGTHS
  const value = text + bytes.readUInt32LE(at)
  const [key, headers] = JSON.parse(bytes.toString('utf8', text, value)) as [string, Headers]
  return {
    key,
    headers,
    value: Buffer.from(bytes.subarray(value, value + bytes.readUInt32LE(at + 4))),
  }
}
