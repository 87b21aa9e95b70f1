// The Medplum peer as a process of its own, so that it survives the engine under test, shares no
// thread with it, and is reached over a socket like any far end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Fault, LoggedRequest } from './server.ts'

const server = new URL('./server.ts', import.meta.url).pathname

export interface MedplumProcess {
  readonly base: string
  /** The next matching requests misbehave. */
  fault(fault: Fault): Promise<void>
  clearFaults(): Promise<void>
  log(): Promise<readonly LoggedRequest[]>
  stop(): Promise<void>
}

export async function startMedplumProcess(
  options: { port?: number } = {},
): Promise<MedplumProcess> {
  const child = spawn(process.execPath, [server, String(options.port ?? 0)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  // A test that dies leaves no server behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  for await (const line of createInterface({ input: child.stdout })) {
    const [, base] = /^READY (\S+)/.exec(line) ?? []
    if (base === undefined) continue
    const control = (path: string, init: RequestInit = {}) => fetch(new URL(path, base), init)
    return {
      base,
      async fault(fault) {
        await control('/_fault', { method: 'POST', body: JSON.stringify(fault) })
      },
      async clearFaults() {
        await control('/_fault', { method: 'DELETE' })
      },
      log: async () => (await (await control('/_log')).json()) as LoggedRequest[],
      async stop() {
        process.off('exit', kill)
        child.kill()
        await ended
      },
    }
  }
  throw new Error('the Medplum peer ended before it was ready')
}
