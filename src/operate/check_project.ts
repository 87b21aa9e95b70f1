// All that can be said of a project before it runs: its files, its tests' files, its mappings as
// they load in their fence, their types, and what is there and never used. What a tenant's modules
// are found to be is kept by their content, so that a second look costs little.
import { join } from 'node:path'
import { typesUnmapped } from '../channel/accepted_types.ts'
import { withProjectAdapters } from '../channel/adapters.ts'
import { deploymentHash, engineContents, folderContents } from '../channel/deployment.ts'
import { finding, hasErrors, sortFindings, topOf } from '../channel/finding.ts'
import {
  type ChannelSummary,
  ENGINE,
  type Loaded,
  type LoadOptions,
  loadProject,
} from '../channel/load.ts'
import { unreadableIn } from '../channel/project.ts'
import { readChannelTests } from '../channel/test_files.ts'
import type { Tables } from '../declare/room.ts'
import { filesBelow, listFolder } from '../kit/files.ts'
import { derivedId } from '../kit/ids.ts'
import { type Kept, openKept } from '../kit/kept.ts'
import { together } from '../kit/together.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { type Examined, examineModules } from '../path/mapping/check_module.ts'
import { soundTogether, type TenantModules } from './check_together.ts'
import { besides, checkTypes } from './check_types.ts'
import { unusedFiles } from './check_unused.ts'

export interface CheckOptions extends LoadOptions {
  /** Where answers are kept between runs; undefined: nowhere. */
  readonly cache: string | undefined
  /** A tenant's modules have been loaded and judged, so many of so many. */
  progress?(done: number, all: number): void
}

export interface CheckedProject {
  /** By file and place. */
  readonly findings: readonly ConfigFinding[]
  /** All that was read, from the project's folder. */
  readonly files: readonly string[]
  readonly channels: number
  readonly tenants: number
  /** Mapping modules of tenants that were loaded, or known from an earlier run. */
  readonly modules: number
  /** False where no compiler of TypeScript is installed beside the engine. */
  readonly types_checked: boolean
}

/** Runs no message and opens no connection. `project`: absolute. */
export async function checkProject(
  project: string,
  tables: Tables,
  options: CheckOptions,
): Promise<CheckedProject> {
  try {
    return await checkReadable(project, tables, options)
  } catch (cause) {
    const unreadable = unreadableIn(project, cause)
    if (unreadable === undefined) throw cause
    const counts = { files: [], channels: 0, tenants: 0, modules: 0 }
    return { ...counts, findings: [unreadable], types_checked: true }
  }
}

async function checkReadable(
  project: string,
  tables: Tables,
  options: CheckOptions,
): Promise<CheckedProject> {
  const adapters = await withProjectAdapters(project, tables)
  const loaded = await loadProject(project, adapters.tables, options)
  const tenants = await tenantsOf(project, loaded)
  const modules = await modulesOfAll(tenants, options)
  const tests = await Promise.all(loaded.channels.map(one => testsOf(project, one)))
  const unused = hasErrors(loaded.findings) ? [] : await Promise.all(tenants.map(unusedFiles))
  const unmapped = loaded.channels.map(({ module, accepts }) => {
    const known = modules.types[module ?? '']
    return known === undefined ? [] : typesUnmapped(accepts, known)
  })
  const ofFiles = [adapters.findings, loaded.findings, modules.findings]
  const findings = [...ofFiles, ...tests, ...unused, ...unmapped]
  return {
    findings: sortFindings(findings.flat()),
    files: await filesOf(project),
    channels: loaded.channels.length,
    tenants: new Set(loaded.channels.map(({ tenant }) => tenant)).size,
    modules: tenants.flatMap(one => one.modules).length,
    types_checked: modules.types_checked,
  }
}

async function filesOf(project: string): Promise<readonly string[]> {
  const folders = ['channels', 'transforms', 'adapters']
  const below = await Promise.all(folders.map(folder => filesBelow(join(project, folder))))
  return ['firth.yaml', ...below.flatMap((files, i) => files.map(file => `${folders[i]}/${file}`))]
}

