// The tests of a project's channels and mappings, run as the path would run their messages, with
// nothing stored and nothing sent. One mapping process serves them all: what a tenant's mappings
// may import is the business of `check`, and a process a tenant would be most of the work.
import { join } from 'node:path'
import { finding, sortFindings } from '../channel/finding.ts'
import { type ChannelTests, readChannelTests, type TestCase } from '../channel/test_files.ts'
import type { Tables } from '../declare/room.ts'
import type { Path } from '../declare/schema_path.ts'
import type { ExpectedIntent } from '../declare/schema_tests.ts'
import {
  approvals,
  type ChannelPlan,
  type ConfigFinding,
  type Plan,
  type TenantPlan,
} from '../model/plan.ts'
import { riskOf } from '../model/risk.ts'
import type { Admission } from '../model/store.ts'
import { compare, type Mend, type Mismatch, type Outcome } from './channel_tests_compare.ts'
import {
  type GoldenCase,
  type GoldenTenant,
  goldenResult,
  goldenTenants,
  orphanResult,
} from './channel_tests_golden.ts'
import { bytesOf } from './channel_tests_message.ts'
import { type DryResult, type DryRun, openDryRun } from './dry_run.ts'

export interface ChannelTestOptions {
  readonly plan: Plan
  readonly tables: Tables
  /** Only this tenant's. */
  readonly tenant?: string | undefined
  /** Only channels of this name; golden cases of mappings are left out then. */
  readonly channel?: string | undefined
  /** Only tests whose `tenant/channel name` holds one of these, in any case of letters. */
  readonly filters?: readonly string[]
}

export interface CaseResult {
  /** `riverside/adt_in`, or `riverside/adt.cases` for a mapping's golden cases. */
  readonly of: string
  readonly name: string
  /** From the project's folder. */
  readonly file: string
  /** From 1; of the test in its file. */
  readonly line: number
  /** None: it passed. */
  readonly mismatches: readonly PlacedMismatch[]
  readonly mend: CaseMend | undefined
}

export interface PlacedMismatch extends Mismatch {
  readonly line: number
}

/** What `--update` would do: changes of a test file, or the text of a golden file. */
export type CaseMend =
  | { readonly kind: 'edits'; readonly edits: readonly Mend[] }
  | { readonly kind: 'text'; readonly text: string }

export interface ChannelTestRun {
  readonly results: readonly CaseResult[]
  /** What is wrong with the test files themselves; their tests did not run. */
  readonly findings: readonly ConfigFinding[]
  /** Channels without a test. */
  readonly untested: readonly { readonly tenant: string; readonly channel: string }[]
  readonly passed: number
  readonly failed: number
  /** Left out by the filters. */
  readonly skipped: number
}

/** Rejects only by a bug. Deploys, command line and continuous integration call the same. */
export async function runChannelTests(options: ChannelTestOptions): Promise<ChannelTestRun> {
  const { plan, tables, tenant, channel } = options
  const tenants = plan.tenants.filter(one => tenant === undefined || one.tenant === tenant)
  const golden = channel === undefined ? await goldenTenants(plan.project, tenants) : []
  const chosen = tenants.map(one => ({
    ...one,
    channels: one.channels.filter(({ channel: name }) => channel === undefined || name === channel),
  }))
  const dry = openDryRun({ ...plan, tenants: [...withGolden(chosen, golden)] }, tables, {
    shared_transforms: join(plan.project, 'transforms'),
  })
  try {
    const files = await Promise.all(
      chosen.flatMap(one => one.channels.map(each => channelRun(each, { plan, dry, options }))),
    )
    const cases = await Promise.all(golden.flatMap(one => goldenRun(one, dry, options)))
    return summed([...files, ...cases])
  } finally {
    await dry.close()
  }
}

/** A mapping's golden cases run as a channel that has this mapping and nothing else. */
function withGolden(
  tenants: readonly TenantPlan[],
  golden: Awaited<ReturnType<typeof goldenTenants>>,
): readonly TenantPlan[] {
  return tenants.map(tenant => {
    const extra = golden.filter(one => one.tenant === tenant.tenant).flatMap(one => one.channels)
    return { ...tenant, channels: [...tenant.channels, ...extra] }
  })
}

interface Part {
  readonly results: readonly CaseResult[]
  readonly findings: readonly ConfigFinding[]
  readonly untested?: { readonly tenant: string; readonly channel: string }
  readonly skipped: number
}

