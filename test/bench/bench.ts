// npm run bench: measures, prints, and writes test/bench/results/<commit>.json. Every figure is a
// ratio against a yardstick of the same run, with its spread; nothing else should run meanwhile.
//   npm run bench                all of it but the long runs
//   npm run bench -- codec log intake mapping memory     chosen parts; `memory` takes a million
//   npm run bench -- search      fills the search index with ten million messages
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { measureCatchUp } from './catch_up.ts'
import { compare } from './codec_reads.ts'
import { measureLedger } from './ledger.ts'
import { compareAppends } from './log_append.ts'
import { measure as measureMapping } from './mapping.ts'
import { ingest, memory } from './mllp_ingest.ts'
import { measureSearch } from './search.ts'
import { measureWholePath } from './whole_path.ts'

/** Ten million on demand. */
const MEMORY_MESSAGES = Number(process.env.FIRTH_MEMORY_MESSAGES ?? 1_000_000)

const parts = {
  codec: () => Promise.resolve(compare({ rounds: 15, messages: 20_000 })),
  log: () => compareAppends({ rounds: 5, ms: 1_500 }),
  intake: () => ingest({ connections: [1, 10, 50, 500], rounds: 5, ms: 2_000 }),
  mapping: () => measureMapping({ rounds: 9, messages: 10_000 }),
  memory: () => memory(MEMORY_MESSAGES),
  whole_path: () => measureWholePath({ rounds: 5, messages: 400 }),
  catch_up: () => measureCatchUp({ rounds: 5, writes: 2_000 }),
  ledger: () => measureLedger({ sizes: [0, 1_000_000], rounds: 25 }),
  search: () => measureSearch({ sizes: [1_000_000, 2_000_000, 5_000_000, 10_000_000], rounds: 9 }),
}

/** Only when they are named. */
const LONG: ReadonlySet<string> = new Set(['memory', 'search'])

const chosen = process.argv.slice(2)
const names = Object.keys(parts) as (keyof typeof parts)[]
const unknown = chosen.filter(name => !names.includes(name as keyof typeof parts))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. The parts are ${names.join(', ')}.`)
  process.exit(2)
}

const results: Record<string, unknown> = {}
for (const name of names) {
  if (chosen.length === 0 ? LONG.has(name) : !chosen.includes(name)) continue
  console.error(`measuring ${name} …`)
  results[name] = await parts[name]()
  console.log(`${name} ${JSON.stringify(results[name], null, 2)}`)
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
const report = {
  commit,
  date: new Date().toISOString(),
  node: process.version,
  hardware: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  results,
}
const folder = join(import.meta.dirname, 'results')
await mkdir(folder, { recursive: true })
const file = join(folder, `${commit}_${Object.keys(results).join('_')}.json`)
await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
console.error(`written to ${file}`)
