// Replays on the files of a data folder on which no engine runs, with the project's own adapters.
import { withProjectAdapters } from '../channel/adapters.ts'
import type { Log } from '../model/log.ts'
import type { Store } from '../model/store.ts'
import { Deployments } from '../operate/deployments.ts'
import type { DryReplay } from '../operate/replay_dry.ts'
import { answerOffline, dryOffline, type OfflineRooms } from '../operate/replay_offline.ts'
import type { ReplayRequest } from '../operate/replay_plan.ts'
import type { Args, World } from './command.ts'
import { foldersOf } from './folders.ts'

interface Rooms {
  readonly log: Log
  readonly store: Store
}

interface Context {
  readonly args: Args
  readonly world: World
}

export async function answerFromFiles(
  rooms: Rooms,
  asked: Readonly<Record<string, string>>,
  context: Context,
): Promise<unknown> {
  return answerOffline(asked, await offline(rooms, context))
}

export async function dryFromFiles(
  rooms: Rooms,
  request: ReplayRequest,
  context: Context,
): Promise<DryReplay> {
  const { signal, progress } = context.world
  const onProgress = (done: number) => progress(`Looked at ${done} records, writing nothing`)
  return dryOffline(request, await offline(rooms, context), { signal, onProgress })
}

async function offline(rooms: Rooms, { args, world }: Context): Promise<OfflineRooms> {
  const { project, data } = foldersOf(args, world)
  const { tables } = await withProjectAdapters(project, world.tables)
  const { env, version } = world
  return { ...rooms, tables, deployments: new Deployments({ data, tables, env, version }) }
}
