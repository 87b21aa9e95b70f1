// firth try: one message, every station shown in order, nothing stored and nothing sent.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ChannelPlan, Plan } from '../model/plan.ts'
import { loneMessagesIn } from '../operate/map_input.ts'
import { channelsFor, tryMessage } from '../operate/try.ts'
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
import { stationsText } from './try_text.ts'

export const tryOut: Command = {
  name: 'try',
  arguments: 'FILE|-',
  summary: 'Takes one message through every station and shows what each does; nothing is sent.',
  options: {
    ...projectOption,
    tenant: { type: 'string', value: 'NAME', doc: 'Whose channel.' },
    channel: {
      type: 'string',
      value: 'NAME',
      doc: 'Through which channel (default: the only one that lets the message in).',
    },
    ...setOption,
    ...jsonOption,
  },
  notes: [
    'The calls to the target are those that its adapter would make first, as data. What it prints holds what',
    'the message holds. Exit codes: 0 it would go on or is filtered, 1 it would be a dead letter.',
  ],
  examples: ['firth try admission.hl7', 'firth try admission.hl7 --channel adt_in --json'],
  async run(args, world) {
    const [name, ...more] = args.positionals
    if (name === undefined || more.length > 0) throw new UsageError('firth try wants one FILE.')
    const loaded = await planOf(args, world)
    if (loaded === undefined) return exit.config
    const messages = loneMessagesIn(await contentOf(name, world))
    const [bytes = Buffer.alloc(0)] = messages
    if (messages.length > 1)
      world.err(`${name} holds ${messages.length} messages; the first is tried.\n`)
    const channel = chosenChannel(loaded.plan, bytes, args)
    const tried = await tryMessage({ ...loaded, channel, bytes })
    world.out(args.flag('json') ? `${JSON.stringify(tried)}\n` : stationsText(tried, world.colours))
    return tried.fate === 'dead' ? exit.failed : exit.ok
  },
}

async function contentOf(name: string, world: World): Promise<Buffer> {
  const file = name === '-' ? '/dev/stdin' : resolve(world.cwd, name)
  try {
    return await readFile(file)
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

function chosenChannel(plan: Plan, bytes: Buffer, args: Args): ChannelPlan {
  const [tenant, channel] = [args.text('tenant'), args.text('channel')]
  const named = (one: ChannelPlan) =>
    (tenant === undefined || one.tenant === tenant) &&
    (channel === undefined || one.channel === channel)
  const all = plan.tenants.flatMap(one => one.channels).filter(named)
  const [only] = all
  if (only === undefined) throw new UsageError('There is no such channel in this project.')
  if (all.length === 1) return only
  const letting = channelsFor(plan, bytes).filter(named)
  const [first] = letting
  if (first !== undefined && letting.length === 1) return first
  const names = (letting.length > 0 ? letting : all).map(one => `${one.tenant}/${one.channel}`)
  const why = letting.length > 0 ? 'Several channels let it in' : 'No channel lets it in'
  throw new UsageError(`${why}; name one with --tenant and --channel: ${names.join(', ')}.`)
}