interface RunContext {
  readonly plan: Plan
  readonly dry: DryRun
  readonly options: ChannelTestOptions
}

async function channelRun(channel: ChannelPlan, context: RunContext): Promise<Part> {
  const { tenant, channel: name, charset } = channel
  const tests = await readChannelTests(context.plan.project, channel.file)
  const of = `${tenant}/${name}`
  const wanted = tests.cases.filter(one => isWanted(`${of} ${one.name}`, context.options))
  const messages = wanted.map(one => ({ one, bytes: messageOf(one, charset) }))
  const findings = [
    ...tests.findings,
    ...messages.flatMap(({ one, bytes }) => (bytes === undefined ? [notInSet(one)] : [])),
  ]
  const ready = messages.flatMap(({ one, bytes }) => (bytes === undefined ? [] : [{ one, bytes }]))
  const outcomes = await context.dry.runAll(
    { tenant, channel: name },
    ready.map(({ one, bytes }) => ({ bytes, received_at: one.received_at })),
  )
  return {
    results: ready.map(({ one }, i) => caseResult(of, { one, tests }, outcomes[i] as DryResult)),
    findings,
    ...(tests.cases.length > 0 || findings.length > 0
      ? {}
      : { untested: { tenant, channel: name } }),
    skipped: tests.cases.length - wanted.length,
  }
}

const messageOf = ({ message }: TestCase, charset: string | undefined) =>
  'bytes' in message ? message.bytes : bytesOf(message.text, charset)

const notInSet = (one: TestCase) =>
  finding(one.locate(['message']), {
    rule: 'test_characters',
    what: 'The message holds a character that its character set (MSH-18) does not have.',
    remedy: 'Change MSH-18 or the character; or name a file with the bytes as they come.',
  })

function isWanted(text: string, { filters = [] }: ChannelTestOptions): boolean {
  const lower = text.toLowerCase()
  return filters.length === 0 || filters.some(filter => lower.includes(filter.toLowerCase()))
}

function caseResult(
  of: string,
  { one, tests }: { one: TestCase; tests: ChannelTests },
  result: DryResult,
): CaseResult {
  const { mismatches, mends } = compare(one, outcomeOf(result))
  const whole = (below: Path): Path => [...one.path, ...below]
  return {
    of,
    name: one.name,
    file: tests.file,
    line: one.locate(['name']).line,
    mismatches: mismatches.map(each => ({ ...each, line: one.locate(each.path).line })),
    mend:
      mends.length === 0
        ? undefined
        : { kind: 'edits', edits: mends.map(({ path, value }) => ({ path: whole(path), value })) },
  }
}

/** A dry run as tests see it. */
export function outcomeOf(result: DryResult): Outcome {
  return {
    ack: result.ack.code ?? 'none',
    fate: result.fate,
    dead: result.dead,
    events: result.events,
    intents: result.intents.map(seenIntent),
    findings: result.findings,
  }
}

function seenIntent({ intent, state, reason, approvers }: Admission): ExpectedIntent {
  const { target, route, resource_type: resource, operation } = intent
  const risk = riskOf(intent)
  const approval = approvals[approvers] ?? 'automatic'
  return {
    target,
    route,
    resource,
    operation,
    ...(risk === undefined ? {} : { risk }),
    approval,
    state,
    ...(reason === undefined ? {} : { reason }),
  }
}

async function goldenRun(
  { cases, orphans }: GoldenTenant,
  dry: DryRun,
  options: ChannelTestOptions,
): Promise<Part> {
  const isMeant = (one: GoldenCase) => isWanted(`${one.of} ${one.name}`, options)
  const [wanted, lost] = [cases.filter(isMeant), orphans.filter(isMeant)]
  const results = await Promise.all(
    wanted.map(async one => goldenResult(one, await dry.run({ ...one, bytes: one.bytes }))),
  )
  const skipped = cases.length + orphans.length - wanted.length - lost.length
  return { results: [...results, ...lost.map(orphanResult)], findings: [], skipped }
}

function summed(parts: readonly Part[]): ChannelTestRun {
  const results = parts.flatMap(part => part.results)
  const failed = results.filter(one => one.mismatches.length > 0).length
  return {
    results,
    findings: sortFindings(parts.flatMap(part => part.findings)),
    untested: parts.flatMap(part => part.untested ?? []),
    passed: results.length - failed,
    failed,
    skipped: parts.reduce((sum, part) => sum + part.skipped, 0),
  }
}
