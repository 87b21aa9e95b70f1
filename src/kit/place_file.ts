// A file put into a folder whole or not at all, and never over another one: written beside under a
// hidden name, made durable, then given its name in one step. Whoever watches the folder sees no
// half of it.
import type { FileHandle } from 'node:fs/promises'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface Placed {
  readonly folder: string
  /** A plain name. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** `made`: by this call. Otherwise it stood there, with these bytes or with others. */
export type Placing = 'made' | 'same' | 'other'

/**
 * Durable with its name when it resolves. Rejects with Node's error; `isPlaced` then says whether
 * it may stand there nevertheless. The folder is not made.
 */
export async function placeFile(
  file: Placed,
  options: { readonly mode: number; readonly unique: string },
): Promise<Placing> {
  const stands = await compareFile(file)
  if (stands !== 'absent') return stands
  const { folder, name, bytes } = file
  const path = join(folder, name)
  const part = join(folder, `.${options.unique}.part`)
  try {
    const handle = await open(part, 'wx', options.mode)
    await written(handle, { bytes, mode: options.mode })
    if (!(await named(part, path))) return present(await compareFile(file))
  } finally {
    await rm(part, { force: true })
  }
  try {
    await syncFolder(folder)
  } catch (cause) {
    throw Object.assign(cause as Error, { placed: true })
  }
  return 'made'
}

/** Of an error of `placeFile`: the file has its name, but that may not survive a power cut. */
export const isPlaced = (cause: unknown) =>
  cause instanceof Error && 'placed' in cause && cause.placed === true

/** What stands under the name. */
export async function compareFile({
  folder,
  name,
  bytes,
}: Placed): Promise<'same' | 'other' | 'absent'> {
  try {
    const found = await readFile(join(folder, name))
    return found.equals(bytes) ? 'same' : 'other'
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
    // Without its folder nothing can be said of the file.
    await (await open(folder, 'r')).close()
    return 'absent'
  }
}

async function written(
  handle: FileHandle,
  { bytes, mode }: { readonly bytes: Uint8Array; readonly mode: number },
): Promise<void> {
  try {
    await handle.chmod(mode)
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** False where a file of that name has come meanwhile. */
async function named(part: string, path: string): Promise<boolean> {
  try {
    await link(part, path)
    return true
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'EEXIST') return false
    // File systems without hard links: there the moment between looking and renaming stays open.
    if (!NO_LINKS.has(code)) throw cause
    await rename(part, path)
    return true
  }
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** One that came and went again between two looks is as good as another one. */
const present = (found: 'same' | 'other' | 'absent') => (found === 'absent' ? 'other' : found)

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : ''
