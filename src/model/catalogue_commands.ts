// Failures that people and programs meet at the command line.
import { entry } from './catalogue_entry.ts'

export const commandErrors = {
  data_in_use: entry(
    'Another Firth owns this data folder.',
    'config',
    'AE',
    'Stop it first, or give --data another folder.',
  ),
  data_unusable: entry(
    'The data folder cannot be made or written.',
    'config',
    'AE',
    'Give --data a folder on a writable disk that belongs to the user who runs Firth.',
  ),
  config_invalid: entry('The configuration has errors.', 'config', 'AE', 'See the findings above.'),
  engine_not_running: entry(
    'No Firth is running on this data folder.',
    'config',
    'AE',
    'Start it with: firth run --project DIR --data DIR',
  ),
  command_unknown: entry(
    'The running engine does not know this command.',
    'config',
    'AE',
    'The engine and the command are of different versions; use those of one installation.',
  ),
  listen_failed: entry(
    'A listener could not take its address.',
    'config',
    'AE',
    'Another program may hold the port, or the address is not of this machine.',
  ),
} as const
