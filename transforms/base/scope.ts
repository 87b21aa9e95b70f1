// What every part of a mapping shares while it works on one message: the facts, the findings, and
// the answers to "which time zone, whose identifier, which code system". Holds nothing between
// messages.
import {
  type BusinessId,
  derivedId,
  type MappingContext,
  type MappingFacts,
  type Message,
  type Resource,
  readTime,
  type Value,
} from '#sdk'

/** A FHIR element under construction; undefined members are left out by `compact`. */
export type Json = { readonly [member: string]: unknown }

/**
 * System of the identifier that a resource gets from its canonical id, where the message names
 * nothing that would tell it from its likes. Stations further on use the same.
 */
export const RESOURCE_SYSTEM = 'urn:firth:resource'

export class Scope {
  readonly message: Message
  readonly facts: MappingFacts
  readonly #context: MappingContext
  readonly #made = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(message: Message, context: MappingContext) {
    this.message = message
    this.facts = context.facts
    this.#context = context
  }

  /** A remark about one place, told once. `text` holds no content of the message. */
  report(code: string, place: string, text: string): void {
    const key = `${code} ${place}`
    if (this.#told.has(key) || this.#told.size >= FINDINGS_MAX) return
    this.#told.add(key)
    this.#context.report({ code, place, text })
  }

  /**
   * The deterministic id of a resource: over the tenant, its type and what names it. What names
   * nothing twice in one message is numbered.
   */
  idOf(resourceType: string, name: BusinessId | readonly string[]): string {
    const parts = 'system' in name ? [name.system, name.value] : name
    const id = derivedId(this.facts.tenant, resourceType, ...parts)
    const times = this.#made.get(id) ?? 0
    this.#made.set(id, times + 1)
    return times === 0 ? id : derivedId(id, times)
  }

  /** FHIR dateTime. */
  time(value: Value): string | undefined {
    return this.#time(value)?.dateTime
  }

  /** FHIR date. */
  date(value: Value): string | undefined {
    return this.#time(value)?.date
  }

  /** FHIR instant: known to the minute at least, since an instant has no coarser form. */
  instant(value: Value): string | undefined {
    const time = this.#time(value)
    if (time === undefined || time.precision === 'minute' || time.precision === 'second') {
      return time?.dateTime
    }
    this.report('time_too_coarse', value.place, 'An instant needs hours and minutes; left out.')
    return undefined
  }

  #time(value: Value) {
    const text = value.text(1)?.trim()
    if (text === undefined || text === '') return undefined
    const time = readTime(text, this.facts.time_zone)
    if (time === undefined) this.report('time_invalid', value.place, 'Not a time; left out.')
    return time
  }
}

/** More of them about one message tell nobody anything. */
const FINDINGS_MAX = 200

/** Without what is undefined, empty lists and empty objects; undefined where nothing is left. */
export function compact(element: Json): Json | undefined {
  let kept: Record<string, unknown> | undefined
  for (const member in element) {
    const value = element[member]
    if (isEmpty(value)) continue
    kept ??= {}
    kept[member] = value
  }
  return kept
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value) return false
  return true
}

/** Without the undefined ones. */
export function some<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter(value => value !== undefined)
}

export function resource(resourceType: string, id: string, elements: Json): Resource {
  return { resourceType, id, ...compact(elements) }
}

export function referenceTo(target: Resource | undefined): Json | undefined {
  return target && { reference: `${target.resourceType}/${target.id}` }
}

/** Nothing is dropped in silence: what a mapping does not read is named once a message. */
export function reportUnmapped(scope: Scope, mapped: ReadonlySet<string>): void {
  const names = new Set(scope.message.segments.map(({ name }) => name))
  for (const name of names) {
    if (mapped.has(name)) continue
    // A name is the sender's text; one that has no form of a name is not repeated.
    const place = /^[A-Z][A-Z0-9]{2}$/.test(name) ? name : 'a segment without a name'
    scope.report('segment_unmapped', place, 'The mapping does not read this segment.')
  }
}
