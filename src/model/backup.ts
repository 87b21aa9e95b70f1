// A backup: a folder of files and the manifest that names them. It holds the log, the store and the
// deployments of one moment, in an order that fits: whatever a group says it has done is in the
// store, and of whatever the store knows the records are in the log.
import type { Position } from './log.ts'

export const MANIFEST_FILE = 'manifest.json'
/** Larger than every format that this Firth can read. */
export const BACKUP_FORMAT = 1

/** Stands in a data folder while a restore is under way: nobody may start on half of it. */
export const RESTORING = 'restoring'

/** The parts of a backup, as folders and files of it. */
export const parts = { log: 'log', store: 'state.db', deployments: 'deployments' } as const

export type BackupFile = { readonly path: string } & (
  | { readonly bytes: number; readonly sha256: string }
  | { readonly link: string }
)

/** `manifest.json`: written last, so that a folder with one is whole. */
export interface Manifest {
  readonly format: number
  /** Firth's own, that made it. */
  readonly version: string
  /** ISO 8601. */
  readonly made_at: string
  /** Everything that was received later is not in it. Milliseconds since 1970. */
  readonly cut_at_ms: number
  readonly by: string
  readonly why: string
  /** Where each partition ends: the offset that its next record would have had. */
  readonly ends: readonly Position[]
  readonly files: readonly BackupFile[]
}

export interface BackupRequest {
  /** Absolute; missing or empty. */
  readonly folder: string
  /** An earlier backup: what has not changed since is linked and takes no room. '' for none. */
  readonly since: string
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
}

export interface BackupProgress {
  readonly step: 'copying' | 'verifying' | 'done'
  readonly folder: string
  readonly started_at_ms: number
  readonly files: number
  readonly files_done: number
  readonly bytes: number
  readonly bytes_done: number
}
