// Replays on the files of a data folder on which no engine runs: a replay is begun there and waits
// for the next start, a dry run is done at once by the deployments that ran last.
import { withProjectAdapters } from '../channel/adapters.ts'
import { systemClock } from '../kit/clock.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import type { TenantPlan } from '../model/plan.ts'
import { silentSignals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import { Deployments } from '../operate/deployments.ts'
import { dryOver, openReplayAnswers } from '../operate/replay_answer.ts'
import type { DryReplay } from '../operate/replay_dry.ts'
import { planReplay, type ReplayRequest } from '../operate/replay_plan.ts'
import { OpenEditions } from '../path/editions.ts'
import type { Args, World } from './command.ts'
import { foldersOf } from './folders.ts'

interface Rooms {
  readonly log: Log
  readonly store: Store
}

/** Asked of nobody but the store: no tenant has to be able to run for it. */
export function answerFromFiles(
  rooms: Rooms,
  asked: Readonly<Record<string, string>>,
  context: { readonly args: Args; readonly world: World },
): Promise<unknown> {
  return withTenants(rooms, context, opened => openReplayAnswers(opened, undefined).answer(asked))
}

export function dryFromFiles(
  rooms: Rooms,
  request: ReplayRequest,
  context: { readonly args: Args; readonly world: World },
): Promise<DryReplay> {
  const { signal, progress } = context.world
  const onProgress = (done: number) => progress(`Replayed ${done} records, writing nothing`)
  return withTenants(rooms, context, async opened =>
    dryOver(await planReplay(request, opened), opened, { signal, onProgress }),
  )
}

async function withTenants<T>(
  rooms: Rooms,
  { args, world }: { readonly args: Args; readonly world: World },
  work: (opened: Parameters<typeof openReplayAnswers>[0]) => Promise<T>,
): Promise<T> {
  const { project, data } = foldersOf(args, world)
  const { tables } = await withProjectAdapters(project, world.tables)
  const deployments = new Deployments({ data, tables, env: world.env, version: world.version })
  const find = (tenant: string, deployment: string) => deployments.find(tenant, deployment)
  const plans = new Map<string, TenantPlan>()
  for (const { tenant, deployment } of await rooms.store.active()) {
    const plan = deployment === '' ? undefined : await find(tenant, deployment)
    if (plan !== undefined) plans.set(tenant, plan)
  }
  const { mapping_ms_max } = limits
  const settings = { clock: systemClock, signals: silentSignals, mapping_ms_max, find }
  const editions = new Map(
    [...plans].map(([tenant, plan]) => [tenant, new OpenEditions(plan, settings)]),
  )
  const bug = Promise.withResolvers<never>()
  try {
    const opened = {
      ...rooms,
      clock: systemClock,
      tables,
      tenant: (name: string) => plans.get(name),
      find,
      now: () => systemClock.now(),
      editionsOf: (tenant: string) => editions.get(tenant),
      onBug: bug.reject,
    }
    return await Promise.race([bug.promise, work(opened)])
  } finally {
    await Promise.all([...editions.values()].map(one => one.close()))
  }
}
