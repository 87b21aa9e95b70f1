// firth send: files over MLLP, with a live counter and a summary of answers and latencies.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { listFolder } from '../kit/files.ts'
import { readStandardInput } from '../kit/standard_input.ts'
import { quantile, sendFiles, type Tally } from '../operate/send.ts'
import type { MllpClientOptions } from '../wire/mllp_client.ts'
import {
  type Args,
  type Command,
  exit,
  jsonOption,
  UsageError,
  unreadable,
  type World,
} from './command.ts'
import { inkOf, table } from './terminal.ts'

export const send: Command = {
  name: 'send',
  arguments: 'FILE…',
  summary: 'Sends HL7 v2 files over MLLP and counts the answers.',
  options: {
    host: { type: 'string', value: 'HOST', doc: 'Where to (default: 127.0.0.1).' },
    port: { type: 'string', value: 'PORT', doc: 'TCP port of the listener.' },
    rate: {
      type: 'string',
      value: 'N',
      doc: 'Messages a second (default: as fast as answers come).',
    },
    connections: { type: 'string', value: 'N', doc: 'Connections side by side (default: 1).' },
    repeat: { type: 'string', value: 'N', doc: 'How often the files are sent (default: 1).' },
    unique: {
      type: 'boolean',
      doc: 'Gives each message that is sent a control id (MSH-10) of its own.',
    },
    cr: { type: 'boolean', doc: 'Ends segments with CR where a file has LF or CRLF.' },
    timeout: { type: 'string', value: 'S', doc: 'Seconds to wait for an answer (default: 30).' },
    tls: { type: 'boolean', doc: 'Speaks TLS; implied by the other TLS options.' },
    'tls-ca': { type: 'string', value: 'FILE', doc: 'Authority that signed the listener (PEM).' },
    'tls-certificate': { type: 'string', value: 'FILE', doc: 'Our certificate, for mTLS (PEM).' },
    'tls-key': { type: 'string', value: 'FILE', doc: 'Our private key, for mTLS (PEM).' },
    'tls-name': {
      type: 'string',
      value: 'NAME',
      doc: "Name in the listener's certificate, if not HOST.",
    },
    ...jsonOption,
  },
  notes: [
    'A file is one message and is sent byte for byte; a folder stands for the .hl7 files in it, - for',
    'standard input. Every connection waits for each answer before it sends the next message. Exit code 1',
    'when a message was refused, not sent, or not answered.',
  ],
  examples: [
    'firth send --port 2575 admission.hl7',
    'firth send --port 2575 --connections 10 --rate 200 --repeat 100 --unique samples/',
  ],
  async run(args, world) {
    const target = await targetOf(args, world)
    const messages = await messagesOf(args, world)
    const started = systemClock.elapsed()
    let shown_ms = started
    const tally = await sendFiles({
      target,
      messages,
      repeat: atLeastOne(args, 'repeat') ?? 1,
      connections: atLeastOne(args, 'connections') ?? 1,
      per_second: aboveZero(args, 'rate'),
      unique: args.flag('unique'),
      clock: systemClock,
      signal: world.signal,
      onProgress(now) {
        if (systemClock.elapsed() - shown_ms < 100) return
        shown_ms = systemClock.elapsed()
        world.progress(progressOf(now))
      },
    })
    world.progress('')
    world.out(
      args.flag('json')
        ? `${JSON.stringify(summaryOf(tally))}\n`
        : `${inWords(tally, world.colours)}\n`,
    )
    const good = (tally.answers.get('AA') ?? 0) + (tally.answers.get('CA') ?? 0)
    return good === tally.total ? exit.ok : exit.failed
  },
}

function atLeastOne(args: Args, name: string): number | undefined {
  const number = args.number(name)
  if (number !== undefined && (number < 1 || !Number.isInteger(number))) {
    throw new UsageError(`--${name} wants a whole number from 1.`)
  }
  return number
}

function aboveZero(args: Args, name: string): number | undefined {
  const number = args.number(name)
  if (number === 0) throw new UsageError(`--${name} wants a number above 0.`)
  return number
}

