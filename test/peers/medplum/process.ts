// The Medplum peer in a process of its own, so that it shares neither an event loop nor a crash with the
// test, and takes no time from what is measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface MedplumProcess {
  /** Address of the server, without a slash at the end. */
  readonly base: string
  stop(): Promise<void>
}

export async function startMedplumProcess(
  options: { port?: number } = {},
): Promise<MedplumProcess> {
  const script = join(import.meta.dirname, 'server.ts')
  const child = spawn(process.execPath, [script, String(options.port ?? 0)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const base = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const ready = /READY (\S+)\n/.exec(text)?.[1]
      if (ready !== undefined) resolve(ready)
    })
    ended.then(([code]) => reject(new Error(`the FHIR server ended with ${code}`)), reject)
  })
  return {
    base,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
