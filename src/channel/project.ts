// A project's folder: which files are channels, which are tenants, which are neither and should
// have been. `channels/<tenant>/*.yaml`, `channels/*.yaml` and `firth.yaml` are read; tests are
// left alone.
import { join, relative } from 'node:path'
import { listFolder, readBytes, unreadableOf } from '../kit/files.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { finding, topOf } from './finding.ts'

export interface ProjectFile {
  /** From the project's folder. */
  readonly file: string
  /** The tenant's folder; undefined for a file that lies in channels/ itself. */
  readonly folder: string | undefined
  /** The name without `.yaml`. */
  readonly stem: string
  readonly bytes: Buffer
}

export interface ProjectFiles {
  readonly channels: readonly ProjectFile[]
  readonly tenants: readonly ProjectFile[]
  readonly engine: Buffer | undefined
  readonly findings: readonly ConfigFinding[]
}

export async function readProject(project: string): Promise<ProjectFiles> {
  const entries = await listFolder(join(project, 'channels'))
  if (entries === undefined) {
    return { channels: [], tenants: [], engine: undefined, findings: [noProject()] }
  }
  const findings: ConfigFinding[] = []
  const files = await readFolder(project, undefined, findings)
  for (const entry of entries) {
    if (entry.kind !== 'folder' || entry.name.startsWith('.')) continue
    files.push(...(await readFolder(project, entry.name, findings)))
  }
  const channels = files.filter(one => one.stem !== 'tenant')
  if (channels.length === 0) findings.push(noChannels())
  return {
    channels,
    tenants: files.filter(one => one.stem === 'tenant'),
    engine: await readBytes(join(project, 'firth.yaml')),
    findings,
  }
}

async function readFolder(
  project: string,
  folder: string | undefined,
  findings: ConfigFinding[],
): Promise<ProjectFile[]> {
  const below = folder === undefined ? 'channels' : `channels/${folder}`
  const files: ProjectFile[] = []
  for (const { name, kind } of (await listFolder(join(project, below))) ?? []) {
    const file = `${below}/${name}`
    if (name.startsWith('.') || name.endsWith('.test.yaml')) continue
    if (kind === 'folder' && folder !== undefined) findings.push(tooDeep(file))
    if (kind === 'file' && name.endsWith('.yml')) findings.push(wrongEnding(file))
    if (kind === 'lost' && name.endsWith('.yaml')) findings.push(unreadable(file, 'a lost link'))
    if (kind !== 'file' || !name.endsWith('.yaml')) continue
    const bytes = await bytesOf(join(project, file), { file, findings })
    if (bytes !== undefined)
      files.push({ file, folder, stem: name.slice(0, -'.yaml'.length), bytes })
  }
  return files
}

async function bytesOf(
  path: string,
  { file, findings }: { readonly file: string; readonly findings: ConfigFinding[] },
): Promise<Buffer | undefined> {
  try {
    return await readBytes(path)
  } catch (cause) {
    const why = unreadableOf(cause)
    if (why === undefined) throw cause
    findings.push(unreadable(file, why.code))
    return undefined
  }
}

/** A finding for what the system does not let us read, wherever in the project it was met. */
export function unreadableIn(project: string, cause: unknown): ConfigFinding | undefined {
  const why = unreadableOf(cause)
  return why && unreadable(relative(project, why.path) || '.', why.code)
}

const unreadable = (file: string, why: string) =>
  finding(topOf(file), {
    rule: 'file_unreadable',
    what: `It is there and cannot be read (${why}).`,
    remedy: 'Give it to the user as whom Firth runs, or remove it.',
  })

const noProject = () =>
  finding(topOf('channels'), {
    rule: 'project_missing',
    what: 'The project has no folder named channels.',
    remedy: 'Point --project at the folder that holds channels/.',
  })

const noChannels = () =>
  finding(topOf('channels'), {
    rule: 'no_channels',
    severity: 'warning',
    what: 'There is no channel here, so nothing comes in.',
    remedy: 'Add channels/<tenant>/<channel>.yaml.',
  })

const tooDeep = (file: string) =>
  finding(topOf(file), {
    rule: 'folder_not_read',
    severity: 'warning',
    what: 'Folders inside a tenant’s folder are not read.',
    remedy: 'Channels lie directly in channels/<tenant>/.',
  })

const wrongEnding = (file: string) =>
  finding(topOf(file), {
    rule: 'file_not_read',
    what: 'Only files that end in .yaml are read.',
    remedy: 'Rename it.',
  })
