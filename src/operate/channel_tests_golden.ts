// Golden cases of a tenant's mappings: `transforms/<tenant>/<name>.cases/01_happy.hl7` beside the
// `.json` that the mapping makes of it, whole. They run as a channel that has the mapping and
// nothing else; what depends on a deployment or a topic is left out of the golden file.
import { basename, join } from 'node:path'
import { jsonText } from '../declare/docs_schema.ts'
import { filesBelow, isFile, readBytes } from '../kit/files.ts'
import type { ChannelPlan, TenantPlan } from '../model/plan.ts'
import type { CaseResult, PlacedMismatch } from './channel_tests.ts'
import type { DryResult } from './dry_run.ts'

export interface GoldenCase {
  readonly of: string
  readonly name: string
  readonly tenant: string
  readonly channel: string
  readonly bytes: Buffer
  /** Of the golden file, from the project's folder. */
  readonly file: string
  /** Undefined: it is not there yet. */
  readonly golden: string | undefined
}

export interface GoldenTenant {
  readonly tenant: string
  readonly channels: readonly ChannelPlan[]
  readonly cases: readonly GoldenCase[]
  /** Cases of a mapping that is not there, which fail without being run. */
  readonly orphans: readonly GoldenCase[]
}

/** Names of channels are names of topics, without dots. */
const PREFIX = 'golden_cases_of_'

const CASE = /^([a-z][a-z0-9_]*)\.cases\/([^/]+)\.hl7$/

export async function goldenTenants(
  project: string,
  tenants: readonly TenantPlan[],
): Promise<readonly GoldenTenant[]> {
  const all = await Promise.all(tenants.map(tenant => goldenTenant(project, tenant)))
  return all.filter(one => one.cases.length + one.orphans.length > 0)
}

async function goldenTenant(project: string, tenant: TenantPlan): Promise<GoldenTenant> {
  const { transforms: folder, tenant: name } = tenant
  if (folder === undefined) return { tenant: name, channels: [], cases: [], orphans: [] }
  const files = (await filesBelow(folder)).filter(file => CASE.test(file))
  const cases = await Promise.all(
    files.map(file => goldenCase(file, { project, folder, tenant: name })),
  )
  const modules = [...new Set(cases.map(one => one.channel.slice(PREFIX.length)))]
  const present = await Promise.all(modules.map(one => isFile(join(folder, `${one}.ts`))))
  const channels = modules.filter((_, i) => present[i]).map(one => channelOf(one, tenant, folder))
  const runnable = new Set(channels.map(one => one.channel))
  const isRunnable = (one: GoldenCase) => runnable.has(one.channel)
  return {
    tenant: name,
    channels,
    cases: cases.filter(isRunnable),
    orphans: cases.filter(one => !isRunnable(one)),
  }
}

async function goldenCase(
  path: string,
  { project, folder, tenant }: { project: string; folder: string; tenant: string },
): Promise<GoldenCase> {
  const [, module = '', name = ''] = CASE.exec(path) ?? []
  const golden = join(folder, path.replace(/\.hl7$/, '.json'))
  const [bytes, text] = await Promise.all([readBytes(join(folder, path)), readBytes(golden)])
  return {
    of: `${tenant}/${module}.cases`,
    name,
    tenant,
    channel: `${PREFIX}${module}`,
    bytes: bytes ?? Buffer.alloc(0),
    file: golden.slice(project.length + 1),
    golden: text?.toString('utf8'),
  }
}

function channelOf(
  module: string,
  { tenant, environment }: TenantPlan,
  folder: string,
): ChannelPlan {
  return {
    tenant,
    channel: `${PREFIX}${module}`,
    about: '',
    file: '',
    source: { kind: '', config: {} },
    environment,
    charset: undefined,
    accept: undefined,
    transform: { name: `${tenant}/${module}`, module: join(folder, `${module}.ts`) },
    match: 'all',
    routes: [],
    on_failure: {
      retry: { wait_ms_min: 0, wait_ms_max: 0, for_ms: 0 },
      order: 'patient',
      on_dead: 'continue',
    },
  }
}

export function goldenResult(one: GoldenCase, result: DryResult): CaseResult {
  const { of, name, file, golden } = one
  const made = goldenText(result)
  const mismatches = golden === made ? [] : differences(golden, made)
  const mend = golden === made ? undefined : ({ kind: 'text', text: made } as const)
  return { of, name, file: file || basename(of), line: 1, mismatches, mend }
}

/** Of a case whose mapping is gone or renamed: nothing can be compared, and it does not pass. */
export function orphanResult({ of, name, file, tenant, channel }: GoldenCase): CaseResult {
  const expected = `transforms/${tenant}/${channel.slice(PREFIX.length)}.ts`
  const missing = { what: 'mapping', path: [], expected, actual: 'no such file', line: 1 }
  return { of, name, file, line: 1, mismatches: [missing], mend: undefined }
}

/** What the mapping made; the same for the same bytes, mapping and tenant, on every machine. */
export function goldenText({ dead, events, findings }: DryResult): string {
  const held = {
    ...(dead === undefined ? {} : { dead }),
    events: events.map(({ kind, occurred_at, patient, visit, resources }) => {
      const made = resources.entry.map(entry => entry.resource)
      return { kind, occurred_at, patient, visit, resources: made }
    }),
    findings,
  }
  return jsonText(held)
}

const SHOWN_MAX = 12

/** By path; a golden file that is no JSON differs as a whole. */
function differences(golden: string | undefined, made: string): readonly PlacedMismatch[] {
  const whole = (expected: string): readonly PlacedMismatch[] => [
    { what: 'golden file', path: [], expected, actual: 'see --update', line: 1 },
  ]
  if (golden === undefined) return whole('it is not there yet')
  const held = parsed(golden)
  if (held === undefined) return whole('no JSON')
  const [before, after] = [leaves(held), leaves(JSON.parse(made))]
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  const found = paths.filter(path => before.get(path) !== after.get(path))
  if (found.length === 0) return whole('another order or layout')
  return found.slice(0, SHOWN_MAX).map(path => ({
    what: path,
    path: [],
    expected: before.get(path) ?? 'nothing',
    actual: after.get(path) ?? 'nothing',
    line: 1,
  }))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function leaves(value: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) {
      found.set(path, JSON.stringify(node))
      return
    }
    for (const [key, held] of Object.entries(node)) {
      const step = Array.isArray(node) ? `[${key}]` : `${path === '' ? '' : '.'}${key}`
      walk(held, `${path}${step}`)
    }
  }
  walk(value, '')
  return found
}
