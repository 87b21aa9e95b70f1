// What is wrong with a tenant's modules before any message meets them: syntax, imports, code
// tables, what happens at load. Loads them in a fenced process of their own, one after the other,
// so that a module that never ends costs a limit and hides nothing of the next.
import { isAbsolute, relative } from 'node:path'
import { startChild } from '../../kit/child.ts'
import { systemClock } from '../../kit/clock.ts'
import type { ConfigFinding } from '../../model/plan.ts'
import { childOptions, overMemory } from './process.ts'
import { FrameReader } from './protocol.ts'

export interface CheckModuleOptions {
  /** Folder of the tenant's modules; undefined where it has none. */
  readonly transforms: string | undefined
  /** Folder of the base mappings; absent: the engine's own. */
  readonly base?: string | undefined
  /** Findings name files by their path from here. */
  readonly project: string
  /** For one module. Default: 10 seconds. */
  readonly load_ms_max?: number
}

/** What the checking process says of one module. `file` is absolute. */
export interface ModuleReport {
  readonly module: string
  readonly findings: readonly ConfigFinding[]
  /** Message types that its mapping names, where it has loaded. */
  readonly types?: readonly string[]
  /** `begun`: what follows is its loading, which may never end. */
  readonly state: 'begun' | 'done'
}

const LIMITS = { load_ms_max: 10_000, memory_mb_max: 256, watch_ms: 50 } as const

/** `module`: absolute path. No finding: it loads and exports a mapping. */
export function checkModule(
  module: string,
  options: CheckModuleOptions,
): Promise<readonly ConfigFinding[]> {
  return checkModules([module], options)
}

/** Modules of one tenant, in one process as long as they let it live. */
export async function checkModules(
  modules: readonly string[],
  options: CheckModuleOptions,
): Promise<readonly ConfigFinding[]> {
  return (await examineModules(modules, options)).findings
}

export interface Examined {
  readonly findings: readonly ConfigFinding[]
  /** By module: the message types that its mapping names. Only of those that load. */
  readonly types: Readonly<Record<string, readonly string[]>>
}

/** As `checkModules`, with what the modules say of themselves. */
export async function examineModules(
  modules: readonly string[],
  options: CheckModuleOptions,
): Promise<Examined> {
  const findings: ConfigFinding[] = []
  const types = new Map<string, readonly string[]>()
  let left = [...new Set(modules)]
  while (left.length > 0) {
    const { reports, ended } = await checkInProcess(left, options)
    findings.push(...reports.flatMap(report => report.findings))
    for (const one of reports) if (one.types !== undefined) types.set(one.module, one.types)
    const done = reports.filter(({ state }) => state === 'done').map(({ module }) => module)
    const begun = reports.find(({ state, module }) => state === 'begun' && !done.includes(module))
    const stuck = begun?.module ?? left.find(module => !done.includes(module))
    if (stuck !== undefined) findings.push(whyEnded(stuck, ended))
    left = left.filter(module => module !== stuck && !done.includes(module))
  }
  const told = findings.map(one => ({ ...one, file: shown(one.file, options.project) }))
  return { findings: unique(told), types: Object.fromEntries(types) }
}

/** Why the process answered no more. */
type Ended = 'timeout' | 'memory' | 'unsettled' | 'died'

/** Node ends so where an `await` outside of any function waits for nothing that could happen. */
const UNSETTLED_AWAIT = 13

interface Checked {
  readonly reports: readonly ModuleReport[]
  readonly ended: Ended
}

function checkInProcess(modules: readonly string[], options: CheckModuleOptions): Promise<Checked> {
  const { transforms, base, load_ms_max = LIMITS.load_ms_max } = options
  const memory = { mapping_memory_mb_max: LIMITS.memory_mb_max }
  const started = childOptions({ transforms, base, ...memory }, 'check_worker.ts')
  const flags = [...started.flags, '--experimental-vm-modules']
  const args = [...started.args, JSON.stringify(modules)]
  const frames = new FrameReader()
  const reports: ModuleReport[] = []
  const { promise, resolve } = Promise.withResolvers<Checked>()
  let progress_at = systemClock.elapsed()
  let verdict: Ended | undefined
  const child = startChild(
    { ...started, flags, args },
    {
      data(bytes) {
        reports.push(...frames.push(bytes).map(answer => answer?.head as ModuleReport))
        progress_at = systemClock.elapsed()
      },
      end({ code }) {
        cancel()
        resolve({ reports, ended: verdict ?? (code === UNSETTLED_AWAIT ? 'unsettled' : 'died') })
      },
    },
  )
  let cancel = () => {}
  const watch = () => {
    if (systemClock.elapsed() - progress_at > load_ms_max) verdict = 'timeout'
    else if (overMemory(child, memory)) verdict = 'memory'
    if (verdict === undefined) cancel = systemClock.after(LIMITS.watch_ms, watch)
    else child.kill()
  }
  watch()
  return promise
}

const ENDED: Readonly<Record<Ended, readonly [rule: string, what: string, remedy: string]>> = {
  timeout: [
    'module_endless',
    'The module does not come to the end of its loading.',
    'Look for a loop outside of any function.',
  ],
  unsettled: [
    'module_endless',
    'The module waits for ever while it is loaded.',
    'Remove the `await` that stands outside of any function.',
  ],
  memory: [
    'module_memory',
    'The module takes more memory than it may while it is loaded.',
    'Compute less outside of functions, or split a large table.',
  ],
  died: [
    'module_died',
    'The process ended while the module was loaded.',
    'Look for memory that grows without end, or for endless recursion.',
  ],
}

function whyEnded(module: string, ended: Ended): ConfigFinding {
  const [rule, what, remedy] = ENDED[ended]
  return { file: module, line: 1, column: 1, severity: 'error', rule, what, remedy }
}

function shown(file: string, project: string): string {
  const path = relative(project, file)
  return path.startsWith('..') || isAbsolute(path) ? file : path
}

/** Several modules may share the file that is wrong. */
function unique(findings: readonly ConfigFinding[]): readonly ConfigFinding[] {
  return [...new Map(findings.map(one => [JSON.stringify(one), one])).values()]
}
