// firth approve: writes that must not go out before people have agreed to them.
import { systemClock } from '../kit/clock.ts'
import type { ShownWrite, WaitingWrite } from '../operate/people.ts'
import { type Command, dataOption, exit, jsonOption, projectOption } from './command.ts'
import { askPeople, byOptions, sayAll, shownOne } from './people.ts'
import { ago, inkOf, plain, table } from './terminal.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

export const approveList: Command = {
  name: 'approve list',
  arguments: '',
  summary: 'Lists the writes that wait for approval, oldest first.',
  options: where,
  notes: [
    'Works beside a running engine and without one. Shows no content; firth approve show does.',
  ],
  examples: ['firth approve list'],
  async run(args, world) {
    const asked = { ask: 'approvals' }
    const waiting = (await askPeople<readonly WaitingWrite[]>(asked, args, world)) ?? []
    if (args.flag('json')) world.out(waiting.map(one => `${JSON.stringify(one)}\n`).join(''))
    else if (waiting.length === 0) world.out('No write waits for approval.\n')
    else world.out(`${listOf(waiting)}\n`)
    return exit.ok
  },
}

function listOf(waiting: readonly WaitingWrite[]): string {
  const now_ms = systemClock.now()
  return table(
    ['intent', 'waits since', 'target', 'risk', 'write', 'event', 'approvals'],
    waiting.map(one => [
      one.intent_id.slice(0, 12),
      ago(one.since_ms, now_ms),
      `${one.tenant}/${one.target}`,
      one.risk ?? 'none',
      `${one.operation} ${one.resource.split('/')[0]}`,
      one.event_kind,
      approvalsOf(one),
    ]),
  )
}

const approvalsOf = ({ approvals, approvers }: WaitingWrite) =>
  plain([`${approvals.length} of ${approvers}`, ...approvals.map(({ by }) => by)].join(', '))

export const approveShow: Command = {
  name: 'approve show',
  arguments: 'INTENT',
  summary: 'Shows what a write would put into the target, and who has agreed to it.',
  options: where,
  notes: [
    'INTENT is the id of the write; its first characters are enough. The output is patient data. The line',
    'to approve it names the content too, so that nobody agrees to another one than was shown.',
  ],
  examples: ['firth approve show 3f9a0c1b22de'],
  async run(args, world) {
    const one = await shownOne('approve show', args, world)
    if (one === undefined) return exit.failed
    world.out(args.flag('json') ? `${JSON.stringify(one)}\n` : `${inWords(one, world.colours)}\n`)
    return exit.ok
  },
}

function inWords(one: ShownWrite, colours: boolean): string {
  const ink = inkOf(colours)
  const { intent } = one
  const approvals = one.approvals.map(({ by, why, at_ms }) =>
    plain(`         ${new Date(at_ms).toISOString()}  ${by}${why === '' ? '' : `: ${why}`}`),
  )
  const name = `${one.intent_id}@${one.content.slice(0, 12)}`
  return [
    ink.bold(`${one.operation} ${one.resource} at ${one.tenant}/${one.target} is ${one.state}`),
    `intent   ${one.intent_id}`,
    `content  ${one.content}`,
    `event    ${one.event_kind}, by route ${one.route} of channel ${one.channel}`,
    `message  raw_id ${one.raw_id}, deployment ${intent.deployment}`,
    `risk     ${one.risk ?? 'none'}`,
    `people   ${approvalsOf(one)}`,
    ...approvals,
    '',
    plain(JSON.stringify(intent.resource, null, 2)),
    ...(one.state === 'awaiting_approval' ? ['', `firth approve ${name} --by NAME`] : []),
  ].join('\n')
}

export const approve: Command = {
  name: 'approve',
  arguments: 'INTENT…',
  summary: 'Agrees to writes that wait for approval; they go out when enough people have.',
  options: { ...where, ...byOptions },
  notes: [
    'INTENT is the id of the write, its first characters, or id@content as firth approve show prints it:',
    'then a content that has changed since is refused. Where two people must agree, they have two names.',
    'Exit code 1 where one of the writes could not be decided.',
  ],
  examples: ['firth approve 3f9a0c1b22de@91c2 --by "R. Moss" --why "checked with the ward"'],
  run(args, world) {
    // `firth approve approve INTENT` reads as the other words of the family do.
    const [first, ...rest] = args.positionals
    const named = first === 'approve' ? { ...args, positionals: rest } : args
    return sayAll('approve', named, world)
  },
}

export const approveReject: Command = {
  name: 'approve reject',
  arguments: 'INTENT…',
  summary: 'Rejects writes that wait for approval: they are not written.',
  options: { ...where, ...byOptions },
  notes: [
    'Only another content of the same event can bring a rejected write back, and asks again.',
  ],
  examples: ['firth approve reject 3f9a0c1b22de --by "R. Moss" --why "wrong patient"'],
  run: (args, world) => sayAll('reject', args, world),
}
