// Tells when files below some folders were saved. Editors write in several steps and tools write
// many files at once, so a change is told when it has been quiet for a moment.
import { watch } from 'node:fs'

export interface WatchOptions {
  /** Ends the watching. */
  readonly signal: AbortSignal
  /** Awaited; what changes meanwhile is told after it. A rejection ends the watching. */
  onChange(): Promise<void>
  /** Without a change for so long, milliseconds. */
  readonly quiet_ms?: number
}

const QUIET_MS = 80

/** Resolves once `signal` aborts. Folders that are not there are left out. */
export async function watchFolders(
  folders: readonly string[],
  options: WatchOptions,
): Promise<void> {
  const { signal, onChange, quiet_ms = QUIET_MS } = options
  let timer: NodeJS.Timeout | undefined
  let changed = false
  let wake = () => {}
  const watchers = folders.flatMap(folder => {
    const seen = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        changed = true
        wake()
      }, quiet_ms)
    }
    try {
      const watcher = watch(folder, { recursive: true }, seen)
      watcher.on('error', seen)
      return [watcher]
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
      throw cause
    }
  })
  signal.addEventListener('abort', () => wake(), { once: true })
  try {
    while (!signal.aborted) {
      await new Promise<void>(resolve => {
        wake = resolve
        if (changed) resolve()
      })
      changed = false
      if (!signal.aborted) await onChange()
    }
  } finally {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
