// What firth approve and firth release share: who speaks, how the engine or the files are asked,
// and how the answers read.
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import { Failure } from '../model/errors.ts'
import type { Log } from '../model/log.ts'
import type { Store } from '../model/store.ts'
import { answerPeople, type Said, type ShownWrite } from '../operate/people.ts'
import { standsOfFiles } from '../operate/waits.ts'
import { askControl } from '../wire/control.ts'
import { type Args, exit, type OptionSpec, UsageError, type World } from './command.ts'
import { foldersOf } from './folders.ts'
import { withOwnFiles } from './own_files.ts'
import { plain } from './terminal.ts'

export const byOptions = {
  by: { type: 'string', value: 'NAME', doc: 'Who says so. It stands in the ledger for good.' },
  why: { type: 'string', value: 'TEXT', doc: 'The reason, for whoever reads the ledger later.' },
} as const satisfies Record<string, OptionSpec>

const BY_MAX = 100
const WHY_MAX = 500

export interface Speaker {
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
}

/**
 * Who speaks and why. `usual`: where nobody is named; undefined: somebody has to be, because the
 * word counts people.
 */
export function speakerOf(args: Args, usual?: string): Speaker {
  const by = (args.text('by') ?? usual ?? '').trim()
  const why = (args.text('why') ?? '').trim()
  if (by === '') throw new UsageError('Say who you are: --by NAME.')
  if (by.length > BY_MAX) throw new UsageError(`--by takes at most ${BY_MAX} characters.`)
  if (why.length > WHY_MAX) throw new UsageError(`--why takes at most ${WHY_MAX} characters.`)
  if (/\p{Cc}/u.test(by + why)) throw new UsageError('--by and --why are one line of text each.')
  return { by, why }
}

export interface Question {
  /** As the control socket knows it. */
  readonly command: string
  readonly asked: Readonly<Record<string, string>>
  /** The same answer from the files, where no engine runs. */
  fromFiles(rooms: { readonly log: Log; readonly store: Store }, now_ms: number): Promise<unknown>
}

/** Asks the engine that runs, else the files; undefined where there is nothing to ask. */
export async function askEither<T>(
  { command, asked, fromFiles }: Question,
  args: Args,
  world: World,
): Promise<T | undefined> {
  try {
    const { data } = foldersOf(args, world)
    return (await askControl(data, { command, args: asked })) as T
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
  }
  return withOwnFiles(args, world, rooms => fromFiles(rooms, systemClock.now()) as Promise<T>)
}

export function askPeople<T>(
  asked: Readonly<Record<string, string>>,
  args: Args,
  world: World,
): Promise<T | undefined> {
  const fromFiles: Question['fromFiles'] = async ({ store }, now_ms) =>
    answerPeople({ store, stands: await standsOfFiles(store) }, asked, now_ms)
  return askEither({ command: 'people', asked, fromFiles }, args, world)
}

/** The one write that the command line names; undefined, and said, where there is no such one. */
export async function shownOne(
  command: string,
  args: Args,
  world: World,
): Promise<ShownWrite | undefined> {
  const [id, ...more] = args.positionals
  if (id === undefined || more.length > 0)
    throw new UsageError(`firth ${command} wants one INTENT.`)
  const asked = { ask: 'show', ids: id.split('@')[0] ?? '' }
  const found = (await askPeople<readonly ShownWrite[]>(asked, args, world)) ?? []
  const [one, ...others] = found
  if (one !== undefined && others.length === 0) return one
  const ids = found.map(({ intent_id }) => `  ${intent_id}\n`).join('')
  world.err(one === undefined ? `There is no write ${plain(id)}.\n` : `Several begin so:\n${ids}`)
  return undefined
}

/** Says a word on each of the writes that the command line names. */
export async function sayAll(ask: string, args: Args, world: World): Promise<number> {
  const ids = args.positionals
  if (ids.length === 0)
    throw new UsageError('Name at least one INTENT; list shows those that wait.')
  if (ids.some(id => !/^[0-9a-z]+(@[0-9a-f]*)?$/.test(id))) {
    throw new UsageError('An INTENT is its id, its beginning, or id@content as show prints it.')
  }
  const counted = ask === 'approve' || ask === 'reject'
  const asked = { ask, ids: ids.join(' '), ...speakerOf(args, counted ? undefined : userName()) }
  const said =
    (await askPeople<readonly Said[]>(asked, args, world)) ??
    ids.map(id => ({ asked: id, intent_id: undefined, outcome: 'unknown', state: undefined }))
  if (args.flag('json')) world.out(said.map(one => `${JSON.stringify(one)}\n`).join(''))
  else for (const one of said) world.out(`${inWords(one as Said)}\n`)
  return said.every(one => DONE.includes(one.outcome)) ? exit.ok : exit.failed
}

const DONE: readonly string[] = ['approved', 'counted', 'already', 'rejected', 'released']

const sentences: Readonly<Record<Said['outcome'], string>> = {
  approved: 'approved; it goes out',
  counted: 'approval counted; another person has to agree too',
  already: 'this person has agreed already; another one has to',
  rejected: 'rejected; it will not be written',
  changed: 'not decided: what it would write has changed since; see firth approve show',
  not_waiting: 'nothing to decide: it does not wait for this',
  unknown: 'no write that waits has this id',
  ambiguous: 'several writes begin so; give more of the id',
  released: 'released',
  governed: 'not released: our own policy or profile forbids it; change tenant.yaml and deploy',
}

function inWords({ asked, intent_id, outcome, state }: Said): string {
  const now = state === undefined ? '' : ` (${state})`
  return plain(`${(intent_id ?? asked).slice(0, 12)}: ${sentences[outcome]}${now}`)
}
