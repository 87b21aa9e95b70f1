// Where a command works: the project, the data folder, and the engine's settings in between.
import { resolve } from 'node:path'
import { withProjectAdapters } from '../channel/adapters.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { loadProject } from '../channel/load.ts'
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { listFolder } from '../kit/files.ts'
import { Failure } from '../model/errors.ts'
import type { LogReader } from '../model/log.ts'
import type { Plan } from '../model/plan.ts'
import type { Args, World } from './command.ts'

export interface Folders {
  readonly project: string
  readonly data: string
}

export function foldersOf(args: Args, world: World): Folders {
  const project = resolve(world.cwd, args.text('project') ?? '.')
  const data = args.text('data')
  return { project, data: data === undefined ? resolve(project, 'data') : resolve(world.cwd, data) }
}

export interface Loaded {
  readonly plan: Plan
  /** The engine's tables, with the project's own adapters. */
  readonly tables: Tables
}

/** The plan, or undefined after the findings have been printed for a person. */
export async function planOf(args: Args, world: World): Promise<Loaded | undefined> {
  const { project } = foldersOf(args, world)
  const { tables, findings } = await withProjectAdapters(project, world.tables)
  const sets = args.texts('set')
  const loaded = await loadProject(project, tables, { env: world.env, sets })
  for (const one of [...findings, ...loaded.findings]) world.err(formatFinding(one, world.colours))
  const { plan } = loaded
  return plan === undefined || hasErrors(findings) ? undefined : { plan, tables }
}

/**
 * Reads the log's files beside a running engine or without one. The channels need not be right for
 * it.
 */
export async function readerOf(args: Args, world: World): Promise<LogReader> {
  const { data } = foldersOf(args, world)
  const room = present(world.tables.logs.embedded, 'the embedded log is in the table')
  try {
    if ((await listFolder(data)) === undefined) throw new Failure('data_missing', { data })
    return await room.openReader({}, { data })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EACCES') {
      throw new Failure('data_unusable', { data, error: 'EACCES' }, cause)
    }
    throw cause
  }
}
