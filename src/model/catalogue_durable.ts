// Failures of what keeps messages and state: the log and the store.
import { entry } from './catalogue_entry.ts'

export const durableErrors = {
  log_disk_full: entry(
    'There is no room on the disk of the log, so nothing is acknowledged.',
    'transient',
    'AE',
    'Free space on the volume of the data folder; intake goes on by itself. See what holds space: firth log topics.',
  ),
  log_read_only: entry(
    'The disk of the log cannot be written, so nothing is acknowledged.',
    'transient',
    'AE',
    'Mount the volume of the data folder writable; intake goes on by itself.',
  ),
  log_io_error: entry(
    'The disk of the log failed to write, so nothing is acknowledged.',
    'transient',
    'AE',
    'Check the disk and the limits of the process (ulimit -f); intake goes on by itself when writing works.',
  ),
  log_overloaded: entry(
    'More waits for the log than log_waiting_bytes_max allows.',
    'transient',
    'AE',
    'The disk is slower than the senders. They are asked to wait and to send again.',
  ),
  log_closed: entry(
    'The log is closing.',
    'transient',
    'AE',
    'Firth is stopping; send again later.',
  ),
  log_corrupt: entry(
    'A stored record does not match its checksum.',
    'fix',
    'AE',
    'The disk altered what was stored. Keep the file, restore from a backup, and replay.',
  ),
  log_newer: entry(
    'The log was written by a newer Firth.',
    'config',
    'AE',
    'Start the version that wrote it, or a later one.',
  ),
  log_fenced: entry(
    'The partition has a newer owner in this group, so nothing is committed for the older one.',
    'transient',
    'AE',
    'The newer owner goes on from the committed offset; nothing is lost.',
  ),
  topic_unknown: entry(
    'There is no such topic.',
    'config',
    'AE',
    'firth log topics lists the topics that exist.',
  ),
  store_disk_full: entry(
    'There is no room on the disk of the state store.',
    'transient',
    'AE',
    'Free space on the volume of the data folder; work goes on by itself.',
  ),
  store_read_only: entry(
    'The disk of the state store cannot be written.',
    'transient',
    'AE',
    'Mount the volume of the data folder writable; work goes on by itself.',
  ),
  store_io_error: entry(
    'The disk of the state store failed.',
    'transient',
    'AE',
    'Check the data folder, its disk and the limits of the process; work goes on when they do.',
  ),
  store_locked: entry(
    'Another program keeps the state store locked.',
    'transient',
    'AE',
    'Close the tool that has state.db open for writing; work goes on by itself.',
  ),
  store_corrupt: entry(
    'The file of the state store is damaged.',
    'config',
    'AE',
    'Keep the file, and restore the data folder from a backup.',
  ),
  store_newer: entry(
    'The state store was written by a newer Firth.',
    'config',
    'AE',
    'Start the version that wrote it, or a later one.',
  ),
  store_overloaded: entry(
    'More calls wait for the state store than it can take.',
    'transient',
    'AE',
    'The disk is slower than the work. It is tried again.',
  ),
  store_closed: entry(
    'The state store is closed.',
    'transient',
    'AE',
    'Firth is stopping; it goes on at the next start.',
  ),
} as const
