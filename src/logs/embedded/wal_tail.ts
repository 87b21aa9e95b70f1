// Looks at a write-ahead log before SQLite does, which goes on from the last whole commit and says
// nothing of what stands behind it: an append cut off, or records that the disk has altered.
//   header 32 bytes: magic, version, page size, number, salt 1, salt 2, checksum 1, checksum 2
//   frame 24 bytes + page: page number, size after commit (else 0), salt 1, salt 2, checksums 1, 2
// (https://sqlite.org/fileformat2.html, section 4)
import { basename } from 'node:path'
import { systemDisk } from '../../kit/disk.ts'
import type { Remark } from './recover.ts'

const HEADER = 32
const FRAME = 24
/** The last bit of the magic tells the byte order of the checksums. */
const MAGIC_LITTLE = 0x377f0682
const MAGIC_BIG = 0x377f0683

export interface WalTail {
  /** Frames that are whole and belong to a commit. */
  readonly committed: number
  /** Frames of this log behind those: without a commit, or not whole. */
  readonly lost: number
  /** Commits among the lost. */
  readonly lostCommits: number
}

/** What SQLite will take of a write-ahead log, and what it will leave. */
export function walTail(bytes: Buffer): WalTail {
  const nothing = { committed: 0, lost: 0, lostCommits: 0 }
  if (bytes.length < HEADER) return nothing
  const magic = bytes.readUInt32BE(0)
  if (magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) return nothing
  const sum = new Checksum(bytes, magic === MAGIC_LITTLE)
  sum.add(0, 24)
  if (!sum.is(24)) return nothing
  const stride = FRAME + bytes.readUInt32BE(8)
  const salts = bytes.subarray(16, 24)
  let [committed, lost, lostCommits] = [0, 0, 0]
  let whole = true
  for (let at = HEADER; at + stride <= bytes.length; at += stride) {
    // Frames of an earlier round have other salts; nothing of this one stands behind them.
    if (!bytes.subarray(at + 8, at + 16).equals(salts)) break
    if (whole) {
      sum.add(at, 8)
      sum.add(at + FRAME, stride - FRAME)
      whole = sum.is(at + 16)
    }
    const commits = bytes.readUInt32BE(at + 4) !== 0
    lost += 1
    if (whole && commits) {
      committed += lost
      lost = 0
    } else if (commits) lostCommits += 1
  }
  return { committed, lost, lostCommits }
}

/**
 * What to say of the write-ahead log of a segment that is not open. Two lost commits prove damage:
 * the second was begun only when the first was on the disk. One may be an append that a power cut
 * caught before it was acknowledged.
 */
export function judgeWal(file: string): readonly Remark[] {
  const count = systemDisk.size(file) ?? 0
  const { lost, lostCommits } = walTail(systemDisk.readAt(file, { offset: 0, count }))
  const facts = { file: basename(file), pages: lost, commits: lostCommits }
  if (lostCommits > 1) {
    // SQLite is about to write over it; somebody may still read in it what was lost.
    systemDisk.copy(file, { path: `${file}.damaged` })
    return [
      { level: 'error', what: 'log_corrupt', facts: { ...facts, kept: `${facts.file}.damaged` } },
    ]
  }
  if (lostCommits === 1)
    return [{ level: 'warn', what: 'the last append to the log is not whole', facts }]
  if (lost > 0) return [{ level: 'info', what: 'an unfinished append was cut off', facts }]
  return []
}

/** SQLite's running checksum over pairs of 32-bit words. */
class Checksum {
  #first = 0
  #second = 0
  readonly #bytes: DataView
  readonly #little: boolean

  constructor(bytes: Buffer, little: boolean) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = little
  }

  add(at: number, length: number): void {
    const [bytes, little] = [this.#bytes, this.#little]
    let [first, second] = [this.#first, this.#second]
    for (let i = at; i < at + length; i += 8) {
      first = (first + bytes.getUint32(i, little) + second) >>> 0
      second = (second + bytes.getUint32(i + 4, little) + first) >>> 0
    }
    this.#first = first
    this.#second = second
  }

  /** Whether the two words at `at`, always big-endian, are the sum so far. */
  is(at: number): boolean {
    return (
      this.#bytes.getUint32(at) === this.#first && this.#bytes.getUint32(at + 4) === this.#second
    )
  }
}
