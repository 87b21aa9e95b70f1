// HAPI HL7v2 (Java) as an independent sender, receiver and parser. Needs Java 17 and Maven; built
// once into the cache, under a name that changes with its sources.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../../src/kit/ids.ts'
import { requirePart } from '../require.ts'

const here = import.meta.dirname
const sources = ['pom.xml', 'src/main/java/MllpPeer.java']

/** A reason to skip, or false. */
export const hapiHl7v2Missing = (): string | false => {
  const how = 'apt-get install openjdk-17-jdk-headless maven'
  return requirePart('hapi_hl7v2', runs('java') && runs('mvn'), how)
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false // It is not installed, which is the answer.
  }
}

/** The class path of the built peer; builds it where the cache does not hold it. */
function build(): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firth')
  const mark = sha256(sources.map(file => readFileSync(join(here, file), 'utf8')).join('\0'))
  const built = join(cache, `hapi_hl7v2-${mark.slice(0, 12)}`)
  if (!existsSync(built)) {
    mkdirSync(cache, { recursive: true })
    // Built aside and moved in whole, so that two tests at a time cannot meet half of it.
    const work = mkdtempSync(join(cache, 'building-'))
    for (const file of sources) cpSync(join(here, file), join(work, file))
    execFileSync('mvn', ['-q', '-B', 'package'], { cwd: work, stdio: 'inherit' })
    try {
      renameSync(join(work, 'target'), built)
    } catch (cause) {
      if (!existsSync(built)) throw cause
    }
    rmSync(work, { recursive: true })
  }
  return `${join(built, 'hapi-hl7v2-peer.jar')}:${join(built, 'lib', '*')}`
}

function java(args: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const options = ['-XX:TieredStopAtLevel=1', '-Xmx128m', '-Dcharset=ISO-8859-1', '-cp', build()]
  return spawn('java', [...options, 'MllpPeer', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Runs to its end; what it printed, line by line. */
export async function runHapiHl7v2(args: readonly string[]): Promise<string[]> {
  const child = java(args)
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await once(child, 'close')
  return text.trimEnd().split('\n')
}

export interface HapiReceiver {
  /** Lines that it printed: `RECEIVED type version control-id message`. */
  readonly lines: string[]
  close(): Promise<void>
}

/** Listens on the port; resolves when it does. */
export async function startHapiReceiver(port: number, code = 'AA'): Promise<HapiReceiver> {
  const child = java(['listen', String(port), code])
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'exit')
  const lines: string[] = []
  let rest = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      const parts = `${rest}${chunk}`.split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      if (parts.some(line => line.startsWith('LISTENING'))) resolve()
    })
    ended.then(() => reject(new Error('the HAPI receiver ended before it listened')), reject)
  })
  return {
    lines,
    async close() {
      process.off('exit', kill)
      child.kill('SIGKILL')
      await ended
    },
  }
}
