// The files of this repository as the house's checks see them: a path from the root and a text.
import { join, resolve } from 'node:path'
import { filesBelow, listFolder, readBytes } from '../../src/kit/files.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface Source {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
}

/** What a check has to say of a file: one complaint each, beginning with the place. */
export type Check = (source: Source) => readonly string[]

const FOLDERS = ['src', 'test', 'adapters', 'transforms', 'channels', 'bin', '.ci']
const TEXT = /\.(ts|json|yaml|yml|md|sh|csv|xml|java|mjs|conf)$|(^|\/)[^.]+$/

/** Everything that people wrote: the folders above and the files that lie in the root itself. */
export async function readSources(): Promise<readonly Source[]> {
  const below = await Promise.all(
    FOLDERS.map(async folder =>
      (await filesBelow(join(ROOT, folder))).map(file => `${folder}/${file}`),
    ),
  )
  const entries = (await listFolder(ROOT)) ?? []
  const top = entries.filter(entry => entry.kind === 'file').map(entry => entry.name)
  const paths = [...top, ...below.flat()].filter(path => TEXT.test(path) && !isOutput(path))
  return Promise.all(
    paths.map(async path => {
      return { path, text: (await readBytes(join(ROOT, path)))?.toString('utf8') ?? '' }
    }),
  )
}

/** Builds and results that lie between the sources and are written by programs. */
const isOutput = (path: string) => /(^|\/)(target|node_modules|results)\//.test(path)

export const isCode = ({ path }: Source) => path.endsWith('.ts')

/** Code that is shipped, as against code that tests it. */
export const isShipped = (source: Source) => isCode(source) && !source.path.startsWith('test/')

const TOKENS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g

/** Code without comments and without what stands in quotes; lines stay where they are. */
export function bare(text: string): string {
  return text.replace(TOKENS, token => {
    const lines = '\n'.repeat(token.split('\n').length - 1)
    return token.startsWith('/') ? lines : `''${lines}`
  })
}

/** Complaints of a pattern that must not occur, with line numbers. */
export function occurrences(
  source: Source,
  pattern: RegExp,
  options: { readonly text: string; readonly complaint: string },
): readonly string[] {
  return options.text.split('\n').flatMap((line, i) => {
    return pattern.test(line) ? [`${source.path}:${i + 1} ${options.complaint}`] : []
  })
}
