// firth replay: a span of a topic through the path again, on purpose and with a name; and what it
// would do, before it does it.
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import { Failure } from '../model/errors.ts'
import type { ReplayOnly } from '../model/replay_store.ts'
import { Deployments } from '../operate/deployments.ts'
import { askedOfRequest, type DryLook } from '../operate/replay_answer.ts'
import type { DryReplay } from '../operate/replay_dry.ts'
import { partsOfTopic, type ReplayRequest } from '../operate/replay_plan.ts'
import type { ReplayLine, ShownReplay } from '../operate/replays.ts'
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
import { foldersOf } from './folders.ts'
import { withOwnFiles } from './own_files.ts'
import { askEither, byOptions, speakerOf } from './people.ts'
import { answerFromFiles, dryFromFiles } from './replay_files.ts'
import { dryText, replayTable, replayText } from './replay_text.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

export const replay: Command = {
  name: 'replay',
  arguments: '',
  summary: 'Sends a span of a topic through the path again, or tells before what that would do.',
  options: {
    topic: { type: 'string', value: 'TOPIC', doc: 'Of it: raw.T.C, canonical.T or outbound.T.X.' },
    from: { type: 'string', value: 'N|TIME', doc: 'First offset, or an ISO 8601 time.' },
    to: {
      type: 'string',
      value: 'N|TIME',
      doc: 'Where to end: this one is not replayed (default: the end that the topic has now).',
    },
    only: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      doc: 'What must fit: patient=, control_id=, type= or raw_id=. May be repeated.',
    },
    'to-target': {
      type: 'string',
      value: 'TARGET',
      multiple: true,
      doc: 'A target that it may reach; may be repeated. Without it events are for readers only.',
    },
    deployment: {
      type: 'string',
      value: 'HASH',
      doc: 'Maps and routes by this one: current (the default), recorded, or the first digits.',
    },
    'dry-run': { type: 'boolean', doc: 'Writes nothing, and tells what would become of it.' },
    show: { type: 'boolean', doc: 'With --dry-run: values of samples too. They are patient data.' },
    name: { type: 'string', value: 'NAME', doc: 'Begins it under this name.' },
    rate: {
      type: 'string',
      value: 'N',
      doc: 'Records a second (default: half of the time that live traffic leaves).',
    },
    ...byOptions,
    ...where,
  },
  notes: [
    'A replay never goes around an approval, and never writes an old state over a newer one: each event',
    'keeps the position of its first append. It waits while live traffic is behind. The same command with',
    'the same name goes on where it was. Without a running engine it begins with its next start.',
  ],
  examples: [
    'firth replay --topic raw.riverside.adt_in --from 2026-11-20 --to-target chart --dry-run',
    'firth replay --topic raw.riverside.adt_in --from 2026-11-20 --to-target chart --name wards --why "ward codes"',
  ],
  async run(args, world) {
    const request = await requestOf(args, world)
    if (args.flag('dry-run')) return tellDry(request, args, world)
    const asked = { do: 'begin', ...askedOfRequest(request) }
    return tell(await ask<ShownReplay>(asked, args, world), args, world)
  },
}

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/

async function requestOf(args: Args, world: World): Promise<ReplayRequest> {
  const topic = args.text('topic') ?? ''
  if (partsOfTopic(topic) === undefined) {
    throw new UsageError('Name a topic: --topic raw.T.C, canonical.T or outbound.T.X.')
  }
  const from = momentOf(args, 'from')
  if (from === undefined) throw new UsageError('Say where to begin: --from N or a TIME.')
  const dry = args.flag('dry-run')
  const name = args.text('name') ?? ''
  if (dry === (name !== '')) throw new UsageError('Give either --dry-run or --name NAME.')
  if (args.flag('show') && !dry) throw new UsageError('--show belongs to --dry-run.')
  if (!dry && !NAME.test(name)) {
    throw new UsageError('A name is up to 64 of a-z, 0-9, dot, dash and underscore.')
  }
  const rate = args.number('rate')
  if (rate !== undefined && rate <= 0) throw new UsageError('--rate is above 0.')
  return {
    ...{ name, topic, from, to: momentOf(args, 'to') },
    only: onlyOf(args, topic),
    targets: args
      .texts('to-target')
      .flatMap(text => text.split(','))
      .filter(Boolean),
    deployment: await deploymentOf(args, world, topic),
    rate_per_second: rate,
    ...speakerOf(args, userName()),
  }
}

