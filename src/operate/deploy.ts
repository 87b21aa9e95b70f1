// firth deploy without its words: a project's folder is checked and tested, what changed is kept as
// a snapshot, and each changed tenant steps to it. Nothing is kept where anything is wrong.
// Rollback is a step to an older snapshot: itself an activation.
import { hasErrors } from '../channel/finding.ts'
import { ENGINE, loadProject } from '../channel/load.ts'
import { changesBetween } from '../channel/snapshot.ts'
import type { Environment } from '../channel/variables.ts'
import type { Tables } from '../declare/room.ts'
import { together } from '../kit/together.ts'
import { ACTIVATIONS_SHOWN_MAX, type Activation } from '../model/activation.ts'
import { type Code, type Facts, Failure, failureOf } from '../model/errors.ts'
import type { ConfigFinding, Plan, TenantPlan } from '../model/plan.ts'
import { checkModules } from '../path/mapping/check_module.ts'
import { type CaseResult, runChannelTests } from './channel_tests.ts'
import { besides, checkTypes } from './check_types.ts'
import { type Deployments, emptied, Unusable } from './deployments.ts'
import type { ActivationNote, Desk } from './desk.ts'
import { lostBetween } from './lost.ts'

export interface DeployRequest {
  /** Absolute folder. */
  readonly project: string
  /** Only this tenant. */
  readonly tenant?: string | undefined
  readonly by: string
  readonly how: 'deploy' | 'watch'
  readonly skip_tests: boolean
  /** Says what would be done, and does nothing. */
  readonly dry_run: boolean
  /** Takes off tenants that run and are no longer in the project. */
  readonly remove: boolean
  /** Of a watch: steps that were held and are still the same, as `heldName` writes them. */
  readonly sure?: readonly string[]
}

export interface DeployContext {
  readonly deployments: Deployments
  readonly desk: Desk
  readonly tables: Tables
  readonly env: Environment
}

export interface DeployReport {
  /** Everything that was asked for is done, or would be. */
  readonly ok: boolean
  readonly findings: readonly ConfigFinding[]
  /** Tests that failed. */
  readonly failures: readonly Omit<CaseResult, 'mend'>[]
  readonly tenants: readonly TenantReport[]
  /** Tenants that run although the project does not have them any more. */
  readonly left: readonly string[]
}

export interface TenantReport {
  readonly tenant: string
  /** '' where it is taken off. */
  readonly deployment: string
  /** What ran until then; undefined where nothing did. */
  readonly before: string | undefined
  /**
   * `live`: it runs. `next`: it will from the next start on. `ready`: a dry run. `held`: a watch
   * saw something go that ran, and looks again before it goes live.
   */
  readonly outcome: 'unchanged' | 'live' | 'next' | 'ready' | 'refused' | 'held'
  readonly changes: readonly string[]
  /** What it no longer has of what ran before. */
  readonly lost: readonly string[]
  readonly tests: Activation['tests']
  /** Why it was refused; what ran before runs on. */
  readonly code?: Code
  readonly facts?: Facts
}

const NOTHING = { failures: [], tenants: [], left: [] }

export async function deploy(
  request: DeployRequest,
  context: DeployContext,
): Promise<DeployReport> {
  const { tables, env, desk } = context
  const { plan, findings } = await loadProject(request.project, tables, { env, sets: [] })
  if (plan === undefined) return { ok: false, findings, ...NOTHING }
  const active = new Map((await desk.active()).map(one => [one.tenant, one.deployment]))
  const wanted = plan.tenants.filter(one => (request.tenant ?? one.tenant) === one.tenant)
  if (request.tenant !== undefined && wanted.length === 0 && !active.get(request.tenant)) {
    throw new Failure('deployment_unknown', { tenant: request.tenant })
  }
  const changed = wanted.filter(one => active.get(one.tenant) !== one.deployment)
  const judging = { skip_tests: request.skip_tests, types: true }
  const judged = await judge({ ...plan, tenants: changed }, judging, tables)
  const said = { findings: [...findings, ...judged.findings], failures: judged.failures }
  const gone = goneFrom(plan, request, active)
  if (hasErrors(judged.findings) || judged.failures.length > 0) {
    return { ok: false, ...NOTHING, ...said }
  }
  const tenants: TenantReport[] = wanted
    .filter(one => !changed.includes(one))
    .map(({ tenant, deployment }) => {
      return { ...NO_CHANGE, tenant, deployment, before: deployment }
    })
  for (const one of changed) {
    const tests = judged.tests.get(one.tenant) ?? 'skipped'
    tenants.push(await step(one, { request, context, tests, before: active.get(one.tenant) }))
  }
  for (const tenant of request.remove ? gone : []) {
    tenants.push(await takeOff(tenant, { request, context, before: active.get(tenant) }))
  }
  const ok = tenants.every(({ outcome }) => outcome !== 'refused')
  return { ok, ...said, tenants, left: request.remove ? [] : gone }
}

