// Modules of many tenants loaded in one process, because a process for each costs more than all the
// rest of a check. Whoever loads there without a finding, and has nothing in it that a process of
// its own would judge otherwise, is sound; everybody else is judged alone, as at a deployment.
import { dirname, join, resolve } from 'node:path'
import { filesBelow, readBytes } from '../kit/files.ts'
import { realPath } from '../kit/real_path.ts'
import { together } from '../kit/together.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { type Examined, examineModules } from '../path/mapping/check_module.ts'

export interface TenantModules {
  /** Absolute. */
  readonly project: string
  readonly tenant: string
  /** Absolute; named by channels and there. */
  readonly modules: readonly string[]
}

/** Modules of one process: one that never ends, or fills it, delays so many others. */
const MODULES_TOGETHER_MAX = 25
/** For one module; a slower one is judged alone, where it has longer. */
const LOAD_MS_MAX = 5_000

/** The types that modules name, by tenant: of those of whom there is nothing to say. */
export type Sound = ReadonlyMap<string, Examined['types']>

/** Tenants of which there is nothing to say. All of one project. */
export async function soundTogether(
  tenants: readonly TenantModules[],
  { base }: { readonly base: string },
): Promise<Sound> {
  const [first] = tenants
  const transforms = join(first?.project ?? '', 'transforms')
  // The base mappings would be taken for a tenant's where they lie among them.
  if (first === undefined || tenants.length < 2 || realPath(base)?.startsWith(transforms)) {
    return new Map()
  }
  const inside = await Promise.all(tenants.map(one => staysInside(transforms, one.tenant)))
  const groups = grouped(tenants.filter((_, i) => inside[i]))
  const { project } = first
  const judged = groups.map(async group => {
    const modules = group.flatMap(one => one.modules)
    const limits = { load_ms_max: LOAD_MS_MAX }
    return soundOf(group, await examineModules(modules, { transforms, base, project, ...limits }))
  })
  return new Map((await together(judged)).flat())
}

function grouped(tenants: readonly TenantModules[]): readonly (readonly TenantModules[])[] {
  const groups: TenantModules[][] = []
  let room = 0
  for (const one of tenants) {
    if (one.modules.length > room) {
      groups.push([])
      room = MODULES_TOGETHER_MAX
    }
    groups.at(-1)?.push(one)
    room -= one.modules.length
  }
  return groups
}

function soundOf(
  group: readonly TenantModules[],
  { findings, types }: Examined,
): (readonly [string, Examined['types']])[] {
  const names = group.map(one => one.tenant)
  const isOf = (name: string) => (one: ConfigFinding) => one.file.startsWith(`transforms/${name}/`)
  // What belongs to nobody may be anybody's.
  if (findings.some(one => !names.some(name => isOf(name)(one)))) return []
  return group
    .filter(({ tenant }) => !findings.some(isOf(tenant)))
    .map(({ tenant, modules }) => {
      const own = Object.entries(types).filter(([module]) => modules.includes(module))
      return [tenant, Object.fromEntries(own)]
    })
}

/** What could reach the neighbours in the same process: their prototypes, and their folders. */
const REACHES_OUT = /\b(?:prototype|__proto__|globalThis|defineProperty|setPrototypeOf)\b|\\[xu]/
const PATH = /(['"`])([\w./-]+)\1/g

async function staysInside(transforms: string, tenant: string): Promise<boolean> {
  const folder = join(transforms, tenant)
  const root = realPath(folder)
  for (const name of await filesBelow(folder)) {
    const file = join(folder, name)
    if (root === undefined || realPath(file) !== join(root, name)) return false
    if (!name.endsWith('.ts')) continue
    const text = (await readBytes(file))?.toString('utf8') ?? ''
    if (REACHES_OUT.test(text) || text.includes('transforms/')) return false
    // Ways up that stay inside are as good as others; a way that is put together is not followed.
    const rest = text.replaceAll(PATH, (whole, _quote, path: string) =>
      resolve(dirname(file), path).startsWith(`${folder}/`) ? '' : whole,
    )
    if (/(?<!\.)\.\.(?!\.)/.test(rest)) return false
  }
  return true
}
