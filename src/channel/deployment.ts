// The hash of a deployment: everything that decides what a tenant's messages become. It stands on
// every record, so two records with the same hash were made by the same files. The environment is
// not in it.
import { join } from 'node:path'
import { filesBelow, readBytes } from '../kit/files.ts'
import { derivedId, sha256 } from '../kit/ids.ts'

/** The engine's part: what mappings are made of. */
const ENGINE_FOLDERS = ['src/codecs', 'src/model', 'transforms/base']
const ENGINE_FILES = ['src/mapping_sdk.ts']

const DIGITS = 16

/** Golden cases of a mapping test it; they decide nothing. */
export const isCase = (file: string) => file.includes('.cases/')

/** A file by its path from its root, and the sha256 of its bytes. */
export type Content = readonly [file: string, sha256: string]

/** Read once for all tenants. Generated READMEs decide nothing and are left out. */
export async function engineContents(engine: string): Promise<readonly Content[]> {
  const below = await Promise.all(ENGINE_FOLDERS.map(folder => folderContents(engine, folder)))
  const single = await fileContents(engine, ENGINE_FILES)
  return [...single, ...below.flat()].filter(([file]) => !file.endsWith('.md'))
}

export async function folderContents(root: string, folder: string): Promise<readonly Content[]> {
  const files = await filesBelow(join(root, folder))
  return fileContents(
    root,
    files.map(file => `${folder}/${file}`),
  )
}

async function fileContents(root: string, files: readonly string[]): Promise<readonly Content[]> {
  const contents = await Promise.all(
    files.map(async file => ({ file, bytes: await readBytes(join(root, file)) })),
  )
  return contents.flatMap(({ file, bytes }) => (bytes ? [[file, sha256(bytes)] as const] : []))
}

export const isBase = ([file]: Content) => file.startsWith('transforms/base/')

/**
 * The engine's part without the base mappings: what mappings are run by. A deployment holds its own
 * base, and names this part.
 */
export const sdkHash = (engine: readonly Content[]) =>
  deploymentHash(
    engine.filter(one => !isBase(one)),
    [],
  )

/** 16 hex digits; the order of the contents does not matter, their names do. */
export function deploymentHash(engine: readonly Content[], tenant: readonly Content[]): string {
  const parts = [...engine.map(one => ['engine', ...one]), ...tenant.map(one => ['tenant', ...one])]
  return derivedId(...parts.map(part => derivedId(...part)).sort()).slice(0, DIGITS)
}
