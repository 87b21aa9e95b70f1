// The mapping process itself: takes batches from its standard input, maps one message after the
// other, finishes the events, and writes the results. It blocks on its pipes on purpose: what a
// tenant's code left to run later does not run beside the next message. Started by process.ts; its
// arguments are the fences of sandbox.ts and, where it explains itself, EXPLAIN.
import { pathToFileURL } from 'node:url'
import { charsetNamed } from '../../codecs/hl7v2/charset.ts'
import type { Mapping } from '../../codecs/hl7v2/mapping.ts'
import { Message, readMessage, Segment } from '../../codecs/hl7v2/read.ts'
import { Value } from '../../codecs/hl7v2/value.ts'
import { systemClock } from '../../kit/clock.ts'
import { readExactly, writeAll } from '../../kit/pipe.ts'
// Loaded whole before the globals go, because parts of it keep what they need of them.
import * as sdk from '../../mapping_sdk.ts'
import { type Code, catalogue, type Facts, Failure } from '../../model/errors.ts'
import type { Finding, MappingRead } from '../../model/event.ts'
import { type CompletedEvent, complete } from '../completion.ts'
import { openWatch, type Watch } from './lockdown.ts'
import { ALIVE, type BatchHead, decodeBatch, EXPLAIN, FrameWriter, PROTOCOL } from './protocol.ts'
import { Recorder } from './recorder.ts'
import { type Fences, fenceImports, freezeLanguage, removeGlobals } from './sandbox.ts'

const JOBS_FD = 0
const RESULTS_FD = 3
/** Results wait so long for company: each write wakes the engine. */
const COMPANY_MS = 2

interface Failed {
  readonly code: Code
  readonly facts: Facts
}

interface Mapped {
  readonly events: readonly CompletedEvent[]
  readonly findings: readonly Finding[]
  readonly reads?: readonly MappingRead[]
}

/** A module as it loaded, or why it did not. */
type Loaded = Mapping | { readonly failed: Failed }
type Job = BatchHead['jobs'][number] & { readonly raw: Buffer }

const fences = JSON.parse(process.argv[2] ?? '{}') as Fences
const recorder = process.argv[3] === EXPLAIN ? new Recorder(fences) : undefined
const modules = new Map<string, Loaded>()
const frames = new FrameWriter()
// Not imported: the namespace of node:process opens standard input, which then does not block.
const { exit } = process

async function main(): Promise<void> {
  fenceImports(fences)
  recorder?.listen()
  removeGlobals()
  freezeLanguage([sdk, await baseMappings(), Message, Segment, Value])
  const watch = openWatch()
  writeAll(RESULTS_FD, ALIVE)
  for (;;) {
    const length = readExactly(JOBS_FD, 4)
    const body = length && readExactly(JOBS_FD, length.readUInt32BE(0))
    if (body === undefined) return
    const { head, raws } = decodeBatch(body)
    const mapping = modules.get(head.module) ?? (await load(head.module, watch))
    const jobs = head.jobs.map((job, i) => ({ ...job, raw: raws[i] as Buffer }))
    mapAll(mapping, jobs, watch)
  }
}

/** Loaded now, so that no module of a tenant changes what another one is handed. */
async function baseMappings(): Promise<object> {
  try {
    return await import(pathToFileURL(`${fences.base}index.ts`).href)
  } catch {
    // Whichever module imports them will fail with their error.
    return {}
  }
}

function mapAll(mapping: Loaded, jobs: readonly Job[], watch: Watch): void {
  let waiting: (Mapped | Failed)[] = []
  let since = systemClock.elapsed()
  for (let i = 0; i < jobs.length; i++) {
    waiting[waiting.length] = mapOne(mapping, jobs[i] as Job)
    if (i < jobs.length - 1 && systemClock.elapsed() - since < COMPANY_MS) continue
    if (!watch.intact()) waiting = [afterChange(waiting.length, watch)]
    writeAll(RESULTS_FD, frames.frames(waiting.map(replyOf)))
    waiting = []
    since = systemClock.elapsed()
  }
}

/**
 * A mapping changed the language. Of several we do not know which: the process ends, and each is
 * taken alone.
 */
function afterChange(count: number, watch: Watch): Failed {
  if (count > 1 || !watch.restore()) exit(1)
  return failed('LanguageChanged', undefined)
}

