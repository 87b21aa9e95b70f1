// The deployments of a data folder: their snapshots on disk, and which of them run, by the store.
// What starts is the last deployment of each tenant, whatever the project's folder holds by now: a
// file that fails its checks never replaces, nor after a restart silences, what ran.
import { join } from 'node:path'
import { hasErrors } from '../channel/finding.ts'
import { loadProject } from '../channel/load.ts'
import {
  loadSnapshot,
  type Manifest,
  makeSnapshot,
  readManifest,
  snapshotFolder,
} from '../channel/snapshot.ts'
import type { Environment } from '../channel/variables.ts'
import type { Tables } from '../declare/room.ts'
import { listFolder } from '../kit/files.ts'
import { removeParts, removeTree } from '../kit/tree.ts'
import { Failure } from '../model/errors.ts'
import type { ConfigFinding, TenantPlan } from '../model/plan.ts'

export interface DeploymentsOptions {
  /** Absolute data folder. */
  readonly data: string
  readonly tables: Tables
  readonly env: Environment
  /** Firth's own. */
  readonly version: string
}

export interface DeploymentName {
  readonly tenant: string
  readonly deployment: string
}

/** A deployment that cannot run here: a variable that is not set, mostly. */
export class Unusable extends Failure {
  readonly findings: readonly ConfigFinding[]

  constructor(of: DeploymentName, findings: readonly ConfigFinding[]) {
    const { tenant, deployment } = of
    super('deployment_unusable', { tenant, deployment, findings: findings.length })
    this.findings = findings
  }
}

export class Deployments {
  readonly #options: DeploymentsOptions
  readonly #folder: string

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.#folder = join(options.data, 'deployments')
  }

  /** `plan`: as it was loaded from `project`. */
  async keep(plan: TenantPlan, project: string): Promise<void> {
    const { version } = this.#options
    await makeSnapshot(plan, { folder: this.#folder, project, version })
  }

  manifest(of: DeploymentName): Promise<Manifest | undefined> {
    return readManifest(this.#folder, of)
  }

  /**
   * A deployment for mapping what it took in: exactly as it was, or undefined. One that another SDK
   * made, or that cannot be read here any more, would not give the same events.
   */
  async find(tenant: string, deployment: string): Promise<TenantPlan | undefined> {
    if (!/^[0-9a-f]{16}$/.test(deployment)) return undefined
    const loaded = await this.#load({ tenant, deployment })
    return loaded?.exact ? loaded.plan : undefined
  }

  /**
   * A deployment for running. Where another version of Firth made it, its files become a new one
   * under this version. Rejects with `Unusable`, `deployment_unknown` or `deployment_damaged`.
   */
  async open(of: DeploymentName): Promise<TenantPlan> {
    const loaded = await this.#load(of)
    if (loaded === undefined) throw new Failure('deployment_unknown', { ...of })
    const { plan, findings } = loaded
    if (plan === undefined) throw new Unusable(of, findings)
    return loaded.exact ? plan : this.#renewed(of)
  }

  /** A deployment to be looked at: as it was, run by this version of Firth. Nothing is made. */
  async look(of: DeploymentName): Promise<TenantPlan> {
    const loaded = await this.#load(of)
    if (loaded === undefined) throw new Failure('deployment_unknown', { ...of })
    if (loaded.plan === undefined) throw new Unusable(of, loaded.findings)
    return loaded.plan
  }

  /** The one deployment of a tenant that begins with these digits. */
  async named(tenant: string, digits: string): Promise<DeploymentName> {
    const entries = (await listFolder(join(this.#folder, tenant))) ?? []
    const [found, ...more] = entries.filter(({ name }) => name.startsWith(digits))
    if (found === undefined) throw new Failure('deployment_unknown', { tenant, deployment: digits })
    if (more.length > 0) throw new Failure('deployment_ambiguous', { tenant, deployment: digits })
    return { tenant, deployment: found.name }
  }

  /** Removes what a death left half-made. Only the owner of the data folder may. */
  async tidy(): Promise<void> {
    await removeParts(join(this.#folder, '.base'))
    for (const { name, kind } of (await listFolder(this.#folder)) ?? []) {
      if (kind === 'folder') await removeParts(join(this.#folder, name))
    }
  }

  /** Removes snapshots that nothing names any more; answers how many there were. */
  async prune(names: readonly DeploymentName[]): Promise<number> {
    let pruned = 0
    for (const of of names) pruned += (await removeTree(snapshotFolder(this.#folder, of))) ? 1 : 0
    return pruned
  }

  #load(of: DeploymentName) {
    const { tables, env } = this.#options
    return loadSnapshot(of, { folder: this.#folder, tables, env })
  }

  async #renewed(of: DeploymentName): Promise<TenantPlan> {
    const { tables, env } = this.#options
    const root = snapshotFolder(this.#folder, of)
    const { plan, findings } = await loadProject(root, tables, { env, sets: [] })
    const tenant = plan?.tenants.find(one => one.tenant === of.tenant)
    if (tenant === undefined || hasErrors(findings)) throw new Unusable(of, findings)
    await this.keep(tenant, root)
    return this.open(tenant)
  }
}

/** A tenant that was taken off: what it has taken in is still brought to its end. */
export function emptied(tenant: string): TenantPlan {
  return {
    tenant,
    name: tenant,
    environment: 'production',
    time_zone: undefined,
    assigning_authorities: {},
    targets: [],
    channels: [],
    deployment: '',
    transforms: undefined,
  }
}
