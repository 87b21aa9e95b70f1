// firth audit: proves the sums of what was received from the log itself, and names what does not
// balance.
import { loadProject } from '../channel/load.ts'
import { systemClock } from '../kit/clock.ts'
import { Failure } from '../model/errors.ts'
import type { LogReader } from '../model/log.ts'
import { type AuditOptions, audit as auditOf } from '../operate/audit.ts'
import { ledgerOver } from '../operate/audit_ledger.ts'
import { type AuditReport, type Problem, problemWords } from '../operate/audit_report.ts'
import { askControl } from '../wire/control.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  jsonOption,
  projectOption,
  type World,
} from './command.ts'
import { foldersOf, readerOf } from './folders.ts'
import { withOwnFiles } from './own_files.ts'
import { inkOf, table } from './terminal.ts'
import { momentOf } from './times.ts'

export const audit: Command = {
  name: 'audit',
  arguments: '',
  summary:
    'Proves from the log that nothing vanished, and names every record that does not balance.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    tenant: { type: 'string', value: 'NAME', doc: 'Only of this tenant.' },
    since: {
      type: 'string',
      value: 'TIME',
      doc: 'Stored at or after: a time, or 15m, 2h, 7d ago.',
    },
    until: { type: 'string', value: 'TIME', doc: 'Stored before.' },
  },
  notes: [
    'received = filtered + duplicate + no event + transformed + dead + waiting, message by message, also',
    'in batches; every event is routed or told to be unrouted; every intent that was governed stands in',
    'the ledger. Reads all of the log once, beside a running engine too: what is under way is waiting.',
    '"let go" is what is older than the topics that would tell of it. Exit code 1 when something does not',
    'balance.',
  ],
  examples: ['firth audit --since 1d', 'firth audit --tenant riverside --json'],
  async run(args, world) {
    const report = await reportOf(args, world)
    world.progress('')
    if (report === undefined) {
      world.err('There is no log here yet.\n')
      return exit.failed
    }
    world.out(
      args.flag('json') ? `${JSON.stringify(report)}\n` : `${inWords(report, world.colours)}\n`,
    )
    return report.problem_count === 0 ? exit.ok : exit.failed
  },
}

async function reportOf(args: Args, world: World): Promise<AuditReport | undefined> {
  const { data } = foldersOf(args, world)
  const ask = (asked: Readonly<Record<string, string>>) =>
    askControl(data, { command: 'audit', args: asked })
  if (await runs(ask)) {
    const log = await readerOf(args, world)
    try {
      return await auditOf({ ...(await optionsOf(args, world)), log, ledger: ledgerOver(ask) })
    } finally {
      await log.close()
    }
  }
  const options = await optionsOf(args, world)
  const run = (rooms: { log: LogReader; store: AuditOptions['ledger'] }) =>
    auditOf({ ...options, log: rooms.log, ledger: rooms.store })
  return withOwnFiles(args, world, run)
}

async function runs(ask: (asked: Readonly<Record<string, string>>) => Promise<unknown>) {
  try {
    await ask({ ask: 'counts' })
    return true
  } catch (cause) {
    if (cause instanceof Failure && cause.code === 'engine_not_running') return false
    throw cause
  }
}

/** Progress is told this often. */
const TELL_MS = 500

async function optionsOf(args: Args, world: World): Promise<Omit<AuditOptions, 'log' | 'ledger'>> {
  const now_ms = systemClock.now()
  const moment = (name: string) => {
    const text = args.text(name)
    return text === undefined ? undefined : momentOf(name, text, now_ms)
  }
  let told_ms = 0
  return {
    tenant: args.text('tenant'),
    since_ms: moment('since'),
    until_ms: moment('until'),
    now_ms,
    kept_ms: await keptOf(args, world),
    signal: world.signal,
    onProgress(done, total) {
      if (systemClock.now() - told_ms < TELL_MS) return
      told_ms = systemClock.now()
      world.progress(`read ${done} of ${total} records`)
    },
  }
}

/** As `keep_ms` where nobody sets it. */
const KEPT_MS_USUAL = 30 * 86_400_000

/** The shortest age at which retention may let go of something; the usual one without a project. */
async function keptOf(args: Args, world: World): Promise<number> {
  const { project } = foldersOf(args, world)
  const { plan } = await loadProject(project, world.tables, { env: world.env, sets: [] })
  if (plan === undefined) return KEPT_MS_USUAL
  const { keep, limits: own } = plan.engine
  const entries = [own, ...Object.values(keep)]
  // By size anything may go.
  if (entries.some(entry => entry.keep_bytes_max !== undefined)) return 0
  return Math.min(...entries.map(entry => entry.keep_ms ?? own.keep_ms))
}

function inWords(report: AuditReport, colours: boolean): string {
  const ink = inkOf(colours)
  const { channels, events, acts, ledger, problems, problem_count, records, at_ms } = report
  const states = ledger.map(row => [`${row.tenant}/${row.target}`, row.state, row.count])
  const parts = [
    `${records} records read, as of ${new Date(at_ms).toISOString()}`,
    '',
    ink.bold('Messages'),
    channelTable(channels),
    '',
    ink.bold('Events'),
    eventTable(events),
    ...(acts.length === 0 ? [] : ['', ink.bold('What people did'), actTable(acts)]),
    ...(states.length === 0 ? [] : ['', ink.bold('Writes in the ledger')]),
    ...(states.length === 0 ? [] : [table(['target', 'state', 'writes'], states)]),
    '',
  ]
  if (problem_count === 0)
    return [...parts, ink.green('It balances: nothing is missing.')].join('\n')
  const more = problem_count - problems.length
  return [
    ...parts,
    ink.red(`It does not balance: ${problem_count} records.`),
    ...problems.map(problemLine),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n')
}

function problemLine({ kind, topic, partition, offset, id }: Problem): string {
  const name = id === '' ? '' : ` (${id})`
  return `  ${topic}/${partition}/${offset}${name}: ${kind}: ${problemWords[kind]}`
}

function channelTable(channels: AuditReport['channels']): string {
  return table(
    [
      ...['channel', 'received', 'filtered', 'duplicate', 'no event', 'transformed', 'dead'],
      ...['waiting', 'let go', 'lost'],
    ],
    channels.map(sums => [
      `${sums.tenant}/${sums.channel}`,
      ...[sums.received, sums.filtered, sums.duplicate, sums.no_event, sums.transformed],
      ...[sums.dead, sums.waiting, sums.let_go, sums.lost],
    ]),
  )
}

function eventTable(events: AuditReport['events']): string {
  return table(
    [
      ...['tenant', 'events', 'routed', 'unrouted', 'dead', 'waiting', 'let go', 'lost'],
      ...['intents', 'not governed yet', 'set aside', 'refused inputs'],
      ...['again by replays', 'their intents'],
    ],
    events.map(sums => [
      sums.tenant,
      ...[sums.events, sums.routed, sums.unrouted, sums.dead, sums.waiting, sums.let_go],
      ...[sums.lost, sums.intents, sums.intents_waiting, sums.intents_dead, sums.refused],
      ...[sums.replayed, sums.intents_replayed],
    ]),
  )
}

function actTable(acts: AuditReport['acts']): string {
  return table(
    ['tenant', 'act', 'times'],
    acts.map(({ tenant, act, count }) => [tenant, act, count]),
  )
}
