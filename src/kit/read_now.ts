// A small text file, read at once. Blocks; for what is loaded with a module, never for messages.
import { readFileSync } from 'node:fs'

/** Undefined where there is no such file, or it may not be read. */
export function readTextNow(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Both reasons mean the same to the caller: it cannot be used.
    return undefined
  }
}
