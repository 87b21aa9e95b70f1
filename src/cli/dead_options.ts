// Which dead letters a command means, and how the engine or the files are asked about them.
import { withProjectAdapters } from '../channel/adapters.ts'
import { loadSettings } from '../channel/engine_settings.ts'
import { systemClock } from '../kit/clock.ts'
import { systemRandom } from '../kit/random.ts'
import { Failure } from '../model/errors.ts'
import type { TenantPlan } from '../model/plan.ts'
import { silentSignals } from '../model/signals.ts'
import { answerDead } from '../operate/dead.ts'
import type { DeadDesk } from '../operate/dead_desk.ts'
import { inlineJobs, type JobProgress } from '../operate/dead_jobs.ts'
import type { LetterQuery, LetterStanding } from '../operate/dead_letters.ts'
import { openOutbox } from '../operate/dead_outbox.ts'
import { Deployments } from '../operate/deployments.ts'
import { type Args, type OptionSpec, UsageError, type World } from './command.ts'
import { foldersOf } from './folders.ts'
import { askSearched, type SearchedRooms } from './searched.ts'
import { momentOf } from './times.ts'

export const filterOptions = {
  tenant: { type: 'string', value: 'NAME', doc: 'Only of this tenant.' },
  channel: { type: 'string', value: 'NAME', doc: 'Only of this channel.' },
  target: { type: 'string', value: 'NAME', doc: 'Only writes to this target.' },
  stage: {
    type: 'string',
    value: 'STAGE',
    doc: 'Only what died there: decode, transform, validate, route or deliver.',
  },
  class: {
    type: 'string',
    value: 'CLASS',
    doc: 'Only of this class: poison, exhausted, rejected or held.',
  },
  code: { type: 'string', value: 'CODE', doc: 'Only with this error code.' },
  since: { type: 'string', value: 'TIME', doc: 'Only what failed at or after: a time, or 2h ago.' },
  until: { type: 'string', value: 'TIME', doc: 'Only what failed before: a time, or 2h ago.' },
  patient: {
    type: 'string',
    value: 'SYSTEM|VALUE',
    doc: 'Only of this patient; VALUE alone will do.',
  },
  'control-id': { type: 'string', value: 'ID', doc: 'Only of messages with this MSH-10.' },
} as const satisfies Record<string, OptionSpec>

const NAMES = ['tenant', 'channel', 'target', 'stage', 'class', 'code', 'patient'] as const

/** What the options name; an empty one where they name nothing. */
export function filterOf(args: Args): LetterQuery {
  const now_ms = systemClock.now()
  const moment = (name: string) => {
    const text = args.text(name)
    return text === undefined ? undefined : momentOf(name, text, now_ms)
  }
  const named = Object.fromEntries(NAMES.map(name => [name, args.text(name)]))
  const control_id = args.text('control-id')
  const query = { ...named, control_id, since_ms: moment('since'), until_ms: moment('until') }
  const said = Object.entries(query).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said)
}

const STATES: readonly LetterStanding[] = ['open', 'retried', 'edited', 'dropped', 'replayed']

/** Undefined: of any state. */
export function stateOf(args: Args): LetterStanding | undefined {
  const text = args.text('state') ?? 'open'
  const state = STATES.find(one => one === text)
  if (state === undefined && text !== 'all') {
    throw new UsageError(`--state wants one of ${[...STATES, 'all'].join(', ')}.`)
  }
  return state
}

/** Asks the engine that runs, else the files; undefined where there is no log yet. */
export function askDead<T>(
  asked: Readonly<Record<string, string>>,
  args: Args,
  world: World,
): Promise<T | undefined> {
  const fromFiles = async (rooms: SearchedRooms) => {
    const desk = await deskOfFiles(rooms, args, world)
    const options = { signal: world.signal, onStep: sayProgress(world) }
    return (await answerDead(desk, inlineJobs(desk, options), asked)) as T
  }
  return askSearched({ command: 'dead', asked, fromFiles }, args, world)
}

async function deskOfFiles(rooms: SearchedRooms, args: Args, world: World): Promise<DeadDesk> {
  const { project, data } = foldersOf(args, world)
  const { env, version } = world
  const { tables } = await withProjectAdapters(project, world.tables)
  const { engine } = await loadSettings(project, tables, { env, sets: [] })
  if (engine === undefined) throw new Failure('file_missing', { file: 'firth.yaml' })
  const deployments = new Deployments({ data, tables, env, version })
  const plans = new Map<string, TenantPlan>()
  for (const { tenant, deployment } of await rooms.store.active()) {
    const plan = await deployments.find(tenant, deployment)
    if (plan !== undefined) plans.set(tenant, plan)
  }
  return {
    ...rooms,
    ...{ tables, engine, signals: silentSignals, clock: systemClock, random: systemRandom },
    outbox: openOutbox(rooms),
    planOf: tenant => plans.get(tenant),
    acted: () => {},
  }
}

export function sayProgress(world: World): (job: JobProgress) => void {
  return ({ looked, span, counts }) => {
    const done = Object.values(counts).reduce(
      (sum, outcomes) => sum + Object.values(outcomes).reduce((n, count) => n + count, 0),
      0,
    )
    world.progress(`${bar(looked, span)} ${done} decided`)
  }
}

const BAR = 30

function bar(looked: number, span: number): string {
  const part = span === 0 ? 1 : looked / span
  const full = Math.round(part * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${Math.floor(part * 100)} %`
}
