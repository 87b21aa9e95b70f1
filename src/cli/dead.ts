// firth dead list and firth dead show: what cannot go on, why, and what was done about it.
import { isUtf8 } from 'node:buffer'
import type { Paged } from '../model/search.ts'
import type { ReasonCount, StandingLetter } from '../operate/dead_letters.ts'
import type { CameTo, Shown } from '../operate/dead_show.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { askDead, filterOf, filterOptions, stateOf } from './dead_options.ts'
import { type Ink, inkOf, plain, table } from './terminal.ts'

const where = { ...projectOption, ...dataOption, ...jsonOption }

const LIMIT = 50
/** Letters that one question asks for. */
const PORTION = 500

export const deadList: Command = {
  name: 'dead list',
  arguments: '',
  summary: 'Counts dead letters by reason and lists them, the newest first.',
  options: {
    ...where,
    ...filterOptions,
    state: {
      type: 'string',
      value: 'STATE',
      doc: 'What was decided: open (default), retried, edited, dropped, replayed, or all.',
    },
    limit: {
      type: 'string',
      value: 'N',
      doc: `At most so many (default: ${LIMIT}; all with --json).`,
    },
    after: {
      type: 'string',
      value: 'PAGE',
      doc: 'The page that begins there, as the one before says.',
    },
  },
  notes: [
    'With --json, one object a line. Shows no content; firth dead show does. Works beside a running engine',
    'and without one.',
  ],
  examples: [
    'firth dead list --code message_type_unmapped',
    'firth dead list --target chart --since 2h',
    'firth dead list --state dropped --tenant riverside',
  ],
  async run(args, world) {
    const state = stateOf(args)
    const query = { ...filterOf(args), ...(state === undefined ? {} : { state }) }
    const filter = JSON.stringify(query)
    const json = args.flag('json')
    const limit = args.number('limit') ?? (json ? Number.POSITIVE_INFINITY : LIMIT)
    let after = args.text('after') ?? ''
    const ask = (count: number) =>
      askDead<Paged<StandingLetter>>(
        { ask: 'list', filter, after, limit: String(count) },
        args,
        world,
      )
    if (!json) {
      const reasons = await askDead<readonly ReasonCount[]>({ ask: 'reasons', filter }, args, world)
      if (reasons === undefined || reasons.length === 0) {
        world.out('There is no dead letter.\n')
        return exit.ok
      }
      world.out(`${reasonTable(reasons)}\n\n`)
    }
    const listed: StandingLetter[] = []
    for (let left = limit; left > 0; ) {
      const page = await ask(Math.min(left, PORTION))
      if (json) for (const letter of page?.rows ?? []) world.out(`${JSON.stringify(letter)}\n`)
      else listed.push(...(page?.rows ?? []))
      left -= page?.rows.length ?? 0
      after = page?.next ?? ''
      if (after === '') break
    }
    if (!json) world.out(`${listOf(listed, state === 'open')}\n`)
    if (after !== '') world.err(`There are more: --after '${after}'\n`)
    return exit.ok
  },
}

export function reasonTable(reasons: readonly ReasonCount[]): string {
  return table(
    ['count', 'reason', 'where', 'oldest', 'newest'],
    reasons.map(one => [one.count, one.code, placeOf(one), one.oldest, one.newest]),
  )
}

const placeOf = ({ tenant, channel, target }: Pick<ReasonCount, 'tenant' | 'channel' | 'target'>) =>
  `${tenant}/${channel}${target === '' ? '' : ` → ${target}`}`

function listOf(letters: readonly StandingLetter[], all_open: boolean): string {
  const head = ['id', 'failed at', 'where', 'stage', 'reason', 'control id']
  return table(
    all_open ? head : [...head, 'state'],
    letters.map(letter => [
      letter.id.slice(0, 12),
      letter.last_failed_at,
      placeOf(letter),
      letter.stage,
      letter.code,
      letter.control_id ?? '',
      ...(all_open ? [] : [letter.state]),
    ]),
  )
}

