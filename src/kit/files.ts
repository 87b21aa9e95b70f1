// Whole files of a project (configuration, modules, docs): listed, read, written. They are small
// and read at start; the log's own disk is elsewhere.
import { constants } from 'node:fs'
import { access, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface Entry {
  readonly name: string
  /** `lost`: a link that leads nowhere. */
  readonly kind: 'file' | 'folder' | 'lost'
  /** Bytes of a file. */
  readonly bytes: number
}

/** What stands in a folder, by name, links followed; undefined where there is no such folder. */
export async function listFolder(folder: string): Promise<readonly Entry[] | undefined> {
  const names = await unlessMissing(readdir(folder))
  if (names === undefined) return undefined
  const entries = await Promise.all(names.sort().map(name => entryOf(folder, name)))
  return entries.filter(entry => entry !== undefined)
}

async function entryOf(folder: string, name: string): Promise<Entry | undefined> {
  const found = await unlessMissing(stat(join(folder, name)))
  if (found === undefined) return { name, kind: 'lost', bytes: 0 }
  if (found.isFile()) return { name, kind: 'file', bytes: found.size }
  return found.isDirectory() ? { name, kind: 'folder', bytes: 0 } : undefined
}

/**
 * Every file below a folder, as paths from it with `/`, sorted; folders behind links are left out.
 */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }))
  return (entries ?? [])
    .filter(entry => entry.isFile() || entry.isSymbolicLink())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map(path => path.replaceAll('\\', '/'))
    .sort()
}

/** The bytes of a file; undefined where there is none. */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  return unlessMissing(readFile(path))
}

export async function isFile(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.isFile() ?? false
}

export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** What forbids a look at a file that is there, where that is what was thrown. */
export function unreadableOf(cause: unknown): Unreadable | undefined {
  const { code = '', path = '' } = (cause ?? {}) as NodeJS.ErrnoException
  return FORBIDDEN.has(code) ? { code, path } : undefined
}

export interface Unreadable {
  /** The system's name of it, such as `EACCES`. */
  readonly code: string
  /** As it was asked for; '' where the system does not say. */
  readonly path: string
}

const FORBIDDEN = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EIO'])

/** Absence is an answer here; every other trouble with the disk is thrown. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (cause) {
    if (MISSING.has((cause as NodeJS.ErrnoException).code ?? '')) return undefined
    throw cause
  }
}

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/**
 * Makes a folder that only its owner may open, where it is missing. Answers with the system's name
 * of what is wrong with it (`EROFS`, `EACCES`), or undefined where it can be written.
 */
export async function makeOwnFolder(folder: string): Promise<string | undefined> {
  try {
    await makeFolders(folder, 0o700)
    await access(folder, constants.W_OK | constants.X_OK)
    return undefined
  } catch (cause) {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  }
}

/**
 * As `mkdir -p`. Node's own recursive mkdir never ends where a folder answers ENOENT to a new entry
 * although it exists, as /proc does.
 */
async function makeFolders(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolders(dirname(folder), mode)
      await mkdir(folder, { mode })
    } else if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) {
      throw cause
    }
  }
}
