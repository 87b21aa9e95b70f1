// A child process of our own engine, with a pipe in and a pipe out, behind a small interface. It
// inherits no environment and no other descriptor.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ChildOptions {
  /** Absolute path of its entry. */
  readonly entry: string
  readonly args: readonly string[]
  /** For Node itself. */
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface ChildEnd {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  /** Bytes that it wrote to its standard error; they are not kept, since they may hold anything. */
  readonly stderr_bytes: number
}

export interface Child {
  /** Hands bytes to its standard input. What it does not take yet waits here. */
  write(bytes: Buffer): void
  kill(): void
  /** Resident memory in bytes; undefined where the system does not tell (it does on Linux). */
  memory(): number | undefined
}

export interface ChildEvents {
  /** Bytes from its descriptor 3. */
  data(bytes: Buffer): void
  /** Once, after its last data. */
  end(end: ChildEnd): void
}

const PAGE_BYTES = 4096

export function startChild(options: ChildOptions, events: ChildEvents): Child {
  const argv = [...options.flags, options.entry, ...options.args]
  const child: ChildProcess = spawn(process.execPath, argv, {
    env: { ...options.env },
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // Its working folder is where it may read nothing.
    cwd: '/',
  })
  let stderr_bytes = 0
  let failed = false
  const end = (code: number | null, signal: string | null) => {
    if (!failed) events.end({ code, signal, stderr_bytes })
    failed = true
  }
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr_bytes += bytes.length
  })
  child.stdio[3]?.on('data', (bytes: Buffer) => events.data(bytes))
  // A pipe that breaks is the same news as the end that follows it.
  child.stdin?.on('error', () => child.kill('SIGKILL'))
  child.stdio[3]?.on('error', () => child.kill('SIGKILL'))
  child.on('error', () => end(null, null))
  child.on('close', end)
  return {
    write: bytes => void child.stdin?.write(bytes),
    kill: () => void child.kill('SIGKILL'),
    memory: () => memoryOf(child.pid),
  }
}

function memoryOf(pid: number | undefined): number | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1])
    return Number.isNaN(pages) ? undefined : pages * PAGE_BYTES
  } catch {
    // It has just ended; its end is told on its own.
    return undefined
  }
}
