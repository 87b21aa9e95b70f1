// A backup of a running engine, or of files that nobody runs: where the groups stand, then the
// store, then the log, each of one moment, so that each holds what the one before it speaks of.
// What the store has not seen by then is done again after a restore. It is read again before it is
// called a backup.
import { join, sep } from 'node:path'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import {
  copyHashed,
  hashFile,
  linkFile,
  listBelow,
  makeLink,
  makePrivateFolder,
  removeAll,
  syncFile,
  syncFolder,
  writeDurable,
} from '../kit/hashed_file.ts'
import {
  BACKUP_FORMAT,
  type BackupFile,
  type BackupProgress,
  type BackupRequest,
  MANIFEST_FILE,
  type Manifest,
  parts,
} from '../model/backup.ts'
import { Failure, failureOf } from '../model/errors.ts'
import { LAST_BACKUP_CURSOR } from '../model/keep_store.ts'
import type { Log, LogCopies } from '../model/log.ts'
import type { Store } from '../model/store.ts'
import { foldersOf, isEmpty, proveFiles, readManifest } from './backup_folder.ts'
import { keepLines } from './keep_acts.ts'

export interface BackupRooms {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  /** Absolute data folder. */
  readonly data: string
  /** Firth's own version. */
  readonly version: string
}

/** In the data folder, so that the log's files can be linked there while they are copied. */
export const STAGING = 'backup.part'

type Progress = (change: Partial<BackupProgress>) => void

/**
 * Rejects with `backup_…`, `log_…` or `store_…`; what was written by then is no backup. `progress`
 * may throw to give it up.
 */
export async function backUp(
  request: BackupRequest,
  rooms: BackupRooms,
  progress: Progress = () => {},
): Promise<Manifest> {
  const { folder } = request
  const { log, store, data } = rooms
  if (log.copies === undefined || store.copyTo === undefined) throw new Failure('backup_impossible')
  const taken = `${folder}${sep}`.startsWith(`${data}${sep}`) || !(await isEmpty(folder))
  if (taken) throw new Failure('backup_folder_taken', { folder })
  const earlier = request.since === '' ? undefined : await readManifest(request.since)
  const staging = join(data, STAGING)
  try {
    await removeAll(staging)
    await makePrivateFolder(staging)
    const manifest = await writeParts({ ...request, staging, earlier }, rooms, progress)
    progress({ step: 'verifying', bytes_done: 0, files_done: 0 })
    await proveFiles(folder, manifest.files, counting(progress))
    await writeDurable(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 1)}\n`)
    const { files: _, ends, ...said } = manifest
    const act = { ...said, folder, act: 'backup', at_ms: rooms.clock.now() } as const
    for (const { topic, record } of keepLines(ends, act)) await log.append(topic, 0, [record])
    await store.setCursor(LAST_BACKUP_CURSOR, JSON.stringify({ ...said, folder }))
    progress({ step: 'done' })
    return manifest
  } catch (cause) {
    throw failed(cause, folder)
  } finally {
    await removeAll(staging)
  }
}

function failed(cause: unknown, folder: string): unknown {
  if (failureOf(cause) !== undefined || !(cause instanceof Error && 'code' in cause)) return cause
  return new Failure('backup_failed', { folder, error: String(cause.code) }, cause)
}

interface Writing extends BackupRequest {
  readonly staging: string
  readonly earlier: Manifest | undefined
}

async function writeParts(
  writing: Writing,
  rooms: BackupRooms,
  progress: Progress,
): Promise<Manifest> {
  const { folder, staging, by, why } = writing
  const { log, store, clock, data, version } = rooms
  const copies = log.copies as LogCopies
  await makePrivateFolder(join(folder, parts.log))
  await copies.groups(staging)
  failpoint('backup.groups')
  await store.copyTo?.(join(staging, parts.store))
  failpoint('backup.store')
  const ends = await copies.records(staging)
  const cut_at_ms = clock.now()
  failpoint('backup.linked')
  const sources = [
    ...(await filesIn(staging, '')).map(one => {
      return one.path === parts.store ? one : { ...one, path: `${parts.log}/${one.path}` }
    }),
    ...(await filesIn(join(data, parts.deployments), `${parts.deployments}/`)),
  ]
  const files = await copyAll(sources, writing, progress)
  for (const below of foldersOf(files)) await syncFolder(join(folder, below))
  const made_at = new Date(clock.now()).toISOString()
  return { format: BACKUP_FORMAT, version, made_at, cut_at_ms, by, why, ends, files }
}

interface Source {
  readonly from: string
  /** In the backup. */
  readonly path: string
  readonly link: string | undefined
}

async function filesIn(folder: string, prefix: string): Promise<readonly Source[]> {
  const found = await listBelow(folder)
  return found
    .filter(({ path }) => !path.split('/').some(name => name.endsWith('.part')))
    .map(({ path, link }) => ({ from: join(folder, path), path: `${prefix}${path}`, link }))
}

async function copyAll(
  sources: readonly Source[],
  { folder, since, earlier }: Writing,
  progress: Progress,
): Promise<readonly BackupFile[]> {
  const known = new Map((earlier?.files ?? []).map(file => [file.path, file]))
  const count = counting(progress)
  const files: BackupFile[] = []
  progress({ files: sources.length })
  for (const { from, path, link } of sources) {
    const to = join(folder, path)
    await makePrivateFolder(join(to, '..'))
    if (link !== undefined) {
      await makeLink(to, { link })
      files.push({ path, link })
    } else {
      const before = { file: known.get(path), from: join(since, path) }
      const hashed = (await linkSame(from, to, before)) ?? (await copyHashed(from, { path: to }))
      files.push({ path, ...hashed })
      count(hashed.bytes)
    }
  }
  return files
}

/** An earlier backup's file of the same content, under a second name; undefined where none is. */
async function linkSame(
  from: string,
  to: string,
  before: { readonly file: BackupFile | undefined; readonly from: string },
) {
  const { file } = before
  if (file === undefined || 'link' in file) return undefined
  const hashed = await hashFile(from)
  if (hashed?.sha256 !== file.sha256) return undefined
  if (!(await linkFile(before.from, { path: to }))) return undefined
  await syncFile(to)
  return hashed
}

function counting(progress: Progress): (bytes: number) => void {
  let [bytes_done, files_done] = [0, 0]
  return bytes => {
    bytes_done += bytes
    files_done += 1
    progress({ bytes_done, files_done })
  }
}