async function targetOf(args: Args, world: World): Promise<MllpClientOptions> {
  const port = args.number('port')
  if (port === undefined || port < 1 || port > 65_535 || !Number.isInteger(port)) {
    throw new UsageError('firth send wants --port with a number from 1 to 65535.')
  }
  const host = args.text('host') ?? '127.0.0.1'
  const ack_ms_max = (aboveZero(args, 'timeout') ?? 30) * 1000
  const [ca, cert, key] = await Promise.all(
    ['tls-ca', 'tls-certificate', 'tls-key'].map(async name => {
      const file = args.text(name)
      return file === undefined ? undefined : readOrSay(resolve(world.cwd, file))
    }),
  )
  const servername = args.text('tls-name')
  const wanted = args.flag('tls') || [ca, cert, key, servername].some(part => part !== undefined)
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  }
  return { host, port, limits: { ack_ms_max }, ...(wanted ? { tls } : {}) }
}

async function messagesOf(args: Args, world: World): Promise<Buffer[]> {
  if (args.positionals.length === 0) throw new UsageError('firth send wants at least one FILE.')
  const files = await Promise.all(args.positionals.map(name => filesOf(name, world)))
  const messages = await Promise.all(files.flat().map(readOrSay))
  if (messages.length === 0) throw new UsageError('There is no .hl7 file in the folder.')
  return args.flag('cr') ? messages.map(withCr) : messages
}

const STANDARD_INPUT = '-'

async function filesOf(name: string, world: World): Promise<string[]> {
  if (name === STANDARD_INPUT) return [name]
  const path = resolve(world.cwd, name)
  // A file is no folder; whether it can be read is said when it is read.
  const entries = await listFolder(path).catch(() => undefined)
  if (entries === undefined) return [path]
  return entries
    .filter(entry => entry.kind === 'file' && entry.name.endsWith('.hl7'))
    .map(entry => join(path, entry.name))
}

async function readOrSay(file: string): Promise<Buffer> {
  try {
    return file === STANDARD_INPUT ? await readStandardInput() : await readFile(file)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** Bytes stay as they are but for the ends of lines, so any character set passes. */
const withCr = (message: Buffer) =>
  Buffer.from(message.toString('latin1').replaceAll(/\r?\n/g, '\r'), 'latin1')

const perSecond = (tally: Tally) =>
  tally.elapsed_ms === 0 ? 0 : (tally.sent / tally.elapsed_ms) * 1000

function progressOf(tally: Tally): string {
  const answers = [...tally.answers].map(([code, count]) => `${code} ${count}`).join('  ')
  return `${tally.sent} of ${tally.total}  ${perSecond(tally).toFixed(0)}/s  ${answers}`
}

interface Summary {
  readonly sent: number
  readonly total: number
  readonly seconds: number
  readonly per_second: number
  readonly answers: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly latency_ms: Readonly<Record<'p50' | 'p90' | 'p99' | 'max', number>>
}

function summaryOf(tally: Tally): Summary {
  const sorted = [...tally.latencies].sort((a, b) => a - b)
  const at = (part: number) => Number(quantile(sorted, part).toFixed(2))
  return {
    sent: tally.sent,
    total: tally.total,
    seconds: Number((tally.elapsed_ms / 1000).toFixed(3)),
    per_second: Number(perSecond(tally).toFixed(1)),
    answers: Object.fromEntries(tally.answers),
    reasons: Object.fromEntries(tally.reasons),
    latency_ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  }
}

function inWords(tally: Tally, colours: boolean): string {
  const ink = inkOf(colours)
  const summary = summaryOf(tally)
  const { p50, p90, p99, max } = summary.latency_ms
  const paint = (code: string) => (code === 'AA' || code === 'CA' ? ink.green(code) : ink.red(code))
  const answers = Object.entries(summary.answers).map(([code, count]) => `${paint(code)} ${count}`)
  const reasons = Object.entries(summary.reasons).map(([reason, count]) => [count, reason])
  return [
    `${summary.sent} of ${summary.total} sent in ${summary.seconds} s, ${summary.per_second} a second`,
    `answers: ${answers.length === 0 ? 'none' : answers.join(', ')}`,
    ...(tally.latencies.length === 0
      ? []
      : [`latency: half within ${p50} ms, 90 % ${p90} ms, 99 % ${p99} ms, longest ${max} ms`]),
    ...(reasons.length === 0 ? [] : ['', table(['count', 'reason'], reasons)]),
  ].join('\n')
}
