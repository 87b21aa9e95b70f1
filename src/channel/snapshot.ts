// A deployment on disk: the files of one tenant as they were checked, laid out like a project with
// that tenant alone, beside the base mappings of that day. Made whole or not at all, never changed,
// and known again by the hashes of its files. Secrets are not in it: variables stay variables.
//
//   deployments/<tenant>/<hash>/deployment.json            what it is
//                              /channels/… /transforms/…   as in the project
//                              /transforms/base            a link to deployments/.base/<hash>
import { join, relative } from 'node:path'
import type { Tables } from '../declare/room.ts'
import { readBytes } from '../kit/files.ts'
import { sha256 } from '../kit/ids.ts'
import { type Tree, writeTree } from '../kit/tree.ts'
import { Failure } from '../model/errors.ts'
import type { ConfigFinding, TenantPlan } from '../model/plan.ts'
import { type Content, deploymentHash, engineContents, isBase, sdkHash } from './deployment.ts'
import { ENGINE, loadProject } from './load.ts'
import type { Environment } from './variables.ts'

const MANIFEST = 'deployment.json'

/** `deployment.json`. */
export interface Manifest {
  readonly tenant: string
  readonly deployment: string
  /** Of the engine that made it: what its mappings run by. */
  readonly sdk: string
  readonly version: string
  readonly contents: readonly Content[]
  readonly base: readonly Content[]
}

export interface SnapshotOptions {
  /** The folder of all deployments. */
  readonly folder: string
  /** Where the files of the plan lie. */
  readonly project: string
  /** Firth's own version, for the reader of the manifest. */
  readonly version: string
}

export const snapshotFolder = (folder: string, of: { tenant: string; deployment: string }) =>
  join(folder, of.tenant, of.deployment)

/**
 * Writes what the plan was made of. Rejects with `deployment_changing` where the files are other
 * ones by now, with `data_unusable` where the disk fails.
 */
export async function makeSnapshot(plan: TenantPlan, options: SnapshotOptions): Promise<void> {
  const { folder, project, version } = options
  const target = snapshotFolder(folder, plan)
  if ((await readBytes(join(target, MANIFEST))) !== undefined) return
  const { tenant, deployment, contents = [] } = plan
  const engine = await engineContents(ENGINE)
  const base = engine.filter(isBase)
  if (deploymentHash(engine, contents) !== deployment) throw new Failure('deployment_changing')
  const baseFolder = join(folder, '.base', deploymentHash(base, []))
  const manifest: Manifest = { tenant, deployment, sdk: sdkHash(engine), version, contents, base }
  const own = await filesOf(project, contents)
  try {
    const baseTree = await filesOf(ENGINE, base)
    await writeTree(
      baseFolder,
      new Map([...baseTree].map(([file, bytes]) => [file.slice('transforms/base/'.length), bytes])),
    )
    await writeTree(
      target,
      new Map<string, Uint8Array | { link: string }>([
        ...own,
        ['transforms/base', { link: relative(join(target, 'transforms'), baseFolder) }],
        [MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)],
      ]) satisfies Tree,
    )
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined || cause instanceof Failure) throw cause
    throw new Failure('data_unusable', { data: folder, error: code }, cause)
  }
}

/** The bytes that were hashed, or none at all. */
async function filesOf(
  root: string,
  contents: readonly Content[],
): Promise<ReadonlyMap<string, Buffer>> {
  const files = await Promise.all(
    contents.map(async ([file, hash]) => {
      const bytes = await readBytes(join(root, file))
      if (bytes === undefined || sha256(bytes) !== hash) {
        throw new Failure('deployment_changing', { file })
      }
      return [file, bytes] as const
    }),
  )
  return new Map(files)
}

export async function readManifest(
  folder: string,
  of: { tenant: string; deployment: string },
): Promise<Manifest | undefined> {
  const bytes = await readBytes(join(snapshotFolder(folder, of), MANIFEST))
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as Manifest)
}

export interface LoadedSnapshot {
  readonly manifest: Manifest
  /** Undefined when a finding is an error: a variable that is not set here, mostly. */
  readonly plan: TenantPlan | undefined
  readonly findings: readonly ConfigFinding[]
  /** The SDK is the one that the deployment was made with: the same bytes give the same events. */
  readonly exact: boolean
}

/**
 * The plan of a deployment, with the variables of this environment. Undefined where it is not
 * there. Rejects with `deployment_damaged` where its files are not what was deployed.
 */
export async function loadSnapshot(
  of: { readonly tenant: string; readonly deployment: string },
  options: { readonly folder: string; readonly tables: Tables; readonly env: Environment },
): Promise<LoadedSnapshot | undefined> {
  const manifest = await readManifest(options.folder, of)
  if (manifest === undefined) return undefined
  const root = snapshotFolder(options.folder, of)
  const base = join(root, 'transforms/base')
  await verify(root, [...manifest.contents, ...manifest.base], of)
  const { tables, env } = options
  const { plan, findings } = await loadProject(root, tables, { env, sets: [], engine: root })
  const tenant = plan?.tenants.find(one => one.tenant === of.tenant)
  return {
    manifest,
    plan: tenant && { ...tenant, deployment: manifest.deployment, base },
    findings,
    exact: manifest.sdk === sdkHash(await engineContents(ENGINE)),
  }
}

async function verify(
  root: string,
  contents: readonly Content[],
  of: { readonly tenant: string; readonly deployment: string },
): Promise<void> {
  for (const [file, hash] of contents) {
    const bytes = await readBytes(join(root, file))
    if (bytes !== undefined && sha256(bytes) === hash) continue
    const { tenant, deployment } = of
    throw new Failure('deployment_damaged', { tenant, deployment, file })
  }
}

/** Files that differ: `+new`, `-gone`, `~changed`, in this order; `~base` where the engine's do. */
export function changesBetween(
  before: Manifest | undefined,
  next: { readonly contents?: readonly Content[] | undefined; readonly deployment: string },
): readonly string[] {
  const old = new Map(before?.contents ?? [])
  const now = new Map(next.contents ?? [])
  const changes = [
    ...[...now.keys()].filter(file => !old.has(file)).map(file => `+${file}`),
    ...[...old.keys()].filter(file => !now.has(file)).map(file => `-${file}`),
    ...[...now]
      .filter(([file, hash]) => old.has(file) && old.get(file) !== hash)
      .map(([file]) => `~${file}`),
  ]
  const other = before !== undefined && before.deployment !== next.deployment
  return other && changes.length === 0 ? ['~base'] : changes
}