const NO_CHANGE = { outcome: 'unchanged', changes: [], lost: [], tests: 'none' } as const

function goneFrom(
  plan: Plan,
  { tenant }: DeployRequest,
  active: ReadonlyMap<string, string>,
): readonly string[] {
  const here = new Set(plan.tenants.map(one => one.tenant))
  return [...active]
    .filter(([name, deployment]) => deployment !== '' && !here.has(name))
    .map(([name]) => name)
    .filter(name => (tenant ?? name) === name)
}

interface Judged {
  readonly findings: readonly ConfigFinding[]
  readonly failures: DeployReport['failures']
  readonly tests: ReadonlyMap<string, Activation['tests']>
}

interface Judging {
  readonly skip_tests: boolean
  /** Checks types too, where a compiler is at hand. */
  readonly types: boolean
}

/** Loads every module of the tenants in its fence, and runs their tests, side by side. */
export async function judge(
  plan: Plan,
  { skip_tests, types }: Judging,
  tables: Tables,
): Promise<Judged> {
  const [loading, typed, tested] = await Promise.all([
    loadAll(plan),
    types ? typesOf(plan) : [],
    skip_tests ? undefined : runChannelTests({ plan, tables }),
  ])
  const results = tested?.results ?? []
  const of = ({ tenant }: TenantPlan) => results.filter(one => one.of.startsWith(`${tenant}/`))
  const tests = new Map<string, Activation['tests']>()
  if (tested !== undefined) {
    for (const one of plan.tenants) tests.set(one.tenant, of(one).length > 0 ? 'passed' : 'none')
  }
  const failures = results.flatMap(({ mend: _, ...one }) => (one.mismatches.length > 0 ? one : []))
  const findings = [...loading, ...besides(typed, loading), ...(tested?.findings ?? [])]
  // Where a module does not load, that its tests failed is the same news.
  return { findings, failures: hasErrors(findings) ? [] : failures, tests }
}

/** Processes that load modules at the same time. */
const LOADING_MAX = 4

async function loadAll({ tenants, project }: Plan): Promise<readonly ConfigFinding[]> {
  const waiting = [...tenants]
  const findings: ConfigFinding[] = []
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      findings.push(...(await modulesOf(next, project)))
    }
  }
  await together(Array.from({ length: LOADING_MAX }, worker))
  return findings
}

async function modulesOf(plan: TenantPlan, project: string): Promise<readonly ConfigFinding[]> {
  const { transforms, base } = plan
  const modules = ownModules(plan)
  return modules.length === 0 ? [] : checkModules(modules, { transforms, base, project })
}

function ownModules({ channels, transforms }: TenantPlan): readonly string[] {
  if (transforms === undefined) return []
  return channels.flatMap(({ transform }) => {
    return transform?.module.startsWith(`${transforms}/`) ? [transform.module] : []
  })
}

/** None where no compiler is at hand: firth check says so, and a deployment goes on without it. */
async function typesOf({ tenants, project }: Plan): Promise<readonly ConfigFinding[]> {
  const modules = [...new Set(tenants.flatMap(ownModules))]
  return (await checkTypes({ project, engine: ENGINE, modules })) ?? []
}

interface StepOptions {
  readonly request: DeployRequest
  readonly context: DeployContext
  readonly before: string | undefined
}

async function step(
  plan: TenantPlan,
  { request, context, before, tests }: StepOptions & { readonly tests: Activation['tests'] },
): Promise<TenantReport> {
  const { deployments } = context
  const { tenant, deployment } = plan
  const old = before ? await deployments.manifest({ tenant, deployment: before }) : undefined
  const changes = changesBetween(old, plan)
  const lost = before ? lostBetween(await ranBefore(deployments, { tenant, before }), plan) : []
  const report = { tenant, deployment, before, changes, lost, tests }
  const early = withoutActing(report, request)
  if (early !== undefined) return early
  try {
    await deployments.keep(plan, request.project)
    const kept = await deployments.open(plan)
    return await activated(kept, { ...report, by: request.by, how: request.how }, context.desk)
  } catch (cause) {
    return refused(report, cause)
  }
}

/** Undefined where it cannot be read here any more: then nothing is known to be lost. */
async function ranBefore(
  deployments: Deployments,
  { tenant, before }: { readonly tenant: string; readonly before: string },
): Promise<TenantPlan | undefined> {
  try {
    return await deployments.open({ tenant, deployment: before })
  } catch (cause) {
    if (failureOf(cause) === undefined) throw cause
    return undefined
  }
}

