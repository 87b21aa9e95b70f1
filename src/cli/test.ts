// firth test: the tests beside the channels and the golden cases beside the mappings. Nothing is
// stored, nothing is sent, no network is used.
import { join } from 'node:path'
import { formatFinding } from '../channel/finding.ts'
import { editYaml } from '../channel/yaml_edit.ts'
import { readBytes, writeText } from '../kit/files.ts'
import { excerpt, lineDiff } from '../kit/line_diff.ts'
import { watchFolders } from '../kit/watch_files.ts'
import { type CaseResult, type ChannelTestRun, runChannelTests } from '../operate/channel_tests.ts'
import {
  type Args,
  type Command,
  exit,
  jsonOption,
  projectOption,
  setOption,
  UsageError,
  type World,
} from './command.ts'
import { foldersOf, planOf } from './folders.ts'
import { inkOf, plain } from './terminal.ts'

export const test: Command = {
  name: 'test',
  arguments: '[FILTER…]',
  summary: 'Runs the tests of channels and mappings: message in, what must come of it.',
  options: {
    ...projectOption,
    tenant: { type: 'string', value: 'NAME', doc: 'Only the tests of this tenant.' },
    channel: { type: 'string', value: 'NAME', doc: 'Only the tests of channels of this name.' },
    update: {
      type: 'boolean',
      doc: 'Shows how the test files would have to change, and changes them once you agree.',
    },
    yes: { type: 'boolean', doc: 'Agrees to --update beforehand; for programs.' },
    watch: { type: 'boolean', doc: 'Runs again whenever a file is saved, until Ctrl-C.' },
    ...setOption,
    ...jsonOption,
  },
  notes: [
    'Tests stand in channels/<tenant>/<channel>.test.yaml and transforms/<tenant>/<name>.cases/. A FILTER',
    'is a part of `tenant/channel name`, in any case of letters; several are alternatives. Exit codes: 0 all',
    'passed, 1 one failed, 3 the configuration or a test file has errors.',
  ],
  examples: ['firth test --tenant riverside', 'firth test admits --update', 'firth test --watch'],
  async run(args, world) {
    if (args.flag('watch') && (args.flag('update') || args.flag('json'))) {
      throw new UsageError('--watch goes with neither --update nor --json.')
    }
    if (args.flag('yes') && !args.flag('update')) {
      throw new UsageError('--yes agrees to --update, which is not there.')
    }
    if (!args.flag('watch')) return await once(args, world)
    // Watched from before the first run, so that what is saved meanwhile is not missed.
    const { project } = foldersOf(args, world)
    let running: Promise<unknown> = once(args, world)
    const watching = watchFolders(
      ['channels', 'transforms', 'adapters'].map(folder => join(project, folder)),
      {
        signal: world.signal,
        async onChange() {
          await running
          running = once(args, world)
          await running
        },
      },
    )
    await running
    world.err('Watching for changes. Ctrl-C ends it.\n')
    await watching
    return exit.ok
  },
}

async function once(args: Args, world: World): Promise<number> {
  const loaded = await planOf(args, world)
  if (loaded === undefined) return exit.config
  const { plan, tables } = loaded
  const [tenant, channel] = [args.text('tenant'), args.text('channel')]
  const known = plan.tenants.filter(one => tenant === undefined || one.tenant === tenant)
  const names = known.flatMap(one => one.channels.map(each => each.channel))
  if (tenant !== undefined && known.length === 0) throw noSuch('tenant', tenant)
  if (channel !== undefined && !names.includes(channel)) throw noSuch('channel', channel)
  const filters = args.positionals
  const ran = await runChannelTests({ plan, tables, tenant, channel, filters })
  if (args.flag('json')) world.out(`${JSON.stringify(withoutMends(ran))}\n`)
  else report(ran, world)
  const updated = args.flag('update') ? await update(ran, { plan: plan.project, args, world }) : 0
  if (ran.findings.length > 0) return exit.config
  return ran.failed - updated > 0 ? exit.failed : exit.ok
}

const noSuch = (what: string, name: string) =>
  new UsageError(`There is no ${what} ${name} in this project.`)

