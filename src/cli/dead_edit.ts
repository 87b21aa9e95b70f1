// firth dead edit: a message mended by a person, in an editor, from a file or field by field.
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { charsetNamed } from '../codecs/hl7v2/charset.ts'
import { edit } from '../codecs/hl7v2/edit.ts'
import { type MessageText, messageText, withText } from '../codecs/hl7v2/edit_text.ts'
import { PathError } from '../codecs/hl7v2/path.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import { editText } from '../kit/editor.ts'
import { excerpt, lineDiff } from '../kit/line_diff.ts'
import { userName } from '../kit/user.ts'
import { catalogue, Failure } from '../model/errors.ts'
import type { ActedOn } from '../operate/dead.ts'
import type { LetterText, Tried } from '../operate/dead_show.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  jsonOption,
  projectOption,
  UsageError,
  unreadable,
  type World,
} from './command.ts'
import { actedText, agreed, isDone } from './dead_act.ts'
import { askDead } from './dead_options.ts'
import { byOptions, speakerOf } from './people.ts'
import { type Ink, inkOf, plain } from './terminal.ts'

export const deadEdit: Command = {
  name: 'dead edit',
  arguments: 'ID',
  summary: 'Mends the message of a dead letter and sends it on; the original stays as it is.',
  options: {
    ...projectOption,
    ...dataOption,
    set: {
      type: 'string',
      value: 'PATH=VALUE',
      multiple: true,
      doc: 'Sets a field instead of opening an editor, e.g. PID-8=F. May be repeated.',
    },
    file: {
      type: 'string',
      value: 'FILE',
      doc: 'The mended message as text in UTF-8, one segment a line, as --print prints it.',
    },
    print: { type: 'boolean', doc: 'Prints the message as text and does nothing.' },
    'dry-run': { type: 'boolean', doc: 'Shows the change and what would come of it.' },
    yes: { type: 'boolean', doc: 'Does not ask.' },
    ...byOptions,
    ...jsonOption,
  },
  notes: [
    'Opens EDITOR on the message. What is not touched stays byte for byte: line ends, character set, bytes',
    'that are no text of it. The mended message is stored as one of its own that names the one it repairs;',
    'its sender is not answered again. It takes the place of the original in the order, so it never',
    'overwrites what is newer; a write that the target refused is revised, not made twice. The output is',
    'patient data. Exit code 1 where it would be, or was, refused.',
  ],
  examples: [
    'firth dead edit 3f9a0c1b22de --why "sex was missing"',
    'firth dead edit 3f9a0c1b22de --set PID-8=F --dry-run',
    'firth dead edit 3f9a0c1b22de --print >message.txt',
  ],
  async run(args, world) {
    const [id, ...more] = args.positionals
    if (id === undefined || more.length > 0) throw new UsageError('firth dead edit wants one ID.')
    const ways = ['set', 'file', 'print'].filter(
      name => args.flag(name) || args.text(name) !== undefined || args.texts(name).length > 0,
    )
    if (ways.length > 1) throw new UsageError(`--${ways[0]} does not go with --${ways[1]}.`)
    const speaker = speakerOf(args, userName())
    const letter = await askDead<LetterText>({ ask: 'text', id }, args, world)
    if (letter === undefined) throw new Failure('letter_unknown', { letter: id })
    const bytes = Buffer.from(letter.bytes, 'base64')
    const charset = charsetNamed(letter.charset ?? '')
    const text = messageText(bytes, { charset })
    if (args.flag('print')) {
      world.out(text.text)
      return exit.ok
    }
    const made = await mendedBy({ bytes, text, charset, name: letter.letter.id }, args, world)
    if (made === undefined || made.equals(bytes)) {
      world.err('Nothing was changed.\n')
      return exit.failed
    }
    const asked = { id: letter.letter.id, bytes: made.toString('base64'), ...speaker }
    const after = messageText(made, { charset }).text
    return settle({ asked, diff: excerpt(lineDiff(text.text, after)) }, args, world)
  },
}

interface Editing {
  readonly bytes: Buffer
  readonly text: MessageText
  readonly charset: MessageText['charset'] | undefined
  readonly name: string
}

/** Undefined where the person left the editor without a word. */
async function mendedBy(
  { bytes, text, charset, name }: Editing,
  args: Args,
  world: World,
): Promise<Buffer | undefined> {
  const sets = args.texts('set')
  if (sets.length > 0) return withFields(bytes, sets, { charset })
  const file = args.text('file')
  const edited =
    file === undefined
      ? await inEditor({ name: `${name}.hl7`, text }, world)
      : await textOfFile(file, world)
  return edited === undefined ? undefined : withText(bytes, edited, { charset })
}

