// What a mapping does not carry: each value of a message is blanked in a copy, and the copy is
// mapped; where the events stay the same, the value had no part in them. Nothing has to be declared
// for it, so it holds for base mappings, tenants' modules and code tables alike.
import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { fieldName } from '../codecs/hl7v2/field_names.ts'
import { type Leaf, leavesOf } from '../codecs/hl7v2/leaves.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import type { CanonicalEvent } from '../model/event.ts'
import type { DryMessage, DryResult, DryRun } from './dry_run.ts'
import type { NamedFile } from './map.ts'
import { messagesIn } from './map_input.ts'

/** Of one message; one with more is looked at so far and says so. */
export const COVERAGE = {
  values_max: 5_000,
  copied_bytes_max: 512 * 1024 * 1024,
  /** Copies in hand at a time. */
  batch_bytes_max: 8 * 1024 * 1024,
  batch_messages_max: 500,
} as const

export interface CoverageRow {
  /** `PV1-39`, `PID-5.7`, or `ZPI` where nothing of the segment is carried. */
  readonly path: string
  /** As the standard names the field; '' where that is not known. */
  readonly name: string
  /** In how many messages a value of it is not carried. */
  readonly messages: number
  readonly examples: readonly string[]
  /** The first values, where they are asked for; content of messages. */
  readonly values?: readonly string[]
}

export interface Coverage {
  /** Those that were mapped, and so could be looked at. */
  readonly messages: number
  readonly not_mapped: number
  /** Values that are not empty. */
  readonly values: number
  readonly carried: number
  /** Beyond the limits, or of a message whose characters are no single bytes. */
  readonly not_examined: number
  readonly not_carried: readonly CoverageRow[]
}

interface Counted {
  messages: number
  readonly examples: Set<string>
  readonly values: Set<string>
}

const EXAMPLES_MAX = 3

export class CoverageTally {
  #messages = 0
  #not_mapped = 0
  #values = 0
  #carried = 0
  #not_examined = 0
  readonly #rows = new Map<string, Counted>()

  /** All messages of one file. */
  async add(
    file: NamedFile,
    of: { readonly tenant: string; readonly channel: string },
    dry: DryRun,
  ): Promise<void> {
    const messages = messagesIn(file.bytes).flatMap(bytes => splitBatch(bytes).messages)
    for (const bytes of messages) {
      const [original] = await dry.runAll(of, [{ bytes }])
      if (original?.fate === 'mapped') await this.#look(file.name, original, { bytes, of, dry })
      else this.#not_mapped += 1
    }
  }

  summary(values: boolean): Coverage {
    const rows = [...this.#rows].map(([path, row]) => ({
      path,
      name: nameOf(path),
      messages: row.messages,
      examples: [...row.examples],
      ...(values ? { values: [...row.values] } : {}),
    }))
    return {
      messages: this.#messages,
      not_mapped: this.#not_mapped,
      values: this.#values,
      carried: this.#carried,
      not_examined: this.#not_examined,
      not_carried: rows.sort((a, b) => b.messages - a.messages || byPath(a.path, b.path)),
    }
  }

  async #look(
    name: string,
    original: DryResult,
    about: {
      readonly bytes: Buffer
      readonly of: { readonly tenant: string; readonly channel: string }
      readonly dry: DryRun
    },
  ): Promise<void> {
    const message = readMessage(about.bytes)
    const all = leavesOf(message)
    this.#messages += 1
    this.#values += all.length
    const single = message.bytes === about.bytes.toString('latin1')
    const leaves = single ? all.slice(0, most(about.bytes.length)) : []
    this.#not_examined += all.length - leaves.length
    const variants = leaves.map(leaf => blanked(about.bytes, leaf))
    const results = await runVariants(original, variants, about)
    const wanted = essence(original)
    const lost = leaves.filter((_, i) => essence(results[i]) === wanted)
    this.#carried += leaves.length - lost.length
    for (const [path, leaf] of pathsOf(lost, leaves)) {
      const row = this.#rows.get(path) ?? { messages: 0, examples: new Set(), values: new Set() }
      row.messages += 1
      if (row.examples.size < EXAMPLES_MAX) row.examples.add(name)
      if (row.values.size < EXAMPLES_MAX) row.values.add(message.text(leaf.place) ?? '')
      this.#rows.set(path, row)
    }
  }
}

const most = (bytes: number) =>
  Math.min(COVERAGE.values_max, Math.floor(COVERAGE.copied_bytes_max / Math.max(1, bytes)))

/** The copy is made when it is its turn: all of them at once would be too much to hold. */
type Variant = () => Buffer

const blanked =
  (bytes: Buffer, { start, end }: Leaf): Variant =>
  () =>
    Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])

/** Each mapped under the identity of the original, so that only its content makes a difference. */
export async function runVariants(
  original: DryResult,
  variants: readonly Variant[],
  about: {
    readonly bytes: Buffer
    readonly of: { readonly tenant: string; readonly channel: string }
    readonly dry: DryRun
  },
): Promise<readonly DryResult[]> {
  const { raw_id, events } = original
  const identity = { raw_id, received_at: events[0]?.recorded_at }
  const { batch_bytes_max, batch_messages_max } = COVERAGE
  const fitting = Math.floor(batch_bytes_max / Math.max(1, about.bytes.length))
  const count = Math.max(1, Math.min(batch_messages_max, fitting))
  const results: DryResult[] = []
  for (let at = 0; at < variants.length; at += count) {
    const copies: readonly DryMessage[] = variants
      .slice(at, at + count)
      .map(copy => ({ bytes: copy(), ...identity }))
    results.push(...(await about.dry.runAll(about.of, copies)))
  }
  return results
}

/** What a message means: its events without what only says where they come from. */
function essence(result: DryResult | undefined): string {
  return JSON.stringify([result?.fate, result?.events.map(meaning)])
}

export function meaning({ kind, occurred_at, patient, visit, resources, source }: CanonicalEvent) {
  const { control_id, message_type, hl7_version } = source
  const told = { control_id, message_type, hl7_version }
  return { kind, occurred_at, patient, visit, resources, told }
}

/** The shortest paths that name what is lost and nothing else: segment, field, or component. */
function pathsOf(lost: readonly Leaf[], all: readonly Leaf[]): ReadonlyMap<string, Leaf> {
  const carried = new Set<string>()
  const gone = new Set(lost)
  for (const leaf of all) {
    if (gone.has(leaf)) continue
    carried.add(leaf.segment)
    carried.add(`${leaf.segment}-${leaf.field}`)
  }
  const paths = new Map<string, Leaf>()
  for (const leaf of lost) {
    const field = `${leaf.segment}-${leaf.field}`
    const wide = carried.has(field) ? leaf.path : field
    const path = carried.has(leaf.segment) ? wide : leaf.segment
    if (!paths.has(path)) paths.set(path, leaf)
  }
  return paths
}

function nameOf(path: string): string {
  const [, segment = '', field] = /^(.+?)-(\d+)/.exec(path) ?? []
  return field === undefined ? 'the whole segment' : (fieldName(segment, Number(field)) ?? '')
}

const byPath = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
