// A backup as it lies on a disk: read, proved file by file, and nothing believed before that.
import { join } from 'node:path'
import { listFolder, readBytes } from '../kit/files.ts'
import { hashFile, listBelow } from '../kit/hashed_file.ts'
import { BACKUP_FORMAT, type BackupFile, MANIFEST_FILE, type Manifest } from '../model/backup.ts'
import { Failure } from '../model/errors.ts'

/** Rejects with `backup_missing` or `backup_newer`. */
export async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readBytes(join(folder, MANIFEST_FILE))
  if (bytes === undefined) throw new Failure('backup_missing', { folder })
  const manifest = parsed(bytes, folder)
  const { format, version } = manifest
  if (format > BACKUP_FORMAT) throw new Failure('backup_newer', { folder, format, version })
  return manifest
}

function parsed(bytes: Buffer, folder: string): Manifest {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Manifest
    if (typeof value.format === 'number' && Array.isArray(value.files)) return value
  } catch (cause) {
    throw new Failure('backup_damaged', { folder, file: MANIFEST_FILE }, cause)
  }
  throw new Failure('backup_damaged', { folder, file: MANIFEST_FILE })
}

/**
 * Reads every file again and compares it with the manifest; what the manifest does not name is no
 * part of the backup. Rejects with `backup_damaged` at the first that differs.
 */
export async function proveFiles(
  folder: string,
  files: readonly BackupFile[],
  proved: (bytes: number) => void = () => {},
): Promise<void> {
  const links = new Map((await listBelow(folder)).map(({ path, link }) => [path, link]))
  for (const file of files) {
    if (leavesFolder(file.path)) throw new Failure('backup_damaged', { folder, file: file.path })
    const same = 'link' in file ? links.get(file.path) === file.link : await isSame(folder, file)
    if (!same) throw new Failure('backup_damaged', { folder, file: file.path })
    proved('bytes' in file ? file.bytes : 0)
  }
}

async function isSame(folder: string, file: BackupFile & { bytes: number; sha256: string }) {
  const found = await hashFile(join(folder, file.path))
  return found?.bytes === file.bytes && found.sha256 === file.sha256
}

/** A manifest that somebody has altered must not make a restore write elsewhere. */
const leavesFolder = (path: string) => path.startsWith('/') || path.split('/').includes('..')

export async function isEmpty(folder: string): Promise<boolean> {
  return ((await listFolder(folder)) ?? []).length === 0
}

/** The folders of a backup, the deepest first: a name is durable before what holds it. */
export function foldersOf(files: readonly BackupFile[]): readonly string[] {
  const folders = new Set([''])
  for (const { path } of files) {
    const names = path.split('/')
    for (let n = 1; n < names.length; n++) folders.add(names.slice(0, n).join('/'))
  }
  return [...folders].sort((a, b) => b.length - a.length)
}
