// Backups beside a running engine: one at a time, begun by a word on the control socket and asked
// for until it has ended. While one runs, retention lets nothing go: what a group had not read when
// the backup began must still be there when it ends.

import { join } from 'node:path'
import { removeAll } from '../kit/hashed_file.ts'
import type { BackupProgress } from '../model/backup.ts'
import { Failure, failureOf } from '../model/errors.ts'
import { LAST_BACKUP_CURSOR } from '../model/keep_store.ts'
import type { PinSource } from '../model/pin.ts'
import { type BackupRooms, backUp, STAGING } from './backup.ts'

export interface BackupLook {
  /** Of this engine's newest backup; undefined where it has made none. */
  readonly progress: BackupProgress | undefined
  /** Why it has failed. */
  readonly failure: { readonly code: string; readonly facts: Failure['facts'] } | undefined
  /** The last whole backup of this data folder: JSON of who, when and where. */
  readonly last: string | undefined
}

export interface Backups {
  readonly pins: PinSource
  answer(asked: Readonly<Record<string, string>>): Promise<BackupLook>
  /** Gives up what is under way, and resolves then. */
  close(): Promise<void>
}

/** Removes first what a death in the midst of a backup has left in the data folder. */
export async function openBackups(
  rooms: BackupRooms & { onBug(cause: unknown): void },
): Promise<Backups> {
  await removeAll(join(rooms.data, STAGING))
  let closing = false
  let progress: BackupProgress | undefined
  let failure: Failure | undefined
  let running: Promise<void> | undefined

  const begin = ({ folder = '', since = '', by = '', why = '' }) => {
    if (running !== undefined)
      throw new Failure('backup_running', { folder: progress?.folder ?? '' })
    failure = undefined
    const started_at_ms = rooms.clock.now()
    const none = { files: 0, files_done: 0, bytes: 0, bytes_done: 0 }
    let now: BackupProgress = { step: 'copying', folder, started_at_ms, ...none }
    progress = now
    running = backUp({ folder, since, by, why }, rooms, change => {
      if (closing) throw new Failure('backup_failed', { folder, error: 'the engine stopped' })
      now = { ...now, ...change }
      progress = { ...now, bytes: Math.max(now.bytes, now.bytes_done) }
    })
      .then(
        () => {},
        cause => {
          failure = failureOf(cause)
          if (failure === undefined) rooms.onBug(cause)
        },
      )
      .finally(() => {
        running = undefined
      })
  }
  return {
    pins: async () => {
      if (running === undefined) return []
      const partitions = await rooms.log.partitions()
      return partitions.map(({ topic, partition, first_offset: from_offset }) => {
        const name = progress?.folder ?? ''
        return { topic, partition, from_offset, to_offset: undefined, why: 'backup', name }
      })
    },
    async answer(asked) {
      if (asked.do === 'begin') begin(asked)
      else if (asked.do !== 'look') throw new Failure('command_unknown', { command: 'backup' })
      const last = await rooms.store.getCursor(LAST_BACKUP_CURSOR)
      return { progress, failure: failure && { code: failure.code, facts: failure.facts }, last }
    },
    async close() {
      closing = true
      await running
    },
  }
}
