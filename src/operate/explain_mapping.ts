// Which value of a message became which element, by which line of which file. Each value is changed
// a little in a copy, and the copy is mapped: the elements that differ come from it. The lines are
// those that read it, as an explaining process tells. Holds for base mappings, tenants' modules and
// code tables alike.
import { fieldName } from '../codecs/hl7v2/field_names.ts'
import { type Leaf, leavesOf } from '../codecs/hl7v2/leaves.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import type { CanonicalEvent, MappingRead } from '../model/event.ts'
import { COVERAGE, meaning, runVariants } from './coverage.ts'
import type { DryResult, DryRun } from './dry_run.ts'

export interface Explanation {
  /** `PID-5.1`, with ordinals where a segment or a field repeats. */
  readonly place: string
  /** As the standard names the field; '' where that is not known. */
  readonly name: string
  /** `Patient.name[0].family`; none where the value is not carried. */
  readonly elements: readonly string[]
  /** Lines that read it, innermost first; rows of code tables. */
  readonly rules: readonly string[]
}

export interface Explained {
  readonly result: DryResult
  readonly rows: readonly Explanation[]
  /** Values beyond the limits of coverage.ts. */
  readonly not_examined: number
}

export interface ExplainContext {
  readonly of: { readonly tenant: string; readonly channel: string }
  readonly dry: DryRun
  /** The same with its option `explain`, which is slow. */
  readonly explaining: DryRun
}

/** `bytes` is one message. Rows only where it is mapped. */
export async function explainMessage(
  bytes: Buffer,
  { of, dry, explaining }: ExplainContext,
): Promise<Explained> {
  const result = await explaining.run({ ...of, bytes })
  if (result.fate !== 'mapped') return { result, rows: [], not_examined: 0 }
  const message = readMessage(bytes)
  const all = leavesOf(message)
  const single = message.bytes === bytes.toString('latin1')
  const leaves = single ? all.slice(0, COVERAGE.values_max) : []
  const about = { bytes, of, dry }
  const changed = await runVariants(
    result,
    leaves.map(leaf => () => altered(bytes, leaf)),
    about,
  )
  const before = elementsOf(result)
  const elements = changed.map(after => differing(before, after))
  // Not every change is seen: 0 for 1 in a table that knows neither. That a value goes is.
  const unseen = leaves.filter((_, i) => elements[i]?.length === 0)
  const without = await runVariants(
    result,
    unseen.map(leaf => () => cut(bytes, leaf)),
    about,
  )
  const blanked = new Map(unseen.map((leaf, i) => [leaf, differing(before, without[i])]))
  const rows = leaves.map((leaf, i) => ({
    place: leaf.place,
    name: fieldName(leaf.segment, leaf.field) ?? '',
    elements: blanked.get(leaf) ?? elements[i] ?? [],
    rules: rulesOf(result.reads, leaf, message.text(leaf.place) ?? ''),
  }))
  return { result, rows, not_examined: all.length - leaves.length }
}

function cut(bytes: Buffer, { start, end }: Leaf): Buffer {
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
}

/** Another value of the same form: a date stays a date, a number a number, a word a word. */
function altered(bytes: Buffer, leaf: Leaf): Buffer {
  const text = bytes.toString('latin1', leaf.start, leaf.end)
  const other = alike(text)
  if (other === undefined) return cut(bytes, leaf)
  const copy = Buffer.from(bytes)
  copy.write(other, leaf.start, 'latin1')
  return copy
}

/** Its last two digits are counted down (up from 00 and 01), or its last letter is another one. */
function alike(text: string): string | undefined {
  const digits = /\d{1,2}(?=\D*$)/.exec(text)
  const letter = /[A-Za-z](?=[^A-Za-z]*$)/.exec(text)
  if (digits !== null && (letter === null || digits.index > letter.index)) {
    const number = Number(digits[0])
    const other = String(number > 1 ? number - 1 : number + 1).padStart(digits[0].length, '0')
    return replaceAt(text, digits.index, other)
  }
  if (letter === null) return undefined
  const code = letter[0].charCodeAt(0)
  const isLast = letter[0] === 'Z' || letter[0] === 'z'
  return replaceAt(text, letter.index, String.fromCharCode(isLast ? code - 1 : code + 1))
}

function replaceAt(text: string, at: number, part: string): string {
  return text.slice(0, at) + part + text.slice(at + part.length)
}

/**
 * The lines that read this value of this field; else those that read it with what stands around.
 */
function rulesOf(reads: readonly MappingRead[], leaf: Leaf, text: string): readonly string[] {
  const field = /^[^-]*-\d+/.exec(leaf.place)?.[0]
  const there = reads.filter(({ place }) => place === field)
  const exact = there.filter(read => read.text === text)
  const around = there.filter(read => read.text.includes(text))
  return [...new Set((exact.length > 0 ? exact : around).map(({ rule }) => rule))]
}

type Elements = ReadonlyMap<string, string>

/**
 * Every leaf of the events by its path. A resource is named by its type, and by its number among
 * those where there are several; ids and what refers to them come last, since they follow from the
 * rest.
 */
function elementsOf({ events }: DryResult): Elements {
  const elements = new Map<string, string>()
  const resources = new Map<string, Map<string, string>>()
  events.forEach((event, i) => {
    const { resources: bundle, told, ...rest } = meaning(event as CanonicalEvent)
    const head = events.length > 1 ? `event[${i}]` : 'event'
    walk({ ...rest, source: told }, head, elements)
    for (const { resource } of bundle.entry) {
      const known = resources.get(resource.resourceType) ?? new Map<string, string>()
      resources.set(resource.resourceType, known)
      if (known.has(resource.id)) continue
      known.set(resource.id, JSON.stringify(resource))
    }
  })
  for (const [type, known] of resources) {
    ;[...known.values()].forEach((text, i) => {
      const { resourceType: _type, ...resource } = JSON.parse(text) as Record<string, unknown>
      walk(resource, known.size > 1 ? `${type}[${i}]` : type, elements)
    })
  }
  return elements
}

function walk(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    into.set(path, String(value))
    return
  }
  const isList = Array.isArray(value)
  for (const [name, inner] of Object.entries(value))
    walk(inner, isList ? `${path}[${name}]` : `${path}.${name}`, into)
}

/** Ids only where nothing else differs: then the value names the resource. */
function differing(before: Elements, after: DryResult | undefined): readonly string[] {
  if (after === undefined || after.fate !== 'mapped') return ['event']
  const now = elementsOf(after)
  const paths = new Set([...before.keys(), ...now.keys()])
  const all = [...paths].filter(path => before.get(path) !== now.get(path))
  const content = all.filter(path => !/\.(id|reference)$/.test(path))
  return content.length > 0 ? content : all.filter(path => path.endsWith('.id'))
}
