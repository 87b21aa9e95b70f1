// firth run: the engine in the foreground until it is told to stop.
import { join } from 'node:path'
import { withProjectAdapters } from '../channel/adapters.ts'
import { loadSettings } from '../channel/engine_settings.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { loadProject } from '../channel/load.ts'
import type { Tables } from '../declare/room.ts'
import { systemClock } from '../kit/clock.ts'
import { listFolder, makeOwnFolder } from '../kit/files.ts'
import { userName } from '../kit/user.ts'
import { Failure } from '../model/errors.ts'
import type { EnginePlan, Plan } from '../model/plan.ts'
import type { OpenSource } from '../model/rooms.ts'
import type { SignalLevel } from '../model/signals.ts'
import { answerControl } from '../operate/control.ts'
import { openDead } from '../operate/dead.ts'
import { deskOfEngine } from '../operate/dead_desk.ts'
import type { DeployReport } from '../operate/deploy.ts'
import { type Deploying, openDeploying } from '../operate/deploying.ts'
import { Deployments, Unusable } from '../operate/deployments.ts'
import { engineDesk } from '../operate/desk.ts'
import { type Engine, startEngine } from '../operate/engine.ts'
import { keepSettings, keptSettings } from '../operate/kept_settings.ts'
import { openRates } from '../operate/rates.ts'
import { type KeptSignals, openSignals } from '../operate/signals.ts'
import { chooseStart, NothingToStart, type StartOptions } from '../operate/start.ts'
import { openWatching } from '../operate/watching.ts'
import { serveControl } from '../wire/control.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  projectOption,
  setOption,
  UsageError,
  type World,
} from './command.ts'
import { differenceText, faultsText } from './deploy_text.ts'
import { foldersOf } from './folders.ts'
import { watchAndDeploy } from './run_watch.ts'

export const run: Command = {
  name: 'run',
  arguments: '',
  summary: 'Runs the channels of a project until SIGTERM or Ctrl-C, then drains and stops.',
  options: {
    ...projectOption,
    ...dataOption,
    ...setOption,
    deploy: {
      type: 'boolean',
      doc: 'Deploys the folder before it starts, where it differs from what ran and passes.',
    },
    watch: {
      type: 'boolean',
      doc: 'Deploys each saved change that passes its checks and tests, while it runs.',
    },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      doc: 'Least level of the signals on standard error: error, warn, info or debug (default: info).',
    },
    'log-format': {
      type: 'string',
      value: 'FORMAT',
      doc: 'Form of the signals: json, or text for people (default: text on a terminal, else json).',
    },
  },
  notes: [
    'Prints one line on standard output for each listener when it is ready. A message is acknowledged only',
    'after its bytes are durable in the log. One engine owns a data folder; a second one is refused.',
    'Runs the last deployment of each tenant, and says so where the folder differs; a tenant that was never',
    'deployed is deployed. A folder with errors keeps nothing from running that ran: where firth.yaml has them,',
    'the engine starts with the settings of its last start, and says so.',
  ],
  examples: [
    'firth run --project . --data /var/lib/firth',
    'firth run --set log.segment_bytes_max=67108864',
  ],
  async run(args, world) {
    const loaded = await loadFolder(args, world)
    if (loaded === undefined) return nothingStarted(world)
    const { data } = foldersOf(args, world)
    const error = await makeOwnFolder(data)
    if (error !== undefined) throw new Failure('data_unusable', { data, error })
    const signals = openSignals({
      level: levelOf(args.text('log-level')),
      format: formatOf(args.text('log-format'), world.terminal),
    })
    const bug = Promise.withResolvers<never>()
    // It is raced below; until then a bug must not end the process without our words.
    bug.promise.catch(() => {})
    const context = { args, world, data, signals, onBug: bug.reject, loaded }
    const running = await start(context)
    if (running === undefined) return nothingStarted(world)
    await Promise.race([bug.promise, serve(running, context)])
    signals.say('info', 'draining')
    await running.close()
    signals.say('info', 'stopped')
    return exit.ok
  },
}

/** What is wrong was told before. */
function nothingStarted(world: World): number {
  world.err('Nothing was started.\n')
  return exit.config
}

/** The folder as it is; undefined where nothing can be started, told as findings. */
interface Folder {
  readonly project: string
  readonly tables: Tables
  readonly engine: EnginePlan
  /** Undefined where it has errors. */
  readonly plan: Plan | undefined
  /** The firth.yaml that says what `engine` is; undefined: none. */
  readonly bytes: Buffer | undefined
}

async function loadFolder(args: Args, world: World): Promise<Folder | undefined> {
  const { project, data } = foldersOf(args, world)
  const { tables, findings } = await withProjectAdapters(project, world.tables)
  const options = { env: world.env, sets: args.texts('set') }
  const loaded = await loadProject(project, tables, options)
  for (const one of [...findings, ...loaded.findings]) world.err(formatFinding(one, world.colours))
  const plan = hasErrors(findings) ? undefined : loaded.plan
  const settings = await loadSettings(project, tables, options)
  const folder = { project, tables, plan }
  if (plan !== undefined && settings.engine !== undefined) {
    return { ...folder, engine: settings.engine, bytes: settings.bytes }
  }
  // What was deployed before runs on, whatever the project's files are like by now.
  if ((await listFolder(join(data, 'deployments'))) === undefined) return undefined
  const sound = settings.engine === undefined ? await keptSettings(data, tables, options) : settings
  if (sound?.engine === undefined) return undefined
  if (sound !== settings) world.err(OLD_SETTINGS)
  world.err('The folder has errors; each tenant runs as it was deployed last.\n')
  return { ...folder, plan: undefined, engine: sound.engine, bytes: sound.bytes }
}

