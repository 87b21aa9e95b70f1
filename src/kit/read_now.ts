// A small text file, read at once. Blocks; for what is loaded with a module, never for messages.
import { readFileSync } from 'node:fs'
import { realPath } from './real_path.ts'

let fences: readonly string[] | undefined

/**
 * From here on only what really lies in these folders is read, wherever a link leads: Node's
 * permission model follows links out of them. Real paths that end with a slash.
 */
export function fenceReads(folders: readonly string[]): void {
  fences = folders
}

/** Undefined where there is no such file, or it may not be read. */
export function readTextNow(path: string): string | undefined {
  const real = realPath(path)
  if (fences !== undefined && !fences.some(folder => real?.startsWith(folder))) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Both reasons mean the same to the caller: it cannot be used.
    return undefined
  }
}
