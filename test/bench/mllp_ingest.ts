// MLLP intake with a durable ACK: Firth against the bare listener, in turn, over several rounds;
// the figure is the ratio within a round. Also the delay of Firth's event loop under that load, and
// its memory over a long run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  firth as command,
  freePorts,
  makeProject,
  plainChannel,
  startFirth,
} from '../harness/engine.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface Load {
  readonly connections: number
  readonly rate: number
  readonly acknowledged: number
  readonly refused: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export interface IngestRow {
  readonly connections: number
  readonly ratio: Spread
  readonly firth_per_second: Spread
  readonly bare_per_second: Spread
  readonly firth_p99_ms: Spread
  readonly event_loop_p99_ms: number
}

interface Status {
  readonly process: { readonly rss_bytes: number; readonly event_loop_ms_p99: number }
}

async function load(
  port: number,
  options: { connections: number; ms: number; messages?: number },
): Promise<Load> {
  const words = [port, options.connections, options.ms, options.messages].filter(
    word => word !== undefined,
  )
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'load.ts'), ...words.map(String)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout.on('data', chunk => (text += chunk))
  await once(child, 'close')
  return JSON.parse(text) as Load
}

async function withBare<T>(folder: string, work: (port: number) => Promise<T>): Promise<T> {
  const script = join(import.meta.dirname, 'bare_listener.ts')
  const child = spawn(process.execPath, [script, join(folder, `bare-${Date.now()}`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  try {
    return await work(Number(line.toString()))
  } finally {
    child.kill()
  }
}

async function withFirth<T>(work: (port: number, data: string) => Promise<T>): Promise<T> {
  const [port = 0] = await freePorts(1)
  const source = '    connections_max: 1000\n    connections_per_peer_max: 1000'
  const project = await makeProject({
    'channels/bench/feed.yaml': plainChannel({ tenant: 'bench', channel: 'feed', port, source }),
  })
  const firth = await startFirth({ ...project, args: ['--log-level', 'warn'] })
  try {
    return await work(port, project.data)
  } finally {
    await firth.stop()
    await project.remove()
  }
}

async function statusOf(data: string): Promise<Status> {
  const { stdout } = await command(['status', '--data', data, '--json'])
  return JSON.parse(stdout) as Status
}

export async function ingest(options: {
  connections: readonly number[]
  rounds: number
  ms: number
}): Promise<IngestRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'firth-bench-'))
  const rows: IngestRow[] = []
  try {
    for (const connections of options.connections) {
      const rounds: { firth: Load; bare: Load; loop_ms: number }[] = []
      for (let round = 0; round < options.rounds; round++) {
        const bare = await withBare(folder, port => load(port, { connections, ms: options.ms }))
        const { ran, loop_ms } = await withFirth(async (port, data) => {
          await statusOf(data)
          const ran = await load(port, { connections, ms: options.ms })
          return { ran, loop_ms: (await statusOf(data)).process.event_loop_ms_p99 }
        })
        rounds.push({ firth: ran, bare, loop_ms })
      }
      rows.push({
        connections,
        ratio: spreadOf(rounds.map(({ firth, bare }) => firth.rate / bare.rate)),
        firth_per_second: spreadOf(rounds.map(({ firth }) => firth.rate)),
        bare_per_second: spreadOf(rounds.map(({ bare }) => bare.rate)),
        firth_p99_ms: spreadOf(rounds.map(({ firth }) => firth.p99_ms)),
        event_loop_p99_ms: Math.max(...rounds.map(({ loop_ms }) => loop_ms)),
      })
    }
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface MemoryRow {
  readonly messages: number
  readonly rss_mb: number
}

/** RSS of the engine after each tenth of `messages`, at 50 connections. */
export async function memory(messages: number): Promise<MemoryRow[]> {
  return withFirth(async (port, data) => {
    const rows: MemoryRow[] = []
    for (let tenth = 1; tenth <= 10; tenth++) {
      await load(port, { connections: 50, ms: 0, messages: messages / 10 })
      const { rss_bytes } = (await statusOf(data)).process
      rows.push({ messages: (messages / 10) * tenth, rss_mb: Math.round(rss_bytes / 1_048_576) })
    }
    return rows
  })
}
