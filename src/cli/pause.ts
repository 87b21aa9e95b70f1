// firth pause and firth resume: a person stops a target or a channel for a while.
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import type { Pause, PauseOf } from '../model/pause_store.ts'
import { answerPauses, type PauseSaid } from '../operate/pauses.ts'
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
import { askEither, byOptions, speakerOf } from './people.ts'
import { ago, plain, table } from './terminal.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

const whatOptions = {
  tenant: {
    type: 'string',
    value: 'TENANT',
    doc: 'Whose it is, where several have one so called.',
  },
  kind: {
    type: 'string',
    value: 'target|channel',
    doc: 'Which of both, where a target and a channel are called the same.',
  },
} as const

export const pause: Command = {
  name: 'pause',
  arguments: 'TARGET|CHANNEL',
  summary: 'Stops the calls to a target, or the mapping of a channel, until firth resume.',
  options: { ...where, ...whatOptions, ...byOptions },
  notes: [
    'A paused target is not called: calls under way end, everything else waits, and nothing expires.',
    'A paused channel takes in, stores and acknowledges; its mapping stands still. It outlives restarts.',
    'Exit code 1 where nothing, or more than one thing, has this name.',
  ],
  examples: [
    'firth pause epic_riverside --tenant riverside --why "maintenance until 6"',
    'firth pause adt_in --tenant riverside --by "R. Moss"',
  ],
  run: (args, world) => say('pause', args, world),
}

export const resume: Command = {
  name: 'resume',
  arguments: 'TARGET|CHANNEL',
  summary:
    'Lets a paused target or channel go on, and tries a target at once that was unreachable.',
  options: { ...where, ...whatOptions, ...byOptions },
  notes: ['Exit code 1 where nothing, or more than one thing, has this name.'],
  examples: ['firth resume epic_riverside --tenant riverside'],
  run: (args, world) => say('resume', args, world),
}

export const pauseList: Command = {
  name: 'pause list',
  arguments: '',
  summary: 'Lists what is paused, by whom, since when and why.',
  options: where,
  notes: ['Works beside a running engine and without one.'],
  examples: ['firth pause list'],
  async run(args, world) {
    const paused = (await ask<readonly Pause[]>({ ask: 'list' }, args, world)) ?? []
    if (args.flag('json')) world.out(paused.map(one => `${JSON.stringify(one)}\n`).join(''))
    else if (paused.length === 0) world.out('Nothing is paused.\n')
    else world.out(`${pausesTable(paused, systemClock.now())}\n`)
    return exit.ok
  },
}

export function pausesTable(paused: readonly Pause[], now_ms: number): string {
  return table(
    ['paused', 'name', 'since', 'by', 'why'],
    paused.map(({ kind, tenant, name, at_ms, by, why }) => [
      kind,
      `${tenant}/${name}`,
      ago(at_ms, now_ms),
      plain(by),
      plain(why),
    ]),
  )
}

function ask<T>(
  asked: Readonly<Record<string, string>>,
  args: Args,
  world: World,
): Promise<T | undefined> {
  const fromFiles = (rooms: Parameters<typeof answerPauses>[0], now_ms: number) =>
    answerPauses(rooms, asked, now_ms)
  return askEither<T>({ command: 'pauses', asked, fromFiles }, args, world)
}

async function say(word: 'pause' | 'resume', args: Args, world: World): Promise<number> {
  const [name, ...more] = args.positionals
  if (name === undefined || more.length > 0) {
    throw new UsageError(`firth ${word} wants one TARGET or CHANNEL.`)
  }
  const kind = args.text('kind') ?? ''
  if (!['', 'target', 'channel'].includes(kind)) {
    throw new UsageError('--kind is target or channel.')
  }
  const tenant = args.text('tenant') ?? ''
  const asked = { ask: word, name, tenant, kind, ...speakerOf(args, userName()) }
  const said = (await ask<PauseSaid>(asked, args, world)) ?? NOTHING
  const text = args.flag('json') ? JSON.stringify(said) : inWords(name, said)
  world.out(`${text}\n`)
  return said.outcome === 'unknown' || said.outcome === 'ambiguous' ? exit.failed : exit.ok
}

const NOTHING: PauseSaid = { outcome: 'unknown', found: [], pause: undefined }

const called = ({ kind, tenant, name }: PauseOf) => `${kind} ${tenant}/${name}`

function inWords(name: string, { outcome, found, pause: stands }: PauseSaid): string {
  const what = plain(found.map(called).join(', '))
  const since =
    stands === undefined
      ? ''
      : plain(
          ` by ${stands.by} since ${new Date(stands.at_ms).toISOString()}${stands.why === '' ? '' : `: ${stands.why}`}`,
        )
  switch (outcome) {
    case 'paused':
      return `${what} is paused.`
    case 'already':
      return `${what} is paused already,${since}.`
    case 'resumed':
      return `${what} goes on; it was paused${since}.`
    case 'not_paused':
      return `${what} was not paused.`
    case 'ambiguous':
      return `Several are called ${plain(name)}: ${what}. Say --tenant or --kind.`
    case 'unknown':
      return `There is no target or channel ${plain(name)}.`
  }
}
