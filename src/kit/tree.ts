// A folder of small files that is there whole or not at all, also after a power cut: written beside
// its place, synced, then renamed. What stands already is never touched.
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failpoint } from './failpoint.ts'

/** By path from the folder, with `/`: bytes of a file, or where a link leads. */
export type Tree = ReadonlyMap<string, Uint8Array | { readonly link: string }>

/** Ends the names of folders that are not whole yet. Whoever owns the place may remove them. */
export const PART = '.part'

let made = 0

/** False where the folder stood already. Rejects with the system's error where the disk fails. */
export async function writeTree(folder: string, tree: Tree): Promise<boolean> {
  made += 1
  const part = `${folder}.${process.pid}.${made}${PART}`
  try {
    await makeFolder(part)
    for (const [path, content] of tree) await writeOne(join(part, path), content)
    for (const below of foldersOf(tree)) await sync(join(part, below))
    failpoint('tree.written')
    const moved = await moveTo(folder, part)
    if (moved) await sync(dirname(folder))
    failpoint('tree.renamed')
    return moved
  } finally {
    // After the renaming there is nothing under this name.
    await fs.rm(part, { recursive: true, force: true })
  }
}

async function makeFolder(path: string): Promise<void> {
  const first = await fs.mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let one = path; one.length >= first.length; one = dirname(one)) await sync(dirname(one))
}

async function writeOne(path: string, content: Uint8Array | { link: string }): Promise<void> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if ('link' in content) return fs.symlink(content.link, path)
  const file = await fs.open(path, 'wx', 0o400)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The deepest first, so that a name is durable before the folder that holds it. */
function foldersOf(tree: Tree): readonly string[] {
  const folders = new Set([''])
  for (const path of tree.keys()) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(at)
  }
  return [...folders].sort((a, b) => b.length - a.length)
}

async function moveTo(folder: string, part: string): Promise<boolean> {
  try {
    await fs.rename(part, folder)
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // Somebody else has made the same; it is as whole as ours.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw cause
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Removes what a death has left half-made directly below a folder. */
export async function removeParts(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return []
    throw cause
  })
  for (const name of names.filter(one => one.endsWith(PART))) {
    await fs.rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Removes a folder so that nobody sees half of it; false where there is none. */
export async function removeTree(folder: string): Promise<boolean> {
  made += 1
  const part = `${folder}.${process.pid}.${made}${PART}`
  try {
    await fs.rename(folder, part)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
  await fs.rm(part, { recursive: true, force: true })
  return true
}