async function load(module: string, watch: Watch): Promise<Loaded> {
  let loaded: Loaded
  try {
    const exported: unknown = (await import(module)).default
    loaded = isMapping(exported) ? exported : { failed: failed('NoMapping', undefined) }
  } catch (thrown) {
    loaded = { failed: failureOf(thrown) }
  }
  if (!watch.intact()) loaded = { failed: afterChange(1, watch) }
  modules.set(module, loaded)
  writeAll(RESULTS_FD, ALIVE)
  return loaded
}

function isMapping(value: unknown): value is Mapping {
  return (
    typeof value === 'object' && value !== null && 'map' in value && typeof value.map === 'function'
  )
}

/** What a mapping returns is its own: it may be circular, or have getters that throw. */
function mapOne(mapping: Loaded, { raw, facts, origin }: Job): Mapped | Failed {
  if ('failed' in mapping) return mapping.failed
  try {
    const message = readMessage(raw, { charset: charsetNamed(facts.charset ?? '') })
    const reported: Finding[] = []
    const report = (finding: Finding) => {
      if (reported.length < PROTOCOL.findings_max) reported.push(bounded(finding))
    }
    recorder?.take()
    const events: unknown[] = [...mapping.map(message, { facts, report })]
    if (events.length > PROTOCOL.events_max) return TOO_LARGE
    const reads = recorder && { reads: recorder.take() }
    const own = [...message.findings, ...reported]
    const findings = [...origin.findings, ...own]
    const { characters_max } = TOO_LARGE.facts
    const completed = complete({ events, findings }, { facts, origin, characters_max })
    if (!('code' in completed)) return { events: completed.events, findings: own, ...reads }
    return completed.code === TOO_LARGE.code ? TOO_LARGE : completed
  } catch (thrown) {
    return failureOf(thrown)
  }
}

const TOO_LARGE = {
  code: 'mapping_result_too_large',
  facts: { characters_max: PROTOCOL.result_bytes_max / 4, events_max: PROTOCOL.events_max },
} as const

function replyOf(result: Mapped | Failed) {
  if ('code' in result) return { head: result, events: [] }
  const { events, ...head } = result
  return { head, events: events.map(({ text, ...event }) => ({ text, head: event })) }
}

/** A remark is a sentence, whatever a tenant's code makes of it. */
function bounded({ code, place, text, slot }: Finding): Finding {
  const cut = (said: unknown) => String(said).slice(0, PROTOCOL.text_characters_max)
  const told = { code: cut(code), place: cut(place), text: cut(text) }
  return slot === undefined ? told : { ...told, slot: cut(slot) }
}

/**
 * A Failure keeps its code. Of anything else only its class and its place are told, never its text.
 */
function failureOf(thrown: unknown): Failed {
  try {
    if (thrown instanceof Failure && Object.hasOwn(catalogue, thrown.code)) {
      return { code: thrown.code, facts: boundedFacts(thrown.facts) }
    }
    const { name, stack } = thrown as { name?: unknown; stack?: unknown }
    return failed(name, stack)
  } catch {
    // A hostile getter or trap: nothing can be said of it.
    return failed(undefined, undefined)
  }
}

const FACTS_MAX = 16

function boundedFacts(facts: Facts): Facts {
  const cut = (fact: Facts[string]) =>
    typeof fact === 'string' ? fact.slice(0, PROTOCOL.text_characters_max) : fact
  const entries = Object.entries(facts).slice(0, FACTS_MAX)
  return Object.fromEntries(entries.map(([name, fact]) => [name, cut(fact)]))
}

function failed(name: unknown, stack: unknown): Failed {
  const error = typeof name === 'string' && /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : 'unknown'
  const at = placeOf(stack)
  return { code: 'mapping_failed', facts: at === undefined ? { error } : { error, at } }
}

/** `adt.ts:12` of the innermost frame that is a mapping's. */
function placeOf(stack: unknown): string | undefined {
  if (typeof stack !== 'string') return undefined
  for (const line of stack.split('\n')) {
    const match = /^ {4}at .*?file:\/\/(\/[^()\s]+?):(\d+):\d+\)?$/.exec(line)
    const path = decodeURIComponent(match?.[1] ?? '')
    const fence = [fences.tenant, fences.base].find(root => root && path.startsWith(root))
    const inside = fence === undefined ? '' : path.slice(fence.length)
    if (/^[\w./-]{1,200}$/.test(inside)) return `${inside}:${match?.[2]}`
  }
  return undefined
}

await main()
