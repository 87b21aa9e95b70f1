// Answers kept from one run to the next in a folder of the user's cache, by a key that holds all
// that they depend on. A convenience: what cannot be kept or read back is worked out again.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Kept {
  /** Undefined where nothing is kept under this key. */
  get(key: string): Promise<unknown>
  /** `value` as JSON. Says nothing where it cannot be kept. */
  put(key: string, value: unknown): Promise<void>
}

/** More answers than these are thrown away together: old ones are not told from new ones. */
const ANSWERS_MAX = 2_000

/** `XDG_CACHE_HOME`, else ~/.cache; undefined where the user has no home. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_CACHE_HOME, HOME } = env
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '') return join(XDG_CACHE_HOME, 'firth')
  return HOME === undefined || HOME === '' ? undefined : join(HOME, '.cache', 'firth')
}

/** `key`: letters and digits. */
export function openKept(folder: string | undefined): Kept {
  if (folder === undefined) return { get: async () => undefined, put: async () => {} }
  return {
    async get(key) {
      try {
        return JSON.parse(await readFile(join(folder, `${key}.json`), 'utf8')) as unknown
      } catch {
        // It was never kept, or is half written by another run: it is worked out again.
        return undefined
      }
    },
    async put(key, value) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        if ((await readdir(folder)).length >= ANSWERS_MAX) await rm(folder, { recursive: true })
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const file = join(folder, `${key}.json`)
        const part = `${file}.${process.pid}`
        await writeFile(part, JSON.stringify(value), { mode: 0o600 })
        await rename(part, file)
      } catch {
        // No room or no right to write: the next run works it out again.
      }
    },
  }
}
