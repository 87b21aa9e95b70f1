// firth map: messages in, canonical events or FHIR Bundles out; nothing is stored and nothing sent.
// Other programs call it: its options, its output and its exit codes are an interface.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { systemDisk } from '../kit/disk.ts'
import { writeText } from '../kit/files.ts'
import { nearest } from '../kit/nearest.ts'
import { readStandardInput } from '../kit/standard_input.ts'
import { catalogue } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { BASE, basePlan } from '../operate/base_plan.ts'
import { type DryRun, openDryRun } from '../operate/dry_run.ts'
import {
  bundleOf,
  type CountedReason,
  eventsOf,
  failureOfFile,
  type MappedFile,
  type MapSummary,
  MapTally,
  mapFiles,
  type NamedFile,
  type Unmapped,
} from '../operate/map.ts'
import { type MessageFolder, messageFolder, outputName } from '../operate/map_folder.ts'
import {
  type Args,
  type Command,
  exit,
  jsonOption,
  projectOption,
  setOption,
  UsageError,
  unreadable,
  type World,
} from './command.ts'
import { planOf } from './folders.ts'
import { printCoverage, printExplanation } from './map_analysis.ts'
import { inkOf, plain, table } from './terminal.ts'

export const map: Command = {
  name: 'map',
  arguments: '[FILE…|-]',
  summary:
    'Maps HL7 v2 messages to canonical events or FHIR Bundles, and says what was not mapped.',
  options: {
    tenant: { type: 'string', value: 'NAME', doc: 'Whose mapping (default: the base mappings).' },
    channel: { type: 'string', value: 'NAME', doc: "The tenant's channel, where it has several." },
    bundle: { type: 'boolean', doc: 'Makes one FHIR R4 Bundle of each file instead of events.' },
    dir: {
      type: 'string',
      value: 'IN',
      doc: 'Maps every .hl7 and HL7 v2.xml of this folder and below.',
    },
    coverage: {
      type: 'boolean',
      doc: 'Shows which fields are not carried, and in how many messages.',
    },
    explain: { type: 'boolean', doc: 'Shows which field became which element, by which line.' },
    values: { type: 'boolean', doc: 'With --coverage or --explain: shows values of the messages.' },
    out: {
      type: 'string',
      value: 'OUT',
      doc: 'Folder for one NAME.json for each NAME.hl7 or .xml.',
    },
    ...projectOption,
    ...setOption,
    ...jsonOption,
  },
  notes: [
    'A file may hold several messages, a batch, or MLLP frames; - is standard input. Of each',
    'file one JSON array of its events is printed, or one Bundle; with --json on one line, and',
    'a file that has none is a line {"file","code","facts"}. With --dir, --json prints the',
    'summary. An output that an earlier run left for a file that is not mapped any more is',
    "removed. Nothing of a clock is in the output: without a raw record its id is the message's",
    'sha256 and its time MSH-7; without --tenant the zone is UTC. Exit codes: 0 every message',
    'was mapped or is filtered by the channel, 1 one was not, 2 wrong usage, 3 errors in the',
    'configuration.',
  ],
  examples: [
    'firth map admission.hl7',
    'firth map --bundle - < admission.hl7',
    'firth map --tenant riverside --channel adt_in --bundle --dir samples --out bundles',
    'firth map --coverage --dir samples',
    'firth map --explain admission.hl7',
  ],
  async run(args, world) {
    checkUsage(args)
    const chosen = await chosenChannel(args, world)
    if (chosen === undefined) return exit.config
    const dry = openDryRun(chosen.plan, chosen.tables)
    try {
      if (args.flag('coverage') || args.flag('explain'))
        return await analyse(args, { ...chosen, dry }, world)
      const job: Job = { ...chosen, dry, bundle: args.flag('bundle'), json: args.flag('json') }
      const { folder, out } = { folder: args.text('dir'), out: args.text('out') }
      return folder === undefined || out === undefined
        ? await mapNamed(args.positionals, job, world)
        : await mapFolder({ folder, out }, job, world)
    } finally {
      await dry.close()
    }
  },
}

