// From words to a command and its arguments, and help for the person who reads it.
import { parseArgs } from 'node:util'
import { nearest } from '../kit/nearest.ts'
import { type Args, type Command, type OptionSpec, UsageError } from './command.ts'

const COMMON: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', doc: 'Shows this help.' },
}

/** The command whose one or two words begin `words`, with what is left. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ')
    const command = commands.find(candidate => candidate.name === name)
    if (command) return { command, rest: words.slice(count) }
  }
  return undefined
}

export function parse(command: Command, rest: readonly string[]): Args {
  const options = { ...command.options, ...COMMON }
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, multiple }]) => [
          name,
          {
            type,
            ...(multiple ? { multiple: true } : {}),
            ...(name === 'help' ? { short: 'h' } : {}),
          },
        ]),
      ),
      allowPositionals: true,
      strict: true,
    })
    if (command.arguments === '' && positionals.length > 0) {
      throw new UsageError(`firth ${command.name} takes no argument: "${positionals[0]}".`)
    }
    return argsOf(values as Record<string, unknown>, positionals)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(inWords(cause, Object.keys(options)))
  }
}

function argsOf(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Args {
  const text = (name: string) => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    positionals,
    text,
    texts: name => (Array.isArray(values[name]) ? (values[name] as string[]) : []),
    flag: name => values[name] === true,
    number(name) {
      const value = text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      if (value.trim() === '' || !Number.isFinite(number) || number < 0) {
        throw new UsageError(`--${name} wants a number, not "${value}".`)
      }
      return number
    },
  }
}

function inWords(cause: unknown, names: readonly string[]): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  const unknown = /Unknown option '(-+[^']*)'/.exec(message)?.[1]
  if (unknown === undefined) return message
  const near = nearest(unknown.replace(/^-+/, ''), names)
  return `There is no option ${unknown}.${near === undefined ? '' : ` Did you mean --${near}?`}`
}

/** What every terminal has. */
const COLUMNS = 80

/** A word, and beside it what there is to say of it, in a column of its own. */
function besides(head: string, width: number, text: string): string {
  const gap = ' '.repeat(width + 2)
  return `  ${head.padEnd(width)}${wrapped(text, COLUMNS - gap.length).join(`\n${gap}`)}`
}

/** Lines of at most so many columns; a word that is longer has one of its own. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** A command line as a shell takes it, broken before an option where it is long. */
function typed(example: string): string {
  const lines: string[] = []
  for (const part of example.split(/ (?=--)/)) {
    const longer = lines.length === 0 ? `  ${part}` : `${lines.at(-1)} ${part}`
    if (lines.length > 0 && longer.length > COLUMNS - 2) lines.push(`    ${part}`)
    else lines[Math.max(0, lines.length - 1)] = longer
  }
  return lines.join(' \\\n')
}

export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON })
  const heads = options.map(
    ([name, { value }]) => `--${name}${value === undefined ? '' : ` ${value}`}`,
  )
  const width = Math.max(...heads.map(head => head.length)) + 2
  return [
    `firth ${command.name} ${command.arguments}`.trimEnd(),
    '',
    ...wrapped(command.summary, COLUMNS),
    '',
    'Options:',
    ...options.map(([, { doc }], i) => besides(heads[i] ?? '', width, doc)),
    ...(command.notes.length === 0 ? [] : ['', ...wrapped(command.notes.join(' '), COLUMNS)]),
    ...(command.examples.length === 0 ? [] : ['', 'Examples:']),
    ...command.examples.map(typed),
    '',
  ].join('\n')
}

/** Commands under a heading, in the order in which a person comes to need them. */
export interface CommandGroup {
  readonly title: string
  readonly commands: readonly Command[]
}

export function overview(groups: readonly CommandGroup[], version: string): string {
  const names = groups.flatMap(({ commands }) => commands.map(({ name }) => name))
  const width = Math.max(...names.map(name => name.length)) + 2
  return [
    ...wrapped(
      `Firth ${version}: a message router for HL7 v2 and FHIR that acknowledges only what is durable.`,
      COLUMNS,
    ),
    '',
    'Usage: firth COMMAND [options]',
    ...groups.flatMap(({ title, commands }) => [
      '',
      `${title}:`,
      ...commands.map(({ name, summary }) => besides(name, width, summary)),
    ]),
    '',
    ...wrapped(
      'firth COMMAND --help tells more. Exit codes: 0 well, 1 something is not well, 2 wrong usage, ' +
        '3 errors in the configuration, 4 what is needed is missing or in use, 70 a bug of Firth.',
      COLUMNS,
    ),
    '',
  ].join('\n')
}
