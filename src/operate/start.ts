// What `firth run` starts: the last deployment of every tenant, and the folder for a tenant that
// has none yet. Where the folder differs from what runs it says so; it goes live by `firth deploy`,
// or here where that is asked for.
import { hasErrors } from '../channel/finding.ts'
import { changesBetween } from '../channel/snapshot.ts'
import type { Tables } from '../declare/room.ts'
import type { Clock } from '../kit/clock.ts'
import type { Activation } from '../model/activation.ts'
import type { Log } from '../model/log.ts'
import type { Plan, TenantPlan } from '../model/plan.ts'
import type { Store } from '../model/store.ts'
import { type DeployReport, judge } from './deploy.ts'
import { type Deployments, emptied } from './deployments.ts'
import { record } from './desk.ts'
import type { Starting } from './engine.ts'

export interface StartOptions {
  /** The project's folder as it was loaded; undefined where it has errors, which were told. */
  readonly folder: Plan | undefined
  /** Deploys the folder where it differs and passes, before anything is taken in. */
  readonly deploy: boolean
  readonly by: string
  readonly deployments: Deployments
  readonly tables: Tables
  readonly clock: Clock
  /** Why the folder, or a part of it, is not deployed. */
  judged(said: Pick<DeployReport, 'findings' | 'failures'>): void
  /** A tenant whose files are not what starts. */
  differs(difference: Difference): void
}

export interface Difference {
  readonly tenant: string
  /** What starts; undefined where nothing does. */
  readonly runs: Activation | undefined
  /** As in an activation; undefined where the folder does not have the tenant. */
  readonly changes: readonly string[] | undefined
}

/** There is nothing that could be started, and what is wrong was told. */
export class NothingToStart extends Error {
  override name = 'NothingToStart'
}

interface Rooms {
  readonly log: Log
  readonly store: Store
}

export async function chooseStart(
  rooms: Rooms,
  options: StartOptions,
): Promise<readonly Starting[]> {
  const { folder, deployments } = options
  await deployments.tidy()
  const active = new Map((await rooms.store.active()).map(one => [one.tenant, one]))
  if (folder === undefined && active.size === 0) throw new NothingToStart()
  const wanted = (folder?.tenants ?? []).filter(plan => {
    const runs = active.get(plan.tenant)
    return runs === undefined || (options.deploy && runs.deployment !== plan.deployment)
  })
  const { fresh, tests } = await passing(wanted, options)
  if (fresh.length < wanted.length && active.size === 0) throw new NothingToStart()
  const starting: Starting[] = []
  for (const plan of fresh) {
    const said = tests.get(plan.tenant) ?? 'none'
    starting.push(await first(plan, active.get(plan.tenant), { ...options, rooms, tests: said }))
  }
  const names = new Set(fresh.map(({ tenant }) => tenant))
  for (const runs of [...active.values()].filter(one => !names.has(one.tenant))) {
    starting.push(await last(runs, { ...options, rooms }))
  }
  await tellDifferences(starting, active, options)
  return starting
}

/** The tenants, or none of them where one does not pass. */
async function passing(
  tenants: readonly TenantPlan[],
  { folder, tables, judged }: StartOptions,
): Promise<{ fresh: readonly TenantPlan[]; tests: ReadonlyMap<string, Activation['tests']> }> {
  if (folder === undefined || tenants.length === 0) return { fresh: [], tests: new Map() }
  // A start does not wait for a compiler.
  const said = await judge({ ...folder, tenants }, { skip_tests: false, types: false }, tables)
  judged(said)
  const passes = !hasErrors(said.findings) && said.failures.length === 0
  return { fresh: passes ? tenants : [], tests: said.tests }
}

type Context = StartOptions & { readonly rooms: Rooms }

async function first(
  plan: TenantPlan,
  runs: Activation | undefined,
  context: Context & { readonly tests: Activation['tests'] },
): Promise<Starting> {
  const { deployments, folder, by, clock, rooms, tests } = context
  const old = runs && (await deployments.manifest(runs))
  await deployments.keep(plan, folder?.project ?? '')
  const kept = await deployments.open(plan)
  const how = runs === undefined ? ('start' as const) : ('deploy' as const)
  const note = { by, how, tests, changes: changesBetween(old, plan) }
  return { plan: kept, record: async () => void (await record(kept, note, { ...rooms, clock })) }
}

async function last(runs: Activation, context: Context): Promise<Starting> {
  const { deployments, by, clock, rooms } = context
  if (runs.deployment === '') return { plan: emptied(runs.tenant) }
  const plan = await deployments.open(runs)
  if (plan.deployment === runs.deployment) return { plan }
  // Another version of Firth made it: its files go on under this one, as a deployment of its own.
  const note = { by, how: 'start' as const, tests: 'none' as const, changes: ['~base'] }
  return { plan, record: async () => void (await record(plan, note, { ...rooms, clock })) }
}

async function tellDifferences(
  starting: readonly Starting[],
  active: ReadonlyMap<string, Activation>,
  { folder, deployments, differs }: StartOptions,
): Promise<void> {
  if (folder === undefined) return
  for (const { tenant, deployment } of starting.map(({ plan }) => plan)) {
    const here = folder.tenants.find(one => one.tenant === tenant)
    if (here?.deployment === deployment || (here === undefined && deployment === '')) continue
    const old = await deployments.manifest({ tenant, deployment })
    const changes = here && changesBetween(old, here)
    differs({ tenant, runs: active.get(tenant), changes })
  }
  const started = new Set(starting.map(({ plan }) => plan.tenant))
  for (const { tenant } of folder.tenants.filter(one => !started.has(one.tenant))) {
    differs({ tenant, runs: undefined, changes: [] })
  }
}
