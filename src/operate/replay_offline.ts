// Replays on the files of a data folder on which no engine runs: a replay is begun there and waits
// for the next start; a dry run is done at once by the deployments that ran last.
import type { Tables } from '../declare/room.ts'
import { systemClock } from '../kit/clock.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import type { TenantPlan } from '../model/plan.ts'
import { silentSignals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import { OpenEditions } from '../path/editions.ts'
import type { Deployments } from './deployments.ts'
import { type AnswerRooms, dryOver, openReplayAnswers } from './replay_answer.ts'
import type { DryReplay } from './replay_dry.ts'
import { planReplay, type ReplayRequest } from './replay_plan.ts'

export interface OfflineRooms {
  readonly log: Log
  readonly store: Store
  readonly tables: Tables
  readonly deployments: Deployments
}

export function answerOffline(
  asked: Readonly<Record<string, string>>,
  rooms: OfflineRooms,
): Promise<unknown> {
  return withTenants(rooms, opened => openReplayAnswers(opened, undefined).answer(asked))
}

export function dryOffline(
  request: ReplayRequest,
  rooms: OfflineRooms,
  work: { readonly signal: AbortSignal; onProgress(done: number): void },
): Promise<DryReplay> {
  return withTenants(rooms, async opened =>
    dryOver(await planReplay(request, opened), opened, work),
  )
}

async function withTenants<T>(
  { log, store, tables, deployments }: OfflineRooms,
  work: (opened: AnswerRooms) => Promise<T>,
): Promise<T> {
  const find = (tenant: string, deployment: string) => deployments.find(tenant, deployment)
  const plans = new Map<string, TenantPlan>()
  for (const { tenant, deployment } of await store.active()) {
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
      ...{ log, store, tables, find },
      clock: systemClock,
      tenant: (name: string) => plans.get(name),
      now: () => systemClock.now(),
      editionsOf: (tenant: string) => editions.get(tenant),
      onBug: bug.reject,
    }
    return await Promise.race([bug.promise, work(opened)])
  } finally {
    await Promise.all([...editions.values()].map(one => one.close()))
  }
}