function withFields(
  bytes: Buffer,
  sets: readonly string[],
  options: Parameters<typeof readMessage>[1],
): Buffer {
  const editor = edit(readMessage(bytes, options))
  for (const set of sets) {
    const at = set.indexOf('=')
    if (at < 1) throw new UsageError(`--set wants PATH=VALUE, such as PID-8=F, not "${set}".`)
    try {
      editor.set(set.slice(0, at), set.slice(at + 1))
    } catch (thrown) {
      if (!(thrown instanceof PathError)) throw thrown
      throw new UsageError(`--set ${set.slice(0, at)}: ${thrown.message}`)
    }
  }
  return editor.toBytes()
}

async function textOfFile(name: string, world: World): Promise<string> {
  const bytes = await readFile(name === '-' ? '/dev/stdin' : resolve(world.cwd, name)).catch(
    cause => {
      throw unreadable(name, cause)
    },
  )
  if (!isUtf8(bytes)) throw new UsageError(`${name} is no text in UTF-8; see --print.`)
  return bytes.toString('utf8')
}

async function inEditor(
  { name, text: { text, odd, charset } }: { readonly name: string; readonly text: MessageText },
  world: World,
): Promise<string | undefined> {
  const editor = world.env.VISUAL ?? world.env.EDITOR
  if (editor === undefined || !world.terminal) {
    throw new UsageError('Set EDITOR and come from a terminal, or give --set or --file.')
  }
  if (odd > 0) {
    world.err(
      `${odd} bytes are no text in ${charset}; each stands as one private character (U+F7..) and stays.\n`,
    )
  }
  return editText(editor, { name, text })
}

interface Settling {
  readonly asked: { readonly id: string; readonly bytes: string; by: string; why: string }
  readonly diff: readonly string[]
}

async function settle({ asked, diff }: Settling, args: Args, world: World): Promise<number> {
  const ink = inkOf(world.colours)
  const json = args.flag('json')
  const dry = args.flag('dry-run')
  const tried = await tryIt(asked, args, world)
  if (!json)
    world.out(`${diff.map(line => painted(line, ink)).join('\n')}\n\n${triedText(tried, ink)}\n`)
  if (dry) {
    if (json) world.out(`${JSON.stringify({ letter: asked.id, diff, tried })}\n`)
    return isWell(tried) ? exit.ok : exit.failed
  }
  const isAsked = world.ask !== undefined && !json
  if (isAsked && !(await agreed('Send it on?', args, world))) {
    world.out('Nothing was done.\n')
    return exit.failed
  }
  const [acted] = (await askDead<readonly ActedOn[]>({ ask: 'edit', ...asked }, args, world)) ?? []
  if (acted === undefined) throw new Failure('letter_unknown', { letter: asked.id })
  world.out(json ? `${JSON.stringify({ ...acted, tried })}\n` : `${actedText(acted)}\n`)
  return isDone(acted) ? exit.ok : exit.failed
}

/** The code of why it cannot be tried here. */
type MaybeTried = Tried | { readonly not_tried: Failure['code'] }

async function tryIt(asked: Settling['asked'], args: Args, world: World): Promise<MaybeTried> {
  try {
    const tried = await askDead<Tried>({ ask: 'try', ...asked }, args, world)
    return tried ?? { not_tried: 'letter_unknown' }
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'letter_unmapped') throw thrown
    return { not_tried: thrown.code }
  }
}

const isWell = (tried: MaybeTried) => 'fate' in tried && tried.fate !== 'dead'

function painted(line: string, ink: Ink): string {
  const paint = line.startsWith('+') ? ink.green : line.startsWith('-') ? ink.red : ink.dim
  return paint(plain(line))
}

function triedText(tried: MaybeTried, ink: Ink): string {
  if ('not_tried' in tried) return ink.yellow(`Not tried: ${catalogue[tried.not_tried].message}`)
  const { fate, dead, events, writes, findings } = tried
  if (dead !== undefined) {
    const facts = Object.entries(dead.facts).map(([name, fact]) => `${name} ${String(fact)}`)
    const at = facts.length === 0 ? '' : ` (${plain(facts.join(', '))})`
    return ink.red(`It would be a dead letter again: ${dead.code}${at}`)
  }
  return [
    events.length === 0 ? `It would be ${fate}.` : `It would become ${events.join(', ')}.`,
    ...writes.map(one => `  ${one.operation} ${one.resource} at ${one.target}: ${one.state}`),
    ...findings.map(({ code, place }) => ink.yellow(`  ${code} ${plain(place)}`)),
  ].join('\n')
}
