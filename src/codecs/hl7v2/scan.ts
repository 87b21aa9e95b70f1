// Reads the header of a message from its bytes and nothing else: who, what, which id, which
// delimiters (HL7 v2.5.1 chapter 2.15.9 MSH, 2.15.6 FHS, 2.15.2 BHS). It decodes nothing, alters
// nothing, throws nothing: bytes stand for themselves as latin1, so whatever a sender sent can be
// sent back unchanged.
import { sha256 } from '../../kit/ids.ts'
import type { MshScan } from '../../model/message.ts'

const CR = 0x0d
const LF = 0x0a

export type HeaderSegment = 'MSH' | 'FHS' | 'BHS'

/**
 * Where the header segment begins: behind a UTF-8 byte order mark and blank lines. The bytes of the
 * message stay as they are; only readers begin there.
 */
export function findMessageStart(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (bytes[at] === CR || bytes[at] === LF) at++
  return at
}

/** Which header segment stands at `at`. */
export function headerAt(bytes: Uint8Array, at: number): HeaderSegment | undefined {
  const second = bytes[at + 1]
  const third = bytes[at + 2]
  if (bytes[at] === 0x4d) return second === 0x53 && third === 0x48 ? 'MSH' : undefined
  if (second !== 0x48 || third !== 0x53) return undefined
  if (bytes[at] === 0x46) return 'FHS'
  return bytes[at] === 0x42 ? 'BHS' : undefined
}

/**
 * Delimiters are printable ASCII, but neither letters nor digits, or no text could be told from
 * them.
 */
const DELIMITERS = /^[!-/:-@[-`{-~]*$/

class Header implements MshScan {
  readonly delimiters: MshScan['delimiters']
  readonly #segment: HeaderSegment
  readonly #fields: readonly string[]

  constructor(segment: HeaderSegment, field: string, fields: readonly string[]) {
    this.#segment = segment
    this.#fields = fields
    const encoding_characters = fields[1] ?? ''
    this.delimiters = {
      field,
      component: encoding_characters[0],
      repetition: encoding_characters[1],
      escape: encoding_characters[2],
      subcomponent: encoding_characters[3],
      encoding_characters,
    }
  }

  field(n: number): string {
    if (n === 1) return this.delimiters.field
    if (this.#segment === 'MSH' || n <= 7) return this.#fields[n - 1] ?? ''
    // FHS and BHS share MSH-1 to MSH-7 and keep their control id in field 11; the rest is their
    // own.
    return n === 10 ? (this.#fields[10] ?? '') : ''
  }
}

function usable(field: string, encoding_characters: string): boolean {
  const used = field + encoding_characters.slice(0, 4)
  if (used === '|^~\\&') return true
  return used.length > 1 && DELIMITERS.test(used) && new Set(used).size === used.length
}

/**
 * The header of a message: MSH, or the FHS or BHS that a batch begins with, its control id (FHS-11,
 * BHS-11) read as MSH-10. Undefined where there is none, as in UTF-16, or where its delimiters
 * cannot be used.
 */
export function scanMsh(bytes: Buffer): MshScan | undefined {
  const start = findMessageStart(bytes)
  const segment = headerAt(bytes, start)
  if (segment === undefined) return undefined
  let end = start
  while (end < bytes.length && bytes[end] !== CR && bytes[end] !== LF) end++
  const text = bytes.toString('latin1', start, end)
  const field = text.charAt(3)
  if (field === '') return undefined
  const fields = text.split(field)
  if (!usable(field, fields[1] ?? '')) return undefined
  const header = new Header(segment, field, fields)
  // A file that has no control id of its own is known by that of its first batch.
  if (segment !== 'FHS' || header.field(10) !== '') return header
  const rest = bytes.subarray(end)
  const batch = headerAt(rest, findMessageStart(rest)) === 'BHS' ? scanMsh(rest) : undefined
  return batch === undefined ? header : new Header(segment, field, withId(fields, batch.field(10)))
}

function withId(fields: readonly string[], control_id: string): readonly string[] {
  const filled = Array.from({ length: 11 }, (_, i) => fields[i] ?? '')
  filled[10] = control_id
  return filled
}

/**
 * sha256 in hex of the bytes with MSH-7 left out: a message that is sent again has a newer MSH-7.
 * `scan` is the scan of these bytes.
 */
export function contentHash(bytes: Buffer, scan: MshScan): string {
  let begin = findMessageStart(bytes) + 'MSH|'.length
  for (let n = 2; n <= 6; n++) begin += scan.field(n).length + 1
  return sha256(
    Buffer.concat([bytes.subarray(0, begin), bytes.subarray(begin + scan.field(7).length)]),
  )
}
