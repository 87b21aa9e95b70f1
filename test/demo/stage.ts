// How the demo talks: plain lines as things happen, colours and progress on a terminal only, and
// every command of Firth shown as it was typed. What is not as told ends the demo with exit code 1.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { cut } from '../../src/cli/fit.ts'
import { inkOf } from '../../src/cli/terminal.ts'
import { FIRTH } from '../harness/engine.ts'

const { stdout } = process
const terminal = stdout.isTTY === true
export const ink = inkOf(terminal && process.env.NO_COLOR === undefined)

/** Something is not as it was told. */
export class NotAsTold extends Error {
  override name = 'NotAsTold'
}

/** Rewrites one line on a terminal; says nothing elsewhere. */
export function progress(text: string): void {
  if (terminal) stdout.write(`\r\x1b[2K${text === '' ? '' : `  ${ink.dim(text)}`}`)
}

export function say(text: string): void {
  progress('')
  stdout.write(`${text}\n`)
}

export const title = (text: string) => say(`\n${ink.bold(text)}`)

/** A line of the proof: what was claimed, and that it was looked at. */
export function proved(holds: boolean, claim: string): void {
  say(`  ${holds ? ink.green('proved ') : ink.red('NOT SO ')} ${claim}`)
  if (!holds) throw new NotAsTold(claim)
}

export interface Stage {
  /** Where commands are typed: a project with its data/ beside. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

const LINES_MAX = 60

/** Longer output is shown by its first lines and its last one. */
function shortened(lines: readonly string[], lines_max: number): readonly string[] {
  const hidden = lines.length - lines_max
  if (hidden <= 0) return lines
  return [...lines.slice(0, lines_max - 1), `… ${hidden} lines more …`, ...lines.slice(-1)]
}

/** Shows the command as it was typed, and what it says. Resolves with that. */
export async function type(
  words: readonly string[],
  stage: Stage,
  options: { readonly lines_max?: number } = {},
): Promise<string> {
  say(`\n  ${ink.dim('$')} firth ${words.map(quoted).join(' ')}`)
  const child = spawn(FIRTH, words, {
    cwd: stage.folder,
    env: { ...process.env, ...stage.env },
    signal: stage.signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const [code] = (await once(child, 'close')) as [number]
  const lines = output.trimEnd().split('\n')
  for (const line of shortened(lines, options.lines_max ?? LINES_MAX)) say(`  ${fitted(line)}`)
  if (code !== 0) throw new NotAsTold(`firth ${words.join(' ')} ended with ${code}`)
  return output
}

const quoted = (word: string) => (/^[\w./:=,|^-]+$/.test(word) ? word : `"${word}"`)
const fitted = (line: string) => (terminal ? cut(line, stdout.columns - 2) : line)

/** Asks until the answer is true; what is not so in time is not as told. */
export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  { signal }: Stage,
): Promise<void> {
  for (const end_ms = Date.now() + WAIT_MS_MAX; !(await isSo()); ) {
    if (Date.now() > end_ms) throw new NotAsTold(`waited in vain: ${what}`)
    progress(`${what} …`)
    await delay(250, undefined, { signal })
  }
  progress('')
}

/** Far beyond what a slow and busy machine takes. */
const WAIT_MS_MAX = 120_000
