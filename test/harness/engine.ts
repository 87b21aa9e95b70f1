// Starts the real command in a process of its own, and projects on disk for it, as an operator
// would.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const FIRTH = join(import.meta.dirname, '../../bin/firth')

export interface Project {
  readonly project: string
  readonly data: string
  remove(): Promise<void>
}

/** A project of these files (relative path → text) in a folder of its own. */
export async function makeProject(files: Readonly<Record<string, string>>): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), 'firth-test-'))
  const project = join(root, 'project')
  for (const [name, text] of Object.entries(files)) {
    const file = join(project, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return {
    project,
    data: join(root, 'data'),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** A channel that only stores and acknowledges. */
export function plainChannel(options: {
  tenant: string
  channel: string
  port: number
  source?: string
}): string {
  return [
    `channel: ${options.channel}`,
    `tenant: ${options.tenant}`,
    'about: Takes messages in and stores them.',
    'source:',
    '  mllp:',
    `    port: ${options.port}`,
    ...(options.source === undefined ? [] : [options.source]),
    '',
  ].join('\n')
}

/** Ports that nobody listens on at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(done => server.close(done))))
  return ports
}

export interface Running {
  readonly child: ChildProcess
  /** Everything on standard error so far. */
  stderr(): string
  stdout(): string
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>
  /** SIGTERM, then waits. */
  stop(): Promise<number | string>
  /** SIGKILL, then waits. */
  kill(): Promise<number | string>
}

export interface StartOptions {
  readonly project: string
  readonly data: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What runs instead of bin/firth itself, e.g. `strace …`. */
  readonly wrap?: readonly string[]
  /** How many listeners must be ready before it resolves. */
  readonly listeners?: number
}

export async function startFirth(options: StartOptions): Promise<Running> {
  const words = [
    'run',
    '--project',
    options.project,
    '--data',
    options.data,
    ...(options.args ?? []),
  ]
  const [file = FIRTH, ...rest] = [...(options.wrap ?? []), FIRTH, ...words]
  const child = spawn(file, rest, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  let stdout = ''
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const wanted = options.listeners ?? 1
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.split('\n').filter(line => line.startsWith('ready:')).length >= wanted) resolve()
    })
    ended.then(code => reject(new Error(`firth run ended with ${code}: ${stderr}`)), reject)
  })
  return {
    child,
    stderr: () => stderr,
    stdout: () => stdout,
    ended,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command to its end. */
export async function firth(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Finished> {
  const child = spawn(FIRTH, args, {
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const [code] = (await once(child, 'close')) as [number]
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  }
}

export interface JsonRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: string
  readonly value_encoding?: 'base64'
}

/** `firth log read TOPIC --json`, parsed. */
export async function readTopic(project: Project, topic: string): Promise<JsonRecord[]> {
  const { code, stdout, stderr } = await firth([
    'log',
    'read',
    topic,
    '--data',
    project.data,
    '--json',
  ])
  if (code !== 0) throw new Error(`firth log read ended with ${code}: ${stderr}`)
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as JsonRecord)
}

export function bytesOf(record: JsonRecord): Buffer {
  return Buffer.from(record.value, record.value_encoding ?? 'utf8')
}
