// Blocking reads and writes on an inherited pipe, for a process that has nothing else to do: no
// event loop, no timers, and the far end's pace is its own. Both return only when all bytes are
// through.
import { Buffer } from 'node:buffer'
import { readSync, writeSync } from 'node:fs'

/** Exactly `count` bytes; undefined where the far end closed first. */
export function readExactly(fd: number, count: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(count)
  let filled = 0
  while (filled < count) {
    const got = readSync(fd, bytes, filled, count - filled, null)
    if (got === 0) return undefined
    filled += got
  }
  return bytes
}

export function writeAll(fd: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written)
}