export const deadShow: Command = {
  name: 'dead show',
  arguments: 'ID',
  summary: 'Shows one dead letter whole: what to do about it, what became of it, its content.',
  options: where,
  notes: [
    'ID is the id of the dead letter, its first characters, or the raw_id or control id of its message. The',
    'output holds what the sender sent: treat it as patient data.',
  ],
  examples: ['firth dead show 3f9a0c1b22de'],
  async run(args, world) {
    const [id, ...more] = args.positionals
    if (id === undefined || more.length > 0) throw new UsageError('firth dead show wants one ID.')
    const shown = await askDead<Shown>({ ask: 'show', id }, args, world)
    const [letter] = shown?.letters ?? []
    if (letter === undefined) {
      world.err(`There is no dead letter ${id}. firth dead list shows those that exist.\n`)
      return exit.failed
    }
    const whole = shown?.whole
    if (whole === undefined) {
      const ids = (shown?.letters ?? []).map(one => `  ${one.id}  ${one.state}  ${one.code}`)
      world.err(`${ids.length} dead letters fit ${id}. Name one of them:\n${ids.join('\n')}\n`)
      return exit.failed
    }
    const bytes = Buffer.from(whole.value, 'base64')
    const text = isUtf8(bytes)
      ? { value: bytes.toString('utf8') }
      : { value: whole.value, value_encoding: 'base64' }
    const { headers, came_to } = whole
    if (args.flag('json')) {
      world.out(`${JSON.stringify({ ...letter, headers, ...text, came_to })}\n`)
    } else world.out(`${inWords({ letter, value: text.value, came_to }, inkOf(world.colours))}\n`)
    return exit.ok
  },
}

function inWords(
  of: {
    readonly letter: StandingLetter
    readonly value: string
    readonly came_to: CameTo | undefined
  },
  ink: Ink,
): string {
  const { letter, value, came_to } = of
  const facts = Object.entries(letter.facts).map(([name, fact]) => `${name} ${String(fact)}`)
  const place = [letter.tenant, letter.channel, letter.route].filter(Boolean).join('/')
  return [
    ink.bold(`${letter.code}: ${letter.message}`),
    letter.hint,
    '',
    `id       ${letter.id}`,
    `state    ${cameToText(letter, came_to)}`,
    `where    ${place}, at ${letter.stage} (${letter.class})`,
    ...(letter.target === '' ? [] : [`target   ${letter.target}`]),
    ...(letter.path === '' ? [] : [`place    ${letter.path}`]),
    ...(facts.length === 0 ? [] : [`facts    ${facts.join(', ')}`]),
    `tries    ${letter.attempts}, first ${letter.first_failed_at}, last ${letter.last_failed_at}`,
    ...(letter.raw_id === undefined
      ? []
      : [`message  ${plain(letter.control_id ?? '')} raw_id ${letter.raw_id}`]),
    ...(letter.origin === undefined ? [] : [`origin   ${letter.origin}`]),
    '',
    plain(value.replaceAll(/\r\n?/g, '\n').trimEnd()),
  ].join('\n')
}

/** `retried by R. Moss at …: mended → raw_id … → 3 writes: surfaced 3`. */
function cameToText(letter: StandingLetter, came: CameTo | undefined): string {
  const { said } = letter
  if (said === undefined || came === undefined) return letter.state
  const why = said.why === '' ? '' : `: ${plain(said.why)}`
  const who = said.by === '' ? 'by a newer message' : `by ${plain(said.by)}`
  const head = `${letter.state} ${who} at ${new Date(said.at_ms).toISOString()}${why}`
  const raw = said.raw_id === undefined ? [] : [`raw_id ${said.raw_id}`]
  return [head, ...raw, ...endsOf(came)].join(' → ')
}

function endsOf({ writes, letters }: CameTo): readonly string[] {
  const states = [...Map.groupBy(writes, ({ state }) => state)]
  const counted = states.map(([state, all]) => `${all.length} ${state}`).join(', ')
  const written = `${writes.length} write${writes.length === 1 ? '' : 's'}: ${counted}`
  return [
    ...(writes.length === 0 ? [] : [written]),
    ...letters.map(({ id, code }) => `dead again as ${id.slice(0, 12)} (${code})`),
  ]
}