async function testsOf(
  project: string,
  { file, module }: ChannelSummary,
): Promise<readonly ConfigFinding[]> {
  const tests = await readChannelTests(project, file)
  if (tests.bytes !== undefined || module === undefined) return tests.findings
  const remedy = `Add ${tests.file}: a message in, and what must come of it. firth test runs it.`
  const what = 'The channel has no tests.'
  return [finding(topOf(file), { rule: 'tests_missing', severity: 'warning', what, remedy })]
}

/** Every folder of transforms/, also of a tenant that has no channel yet. */
async function tenantsOf(project: string, loaded: Loaded): Promise<readonly TenantModules[]> {
  const folders = (await listFolder(join(project, 'transforms'))) ?? []
  return folders
    .filter(({ kind, name }) => kind === 'folder' && name !== 'base' && !name.startsWith('.'))
    .map(({ name }) => {
      const below = `${join(project, 'transforms', name)}/`
      const named = loaded.channels.flatMap(({ module }) =>
        module?.startsWith(below) ? [module] : [],
      )
      return { project, tenant: name, modules: [...new Set(named)].sort() }
    })
}

interface Judged extends Examined {
  readonly types_checked: boolean
}

async function modulesOfAll(
  tenants: readonly TenantModules[],
  options: CheckOptions,
): Promise<Judged> {
  const engine = options.engine ?? ENGINE
  const kept = openKept(options.cache)
  const contents = await engineContents(engine)
  const some = tenants.filter(one => one.modules.length > 0)
  const asked = await Promise.all(
    some.map(async tenant => {
      const own = await folderContents(tenant.project, `transforms/${tenant.tenant}`)
      const files = deploymentHash(contents, own)
      const key = derivedId('check_with_types', files, process.version, engine, ...tenant.modules)
      return { tenant, key, known: (await kept.get(key)) as Judged | undefined }
    }),
  )
  const news = asked.filter(one => one.known === undefined)
  const judged = await judgeModules(news, { engine, kept, options })
  const all = [...judged, ...asked.flatMap(({ known }) => known ?? [])]
  return {
    findings: all.flatMap(one => one.findings),
    types: Object.assign({}, ...all.map(one => one.types)) as Examined['types'],
    types_checked: all.every(one => one.types_checked),
  }
}

interface Asked {
  readonly tenant: TenantModules
  readonly key: string
}

interface Judging {
  readonly engine: string
  readonly kept: Kept
  readonly options: CheckOptions
}

/** Processes that load modules at the same time. */
const TOGETHER_MAX = 4

async function judgeModules(
  asked: readonly Asked[],
  { engine, kept, options }: Judging,
): Promise<readonly Judged[]> {
  const [first] = asked
  if (first === undefined) return []
  const { project } = first.tenant
  const typing = checkTypes({ project, engine, modules: asked.flatMap(one => one.tenant.modules) })
  const base = join(engine, 'transforms/base')
  const sound = await soundTogether(
    asked.map(one => one.tenant),
    { base },
  )
  const waiting = [...asked]
  const judged: Judged[] = []
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { tenant, modules } = next.tenant
      const transforms = join(project, 'transforms', tenant)
      const alone = () => examineModules(modules, { transforms, base, project })
      const types = sound.get(tenant)
      const loading = types === undefined ? await alone() : { findings: [], types }
      const below = `transforms/${tenant}/`
      const typed = (await typing)?.filter(({ file }) => file.startsWith(below))
      const result = {
        findings: [...loading.findings, ...besides(typed ?? [], loading.findings)],
        types: loading.types,
        types_checked: typed !== undefined,
      }
      judged.push(result)
      await kept.put(next.key, result)
      options.progress?.(judged.length, asked.length)
    }
  }
  await together(Array.from({ length: TOGETHER_MAX }, worker))
  return judged
}
