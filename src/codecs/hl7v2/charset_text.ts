// Bytes of a character set as text, and text as bytes of it. Reading never fails: what a set does
// not know becomes U+FFFD. Writing says where a set cannot hold a text. Tables come from the
// platform's own decoders, read backwards.
import { Buffer } from 'node:buffer'
import { TextDecoder } from 'node:util'
import type { Charset } from './charset.ts'
import { decodeSwitched, encodeSwitched } from './iso2022.ts'

/** Decodes bytes; never throws. A byte order mark at the start is no text. */
export function decode(bytes: Buffer, charset: Charset): string {
  switch (charset) {
    case 'utf-8':
      return bytes.toString('utf8')
    case 'ascii':
    case 'iso-8859-1':
      return bytes.toString('latin1')
    case 'iso-8859-9':
    case 'iso-8859-11':
      // The platform reads the Windows sets of these names, which differ from 0x80 to 0x9f.
      return mapped(bytes, tableOf(charset))
    case 'iso-2022-jp':
      return decodeSwitched(bytes, { base: 'ascii', escape: '' }, decode)
    default:
      return decoderOf(charset).decode(bytes)
  }
}

/** The bytes of a text, or undefined where the set has no character for a part of it. */
export function encode(text: string, charset: Charset): Buffer | undefined {
  switch (charset) {
    case 'utf-8':
      return isWhole(text) ? Buffer.from(text, 'utf8') : undefined
    case 'utf-16le':
      return isWhole(text) ? Buffer.from(text, 'utf16le') : undefined
    case 'utf-16be':
      return isWhole(text) ? Buffer.from(text, 'utf16le').swap16() : undefined
    case 'ascii':
      return /^[\0-\x7f]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined
    case 'iso-8859-1':
      return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined
    case 'iso-2022-jp':
      return encodeSwitched(text, encode)
    default:
      return encodeByTable(text, charset)
  }
}

/** Half a surrogate pair is no character of any set. */
const isWhole = (text: string) => text.isWellFormed()

type Tabled = Exclude<
  Charset,
  'utf-8' | 'utf-16le' | 'utf-16be' | 'ascii' | 'iso-8859-1' | 'iso-2022-jp'
>

function encodeByTable(text: string, charset: Tabled): Buffer | undefined {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const known = code < 0x80 ? [code] : reverseOf(charset).get(character)
    const found = known ?? (charset === 'gb18030' ? fourBytes(code) : undefined)
    if (found === undefined) return undefined
    bytes.push(...found)
  }
  return Buffer.from(bytes)
}

const decoders = new Map<Charset, TextDecoder>()

function decoderOf(charset: Charset): TextDecoder {
  let decoder = decoders.get(charset)
  if (decoder === undefined) {
    decoder = new TextDecoder(charset)
    decoders.set(charset, decoder)
  }
  return decoder
}

function mapped(bytes: Buffer, table: readonly string[]): string {
  let text = ''
  for (const byte of bytes) text += table[byte] ?? ''
  return text
}

const tables = new Map<Charset, readonly string[]>()

/** The 256 characters of a single-byte set; in the sets of ISO 8859, 0x80 to 0x9f are controls. */
function tableOf(charset: Charset): readonly string[] {
  let table = tables.get(charset)
  if (table === undefined) {
    const decoder = decoderOf(charset)
    const control = (byte: number) => byte < 0xa0 && charset !== 'windows-1252'
    table = Array.from({ length: 256 }, (_, byte) =>
      byte < 0x80 || control(byte)
        ? String.fromCharCode(byte)
        : decoder.decode(Uint8Array.of(byte)),
    )
    tables.set(charset, table)
  }
  return table
}

const reverses = new Map<Charset, ReadonlyMap<string, readonly number[]>>()

function reverseOf(charset: Charset): ReadonlyMap<string, readonly number[]> {
  let reverse = reverses.get(charset)
  if (reverse === undefined) {
    reverse = isSingleByte(charset) ? reverseSingle(charset) : reverseDouble(charset)
    reverses.set(charset, reverse)
  }
  return reverse
}

const isSingleByte = (charset: Charset) =>
  charset.startsWith('iso-8859') || charset === 'windows-1252'

function reverseSingle(charset: Charset): ReadonlyMap<string, readonly number[]> {
  const reverse = new Map<string, readonly number[]>()
  for (const [byte, character] of tableOf(charset).entries()) {
    if (character !== '\ufffd') reverse.set(character, [byte])
  }
  return reverse
}

/**
 * One byte, two bytes, and in EUC-JP three; where two sequences mean the same, the first is kept.
 */
function reverseDouble(charset: Charset): ReadonlyMap<string, readonly number[]> {
  const reverse = new Map<string, readonly number[]>()
  const decoder = decoderOf(charset)
  const learn = (...bytes: number[]) => {
    const text = decoder.decode(Uint8Array.from(bytes))
    const isOne = text.length === String.fromCodePoint(text.codePointAt(0) ?? 0).length
    if (isOne && text !== '\ufffd' && !reverse.has(text)) reverse.set(text, bytes)
  }
  for (let first = 0x80; first <= 0xff; first++) learn(first)
  for (let first = 0x81; first <= 0xfe; first++) {
    for (let second = 0x40; second <= 0xfe; second++) learn(first, second)
  }
  if (charset !== 'euc-jp') return reverse
  for (let first = 0xa1; first <= 0xfe; first++) {
    for (let second = 0xa1; second <= 0xfe; second++) learn(0x8f, first, second)
  }
  return reverse
}

/** GB 18030 counts its sequences of four bytes in the order of Unicode. */
const FOUR_BYTES_BMP = 39_420
const FOUR_BYTES_BEYOND = 189_000

function fourBytes(code: number): readonly number[] | undefined {
  if (code >= 0x10000) return sequence(FOUR_BYTES_BEYOND + code - 0x10000)
  let low = 0
  let high = FOUR_BYTES_BMP - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (codeOf(middle) < code) low = middle + 1
    else high = middle
  }
  return codeOf(low) === code ? sequence(low) : undefined
}

function codeOf(index: number): number {
  return (
    decoderOf('gb18030')
      .decode(Uint8Array.from(sequence(index)))
      .codePointAt(0) ?? 0
  )
}

function sequence(index: number): readonly number[] {
  const fourth = index % 10
  const third = Math.floor(index / 10) % 126
  const second = Math.floor(index / 1260) % 10
  return [0x81 + Math.floor(index / 12_600), 0x30 + second, 0x81 + third, 0x30 + fourth]
}
