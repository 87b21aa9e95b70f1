// Folders and files as the engine needs them, in one place (STYLE.md 19). SQLite does its own input
// and output; here is what it leaves to its caller: which files there are, and that their names are
// durable.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Disk {
  /** Makes the folder and what is missing above it. Each new name is durable when it returns. */
  makeFolder(path: string): void
  /** Names in the folder, sorted; none where it does not exist. */
  list(path: string): readonly string[]
  /** Bytes of a file; undefined where it does not exist. Never opens it. */
  size(path: string): number | undefined
  /** Bytes that this process may still write to the file system of a path. */
  freeBytes(path: string): number
  /** Whether the file system and the rights of this process allow writing there. */
  isWritable(path: string): boolean
  /** Removes a file; one that is already gone is no error. */
  remove(path: string): void
  rename(from: string, to: { readonly path: string }): void
  copy(from: string, to: { readonly path: string }): void
  /** Another name of the same file, on the same file system. */
  link(from: string, to: { readonly path: string }): void
  /** Makes the names in a folder durable: a new file is not, before this, after a power cut. */
  syncFolder(path: string): void
  /** Up to `count` bytes of a file from `offset` on. */
  readAt(path: string, span: { readonly offset: number; readonly count: number }): Buffer
  makeTemporaryFolder(prefix: string): string
  removeFolder(path: string): void
}

const isCode = (cause: unknown, code: string) =>
  cause instanceof Error && 'code' in cause && cause.code === code

function makeFolder(path: string): void {
  const made = fs.mkdirSync(path, { recursive: true })
  if (made === undefined) return
  for (let folder = path; folder.length >= made.length; folder = dirname(folder))
    syncFolder(dirname(folder))
}

function syncFolder(path: string): void {
  const folder = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(folder)
  } finally {
    fs.closeSync(folder)
  }
}

function list(path: string): readonly string[] {
  try {
    return fs.readdirSync(path).sort()
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return []
    throw cause
  }
}

function readAt(path: string, { offset, count }: { offset: number; count: number }): Buffer {
  const file = fs.openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(count)
    return bytes.subarray(0, fs.readSync(file, bytes, 0, count, offset))
  } finally {
    fs.closeSync(file)
  }
}

function isWritable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK)
    return true
  } catch (cause) {
    if (['EROFS', 'EACCES', 'EPERM'].some(code => isCode(cause, code))) return false
    // Any other trouble is not for this question to answer: whoever writes meets it.
    if (cause instanceof Error && 'code' in cause) return true
    throw cause
  }
}

export const systemDisk: Disk = {
  makeFolder,
  list,
  size: path => fs.statSync(path, { throwIfNoEntry: false })?.size,
  freeBytes(path) {
    const { bavail, bsize } = fs.statfsSync(path)
    return bavail * bsize
  },
  isWritable,
  remove: path => fs.rmSync(path, { force: true }),
  rename: (from, to) => fs.renameSync(from, to.path),
  copy: (from, to) => fs.copyFileSync(from, to.path),
  link: (from, to) => fs.linkSync(from, to.path),
  syncFolder,
  readAt,
  makeTemporaryFolder: prefix => fs.mkdtempSync(join(tmpdir(), prefix)),
  removeFolder: path => fs.rmSync(path, { recursive: true, force: true }),
}
