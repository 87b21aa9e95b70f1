// Where a path really leads, links followed: what may be read is decided on that, not on its
// spelling.
import { realpathSync } from 'node:fs'

/**
 * Undefined where nothing is there or it may not be looked at. Blocks; for starts, not for
 * messages.
 */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    // Both reasons mean the same to the caller: it is not to be used.
    return undefined
  }
}
