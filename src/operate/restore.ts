// Puts a backup back into a folder of its own. What the restored ledger does not know is not
// assumed to be unsent: whatever was not finished, and whatever still comes of messages of before
// the backup, is asked of its target before it goes out (design: section 9).
import { join } from 'node:path'
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import {
  copyHashed,
  makeLink,
  makePrivateFolder,
  removeAll,
  syncFolder,
  writeDurable,
} from '../kit/hashed_file.ts'
import { type Manifest, parts, RESTORING } from '../model/backup.ts'
import { Failure } from '../model/errors.ts'
import type { EnginePlan } from '../model/plan.ts'
import { silentSignals } from '../model/signals.ts'
import { foldersOf, isEmpty, proveFiles, readManifest } from './backup_folder.ts'
import { keepLines } from './keep_acts.ts'

export interface RestoreRequest {
  /** Absolute, of the backup. */
  readonly folder: string
  /** Absolute; missing or empty. */
  readonly data: string
  readonly by: string
  readonly why: string
}

export interface RestoreRooms {
  readonly tables: Tables
  readonly engine: Pick<EnginePlan, 'store'>
  readonly clock: Clock
  progress(bytes_done: number, of_bytes: number): void
}

/**
 * Rejects with `backup_…` before anything is written, with `restore_folder_taken`, or with what the
 * disk says; a folder that was not finished says so to whoever starts on it.
 */
export async function restore(request: RestoreRequest, rooms: RestoreRooms): Promise<Manifest> {
  const { folder, data, by, why } = request
  if (!(await isEmpty(data))) throw new Failure('restore_folder_taken', { data })
  const manifest = await readManifest(folder)
  const bytes = manifest.files.reduce((sum, file) => sum + ('bytes' in file ? file.bytes : 0), 0)
  let done = 0
  // Read twice, proved and copied: half of the way each.
  const count = (more: number) => {
    done += more
    rooms.progress(done, 2 * bytes)
  }
  await proveFiles(folder, manifest.files, count)
  await makePrivateFolder(data)
  await writeDurable(join(data, RESTORING), `${folder}\n`)
  failpoint('restore.begun')
  for (const file of manifest.files) {
    const to = join(data, placeOf(file.path, rooms.engine))
    await makePrivateFolder(join(to, '..'))
    if ('link' in file) await makeLink(to, file)
    else count((await copyHashed(join(folder, file.path), { path: to })).bytes)
  }
  for (const below of foldersOf(manifest.files)) await syncFolder(join(data, below))
  failpoint('restore.copied')
  const { tables, engine, clock } = rooms
  const room = present(tables.stores[engine.store.kind], 'a planned store is in the table')
  const store = await room.open(engine.store.config, { data, signals: silentSignals })
  try {
    const { cut_at_ms, ends } = manifest
    const word = { cut_at_ms, at_ms: clock.now(), by, why }
    const told = keepLines(ends, { ...word, folder, act: 'restore' })
    await store.restored({ ...word, told })
  } finally {
    await store.close()
  }
  failpoint('restore.said')
  await removeAll(join(data, RESTORING))
  await syncFolder(data)
  return manifest
}

/** The store has the name that its settings give it. */
function placeOf(path: string, { store }: Pick<EnginePlan, 'store'>): string {
  return path === parts.store ? String(store.config.file ?? parts.store) : path
}
