// firth release: a person says what became of a write that the engine may not decide alone.
import { systemClock } from '../kit/clock.ts'
import type { WaitingWrite } from '../operate/people.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { askPeople, byOptions, sayAll } from './people.ts'
import { ago, table } from './terminal.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

export const releaseList: Command = {
  name: 'release list',
  arguments: '',
  summary:
    'Lists writes that may have landed, and dead ones that hold the later ones of a patient.',
  options: where,
  notes: ['Works beside a running engine and without one. Shows no content.'],
  examples: ['firth release list'],
  async run(args, world) {
    const asked = { ask: 'releases' }
    const waiting = (await askPeople<readonly WaitingWrite[]>(asked, args, world)) ?? []
    if (args.flag('json')) world.out(waiting.map(one => `${JSON.stringify(one)}\n`).join(''))
    else if (waiting.length === 0) world.out('No write waits for a release.\n')
    else world.out(`${listOf(waiting)}\n`)
    return exit.ok
  },
}

function listOf(waiting: readonly WaitingWrite[]): string {
  const now_ms = systemClock.now()
  return table(
    ['intent', 'is', 'since', 'target', 'write', 'reason', 'release with'],
    waiting.map(one => [
      one.intent_id.slice(0, 12),
      one.waits,
      ago(one.since_ms, now_ms),
      `${one.tenant}/${one.target}`,
      `${one.operation} ${one.resource.split('/')[0]}`,
      one.reason ?? '',
      one.waits === 'dead' ? '--retry or --drop' : '--landed or --not-landed',
    ]),
  )
}

const wordOptions = {
  landed: { type: 'boolean', doc: 'The target holds it: it is not sent again.' },
  'not-landed': { type: 'boolean', doc: 'The target does not hold it: it is sent again.' },
  retry: { type: 'boolean', doc: 'A dead write is sent again.' },
  drop: { type: 'boolean', doc: 'A dead write is given up; what it held goes on.' },
} as const

export const release: Command = {
  name: 'release',
  arguments: 'INTENT…',
  summary: 'Says what became of a write: landed or not, or of a dead one: try again or drop it.',
  options: { ...where, ...wordOptions, ...byOptions },
  notes: [
    'Look at the target first: a write that is sent twice may be there twice. INTENT is the id of the write',
    'or its first characters. Exit code 1 where one of them did not wait for this word.',
  ],
  examples: [
    'firth release 3f9a0c1b22de --landed --by "R. Moss"',
    'firth release 3f9a0c1b22de --drop --by "R. Moss" --why "entered by hand"',
  ],
  run(args, world) {
    const [word, ...others] = Object.keys(wordOptions).filter(name => args.flag(name))
    if (word === undefined || others.length > 0) {
      throw new UsageError('Say one of --landed, --not-landed, --retry and --drop.')
    }
    return sayAll(word.replace('-', '_'), args, world)
  },
}