function momentOf(args: Args, option: 'from' | 'to'): string | undefined {
  const text = args.text(option)
  if (text === undefined || /^\d+$/.test(text)) return text
  // Date.parse reads far more than times: "1.5" is a day of 2001 to it.
  if (/^\d{4}-\d\d-\d\d(T|$)/.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new UsageError(`"${text}" is neither an offset nor a time such as 2026-11-21T08:00:00Z.`)
}

const ONLY = ['patient', 'control_id', 'type', 'raw_id'] as const

function onlyOf(args: Args, topic: string): ReplayOnly {
  const only: Partial<Record<(typeof ONLY)[number], string>> = {}
  for (const text of args.texts('only')) {
    const [, word = '', value = ''] = /^([a-z_]+)=(.+)$/s.exec(text) ?? []
    const name = ONLY.find(one => one === word)
    if (name === undefined || value === '') {
      throw new UsageError(`--only is one of ${ONLY.map(one => `${one}=…`).join(', ')}.`)
    }
    if (only[name] !== undefined) throw new UsageError(`--only ${name}= is given twice.`)
    if (name === 'control_id' && topic.startsWith('outbound.')) {
      throw new UsageError('Writes do not say the control id of their message; use raw_id=.')
    }
    only[name] = value
  }
  return only
}

async function deploymentOf(args: Args, world: World, topic: string): Promise<string> {
  const digits = args.text('deployment') ?? 'current'
  if (digits === 'current' || digits === 'recorded') return digits
  const { tenant = '', level } = partsOfTopic(topic) ?? {}
  if (level === 'outbound')
    throw new UsageError('Writes are made already; --deployment says nothing.')
  const { data } = foldersOf(args, world)
  const { tables, env, version } = world
  const deployments = new Deployments({ data, tables, env, version })
  return (await deployments.named(tenant, digits)).deployment
}

async function ask<T>(
  asked: Readonly<Record<string, string>>,
  args: Args,
  world: World,
): Promise<T> {
  const fromFiles = (rooms: Parameters<typeof answerFromFiles>[0]) =>
    answerFromFiles(rooms, asked, { args, world })
  const answer = await askEither<T>({ command: 'replay', asked, fromFiles }, args, world)
  if (answer === undefined) throw new Failure('topic_unknown')
  return answer
}

function tell(one: ShownReplay, args: Args, world: World): number {
  world.out(args.flag('json') ? `${JSON.stringify(one)}\n` : `${replayText(one, world.colours)}\n`)
  return exit.ok
}

const LOOK_MS = 200

async function tellDry(request: ReplayRequest, args: Args, world: World): Promise<number> {
  const dry = (await dryBeside(request, args, world)) ?? (await dryAlone(request, args, world))
  world.progress('')
  const show = args.flag('show')
  const hidden = { ...dry, samples: show ? dry.samples : [] }
  world.out(
    args.flag('json') ? `${JSON.stringify(hidden)}\n` : dryText(hidden, world.colours, show),
  )
  return exit.ok
}

/** In the engine that runs; undefined where none does. */
async function dryBeside(
  request: ReplayRequest,
  args: Args,
  world: World,
): Promise<DryReplay | undefined> {
  const { data } = foldersOf(args, world)
  const put = async (asked: Readonly<Record<string, string>>) =>
    (await askControl(data, { command: 'replay', args: asked })) as DryLook
  try {
    let look = await put({ do: 'dry', ...askedOfRequest(request) })
    while (look.report === undefined) {
      world.progress(`Looked at ${look.done} of ${look.of} records, writing nothing`)
      await systemClock.sleep(LOOK_MS, world.signal)
      look = await put({ do: 'dry_look', id: look.id })
    }
    return look.report
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
    return undefined
  }
}

async function dryAlone(request: ReplayRequest, args: Args, world: World): Promise<DryReplay> {
  const dry = await withOwnFiles(args, world, rooms =>
    dryFromFiles(rooms, request, { args, world }),
  )
  if (dry === undefined) throw new Failure('topic_unknown', { topic: request.topic })
  return dry
}

export const replayList: Command = {
  name: 'replay list',
  arguments: '',
  summary: 'Lists replays, the newest first: how far each has come, and what it waits for.',
  options: where,
  notes: ['Works beside a running engine and without one.'],
  examples: ['firth replay list'],
  async run(args, world) {
    const lines = await ask<readonly ReplayLine[]>({ do: 'list' }, args, world)
    if (args.flag('json')) world.out(lines.map(one => `${JSON.stringify(one)}\n`).join(''))
    else if (lines.length === 0) world.out('There was no replay yet.\n')
    else world.out(`${replayTable(lines, systemClock.now())}\n`)
    return exit.ok
  },
}

export const replayShow: Command = {
  name: 'replay show',
  arguments: 'NAME',
  summary: 'Shows a replay: its span, its counts, who said what of it, and events no longer made.',
  options: where,
  notes: ['Works beside a running engine and without one. Shows no content.'],
  examples: ['firth replay show wards'],
  async run(args, world) {
    return tell(await ask({ do: 'show', name: nameOf(args, 'show') }, args, world), args, world)
  },
}

function nameOf({ positionals }: Args, word: string): string {
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new UsageError(`firth replay ${word} wants one NAME.`)
  }
  return name
}

const turning = (word: 'pause' | 'resume' | 'cancel', summary: string, note: string): Command => ({
  name: `replay ${word}`,
  arguments: 'NAME',
  summary,
  options: { ...where, ...byOptions },
  notes: [note],
  examples: [`firth replay ${word} wards --why "the ward asked for it"`],
  async run(args, world) {
    const asked = { do: word, name: nameOf(args, word), ...speakerOf(args, userName()) }
    return tell(await ask<ShownReplay>(asked, args, world), args, world)
  },
})

export const replayTurns: readonly Command[] = [
  turning('pause', 'Stops a replay until it is resumed.', 'What it has appended goes its way.'),
  turning('resume', 'Lets a paused replay go on where it was.', 'Nothing is replayed twice.'),
  turning('cancel', 'Ends a replay for good.', 'What it has appended goes its way.'),
]
