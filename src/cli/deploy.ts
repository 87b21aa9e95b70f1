// firth deploy: brings a project's folder live, whole or not at all, and back again.
import { withProjectAdapters } from '../channel/adapters.ts'
import { loadSettings } from '../channel/engine_settings.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { listFolder, makeOwnFolder } from '../kit/files.ts'
import { userName } from '../kit/user.ts'
import type { Activation } from '../model/activation.ts'
import { Failure } from '../model/errors.ts'
import type { DeployReport } from '../operate/deploy.ts'
import { answerDeploying, askedOf, openDeploying } from '../operate/deploying.ts'
import { Deployments } from '../operate/deployments.ts'
import { openDesk } from '../operate/desk.ts'
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
import { activationsText, reportText } from './deploy_text.ts'
import { foldersOf } from './folders.ts'

/** Tests of many channels take their time. */
const DEPLOY_MS_MAX = 30 * 60_000

export const deploy: Command = {
  name: 'deploy',
  arguments: '[HASH]',
  summary: 'Checks and tests a project, keeps what changed as a snapshot, brings it live.',
  options: {
    ...projectOption,
    ...dataOption,
    tenant: { type: 'string', value: 'NAME', doc: 'Only this tenant.' },
    list: { type: 'boolean', doc: 'Lists what was deployed: when, by whom, what changed.' },
    rollback: {
      type: 'boolean',
      doc: 'Steps back: to the deployment that ran before, or to HASH.',
    },
    remove: { type: 'boolean', doc: 'Takes off tenants that the project no longer has.' },
    'dry-run': { type: 'boolean', doc: 'Says what would be done, and does nothing.' },
    'skip-tests': { type: 'boolean', doc: 'Runs no tests; the record says so for good.' },
    ...jsonOption,
  },
  notes: [
    'Beside a running engine the step is taken at once, with the variables of that engine; only what',
    'changed is touched. Without one it is taken at the next start. A project that fails its checks or',
    'tests changes nothing. HASH may be the first digits. Exit codes: 0 done, 1 refused, a test failed or',
    'nothing to go back to, 3 errors in the configuration.',
  ],
  examples: [
    'firth deploy --project . --data /var/lib/firth',
    'firth deploy --list --tenant riverside',
    'firth deploy --rollback --tenant riverside',
  ],
  async run(args, world) {
    const asked = askedIn(args, world)
    const answer = await ask(asked, args, world)
    if (answer === undefined) return exit.config
    if (asked.do === 'list') return showList(answer as readonly Activation[], args, world)
    const report = answer as DeployReport
    world.out(args.flag('json') ? `${JSON.stringify(report)}\n` : reportText(report, world.colours))
    if (hasErrors(report.findings)) return exit.config
    return report.ok ? exit.ok : exit.failed
  },
}

type Asked = Readonly<Record<string, string>>

function askedIn(args: Args, world: World): Asked {
  const [to, ...more] = args.positionals
  const back = args.flag('rollback')
  if (to !== undefined && (!back || more.length > 0)) {
    throw new UsageError('A HASH goes with --rollback, and one is enough.')
  }
  const tenant = args.text('tenant')
  if (args.flag('list')) return { do: 'list', ...(tenant === undefined ? {} : { tenant }) }
  const by = userName()
  if (back) {
    const other = ['remove', 'dry-run', 'skip-tests'].find(name => args.flag(name))
    if (other !== undefined) throw new UsageError(`--${other} does not go with --rollback.`)
    return askedOf({ do: 'rollback', tenant, to, by })
  }
  const { project } = foldersOf(args, world)
  const [dry_run, skip_tests] = [args.flag('dry-run'), args.flag('skip-tests')]
  const remove = args.flag('remove')
  return askedOf({ do: 'deploy', project, tenant, by, dry_run, skip_tests, remove })
}

/** The running engine, or the files where none runs. Undefined where the settings have errors. */
async function ask(asked: Asked, args: Args, world: World): Promise<unknown> {
  const { data } = foldersOf(args, world)
  try {
    return await askControl(data, { command: 'deploy', args: asked }, DEPLOY_MS_MAX)
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
    // It was reached and went away: nothing is done a second time, on its files.
    if (cause.facts.data === undefined) throw cause
  }
  return askFiles(asked, args, world)
}

async function askFiles(asked: Asked, args: Args, world: World): Promise<unknown> {
  const { project, data } = foldersOf(args, world)
  const { tables, findings } = await withProjectAdapters(project, world.tables)
  const settings = await loadSettings(project, tables, { env: world.env, sets: [] })
  const all = [...findings, ...settings.findings]
  for (const one of all) world.err(formatFinding(one, world.colours))
  if (settings.engine === undefined || hasErrors(all)) return undefined
  if (asked.do === 'deploy') {
    const error = await makeOwnFolder(data)
    if (error !== undefined) throw new Failure('data_unusable', { data, error })
  } else if ((await listFolder(data)) === undefined) {
    throw new Failure('data_missing', { data })
  }
  const { env, version } = world
  const desk = await openDesk(data, settings.engine, tables)
  try {
    const deployments = new Deployments({ data, tables, env, version })
    return await answerDeploying(openDeploying({ deployments, desk, tables, env }), asked)
  } finally {
    await desk.close()
  }
}

function showList(activations: readonly Activation[], args: Args, world: World): number {
  if (args.flag('json')) world.out(activations.map(one => `${JSON.stringify(one)}\n`).join(''))
  else if (activations.length === 0) world.out('Nothing was deployed yet.\n')
  else world.out(`${activationsText(activations)}\n`)
  return exit.ok
}
