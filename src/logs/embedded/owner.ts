// One process owns a data folder: its log, and the state store beside it. The sign is a lock that
// the kernel lets go of with the process, however it ends; a pid file would be wrong in a
// container, where every engine is process 1.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemDisk } from '../../kit/disk.ts'
import { RESTORING } from '../../model/backup.ts'
import { Failure } from '../../model/errors.ts'
import { faultOf } from './faults.ts'

const SQLITE_BUSY = 5

export interface Owner {
  /** The next process may own the folder from here on. */
  release(): void
}

/**
 * Takes `<data>/owner.db`. Throws `data_in_use` where somebody has it, `log_…` where the disk
 * fails.
 */
export function takeOwnership(data: string): Owner {
  let db: DatabaseSync | undefined
  try {
    systemDisk.makeFolder(data)
    if (systemDisk.size(join(data, RESTORING)) !== undefined)
      throw new Failure('restore_unfinished', { data })
    db = new DatabaseSync(join(data, 'owner.db'), { timeout: 0 })
    // Never committed: the file stays empty, the lock lives as long as the connection.
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db?.close()
    const { errcode } = cause as { errcode?: number }
    if (errcode !== undefined && (errcode & 0xff) === SQLITE_BUSY)
      throw new Failure('data_in_use', {}, cause)
    throw faultOf(cause, { file: 'owner.db' }) ?? cause
  }
  const held = db
  return { release: () => held.close() }
}
