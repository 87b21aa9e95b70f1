// The firth.yaml of the last start, kept in the data folder: an engine that ran can start again
// although the file in the project is broken by now. Its variables are filled in anew.
import { join } from 'node:path'
import { type LoadedSettings, settingsOf } from '../channel/engine_settings.ts'
import type { LoadOptions } from '../channel/load.ts'
import type { Tables } from '../declare/room.ts'
import { readBytes } from '../kit/files.ts'
import { writeDurable } from '../kit/hashed_file.ts'

const fileOf = (data: string) => join(data, 'last_settings.yaml')

/**
 * Only once an engine runs with them: then it owns the folder, and they are known to be good.
 * `bytes`: of firth.yaml as it was read; undefined where there is none. Rejects with Node's error.
 */
export async function keepSettings(data: string, bytes: Buffer | undefined): Promise<void> {
  const text = bytes?.toString('utf8') ?? ''
  const kept = await readBytes(fileOf(data))
  if (kept?.toString('utf8') !== text) await writeDurable(fileOf(data), text)
}

/** Undefined where no engine has kept any; with findings where they hold no longer. */
export async function keptSettings(
  data: string,
  tables: Tables,
  options: Pick<LoadOptions, 'env' | 'sets'>,
): Promise<LoadedSettings | undefined> {
  const bytes = await readBytes(fileOf(data))
  return bytes && settingsOf(bytes, tables, options)
}