/** --coverage and --explain, over files or a folder. */
async function analyse(
  args: Args,
  { plan, tables, of, dry }: Chosen & { readonly dry: DryRun },
  world: World,
): Promise<number> {
  const folder = args.text('dir')
  const from = resolve(world.cwd, folder ?? '.')
  const names = folder === undefined ? args.positionals : (await messagesOf(folder, world)).names
  const files = namedFiles(names, folder === undefined ? undefined : from, world)
  const explaining = openDryRun(plan, tables, { explain: true })
  try {
    const shown = { json: args.flag('json'), values: args.flag('values') }
    const print = args.flag('coverage') ? printCoverage : printExplanation
    return await print(files, { of, dry, explaining, ...shown }, world)
  } finally {
    await explaining.close()
  }
}

async function* namedFiles(names: readonly string[], from: string | undefined, world: World) {
  for (const name of names) {
    const { bytes } = await readNamed(from === undefined ? name : join(from, name), world)
    yield { name, bytes }
  }
}

/** What is a message of the folder; a message of the same name beside another one is told. */
async function messagesOf(folder: string, world: World): Promise<MessageFolder> {
  const found = await messageFolder(resolve(world.cwd, folder))
  for (const name of found.beside) {
    world.err(`${plain(name)} is left aside: a .hl7 of the same name stands beside it.\n`)
  }
  if (found.names.length > 0) return found
  throw new UsageError(`There is no .hl7 file and no HL7 v2.xml in ${folder} or below.`)
}

interface Chosen {
  readonly plan: Plan
  readonly tables: World['tables']
  readonly of: { readonly tenant: string; readonly channel: string }
}

interface Job extends Chosen {
  readonly dry: DryRun
  readonly bundle: boolean
  readonly json: boolean
}

function checkUsage(args: Args): void {
  const [dir, out] = [args.text('dir'), args.text('out')]
  const [coverage, explain] = [args.flag('coverage'), args.flag('explain')]
  const analysis = coverage || explain
  if (coverage && explain) throw new UsageError('Choose one of --coverage and --explain.')
  if (analysis && (out !== undefined || args.flag('bundle'))) {
    throw new UsageError('--coverage and --explain go without --out and --bundle.')
  }
  if (args.flag('values') && !analysis) {
    throw new UsageError('--values goes with --coverage or --explain.')
  }
  if (!analysis && (dir === undefined) !== (out === undefined)) {
    throw new UsageError('--dir IN and --out OUT go together.')
  }
  if (dir === undefined && args.positionals.length === 0) {
    throw new UsageError('firth map wants at least one FILE, - for standard input, or --dir.')
  }
  if (dir !== undefined && args.positionals.length > 0) {
    throw new UsageError('--dir goes without FILE.')
  }
}

/** Undefined after the findings of the project have been printed. */
async function chosenChannel(args: Args, world: World): Promise<Chosen | undefined> {
  const [tenant, channel] = [args.text('tenant'), args.text('channel')]
  if (tenant === undefined) {
    if (channel !== undefined) throw new UsageError('--channel wants --tenant beside it.')
    return { plan: await basePlan(), tables: world.tables, of: BASE }
  }
  const loaded = await planOf(args, world)
  if (loaded === undefined) return undefined
  const { plan, tables } = loaded
  const names = plan.tenants.map(one => one.tenant)
  const found = plan.tenants.find(one => one.tenant === tenant)
  if (found === undefined) throw new UsageError(noSuch('tenant', tenant, names))
  const mapping = found.channels.filter(one => one.transform !== undefined)
  const channels = mapping.map(one => one.channel)
  const [only] = channels
  if (channel !== undefined && !channels.includes(channel)) {
    throw new UsageError(noSuch('channel with a transform', channel, channels))
  }
  if (channel === undefined && (only === undefined || channels.length > 1)) {
    throw new UsageError(`Choose one with --channel: ${channels.join(', ') || 'none transforms'}.`)
  }
  return { plan, tables, of: { tenant, channel: channel ?? only ?? '' } }
}

