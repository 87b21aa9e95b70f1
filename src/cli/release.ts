// firth release: a person says what became of a write that the engine may not decide alone.
import { systemClock } from '../kit/clock.ts'
import type { ShownWrite, WaitingWrite } from '../operate/people.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { askPeople, byOptions, sayAll, shownOne } from './people.ts'
import { ago, inkOf, plain, table } from './terminal.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

export const releaseList: Command = {
  name: 'release list',
  arguments: '',
  summary: 'Lists the writes of which a person has to say what becomes of them.',
  options: where,
  notes: [
    'Those that may have landed, that conflict with what the target holds, that were denied, parked, or',
    'died and hold the later ones of their patient. Works beside a running engine and without one. Shows',
    'no content; firth release show does.',
  ],
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
    ['intent', 'is', 'since', 'target', 'write', 'waits for', 'release with'],
    waiting.map(one => [
      one.intent_id.slice(0, 12),
      one.waits,
      ago(one.since_ms, now_ms),
      `${one.tenant}/${one.target}`,
      `${one.operation} ${one.resource.split('/')[0]}`,
      plain(one.waiting?.words ?? ''),
      optionsFor(one),
    ]),
  )
}

const optionsFor = ({ words }: WaitingWrite) =>
  words.map(word => `--${word.replace('_', '-')}`).join(' ')

export const releaseShow: Command = {
  name: 'release show',
  arguments: 'INTENT',
  summary: 'Shows what a write wanted against what the target holds now, place by place.',
  options: where,
  notes: [
    'INTENT is the id of the write, or its first characters where it waits for a person. The output is',
    'patient data. The target is asked at this moment, by the engine that runs; without one, or while it',
    'is paused or cannot be reached, only what was wanted is shown.',
  ],
  examples: ['firth release show 3f9a0c1b22de'],
  async run(args, world) {
    const one = await shownOne('release show', args, world)
    if (one === undefined) return exit.failed
    world.out(args.flag('json') ? `${JSON.stringify(one)}\n` : `${inWords(one, world.colours)}\n`)
    return exit.ok
  },
}

function inWords(one: ShownWrite, colours: boolean): string {
  const ink = inkOf(colours)
  const { intent, look, waiting } = one
  const differences = (look?.differences ?? []).map(({ path, ours, theirs }) =>
    plain(`  ${path}: wanted ${textOf(ours)}, there ${textOf(theirs)}`),
  )
  const state = `${one.operation} ${one.resource} at ${one.tenant}/${one.target} is ${one.state}`
  return [
    ink.bold(plain(state)),
    `intent   ${one.intent_id}`,
    `event    ${one.event_kind}, by route ${one.route} of channel ${one.channel}`,
    `message  raw_id ${one.raw_id}, deployment ${intent.deployment}`,
    ...(waiting === undefined ? [] : [plain(`waits    for ${waiting.words}`)]),
    ...(one.reason === undefined ? [] : [`reason   ${one.reason}`]),
    ...(one.words.length === 0 ? [] : [`release  ${optionsFor(one)}`]),
    '',
    sentenceOf(one),
    ...differences,
    ...(look?.theirs === undefined
      ? ['', plain(JSON.stringify(look?.ours ?? intent.resource, null, 2))]
      : []),
  ].join('\n')
}

const textOf = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value))

function sentenceOf({ look }: ShownWrite): string {
  if (look === undefined) return 'The target could not be asked. What was wanted:'
  if (look.shown === 'absent') return 'The target does not hold it. What was wanted:'
  if (look.theirs === undefined) {
    return `The target did not show it${look.code === undefined ? '' : ` (${look.code})`}. What was wanted:`
  }
  const count = look.differences.length
  return count === 0
    ? 'The target holds what was wanted.'
    : `The target holds something else in ${count} ${count === 1 ? 'place' : 'places'}:`
}

const wordOptions = {
  landed: { type: 'boolean', doc: 'The target holds it: it is not sent again.' },
  'not-landed': { type: 'boolean', doc: 'The target does not hold it: it is sent again.' },
  retry: {
    type: 'boolean',
    doc: 'It is written again, over what the target holds by then: dead, conflict, denied, rejected, parked.',
  },
  'accept-theirs': { type: 'boolean', doc: 'Of a conflict: what the target holds is right.' },
  park: {
    type: 'boolean',
    doc: 'It is kept, and what stands behind it, until a person says more.',
  },
  drop: { type: 'boolean', doc: 'It is given up; what it held goes on.' },
} as const

export const release: Command = {
  name: 'release',
  arguments: 'INTENT…',
  summary:
    'Says what becomes of a write: it landed or not, try it again, accept theirs, park, drop.',
  options: { ...where, ...wordOptions, ...byOptions },
  notes: [
    'Look at the target first: a write that is sent twice may be there twice. INTENT is the id of the write',
    'or its first characters. --by is your user name unless you say another. firth explain moves shows',
    'which word leads where. Exit code 1 where one of them did not wait for this word.',
  ],
  examples: [
    'firth release 3f9a0c1b22de --landed --by "R. Moss"',
    'firth release 3f9a0c1b22de --drop --by "R. Moss" --why "entered by hand"',
  ],
  run(args, world) {
    const [word, ...others] = Object.keys(wordOptions).filter(name => args.flag(name))
    if (word === undefined || others.length > 0) {
      const names = Object.keys(wordOptions).map(name => `--${name}`)
      throw new UsageError(`Say one of ${names.join(', ')}.`)
    }
    return sayAll(word.replace('-', '_'), args, world)
  },
}
