// firth diff: which events and writes a deployment would change, on messages that were recorded,
// before it does.
import { withProjectAdapters } from '../channel/adapters.ts'
import { loadSettings } from '../channel/engine_settings.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { loadProject } from '../channel/load.ts'
import type { Tables } from '../declare/room.ts'
import type { Activation } from '../model/activation.ts'
import { Failure } from '../model/errors.ts'
import type { LogReader } from '../model/log.ts'
import type { EnginePlan, TenantPlan } from '../model/plan.ts'
import { answerDeploying, openDeploying } from '../operate/deploying.ts'
import { Deployments, Unusable } from '../operate/deployments.ts'
import { openDesk } from '../operate/desk.ts'
import { type DiffRecord, type DiffSpan, type DiffSummary, diff } from '../operate/diff.ts'
import { askControl } from '../wire/control.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  jsonOption,
  projectOption,
  UsageError,
  type World,
} from './command.ts'
import { faultsText } from './deploy_text.ts'
import { foldersOf, readerOf } from './folders.ts'
import { offsetOf } from './log.ts'
import { inkOf, plain, table } from './terminal.ts'

export const diffCommand: Command = {
  name: 'diff',
  arguments: '[A] [B]',
  summary: 'Compares two deployments over recorded messages: what would differ, before it does.',
  options: {
    topic: { type: 'string', value: 'TOPIC', doc: 'The raw topic: raw.<tenant>.<channel>.' },
    from: { type: 'string', value: 'N|TIME', doc: 'First offset, or an ISO 8601 time.' },
    to: { type: 'string', value: 'N|TIME', doc: 'Where to end: this one is not compared.' },
    records: { type: 'boolean', doc: 'Shows every difference of every record, with its values.' },
    ...projectOption,
    ...dataOption,
    ...jsonOption,
  },
  notes: [
    'A and B are `active` (what runs), `folder` (the project as it is) or a deployment by its first digits;',
    'without them: active folder. Nothing is written or sent. With --json, one line for each record that',
    'differs and the summary last. --records and --json show content: treat them as patient data. Exit',
    'codes: 0 nothing differs, 1 something does, 3 errors in the configuration.',
  ],
  examples: [
    'firth diff --topic raw.riverside.adt_in --from 2026-11-20',
    'firth diff 3f9a active --topic raw.riverside.adt_in --records',
  ],
  async run(args, world) {
    const [before = 'active', after = 'folder', ...more] = args.positionals
    const { topic, tenant, channel } = topicIn(args)
    if (more.length > 0) throw new UsageError('firth diff compares two deployments.')
    const log = await readerOf(args, world)
    try {
      const info = (await log.partitions()).find(one => one.topic === topic)
      if (info === undefined) throw new Failure('topic_unknown', { topic })
      const sides = await sidesOf([before, after], tenant, { args, world })
      if (sides === undefined) return exit.config
      const from = (await offsetOf(log, info, args.text('from'))) ?? info.first_offset
      const to = (await offsetOf(log, info, args.text('to'))) ?? info.next_offset
      const span = {
        topic,
        partition: info.partition,
        from: Math.max(from, info.first_offset),
        to: Math.min(to, info.next_offset),
      }
      const summary = await compare(log, span, { ...sides, tenant, channel, args, world })
      return summary.differing > 0 ? exit.failed : exit.ok
    } catch (cause) {
      if (!(cause instanceof Unusable)) throw cause
      world.err(faultsText({ findings: cause.findings, failures: [] }, world.colours))
      return exit.config
    } finally {
      await log.close()
    }
  },
}

function topicIn(args: Args): { topic: string; tenant: string; channel: string } {
  const topic = args.text('topic') ?? ''
  const [, tenant = '', channel = ''] = /^raw\.([a-z0-9_]+)\.([a-z0-9_]+)$/.exec(topic) ?? []
  if (tenant === '') throw new UsageError('Name the messages: --topic raw.<tenant>.<channel>.')
  return { topic, tenant, channel }
}

interface Sides {
  readonly before: TenantPlan
  readonly after: TenantPlan
  readonly tables: Tables
  readonly engine: EnginePlan
}

type Context = { readonly args: Args; readonly world: World }

