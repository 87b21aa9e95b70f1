// firth queue: the writes that wait or need a person, each with what it waits for and since when.
import { systemClock } from '../kit/clock.ts'
import { isState } from '../model/state.ts'
import { answerQueue, type QueueLine, type QueuePage } from '../operate/queue.ts'
import { standsOfFiles } from '../operate/waits.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { askEither } from './people.ts'
import { ago, plain, table } from './terminal.ts'

const LIMIT = 50

export const queue: Command = {
  name: 'queue',
  arguments: '',
  summary: 'Lists writes that wait or need a person: what each waits for, and since when.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    tenant: { type: 'string', value: 'TENANT', doc: 'Only this tenant.' },
    target: { type: 'string', value: 'TARGET', doc: 'Only this target.' },
    state: { type: 'string', value: 'STATE', doc: 'Only this state; see: firth explain moves.' },
    patient: {
      type: 'string',
      value: 'ID',
      doc: 'Only this patient: SYSTEM|VALUE, or a value of any system. Not for finished writes.',
    },
    limit: { type: 'string', value: 'N', doc: `Lines of one page (default: ${LIMIT}, most: 500).` },
    after: { type: 'string', value: 'PLACE', doc: 'The next page, as the page before it says.' },
  },
  notes: ['Works beside a running engine and without one. Shows no content and no patient.'],
  examples: [
    'firth queue --target epic_riverside',
    'firth queue --state conflict --json',
    "firth queue --patient 'urn:oid:1.2.840.1.2|12345'",
  ],
  async run(args, world) {
    if (args.positionals.length > 0) throw new UsageError('firth queue takes options only.')
    const state = args.text('state') ?? ''
    if (state !== '' && !isState(state)) {
      throw new UsageError(`There is no state ${plain(state)}; see: firth explain moves.`)
    }
    const limit = args.number('limit') ?? LIMIT
    const asked = {
      tenant: args.text('tenant') ?? '',
      target: args.text('target') ?? '',
      patient: args.text('patient') ?? '',
      after: args.text('after') ?? '',
      limit: String(limit),
      state,
    }
    const fromFiles: Parameters<typeof askEither>[0]['fromFiles'] = async ({ store }, now_ms) =>
      answerQueue({ store, stands: await standsOfFiles(store), now_ms }, asked)
    const page = await askEither<QueuePage>({ command: 'queue', asked, fromFiles }, args, world)
    const { lines, next } = page ?? { lines: [], next: undefined }
    if (args.flag('json')) world.out(lines.map(one => `${JSON.stringify(one)}\n`).join(''))
    else if (lines.length === 0) world.out('Nothing waits.\n')
    else world.out(`${listOf(lines)}\n`)
    if (next !== undefined) world.err(`There is more: --after ${next}\n`)
    return exit.ok
  },
}

function listOf(lines: readonly QueueLine[]): string {
  const now_ms = systemClock.now()
  return table(
    ['intent', 'target', 'write', 'event', 'state', 'retries', 'since', 'waits for'],
    lines.map(one => [
      one.intent_id.slice(0, 12),
      `${one.tenant}/${one.target}`,
      `${one.operation} ${one.resource.split('/')[0]}`,
      one.event_kind,
      one.state,
      one.attempts,
      ago(one.waits?.since_ms ?? one.since_ms, now_ms),
      plain(one.waits?.words ?? ''),
    ]),
  )
}