const withoutMends = (ran: ChannelTestRun) => ({
  ...ran,
  results: ran.results.map(({ mend: _, ...result }) => result),
})

function report(ran: ChannelTestRun, world: World): void {
  const ink = inkOf(world.colours)
  for (const one of ran.findings) world.err(formatFinding(one, world.colours))
  for (const [of, results] of Map.groupBy(ran.results, result => result.of)) {
    const failed = results.filter(one => one.mismatches.length > 0)
    const [count, mark] =
      failed.length === 0 ? [results.length, ink.green('ok')] : [failed.length, ink.red('failed')]
    world.out(`${of}: ${count} of ${results.length} ${mark}\n`)
    for (const one of failed) world.out(failure(one, world))
  }
  for (const { tenant, channel } of ran.untested) {
    world.out(`${tenant}/${channel}: ${ink.yellow('has no test')}\n`)
  }
  const parts = [
    `${ran.passed} passed`,
    ...(ran.failed > 0 ? [ink.red(`${ran.failed} failed`)] : []),
    ...(ran.skipped > 0 ? [`${ran.skipped} left out`] : []),
    ...(ran.untested.length > 0 ? [ink.yellow(`${ran.untested.length} without a test`)] : []),
    ...(ran.findings.length > 0 ? [ink.red(`${ran.findings.length} findings in test files`)] : []),
  ]
  world.out(`${parts.join(', ')}\n`)
}

function failure(one: CaseResult, world: World): string {
  const ink = inkOf(world.colours)
  const rows = one.mismatches.map(({ what, expected, actual, line }) =>
    [
      `    ${one.file}:${line} ${what}`,
      `      ${ink.red('-')} expected ${plain(expected)}`,
      `      ${ink.green('+')} was      ${plain(actual)}`,
    ].join('\n'),
  )
  return `  ${ink.bold(one.name)}\n${rows.join('\n')}\n`
}

/** Shows each change before it is made; answers how many failures it mended. */
async function update(
  ran: ChannelTestRun,
  { plan, args, world }: { plan: string; args: Args; world: World },
): Promise<number> {
  const failed = ran.results.filter(one => one.mend !== undefined)
  const files = [...Map.groupBy(failed, one => one.file)]
  const changes = await Promise.all(
    files.map(async ([file, cases]) => {
      const before = (await readBytes(join(plan, file)))?.toString('utf8') ?? ''
      return { file, before, after: mended(before, cases), count: cases.length }
    }),
  )
  if (changes.length === 0) return 0
  for (const change of changes) world.err(shown(change, world))
  if (!(await agreed(args, world))) {
    world.err('Nothing was changed.\n')
    return 0
  }
  for (const { file, after } of changes) await writeText(join(plan, file), after)
  world.err(`Changed: ${changes.map(({ file }) => file).join(', ')}\n`)
  return failed.length
}

function mended(before: string, cases: readonly CaseResult[]): string {
  const whole = cases.map(one => one.mend).find(mend => mend?.kind === 'text')
  if (whole?.kind === 'text') return whole.text
  const edits = cases.flatMap(({ mend }) => (mend?.kind === 'edits' ? mend.edits : []))
  return editYaml(before, edits)
}

function shown(change: { file: string; before: string; after: string }, world: World): string {
  const ink = inkOf(world.colours)
  const lines = excerpt(lineDiff(change.before, change.after)).map(line => {
    if (line.startsWith('-')) return ink.red(plain(line))
    return line.startsWith('+') ? ink.green(plain(line)) : plain(line)
  })
  const more = lines.length - SHOWN_LINES_MAX
  if (more > 0) lines.splice(SHOWN_LINES_MAX, more, ink.dim(`… and ${more} lines more`))
  return `${ink.bold(change.file)}\n${lines.join('\n')}\n`
}

const SHOWN_LINES_MAX = 200

async function agreed(args: Args, world: World): Promise<boolean> {
  if (args.flag('yes')) return true
  if (world.ask === undefined) {
    world.err('This is no terminal to ask at: --update --yes changes the files.\n')
    return false
  }
  const answer = await world.ask('Write these changes? [y/N] ')
  return /^y(es)?$/i.test(answer.trim())
}
