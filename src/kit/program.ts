// Another program of this machine, run to its end: what it printed and how it ended. It inherits no
// environment; what it prints beyond a limit, and a run beyond a time, end it.
import { spawn } from 'node:child_process'

export interface ProgramOptions {
  readonly args: readonly string[]
  readonly cwd: string
  readonly time_ms_max: number
  readonly output_bytes_max: number
}

export interface ProgramEnd {
  /** Null where it was ended, or never began. */
  readonly code: number | null
  /** Standard output, in UTF-8. */
  readonly out: string
}

export function runProgram(file: string, options: ProgramOptions): Promise<ProgramEnd> {
  const { args, cwd, time_ms_max, output_bytes_max } = options
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const child = spawn(file, args, { cwd, env: {}, stdio: [...stdio], timeout: time_ms_max })
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > output_bytes_max) child.kill('SIGKILL')
    else chunks.push(chunk)
  })
  return new Promise(resolve => {
    const end = (code: number | null) => {
      resolve({ code, out: Buffer.concat(chunks).toString('utf8') })
    }
    child.on('error', () => end(null))
    child.on('close', end)
  })
}
