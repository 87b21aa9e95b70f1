// firth dead: what cannot go on, and why.
import { isUtf8 } from 'node:buffer'
import { type DeadLetter, deadLetters, findDeadLetters } from '../operate/dead_letters.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { readerOf } from './folders.ts'
import { inkOf, plain, table } from './terminal.ts'

export const deadList: Command = {
  name: 'dead list',
  arguments: '',
  summary: 'Lists dead letters with their reasons, and counts them by reason.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    tenant: { type: 'string', value: 'NAME', doc: 'Only of this tenant.' },
    channel: { type: 'string', value: 'NAME', doc: 'Only of this channel.' },
    code: { type: 'string', value: 'CODE', doc: 'Only with this error code.' },
  },
  notes: ['With --json, one object a line. Shows no content; firth dead show does.'],
  examples: ['firth dead list --code message_type_unmapped'],
  async run(args, world) {
    const log = await readerOf(args, world)
    try {
      const [tenant, channel, code] = [args.text('tenant'), args.text('channel'), args.text('code')]
      const letters = await deadLetters(log, { tenant, channel, code })
      if (args.flag('json'))
        world.out(letters.map(letter => `${JSON.stringify(letter)}\n`).join(''))
      else world.out(letters.length === 0 ? 'There is no dead letter.\n' : `${listOf(letters)}\n`)
      return exit.ok
    } finally {
      await log.close()
    }
  },
}

function listOf(letters: readonly DeadLetter[]): string {
  const counts = new Map<string, number>()
  for (const { code } of letters) counts.set(code, (counts.get(code) ?? 0) + 1)
  const rows = letters.map(letter => [
    letter.id.slice(0, 12),
    letter.last_failed_at,
    letter.route === '' ? `${letter.tenant}/${letter.channel}` : `${letter.tenant}/${letter.route}`,
    letter.stage,
    letter.code,
    letter.control_id ?? '',
  ])
  const reasons = [...counts].sort(([, a], [, b]) => b - a).map(([code, count]) => [count, code])
  return [
    table(['id', 'failed at', 'where', 'stage', 'reason', 'control id'], rows),
    '',
    table(['count', 'reason'], reasons),
  ].join('\n')
}

export const deadShow: Command = {
  name: 'dead show',
  arguments: 'ID',
  summary: 'Shows one dead letter whole, with what to do about it and its bytes.',
  options: { ...projectOption, ...dataOption, ...jsonOption },
  notes: [
    'ID is the id of the dead letter, or the raw_id or control id of its message; the first characters',
    'of an id are enough. The output holds what the sender sent: treat it as patient data.',
  ],
  examples: ['firth dead show 3f9a0c1b22de'],
  async run(args, world) {
    const [id, ...more] = args.positionals
    if (id === undefined || more.length > 0) throw new UsageError('firth dead show wants one ID.')
    const log = await readerOf(args, world)
    try {
      const [found, ...others] = await findDeadLetters(log, id)
      if (found === undefined) {
        world.err(`There is no dead letter ${id}. firth dead list shows those that exist.\n`)
        return exit.failed
      }
      if (others.length > 0) {
        const ids = [found, ...others].map(({ letter }) => `  ${letter.id}  ${letter.code}`)
        world.err(`${ids.length} dead letters fit ${id}. Name one of them:\n${ids.join('\n')}\n`)
        return exit.failed
      }
      const { letter, record } = found
      const { value } = record
      const text = isUtf8(value)
        ? { value: value.toString('utf8') }
        : { value: value.toString('base64'), value_encoding: 'base64' }
      if (args.flag('json'))
        world.out(`${JSON.stringify({ ...letter, headers: record.headers, ...text })}\n`)
      else world.out(`${inWords(letter, text.value, world.colours)}\n`)
      return exit.ok
    } finally {
      await log.close()
    }
  },
}

function inWords(letter: DeadLetter, value: string, colours: boolean): string {
  const ink = inkOf(colours)
  const facts = Object.entries(letter.facts).map(([name, fact]) => `${name} ${String(fact)}`)
  return [
    ink.bold(`${letter.code}: ${letter.message}`),
    letter.hint,
    '',
    `id       ${letter.id}`,
    `where    ${[letter.tenant, letter.channel, letter.route].filter(Boolean).join('/')}, at ${letter.stage} (${letter.class})`,
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
