// The command line in this process: a world that keeps what it is told, and data folders with a
// real log.
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { exit, type World } from '../../src/cli/command.ts'
import { main } from '../../src/cli/index.ts'
import type { NewRecord } from '../../src/model/log.ts'
import { toyTables } from '../operate/world.ts'
import { folder, openLogIn, toyChart } from '../path/rooms.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly signal?: AbortSignal
  readonly colours?: boolean
  /** Called with everything on standard output so far, after each writing. */
  onOut?(out: string): void
}

export const tables = toyTables({ diary: [], door: { received: 0 }, chart: toyChart() })

/** Runs one command line to its end. */
export async function run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const world: World = {
    tables,
    env: {},
    cwd: options.cwd ?? '/nowhere',
    version: '0.0.0',
    colours: options.colours ?? false,
    terminal: false,
    out(text) {
      out += text
      options.onOut?.(out)
    },
    err(text) {
      err += text
    },
    progress: () => {},
    signal: options.signal ?? new AbortController().signal,
  }
  const code = await main(words, world)
  return { code, out, err }
}

/** A data folder whose log holds these records. No engine runs on it. */
export async function dataWith(
  t: TestContext,
  topics: Readonly<Record<string, readonly NewRecord[]>>,
): Promise<string> {
  const data = await folder(t)
  const log = await openLogIn(data)
  for (const [topic, records] of Object.entries(topics)) {
    await log.createTopic(topic)
    // One by one and a moment apart, so that each has a time of its own.
    for (const record of records) {
      await log.append(topic, 0, [record])
      await delay(2)
    }
  }
  await log.close()
  return data
}

export const record = (value: Buffer | string, change: Partial<NewRecord> = {}): NewRecord => ({
  key: 'k',
  headers: { raw_id: 'r' },
  value: Buffer.isBuffer(value) ? value : Buffer.from(value),
  ...change,
})

/** The JSON lines of an output. */
export const lines = (out: string): Record<string, unknown>[] =>
  out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)

export { exit }