/** Undefined after the findings have been printed. */
async function sidesOf(
  [before, after]: readonly [string, string],
  tenant: string,
  context: Context,
): Promise<Sides | undefined> {
  const { args, world } = context
  const { project, data } = foldersOf(args, world)
  const { env, version } = world
  const { tables, findings } = await withProjectAdapters(project, world.tables)
  const settings = await loadSettings(project, tables, { env, sets: [] })
  const wrong = [...findings, ...settings.findings]
  for (const one of wrong) world.err(formatFinding(one, world.colours))
  const { engine } = settings
  if (engine === undefined || hasErrors(wrong)) return undefined
  const deployments = new Deployments({ data, tables, env, version })
  const sideOf = async (name: string): Promise<TenantPlan | undefined> => {
    if (name === 'folder') return folderSide(tenant, tables, context)
    if (name !== 'active') return deployments.look(await deployments.named(tenant, name))
    const active = await activeOf(tenant, { ...context, data, tables, engine, deployments })
    return deployments.look({ tenant, deployment: active })
  }
  const [a, b] = [await sideOf(before), await sideOf(after)]
  return a && b && { before: a, after: b, tables, engine }
}

async function folderSide(
  tenant: string,
  tables: Tables,
  { args, world }: Context,
): Promise<TenantPlan | undefined> {
  const { project } = foldersOf(args, world)
  const { plan, findings } = await loadProject(project, tables, { env: world.env, sets: [] })
  if (plan === undefined) {
    for (const one of findings) world.err(formatFinding(one, world.colours))
    return undefined
  }
  const found = plan.tenants.find(one => one.tenant === tenant)
  if (found === undefined) throw new UsageError(`The project has no tenant ${tenant}.`)
  return found
}

interface Asking extends Context {
  readonly data: string
  readonly tables: Tables
  readonly engine: EnginePlan
  readonly deployments: Deployments
}

/** Asks the running engine, else the store. */
async function activeOf(tenant: string, asking: Asking): Promise<string> {
  const [newest] = (await activations(tenant, asking)) as readonly Activation[]
  if (newest === undefined) throw new Failure('deployment_unknown', { tenant })
  return newest.deployment
}

async function activations(tenant: string, asking: Asking): Promise<unknown> {
  const { data, tables, engine, deployments, world } = asking
  const asked = { do: 'list', tenant }
  try {
    return await askControl(data, { command: 'deploy', args: asked })
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
  }
  const desk = await openDesk(data, engine, tables)
  try {
    const deploying = openDeploying({ deployments, desk, tables, env: world.env })
    return await answerDeploying(deploying, asked)
  } finally {
    await desk.close()
  }
}

async function compare(
  log: LogReader,
  span: DiffSpan,
  of: Sides & Context & { readonly tenant: string; readonly channel: string },
): Promise<DiffSummary> {
  const { args, world } = of
  const json = args.flag('json')
  const all = Math.max(0, span.to - span.from)
  const summary = await diff(log, span, {
    ...of,
    signal: world.signal,
    onProgress: done => world.progress(`Compared ${done} of ${all} messages`),
    onRecord(record) {
      if (json) world.out(`${JSON.stringify(record)}\n`)
      else if (args.flag('records')) world.out(recordText(record, world.colours))
    },
  })
  world.progress('')
  const sides = { before: of.before.deployment, after: of.after.deployment }
  if (json) world.out(`${JSON.stringify({ ...sides, ...span, ...summary })}\n`)
  else world.out(summaryText(summary, sides, world.colours))
  return summary
}

function recordText(record: DiffRecord, colours: boolean): string {
  const ink = inkOf(colours)
  const { topic, partition, offset, control_id, message_type, changes } = record
  const head = `${topic}/${partition}/${offset}  ${plain(`${message_type} ${control_id}`)}`
  const rows = changes.map(({ kind, path, at, before, after }) => {
    const place = path === '' ? at : path
    return [
      `  ${kind} ${place}`,
      ...(before === undefined ? [] : [`    ${ink.red('-')} ${valueText(before)}`]),
      ...(after === undefined ? [] : [`    ${ink.green('+')} ${valueText(after)}`]),
    ].join('\n')
  })
  return `${ink.bold(head)}\n${rows.join('\n')}\n`
}

const VALUE_MAX = 400

function valueText(value: unknown): string {
  const text = plain(JSON.stringify(value))
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}…`
}

function summaryText(
  { records, differing, counts, others }: DiffSummary,
  sides: { readonly before: string; readonly after: string },
  colours: boolean,
): string {
  const ink = inkOf(colours)
  const head = `${sides.before} → ${sides.after}: ${differing} of ${records} messages differ.`
  if (differing === 0) return `${ink.green(head)}\n`
  const rows = counts.map(({ kind, at, records: n, first_offset }) => [n, kind, at, first_offset])
  const rest = others === 0 ? '' : `and ${others} differences at other places\n`
  const parts = table(['messages', 'what', 'where', 'first at'], rows)
  return `${ink.bold(head)}\n${parts}\n${rest}`
}