function noSuch(what: string, name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  const hint = meant === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${meant}?`
  return `There is no ${what} ${name}. ${hint}`
}

async function mapNamed(names: readonly string[], job: Job, world: World): Promise<number> {
  const files = await Promise.all(names.map(name => readNamed(name, world)))
  let code: number = exit.ok
  for (const file of await mapFiles(files, job.of, job.dry)) {
    const why = failureOfFile(file)
    if (why !== undefined && isBad(why)) code = exit.failed
    if (why !== undefined && job.json && eventsOf(file).length === 0) {
      world.out(`${JSON.stringify({ file: file.name, ...why })}\n`)
      continue
    }
    if (why !== undefined) world.err(`${file.name}: ${inWords(why)}\n`)
    if (why === undefined || eventsOf(file).length > 0) world.out(outputOf(file, job))
  }
  return code
}

/** What the channel filters is as it should be. */
const isBad = ({ code }: Unmapped) => code !== 'filtered' && code !== 'stored'

async function readNamed(name: string, world: World): Promise<NamedFile> {
  try {
    if (name === '-') return { name, bytes: await readStandardInput() }
    return { name, bytes: await readFile(resolve(world.cwd, name)) }
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

function outputOf(file: MappedFile, { bundle, json }: Pick<Job, 'bundle' | 'json'>): string {
  const value = bundle ? bundleOf(file) : eventsOf(file)
  return `${json ? JSON.stringify(value) : JSON.stringify(value, null, 2)}\n`
}

function inWords({ code, facts }: Unmapped): string {
  if (code === 'filtered') return 'filtered: The channel does not accept this message.'
  if (code === 'stored') return 'stored: The channel has no transform.'
  const told = Object.entries(facts).map(([name, fact]) => `${name}: ${String(fact)}`)
  const where = told.length === 0 ? '' : ` (${told.join(', ')})`
  return `${code}: ${catalogue[code].message}${where} ${catalogue[code].hint}`
}

/** Files in hand at a time: enough to keep the mapping process busy, few enough to hold. */
const FILES_AT_ONCE = 64

async function mapFolder(
  { folder, out }: { folder: string; out: string },
  job: Job,
  world: World,
): Promise<number> {
  const from = resolve(world.cwd, folder)
  const into = resolve(world.cwd, out)
  const { names, beside, others } = await messagesOf(folder, world)
  const tally = new MapTally()
  const started_ms = systemClock.elapsed()
  for (let at = 0; at < names.length && !world.signal.aborted; at += FILES_AT_ONCE) {
    world.progress(progressOf(at, names.length))
    const files = await Promise.all(
      names.slice(at, at + FILES_AT_ONCE).map(async name => {
        const { bytes } = await readNamed(join(from, name), world)
        return { name, bytes }
      }),
    )
    const mapped = await mapFiles(files, job.of, job.dry)
    await Promise.all(mapped.map(file => writeOutput(file, into, job)))
    for (const file of mapped) tally.add(file)
  }
  world.progress('')
  const summary = { ...tally.summary(), left_aside: beside.length + others }
  const seconds = (systemClock.elapsed() - started_ms) / 1000
  world.out(job.json ? `${JSON.stringify(summary)}\n` : summaryInWords(summary, seconds, world))
  const bad = summary.not_mapped.some(({ code }) => code !== 'filtered' && code !== 'stored')
  return bad || world.signal.aborted ? exit.failed : exit.ok
}

const BAR_WIDTH = 24

function progressOf(done: number, all: number): string {
  const filled = Math.round((done / all) * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${done} of ${all}`
}

/** NAME.json; nothing where there are no events, also nothing of an earlier run. */
async function writeOutput(file: MappedFile, into: string, job: Job): Promise<void> {
  const path = join(into, outputName(file.name))
  if (eventsOf(file).length > 0) await writeText(path, outputOf(file, job))
  else systemDisk.remove(path)
}

interface FolderSummary extends MapSummary {
  /** Files that are no messages, or XML beside a .hl7 of its name. */
  readonly left_aside: number
}

function summaryInWords(summary: FolderSummary, seconds: number, world: World): string {
  const ink = inkOf(world.colours)
  const { files, messages, mapped, events, not_mapped, findings, left_aside } = summary
  const dead = messages - mapped
  return [
    ink.bold(
      `${mapped} of ${messages} messages in ${files} files were mapped to ${events} events in ${seconds.toFixed(1)} s.`,
    ),
    ...(left_aside === 0 ? [] : [`${left_aside} other files were left aside.`]),
    ...(dead === 0 ? [] : ['', ink.red(`${dead} were not mapped:`), reasons(not_mapped)]),
    ...(findings.length === 0 ? [] : ['', 'Remarks of the mapping:', reasons(findings)]),
    '',
  ].join('\n')
}

/** Rows that a person reads; --json has all. */
const ROWS_MAX = 30

function reasons(counted: readonly CountedReason[]): string {
  const rows = counted
    .slice(0, ROWS_MAX)
    .map(({ messages, code, detail, examples }) => [messages, code, detail, examples[0] ?? ''])
  const more = counted.length - rows.length
  const rest = more > 0 ? `\n… and ${more} more; --json has them all.` : ''
  return table(['messages', 'reason', 'detail', 'for example'], rows) + rest
}
