// firth search: messages by patient, control id, type, time, channel, target and state.
import { systemClock } from '../kit/clock.ts'
import {
  type Found,
  type FoundMessage,
  type Question,
  searchMessages,
  searchStates,
} from '../operate/search.ts'
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
import { askSearched } from './searched.ts'
import { plain, table } from './terminal.ts'
import { momentOf } from './times.ts'

const ROWS = 50
const ROWS_MAX = 1_000

const names = {
  patient: {
    type: 'string',
    value: 'ID',
    doc: 'An identifier of the patient: its value, or SYSTEM|VALUE as events have it.',
  },
  visit: { type: 'string', value: 'ID', doc: 'The same of the visit.' },
  'control-id': { type: 'string', value: 'ID', doc: 'MSH-10, also of a message in a batch.' },
  type: { type: 'string', value: 'TYPE', doc: 'ADT^A01, or ADT for all of them.' },
  tenant: { type: 'string', value: 'NAME', doc: 'Only of this tenant.' },
  channel: { type: 'string', value: 'NAME', doc: 'Only of this channel.' },
  target: { type: 'string', value: 'NAME', doc: 'Only what a route sent to this target.' },
} as const

export const search: Command = {
  name: 'search',
  arguments: '',
  summary: 'Finds messages by patient, control id, type, time, channel, target or state.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    ...names,
    state: { type: 'string', value: 'STATE', doc: 'Only in this state; see below.' },
    since: {
      type: 'string',
      value: 'TIME',
      doc: 'Stored at or after: a time, or 15m, 2h, 7d ago.',
    },
    until: { type: 'string', value: 'TIME', doc: 'Stored before.' },
    limit: { type: 'string', value: 'N', doc: `Rows of a page (default: ${ROWS}).` },
    after: {
      type: 'string',
      value: 'PLACE',
      doc: 'The page behind this place of the page before.',
    },
  },
  notes: [
    'Newest first; all that is named must fit, whole and exactly. STATE is what became of a message:',
    'waiting (to be mapped), mapped and routed (on the way), filtered, duplicate, no_event, unrouted, dead,',
    'decided (dead, and a person has dealt with it), or where one of its writes stands: pending, confirmed,',
    'failed, or a state of the ledger such as awaiting_approval. With --json, one object a line, then one',
    'with next and behind. Shows no content. Exit code 1 when nothing is found.',
    'What you type here may be an identifier of a patient: your shell may keep it.',
  ],
  examples: [
    'firth search --patient 4711 --since 7d',
    'firth search --type ORU --state failed --target epic_riverside --json',
  ],
  async run(args, world) {
    const question = questionOf(args)
    const page = { after: placeOf(args), limit: limitOf(args) }
    const found = await askSearched<Found>(
      {
        command: 'search',
        asked: { ask: JSON.stringify({ question, page }) },
        fromFiles: rooms => searchMessages(rooms, question, page),
      },
      args,
      world,
    )
    if (found === undefined) {
      world.err('There is no log here yet.\n')
      return exit.failed
    }
    print(found, args, world)
    return found.rows.length === 0 ? exit.failed : exit.ok
  },
}

function questionOf(args: Args): Question {
  const now_ms = systemClock.now()
  const moment = (name: string) => {
    const text = args.text(name)
    return text === undefined ? undefined : momentOf(name, text, now_ms)
  }
  return {
    patient: args.text('patient'),
    visit: args.text('visit'),
    control_id: args.text('control-id'),
    type: args.text('type'),
    tenant: args.text('tenant'),
    channel: args.text('channel'),
    target: args.text('target'),
    state: stateOf(args),
    since_ms: moment('since'),
    until_ms: moment('until'),
  }
}

function stateOf(args: Args): string | undefined {
  const state = args.text('state')
  if (state === undefined || searchStates.includes(state)) return state
  throw new UsageError(`--state takes one of ${searchStates.join(', ')}.`)
}

function limitOf(args: Args): number {
  const limit = args.number('limit') ?? ROWS
  if (Number.isInteger(limit) && limit >= 1 && limit <= ROWS_MAX) return limit
  throw new UsageError(`--limit wants a whole number from 1 to ${ROWS_MAX}.`)
}

function placeOf(args: Args): string {
  const place = args.text('after') ?? ''
  if (/^\d*$/.test(place)) return place
  throw new UsageError('--after wants the place that the page before has named.')
}

function print({ rows, next, progress }: Found, args: Args, world: World): void {
  const { behind, rebuilding } = progress
  if (args.flag('json')) {
    world.out(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    world.out(`${JSON.stringify({ next: next ?? null, behind, rebuilding })}\n`)
    return
  }
  if (rows.length > 0) world.out(`${tableOf(rows)}\n`)
  else world.err('No message fits.\n')
  if (next !== undefined) world.err(`There may be more: --after ${next}\n`)
  if (behind > 0) {
    const why = rebuilding ? ' The index is being made anew.' : ''
    world.err(`${behind} records of the log are not indexed yet.${why}\n`)
  }
}

function tableOf(rows: readonly FoundMessage[]): string {
  return table(
    ['stored at', 'channel', 'type', 'control id', 'state', 'writes', 'raw id'],
    rows.map(row => [
      new Date(row.stored_at_ms).toISOString(),
      `${row.tenant}/${row.channel}`,
      row.message_type,
      plain(row.control_id),
      row.states.join(' '),
      writesOf(row),
      row.index === undefined ? row.raw_id : `${row.raw_id} (${row.index + 1} of its batch)`,
    ]),
  )
}

/** `epic 2 confirmed 1 failed`, by target. */
function writesOf({ writes, targets }: FoundMessage): string {
  const lines = targets.map(target => {
    const own = writes.filter(write => write.target === target)
    const counts = Map.groupBy(own, ({ state }) => state)
    return [target, ...[...counts].map(([state, { length }]) => `${length} ${state}`)].join(' ')
  })
  return lines.join(', ')
}
