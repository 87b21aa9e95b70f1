// Assembly: the only file that knows every table of rooms. It gives the command line its world and
// turns a bug into an end of the process; the log resumes from what is durable.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { adapters } from '../adapters/index.ts'
import { exit, type World } from './cli/command.ts'
import { main } from './cli/index.ts'
import { systemClock } from './kit/clock.ts'
import { logs } from './logs/index.ts'
import { sources } from './sources/index.ts'
import { stores } from './stores/index.ts'
import { transports } from './transports/index.ts'

const DAY_MS = 86_400_000

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exit.failed)
    stop.abort()
  })
}
// A limit on file sizes must reach the log as a failed write, not as a signal that ends the
// process.
process.on('SIGXFSZ', () => {})
// A reader that has seen enough (`firth log read … | head`) is no failure.
process.stdout.on('error', cause =>
  process.exit('code' in cause && cause.code === 'EPIPE' ? 0 : exit.bug),
)

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, endByBug)

const terminal = process.stdout.isTTY === true
const world: World = {
  tables: { sources, transports, adapters, logs, stores },
  env: process.env,
  cwd: process.cwd(),
  version: versionOf(),
  terminal,
  colours: terminal && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb',
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  progress: text => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[2K${text}`)),
  signal: stop.signal,
  ...(terminal
    ? { size: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }) }
    : {}),
  ...(terminal && process.stdin.isTTY ? { ask, keys } : {}),
}

/** Raw mode hands on Ctrl-C as a key, so whoever reads keys has to end by it. */
function keys(onKey: (key: string) => void): () => void {
  const { stdin } = process
  const read = (bytes: Buffer) => onKey(bytes.toString('latin1'))
  stdin.setRawMode(true)
  stdin.on('data', read)
  return () => {
    stdin.off('data', read)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal: stop.signal })
  } finally {
    lines.close()
  }
}

main(process.argv.slice(2), world).then(end, endByBug)
void hold()

/**
 * The timers of `clock.after` let a process end. A command that waits for nothing else, such as
 * `firth send` before it connects again, would end in the middle: silently, and with code 0.
 */
async function hold(): Promise<never> {
  for (;;) await systemClock.sleep(DAY_MS)
}

/** Everything is written before the process ends, also into a slow pipe. */
function end(code: number): void {
  process.exitCode = code
  process.stdout.write('', () => process.exit(code))
}

/**
 * The name and the places, never the message: what a bug says may hold what a sender sent.
 * FIRTH_DEBUG=1 shows it to whoever works on Firth with synthetic messages.
 */
function endByBug(cause: unknown): void {
  const { name, stack = '', message } = cause instanceof Error ? cause : new Error(String(cause))
  const ours = name === 'Bug' || process.env.FIRTH_DEBUG === '1'
  const places = stack.split('\n').filter(line => line.trimStart().startsWith('at '))
  process.stderr.write(
    `bug: ${name}${ours ? `: ${message}` : ''}\n${places.slice(0, 8).join('\n')}\n`,
  )
  process.exit(exit.bug)
}

function versionOf(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