const OLD_SETTINGS =
  'firth.yaml has errors: THE ENGINE RUNS WITH THE SETTINGS OF ITS LAST START, kept in the data folder. What was changed in firth.yaml since then is not in force. Mend it and start again.\n'

interface RunContext {
  readonly args: Args
  readonly world: World
  readonly data: string
  readonly signals: KeptSignals
  readonly loaded: Folder
  onBug(cause: unknown): void
}

interface Running {
  readonly engine: Engine
  readonly deploying: Deploying
  close(): Promise<void>
}

async function start(context: RunContext): Promise<Running | undefined> {
  const { args, world, data, signals, loaded, onBug } = context
  const { project, tables, engine: settings, plan: folder } = loaded
  const { env, version } = world
  const deployments = new Deployments({ data, tables, env, version })
  const judged = (said: Pick<DeployReport, 'findings' | 'failures'>) =>
    world.err(faultsText(said, world.colours))
  const chosen: StartOptions = {
    ...{ folder, deployments, tables, judged, clock: systemClock, by: userName() },
    deploy: args.flag('deploy'),
    differs: one => world.err(differenceText(one)),
  }
  try {
    const engine = await startEngine({
      plan: { project, tenants: [], engine: settings },
      ...{ tables, data, signals, version, onBug },
      deployments: {
        start: rooms => chooseStart(rooms, chosen),
        find: (tenant, deployment) => deployments.find(tenant, deployment),
        prune: names => deployments.prune(names),
      },
    })
    await keepSettings(data, loaded.bytes)
    const desk = engineDesk(engine, systemClock)
    const told = sayReady(engine, world)
    const deploying = openDeploying({ deployments, desk, tables, env }, report => {
      if (report.tenants.some(({ outcome }) => outcome === 'live')) told(report)
    })
    const close = await openDoors(engine, { data, tables, onBug, deploying, signals, version })
    told(undefined)
    return { engine, deploying, close }
  } catch (cause) {
    if (cause instanceof Unusable) world.err(faultsText({ ...cause, failures: [] }, world.colours))
    if (!(cause instanceof NothingToStart)) throw cause
    return undefined
  }
}

/** Says each listener once, when it is ready, and each deployment that went live later. */
function sayReady(engine: Engine, world: World): (report: DeployReport | undefined) => void {
  let said = new Set<OpenSource>()
  return report => {
    for (const { tenant, deployment, outcome } of report?.tenants ?? []) {
      if (outcome === 'live') world.out(`live: ${tenant} ${deployment || 'is taken off'}\n`)
    }
    for (const { plan, source } of engine.channels) {
      if (said.has(source)) continue
      world.out(`ready: ${plan.tenant}/${plan.channel} listens on ${source.address}\n`)
    }
    said = new Set(engine.channels.map(({ source }) => source))
    if (said.size === 0) world.err('There is no channel in this project; nothing listens.\n')
  }
}

/** Until it is told to stop. */
async function serve({ deploying }: Running, { args, world, loaded }: RunContext): Promise<void> {
  if (args.flag('watch')) await watchAndDeploy(loaded.project, deploying, world)
  else await aborted(world.signal)
}

async function openDoors(
  engine: Engine,
  context: Pick<RunContext, 'data' | 'onBug' | 'signals'> & {
    readonly version: string
    readonly tables: Tables
    readonly deploying: Deploying
  },
): Promise<() => Promise<void>> {
  const { data, tables, onBug, deploying, signals, version } = context
  const watching = await openWatching(engine, { data, version, clock: systemClock }).catch(
    async cause => {
      await engine.stop()
      throw cause
    },
  )
  if (watching.address !== undefined) signals.say('info', 'watch', { at: watching.address })
  const rates = openRates(() => engine.channels, systemClock)
  const dead = openDead(deskOfEngine(engine, tables))
  const answer = answerControl(engine, rates, { clock: systemClock, deploying, dead })
  const drain = async () => {
    watching.draining()
    await rates.close()
    await engine.stop()
    await watching.close()
  }
  // Its listeners take messages in already: where nobody could ask it, it ends as it always does.
  const control = await serveControl(data, answer, onBug).catch(async cause => {
    await drain()
    throw cause
  })
  return async () => {
    await drain()
    await control.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const LEVELS: readonly SignalLevel[] = ['error', 'warn', 'info', 'debug']

function levelOf(text: string | undefined): SignalLevel {
  const level = LEVELS.find(name => name === (text ?? 'info'))
  if (level === undefined) throw new UsageError(`--log-level is one of ${LEVELS.join(', ')}.`)
  return level
}

function formatOf(text: string | undefined, terminal: boolean): 'json' | 'text' {
  if (text === undefined) return terminal ? 'text' : 'json'
  if (text === 'json' || text === 'text') return text
  throw new UsageError('--log-format is json or text.')
}
