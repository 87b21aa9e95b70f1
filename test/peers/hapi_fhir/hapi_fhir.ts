// HAPI FHIR JPA as a far end for tests: the reference server of FHIR, on H2 in memory. Needs Java
// 17 and Maven; built once into the cache. Starting takes 15 to 60 seconds.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { requirePart } from '../require.ts'

const run = new URL('./run.sh', import.meta.url).pathname

export interface HapiPeer {
  readonly base: string
  close(): Promise<void>
}

/** A reason to skip, or false. */
export const hapiMissing = (): string | false =>
  requirePart('hapi', runs('java') && runs('mvn'), 'apt-get install openjdk-17-jdk-headless maven')

function runs(program: string): boolean {
  try {
    execFileSync(program, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function startHapi(environment: Record<string, string> = {}): Promise<HapiPeer> {
  const child = spawn('sh', [run], {
    env: { ...process.env, PORT: '0', HAPI_LOG: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  // A test that dies leaves no server behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  for await (const line of createInterface({ input: child.stdout })) {
    const [, base] = /^READY (\S+)/.exec(line) ?? []
    if (base === undefined) continue
    return {
      base,
      async close() {
        process.off('exit', kill)
        child.kill('SIGTERM')
        await ended
      },
    }
  }
  throw new Error('the HAPI peer ended before it was ready')
}
