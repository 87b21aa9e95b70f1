// firth dead retry and firth dead drop: one letter, a few, or all that fit.

import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import { type Code, catalogue } from '../model/errors.ts'
import { type ActedOn, RATE } from '../operate/dead.ts'
import type { JobProgress } from '../operate/dead_jobs.ts'
import type { ReasonCount } from '../operate/dead_letters.ts'
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
import { reasonTable } from './dead.ts'
import { askDead, filterOf, filterOptions, sayProgress } from './dead_options.ts'
import { byOptions, type Speaker, speakerOf } from './people.ts'
import { plain, table } from './terminal.ts'

type Word = 'retry' | 'drop'

const bulkOptions = {
  all: { type: 'boolean', doc: 'All open ones that the filters name.' },
  'dry-run': { type: 'boolean', doc: 'With --all: counts them by reason, and does nothing.' },
  yes: { type: 'boolean', doc: 'With --all: does not ask.' },
  rate: { type: 'string', value: 'N', doc: `With --all: letters a second (default: ${RATE}).` },
  resume: { type: 'boolean', doc: 'Goes on with a bulk act that was stopped.' },
} as const

const options = {
  ...projectOption,
  ...dataOption,
  ...byOptions,
  ...filterOptions,
  ...bulkOptions,
  ...jsonOption,
}

export const deadRetry: Command = {
  name: 'dead retry',
  arguments: '[ID…]',
  summary: 'Tries dead letters again: a write is sent again, a message mapped again.',
  options,
  notes: [
    'A write keeps its place in the order: where something newer was written since, it is superseded. A',
    'message is mapped by the deployment that runs now; mend the mapping and deploy it first. What was',
    'refused at the door is taken in, where it can be read by now. Nothing is done twice. With --all, Ctrl-C',
    'stops between two letters. Exit code 1 where a letter was not taken.',
  ],
  examples: [
    'firth dead retry 3f9a0c1b22de --why "server mended"',
    'firth dead retry --all --code message_type_unmapped --dry-run',
    'firth dead retry --all --target chart --since 2h --yes',
  ],
  run: (args, world) => act('retry', args, world),
}

export const deadDrop: Command = {
  name: 'dead drop',
  arguments: '[ID…]',
  summary: 'Gives dead letters up, with the reason; what a dead write held goes on.',
  options,
  notes: [
    'A dropped letter stays, and firth dead list --state dropped shows it. A write that held the later ones of',
    'its patient (on_dead: hold) is withdrawn. --why is compulsory. Exit code 1 where a letter was not taken.',
  ],
  examples: [
    'firth dead drop 3f9a0c1b22de --why "entered by hand"',
    'firth dead drop --all --code frame_not_hl7 --why "a port scanner"',
  ],
  async run(args, world) {
    if (!args.flag('resume') && (args.text('why') ?? '').trim() === '') {
      throw new UsageError('Say why: --why TEXT.')
    }
    return act('drop', args, world)
  },
}

async function act(word: Word, args: Args, world: World): Promise<number> {
  const ids = args.positionals
  const many = args.flag('all') || args.flag('resume')
  if (many && ids.length > 0) throw new UsageError('Give IDs, or --all, or --resume.')
  if (!many && ids.length === 0) throw new UsageError('Give the ID of a dead letter, or --all.')
  const speaker = speakerOf(args, userName())
  if (many) return actOnMany(word, { ...speaker, args, world })
  const stray = [...Object.keys(filterOptions), 'rate'].find(name => args.text(name) !== undefined)
  const flag = (['dry-run', 'yes'] as const).find(name => args.flag(name))
  if (stray ?? flag) throw new UsageError(`--${stray ?? flag} goes with --all.`)
  if (ids.some(id => /\s/.test(id))) throw new UsageError('An ID holds no blanks.')
  const asked = { ask: word, ids: ids.join(' '), ...speaker }
  const acted = (await askDead<readonly ActedOn[]>(asked, args, world)) ?? []
  if (args.flag('json')) world.out(acted.map(one => `${JSON.stringify(one)}\n`).join(''))
  else for (const one of acted) world.out(`${actedText(one)}\n`)
  return acted.length > 0 && acted.every(isDone) ? exit.ok : exit.failed
}

const DONE: readonly string[] = ['retried', 'edited', 'dropped']
export const isDone = ({ outcome }: Pick<ActedOn, 'outcome'>): boolean => DONE.includes(outcome)

