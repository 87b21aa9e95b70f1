// Failures of backups and of putting them back.
import { entry } from './catalogue_entry.ts'

export const keepErrors = {
  backup_folder_taken: entry(
    'The folder for the backup is not empty, or lies in the data folder.',
    'config',
    'AE',
    'Name a folder that does not exist yet, on another disk than the data folder.',
  ),
  backup_running: entry(
    'A backup is under way.',
    'transient',
    'AE',
    'Wait for its end; firth backup status shows how far it is.',
  ),
  backup_impossible: entry(
    'This log or this store has no backup of its own.',
    'config',
    'AE',
    'Back it up with the tools of the system that holds it.',
  ),
  backup_failed: entry(
    'The backup could not be written.',
    'transient',
    'AE',
    'Look at the disk of its folder: room, rights, health. What was written of it is no backup; remove it.',
  ),
  backup_missing: entry(
    'There is no whole backup in this folder.',
    'config',
    'AE',
    'Name the folder that firth backup was given. One without manifest.json was not finished.',
  ),
  backup_damaged: entry(
    'A file of the backup is missing, or is not what was written.',
    'fix',
    'AE',
    'Use another backup. The disk that this one lies on is not to be trusted.',
  ),
  backup_newer: entry(
    'The backup was made by a newer Firth.',
    'config',
    'AE',
    'Restore it with the version that made it, or a later one.',
  ),
  restore_folder_taken: entry(
    'The data folder to restore into is not empty.',
    'config',
    'AE',
    'Name a folder that is missing or empty; what lies in this one is not touched.',
  ),
  restore_unfinished: entry(
    'A restore into this data folder was not finished, so nothing may start on it.',
    'config',
    'AE',
    'Remove the folder, and restore again.',
  ),
} as const
