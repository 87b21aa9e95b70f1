// Files that are copied and known again by their hash: for backups, which are of no use where
// nobody can tell whether they are whole. Read in pieces, so that a large file holds nobody up.
import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import { dirname } from 'node:path'

export interface Hashed {
  readonly bytes: number
  /** In lower-case hex. */
  readonly sha256: string
}

const PIECE_BYTES = 1_048_576

/** Undefined where there is no such file. */
export async function hashFile(path: string): Promise<Hashed | undefined> {
  const file = await fs.open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined
    throw cause
  })
  return file && pass(file, async () => {})
}

/**
 * Copies a file to where none is, readable by its owner alone, and makes its bytes durable; its
 * name is when the folder is synced.
 */
export async function copyHashed(from: string, to: { readonly path: string }): Promise<Hashed> {
  const source = await fs.open(from, 'r')
  const target = await fs.open(to.path, 'wx', 0o600).catch(async cause => {
    await source.close()
    throw cause
  })
  try {
    const hashed = await pass(source, async piece => void (await target.writeFile(piece)))
    await target.sync()
    return hashed
  } finally {
    await target.close()
  }
}

async function pass(file: fs.FileHandle, take: (piece: Buffer) => Promise<void>): Promise<Hashed> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES))
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
      const piece = buffer.subarray(0, bytesRead)
      hash.update(piece)
      bytes += bytesRead
      await take(piece)
    }
  } finally {
    await file.close()
  }
}

/** Another name of the same file; false where the file system has no such thing there. */
export async function linkFile(from: string, to: { readonly path: string }): Promise<boolean> {
  try {
    await fs.link(from, to.path)
    return true
  } catch (cause) {
    if (NO_LINKS.has((cause as NodeJS.ErrnoException).code ?? '')) return false
    throw cause
  }
}

const NO_LINKS = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOENT'])

/** Writes a file whole or not at all, with its name, for its owner alone. */
export async function writeDurable(path: string, text: string): Promise<void> {
  const part = `${path}.part`
  await fs.rm(part, { force: true })
  const file = await fs.open(part, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await fs.rename(part, path)
  await syncFolder(dirname(path))
}

/** A folder for its owner alone, where it is missing. */
export async function makePrivateFolder(path: string): Promise<void> {
  await fs.mkdir(path, { recursive: true, mode: 0o700 })
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Makes the bytes of a file durable that another program has written. */
export const syncFile = syncFolder

export async function removeAll(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true })
}

/** Files and links below a folder, as paths from it with `/`, sorted; links with their aim. */
export async function listBelow(
  folder: string,
): Promise<readonly { readonly path: string; readonly link: string | undefined }[]> {
  const entries = await fs
    .readdir(folder, { recursive: true, withFileTypes: true })
    .catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return []
      throw cause
    })
  const found = entries
    .filter(entry => entry.isFile() || entry.isSymbolicLink())
    .map(async entry => {
      const whole = `${entry.parentPath}/${entry.name}`
      const path = whole.slice(folder.length + 1).replaceAll('\\', '/')
      return { path, link: entry.isSymbolicLink() ? await fs.readlink(whole) : undefined }
    })
  return (await Promise.all(found)).sort((a, b) => (a.path < b.path ? -1 : 1))
}

export async function makeLink(path: string, aim: { readonly link: string }): Promise<void> {
  await fs.symlink(aim.link, path)
}
