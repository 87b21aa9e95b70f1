// Broken messages by the million, each from a seed of its own: the same seed makes the same bytes
// on every machine. Changes are of the kinds that senders and lines make, and of those that break
// readers.
import { type Random, seededRandom } from '../../src/kit/random.ts'

/** Pieces that mean something to HL7, to a character set or to the framing. */
const tokens: readonly Buffer[] = [
  ...['|', '^', '~', '\\', '&', '#', '\r', '\n', '\r\n', '""', '"', ' ', '\t', '\0'],
  ...['MSH|^~\\&|', 'MSH#*@!%#', 'PID|', 'OBX|1|NM|', 'OBR|1|', 'ORC|', 'NTE|1||', 'MRG|', 'ZZZ'],
  ...[
    'FHS|^~\\&\r',
    'BHS|^~\\&\r',
    'BTS|2\r',
    'FTS|1\r',
    '\\F\\',
    '\\S\\',
    '\\T\\',
    '\\R\\',
    '\\E\\',
  ],
  ...[
    '\\P\\',
    '\\H\\',
    '\\N\\',
    '\\.br\\',
    '\\.sp+3\\',
    '\\X0D\\',
    '\\XC3A9\\',
    '\\XZZ\\',
    '\\Z1\\',
  ],
  ...['\\C2842\\', '\\M2442\\', '\\M242844\\', '\x1b$B', '\x1b(B', '\x1b$(D', '\x1b)I', '\x1b-F'],
  ...[
    'UNICODE UTF-8',
    '8859/1',
    '~ISO IR87',
    'GB 18030-2000',
    'BIG-5',
    'UNICODE UTF-16',
    'KS X 1001',
  ],
  ...['20260230', '202603011015-0600', '20260301101560', '99999999', '-5', '1e400', '<5', 'NaN'],
  ...['__proto__', 'constructor', '\x0b', '\x1c\r', '\xff\xfe', '\xef\xbb\xbf', '\xc3', '\x81\x7c'],
].map(text => Buffer.from(text, 'latin1'))

const CHANGES_MAX = 6
const BYTES_MAX = 16_384

type Change = (bytes: Buffer, random: Random) => Buffer

const at = (bytes: Buffer, random: Random) => Math.floor(random.fraction() * (bytes.length + 1))
const pick = <T>(list: readonly T[], random: Random): T =>
  list[Math.floor(random.fraction() * list.length)] as T

function replaced(
  bytes: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  piece: Buffer,
): Buffer {
  return Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)])
}

function span(bytes: Buffer, random: Random): { from: number; to: number } {
  const from = at(bytes, random)
  const length = Math.floor(random.fraction() ** 3 * 200)
  return { from, to: Math.min(bytes.length, from + length) }
}

function swapped(bytes: Buffer, random: Random): Buffer {
  const [one = 0, other = 0] = [pick([...'|^~&\\'], random), pick([...'#*@!%'], random)].map(text =>
    text.charCodeAt(0),
  )
  return bytes.map(byte => (byte === one ? other : byte)) as Buffer
}

const changes: readonly Change[] = [
  (bytes, random) => {
    const changed = Buffer.from(bytes)
    if (changed.length > 0) changed[at(bytes, random) % changed.length] = random.fraction() * 256
    return changed
  },
  (bytes, random) => replaced(bytes, span(bytes, random), Buffer.alloc(0)),
  (bytes, random) => {
    const from = at(bytes, random)
    return replaced(bytes, { from, to: from }, pick(tokens, random))
  },
  (bytes, random) => replaced(bytes, span(bytes, random), pick(tokens, random)),
  (bytes, random) => {
    const { from, to } = span(bytes, random)
    return replaced(bytes, { from: to, to }, bytes.subarray(from, to))
  },
  (bytes, random) => {
    const from = at(bytes, random)
    const token = pick(tokens, random)
    const times = Math.floor(random.fraction() ** 4 * 500)
    return replaced(bytes, { from, to: from }, Buffer.concat(Array(times).fill(token)))
  },
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  swapped,
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\r')
    const line = lines.splice(Math.floor(random.fraction() * lines.length), 1)
    lines.splice(Math.floor(random.fraction() * (lines.length + 1)), 0, ...line)
    return Buffer.from(lines.join('\r'), 'latin1')
  },
]

const rare: readonly Change[] = [
  bytes => Buffer.from(bytes.toString('latin1'), 'utf16le'),
  bytes => Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf16le').swap16(),
  bytes => Buffer.from(bytes.toString('latin1').replaceAll('\r', '\n'), 'latin1'),
  bytes => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  bytes =>
    Buffer.concat([Buffer.from('FHS|^~\\&\rBHS|^~\\&\r'), bytes, bytes, Buffer.from('BTS|2\r')]),
]

/** One broken message; `number` is its seed. */
export function mutant(seeds: readonly Buffer[], number: number): Buffer {
  const random = seededRandom(number)
  let bytes = pick(seeds, random)
  const count = 1 + Math.floor(random.fraction() * CHANGES_MAX)
  for (let i = 0; i < count; i++) {
    const other = random.fraction() < 0.04
    bytes = other
      ? splice(bytes, pick(seeds, random), random)
      : pick(changes, random)(bytes, random)
    if (random.fraction() < 0.02) bytes = pick(rare, random)(bytes, random)
  }
  return bytes.subarray(0, BYTES_MAX)
}

function splice(bytes: Buffer, other: Buffer, random: Random): Buffer {
  return Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random))])
}
