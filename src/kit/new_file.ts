// Files that must not stand yet: made whole, or refused where somebody has one of that name.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** False where there is a file already; it is left as it is. */
export async function writeNew(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false
    throw cause
  }
}
