// Files through a channel's mapping, many at a time: what firth map prints and writes. What a file
// becomes is its events, or one Bundle of all their resources; what it does not become is counted
// by its reason.

import type { Code, Facts } from '../model/errors.ts'
import type { CanonicalEvent, Resource } from '../model/event.ts'
import type { DryResult, DryRun } from './dry_run.ts'
import { messagesIn } from './map_input.ts'

export interface NamedFile {
  readonly name: string
  readonly bytes: Buffer
}

export interface MappedFile {
  readonly name: string
  /** One for each message of the file. */
  readonly results: readonly DryResult[]
}

/** All files side by side, in the mapping process of the channel; answers in their order. */
export async function mapFiles(
  files: readonly NamedFile[],
  of: { readonly tenant: string; readonly channel: string },
  dry: DryRun,
): Promise<readonly MappedFile[]> {
  const messages = files.map(({ bytes }) => messagesIn(bytes))
  const results = await dry.runAll(
    of,
    messages.flat().map(bytes => ({ bytes })),
  )
  let at = 0
  return files.map(({ name }, i) => {
    at += messages[i]?.length ?? 0
    return { name, results: results.slice(at - (messages[i]?.length ?? 0), at) }
  })
}

export function eventsOf({ results }: MappedFile): readonly CanonicalEvent[] {
  return results.flatMap(({ events }) => events)
}

export interface Bundle {
  readonly resourceType: 'Bundle'
  readonly type: 'collection'
  readonly entry: readonly { readonly fullUrl: string; readonly resource: Resource }[]
}

/**
 * The resources of all events, each once (FHIR R4 bundle.html). Of one that several events carry,
 * the fullest is taken; it stands where the first one stood, so references still come first.
 */
export function bundleOf(file: MappedFile): Bundle {
  const entries = new Map<string, Bundle['entry'][number]>()
  for (const event of eventsOf(file)) {
    for (const entry of event.resources.entry) {
      const known = entries.get(entry.fullUrl)
      if (known === undefined || sizeOf(entry) > sizeOf(known)) entries.set(entry.fullUrl, entry)
    }
  }
  return { resourceType: 'Bundle', type: 'collection', entry: [...entries.values()] }
}

const sizeOf = ({ resource }: Bundle['entry'][number]) => JSON.stringify(resource).length

/** Why a file has no events: the first of its messages that failed, else that it was filtered. */
export interface Unmapped {
  readonly code: Code | 'filtered' | 'stored'
  readonly facts: Facts
}

export function failureOfFile({ results }: MappedFile): Unmapped | undefined {
  const dead = results.find(result => result.dead !== undefined)?.dead
  if (dead !== undefined) return dead
  const other = results.find(({ fate }) => fate === 'filtered' || fate === 'stored')
  return other === undefined ? undefined : { code: other.fate as 'filtered' | 'stored', facts: {} }
}

/** What became of many files. */
export interface MapSummary {
  readonly files: number
  readonly messages: number
  readonly mapped: number
  readonly events: number
  /** Of the messages that were not mapped: by code and facts. */
  readonly not_mapped: readonly CountedReason[]
  /** Remarks of the mapping: by code and place. */
  readonly findings: readonly CountedReason[]
}

export interface CountedReason {
  readonly code: string
  readonly detail: string
  readonly messages: number
  /** The first few files that have it. */
  readonly examples: readonly string[]
}

const EXAMPLES_MAX = 3
/** Different reasons that are counted apart; the rest is counted under its code alone. */
const REASONS_MAX = 10_000

export class MapTally {
  #files = 0
  #messages = 0
  #mapped = 0
  #events = 0
  readonly #not_mapped = new Map<string, Counted>()
  readonly #findings = new Map<string, Counted>()

  add({ name, results }: MappedFile): void {
    this.#files += 1
    for (const { fate, dead, events, findings } of results) {
      this.#messages += 1
      this.#events += events.length
      if (fate === 'mapped') this.#mapped += 1
      else count(this.#not_mapped, name, [dead?.code ?? fate, detailOf(dead?.facts ?? {})])
      const told = new Set(findings.map(({ code, place }) => `${code} ${generic(place)}`))
      for (const finding of told) {
        const [code = '', place = ''] = finding.split(' ', 2)
        count(this.#findings, name, [code, place])
      }
    }
  }

  summary(): MapSummary {
    return {
      files: this.#files,
      messages: this.#messages,
      mapped: this.#mapped,
      events: this.#events,
      not_mapped: ranked(this.#not_mapped),
      findings: ranked(this.#findings),
    }
  }
}

type Counted = { -readonly [K in keyof CountedReason]: CountedReason[K] } & { examples: string[] }

function count(
  counts: Map<string, Counted>,
  file: string,
  [code, said]: readonly [code: string, said: string],
): void {
  const detail = counts.size < REASONS_MAX ? said : ''
  const key = `${code} ${detail}`
  const known = counts.get(key) ?? { code, detail, messages: 0, examples: [] }
  known.messages += 1
  if (known.examples.length < EXAMPLES_MAX && known.examples.at(-1) !== file)
    known.examples.push(file)
  counts.set(key, known)
}

function ranked(counts: ReadonlyMap<string, Counted>): readonly CountedReason[] {
  return [...counts.values()].sort(
    (a, b) =>
      b.messages - a.messages || (`${a.code} ${a.detail}` < `${b.code} ${b.detail}` ? -1 : 1),
  )
}

const detailOf = (facts: Facts) =>
  Object.entries(facts)
    .map(([name, fact]) => `${name}: ${String(fact)}`)
    .join(', ')

/** `OBX[3]-5` is `OBX-5`: which one of many does not matter over many messages. */
const generic = (place: string) => place.replace(/\[\d+\]/g, '')