/** Names a step that a watch holds, for looking at it again. */
export const heldName = ({ tenant, deployment }: Pick<TenantReport, 'tenant' | 'deployment'>) =>
  `${tenant}/${deployment}`

/** A watch sees files being saved: what loses something must stand for a moment. */
function withoutActing(report: Report, request: DeployRequest): TenantReport | undefined {
  const { dry_run, how, sure = [] } = request
  if (dry_run) return { ...report, outcome: 'ready' }
  if (how !== 'watch' || report.lost.length === 0 || sure.includes(heldName(report)))
    return undefined
  return { ...report, outcome: 'held' }
}

async function takeOff(
  tenant: string,
  { request, context, before }: StepOptions,
): Promise<TenantReport> {
  const old = await context.deployments.manifest({ tenant, deployment: before ?? '' })
  const changes = changesBetween(old, { contents: [], deployment: '' })
  const lost = ['the whole tenant']
  const report = { tenant, deployment: '', before, changes, lost, tests: 'none' } as const
  const early = withoutActing(report, request)
  if (early !== undefined) return early
  try {
    const note = { ...report, by: request.by, how: 'remove' } as const
    return await activated(emptied(tenant), note, context.desk)
  } catch (cause) {
    return refused(report, cause)
  }
}

type Report = Omit<TenantReport, 'outcome'>

async function activated(
  plan: TenantPlan,
  { by, how, ...report }: Report & ActivationNote,
  desk: Desk,
): Promise<TenantReport> {
  const { changes, tests } = report
  await desk.activate(plan, { by, how, tests, changes })
  return { ...report, deployment: plan.deployment, outcome: desk.live ? 'live' : 'next' }
}

function refused(report: Report, cause: unknown): TenantReport {
  const failure = failureOf(cause)
  if (failure === undefined) throw cause
  return { ...report, outcome: 'refused', code: failure.code, facts: failure.facts }
}

export interface RollbackRequest {
  readonly tenant?: string | undefined
  /** The first digits of a deployment; undefined: the one that ran before. */
  readonly to?: string | undefined
  readonly by: string
}

/** Rejects with a Failure where there is nothing to go back to; what ran runs on. */
export async function rollback(
  request: RollbackRequest,
  { deployments, desk }: Pick<DeployContext, 'deployments' | 'desk'>,
): Promise<DeployReport> {
  const { tenant, to } = request
  const all = await desk.activations({ tenant, limit: ACTIVATIONS_SHOWN_MAX })
  const [newest] = all
  if (newest === undefined) throw new Failure('deployment_unknown', { tenant: tenant ?? '' })
  const several = new Set(all.map(one => one.tenant)).size > 1
  const found = all.filter(one =>
    to === undefined
      ? one.deployment !== newest.deployment && one.deployment !== ''
      : one.deployment !== '' && one.deployment.startsWith(to),
  )
  const [target] = found
  if (several && (to === undefined || new Set(found.map(one => one.tenant)).size > 1)) {
    throw new Failure('deployment_ambiguous', { tenants: new Set(all.map(one => one.tenant)).size })
  }
  if (target === undefined) {
    const facts = { tenant: newest.tenant, ...(to === undefined ? {} : { deployment: to }) }
    throw new Failure(to === undefined ? 'deployment_first' : 'deployment_unknown', facts)
  }
  return stepBack(target, { request, deployments, desk })
}

async function stepBack(
  target: Activation,
  context: Pick<DeployContext, 'deployments' | 'desk'> & { readonly request: RollbackRequest },
): Promise<DeployReport> {
  const { deployments, desk, request } = context
  const { tenant } = target
  const before = (await desk.active()).find(one => one.tenant === tenant)?.deployment
  const old = await deployments.manifest({ tenant, deployment: before ?? '' })
  const report = { tenant, deployment: target.deployment, before, lost: [], tests: target.tests }
  try {
    const plan = await deployments.open(target)
    const changes = changesBetween(old, plan)
    if (plan.deployment === before) {
      return { ...WELL, tenants: [{ ...report, outcome: 'unchanged', changes }] }
    }
    const note = { ...report, changes, by: request.by, how: 'rollback' } as const
    return { ...WELL, tenants: [await activated(plan, note, desk)] }
  } catch (cause) {
    const findings = cause instanceof Unusable ? cause.findings : []
    const tenants = [refused({ ...report, changes: [] }, cause)]
    return { ...WELL, ok: false, findings, tenants }
  }
}

const WELL = { ok: true, findings: [], failures: [], tenants: [], left: [] } as const