const sentences: Readonly<Record<ActedOn['outcome'], string>> = {
  retried: 'retried',
  edited: 'mended',
  dropped: 'dropped',
  replayed: 'brought through by a replay',
  not_open: 'not done: it was decided already; see firth dead show',
  not_dead: 'not done: its write has gone on; see firth dead show',
  refused: 'not done',
  unknown: 'there is no such dead letter',
  ambiguous: 'several dead letters are so called; give more of the id',
}

export function actedText({ asked, id, outcome, why_not, raw_id, intent_id }: ActedOn): string {
  const raw = raw_id === undefined ? '' : `, as raw_id ${raw_id}`
  const write = outcome !== 'retried' || intent_id === undefined ? '' : ', its write is sent again'
  const why = why_not === undefined ? '' : `: ${whyText(why_not)}`
  return plain(`${(id ?? asked).slice(0, 12)}: ${sentences[outcome]}${raw}${write}${why}`)
}

const whyText = (code: Code) => `${catalogue[code].message} ${catalogue[code].hint}`

type Many = Speaker & { readonly args: Args; readonly world: World }

async function actOnMany(word: Word, { args, world, ...speaker }: Many): Promise<number> {
  if (args.flag('resume')) {
    const begun = await askDead<JobProgress>({ ask: 'resume', word }, args, world)
    return begun === undefined ? exit.failed : watch(begun, args, world)
  }
  const filter = JSON.stringify({ ...filterOf(args), state: 'open' })
  const reasons =
    (await askDead<readonly ReasonCount[]>({ ask: 'reasons', filter }, args, world)) ?? []
  const json = args.flag('json')
  if (json && args.flag('dry-run')) {
    world.out(reasons.map(one => `${JSON.stringify(one)}\n`).join(''))
    return exit.ok
  }
  const count = reasons.reduce((sum, one) => sum + one.count, 0)
  if (count === 0) {
    world.out(json ? '' : 'There is no open dead letter that fits.\n')
    return exit.ok
  }
  if (!json) world.out(`${reasonTable(reasons)}\n`)
  if (args.flag('dry-run')) {
    world.out(`${count} dead letters would be ${word === 'drop' ? 'dropped' : 'retried'}.\n`)
    return exit.ok
  }
  if (
    !(await agreed(`${word === 'drop' ? 'Drop' : 'Retry'} ${count} dead letters?`, args, world))
  ) {
    world.out('Nothing was done.\n')
    return exit.failed
  }
  const rate = rateOf(args)
  const asked = { ask: 'bulk', word, filter, ...speaker, rate: String(rate) }
  const begun = await askDead<JobProgress>(asked, args, world)
  return begun === undefined ? exit.failed : watch(begun, args, world)
}

function rateOf(args: Args): number {
  const rate = args.number('rate') ?? RATE
  if (!Number.isInteger(rate) || rate < 1)
    throw new UsageError('--rate wants a whole number from 1 on.')
  return rate
}

export async function agreed(question: string, args: Args, world: World): Promise<boolean> {
  if (args.flag('yes')) return true
  if (world.ask === undefined) {
    throw new UsageError('There is nobody to ask: say --yes, or look with --dry-run.')
  }
  return /^y(es)?$/i.test((await world.ask(`${question} [y/N] `)).trim())
}

const POLL_MS = 250

/** Until the job is done; Ctrl-C stops it and says how it goes on. */
async function watch(begun: JobProgress, args: Args, world: World): Promise<number> {
  const tell = sayProgress(world)
  let now: JobProgress = begun
  let stopping = false
  while (now.state === 'running') {
    tell(now)
    const ask: 'stop' | 'job' = world.signal.aborted && !stopping ? 'stop' : 'job'
    stopping ||= ask === 'stop'
    now = (await askDead<JobProgress>({ ask, job: begun.job }, args, world)) ?? now
    if (now.state === 'running') await systemClock.sleep(POLL_MS)
  }
  world.progress('')
  if (args.flag('json')) world.out(`${JSON.stringify(now)}\n`)
  else world.out(`${reportText(now)}\n`)
  const outcomes = Object.values(now.counts).flatMap(Object.keys)
  const isWell = now.state === 'done' && outcomes.every(one => DONE.includes(one))
  return isWell ? exit.ok : exit.failed
}

function reportText({ counts, state, word }: JobProgress): string {
  const rows = Object.entries(counts).flatMap(([code, outcomes]) =>
    Object.entries(outcomes).map(([outcome, count]) => [count, code, outcome]),
  )
  const end = state === 'done' ? 'Done.' : `Stopped. It goes on with: firth dead ${word} --resume`
  return rows.length === 0 ? end : `${table(['count', 'reason', 'became'], rows)}\n${end}`
}
