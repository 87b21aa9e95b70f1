// What every part of a mapping shares while it works on one message: the facts, the findings, and
// the answers to "which time zone, whose identifier, which code system". Holds nothing between
// messages.
import {
  type BusinessId,
  derivedId,
  type Finding,
  type MappedEvent,
  type MappingContext,
  type MappingFacts,
  type Message,
  type Resource,
  readTime,
  type Segment,
  type Value,
} from '#sdk'
import type { Coding, Slot } from './codes/slot.ts'
import { compact, type Json, some } from './json.ts'
import { type StepElements, type StepName, typeOf } from './steps.ts'
import { type Tailoring, tailor, tailorEvent } from './tailoring.ts'

/**
 * System of the identifier that a resource gets from its canonical id, where the message names
 * nothing that would tell it from its likes. Stations further on use the same.
 */
export const RESOURCE_SYSTEM = 'urn:firth:resource'

export { compact, type Json, some }

export class Scope {
  readonly message: Message
  readonly facts: MappingFacts
  readonly #context: MappingContext
  readonly #tailoring: Tailoring
  readonly #made = new Map<string, number>()
  readonly #told = new Set<string>()
  #last: { readonly text: string; readonly time: ReturnType<typeof readTime> } | undefined

  constructor(message: Message, context: MappingContext, tailoring: Tailoring) {
    this.message = message
    this.#tailoring = tailoring
    this.facts = context.facts
    this.#context = context
  }

  /** A remark about one place, told once. `text` holds no content of the message. */
  report(code: string, place: string, text: string): void {
    this.#tell({ code, place, text })
  }

  /** A code that is in no table of its slot: told, and counted by the slot's name. */
  miss(place: string, slot: string): void {
    this.#tell({ code: 'code_unmapped', place, text: `The code is not in ${slot}.`, slot })
  }

  #tell(finding: Finding): void {
    const key = `${finding.code} ${finding.place} ${finding.slot ?? ''}`
    if (this.#told.has(key) || this.#told.size >= FINDINGS_MAX) return
    this.#told.add(key)
    this.#context.report(finding)
  }

  /**
   * What a code means: the tenant's table first, then the official concept map. Undefined where
   * the tenant says that it means nothing, and for a miss, which is told.
   */
  meaning<T extends string | Coding>(value: Value, slot: Slot<T>): T | undefined {
    const code = value.text(1)?.trim()
    if (code === undefined || code === '') return undefined
    const own = this.#tailoring.codes.get(slot.name)?.get(code)
    if (own !== undefined) return own.target as T | undefined
    if (Object.hasOwn(slot.map, code)) return slot.map[code]
    if (slot.blank.has(code)) return undefined
    this.miss(value.place, slot.name)
    return undefined
  }

  /** A resource of the base, after the tenant's functions of its step. */
  make<S extends StepName>(step: S, { id, from, elements }: Making<S>): Resource {
    const made: Resource = { resourceType: typeOf(step), id, ...compact(elements) }
    const functions = this.#tailoring.steps.get(step)
    if (functions === undefined) return made
    return tailor(functions, { step, made }, { from, scope: this })
  }

  /** An event of the base, after the tenant's functions of the step `event`. */
  event(event: MappedEvent, from: readonly Segment[]): MappedEvent {
    const functions = this.#tailoring.steps.get('event')
    if (functions === undefined) return event
    const draft = { ...event, resources: [...event.resources] }
    return tailorEvent(functions, draft, { from, scope: this })
  }

  /** Before each event of a message: the resources of one are told apart among themselves. */
  begin(): void {
    this.#made.clear()
  }

  /**
   * The deterministic id of a resource: over the tenant, its type and what names it. What has the
   * same name as another of its event is numbered.
   */
  idOf(resourceType: string, name: BusinessId | readonly string[]): string {
    const parts = 'system' in name ? [name.system, name.value] : name
    const id = derivedId(this.facts.tenant, resourceType, ...parts)
    const times = this.#made.get(id) ?? 0
    this.#made.set(id, times + 1)
    return times === 0 ? id : derivedId(id, times)
  }

  /**
   * The name of what no field names: its message (several of a batch have one raw record), and
   * which one of its kind the segment is there.
   */
  nameByPlace(segment: Segment): readonly string[] {
    const message = [this.facts.raw_id, this.message.text('MSH-10') ?? '']
    return [...message, segment.name, String(this.message.ordinalOf(segment))]
  }

  /** The id of a resource that is named elsewhere: as `idOf`, but never numbered. */
  knownId(resourceType: string, name: BusinessId): string {
    return derivedId(this.facts.tenant, resourceType, name.system, name.value)
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
    const time = this.#timeOf(text)
    if (time === undefined) this.report('time_invalid', value.place, 'Not a time; left out.')
    if (time?.remark !== undefined) {
      this.report('time_odd', value.place, `Read beside the standard: ${time.remark}.`)
    }
    return time
  }

  /** The results of one order mostly share one time. */
  #timeOf(text: string) {
    if (text !== this.#last?.text) {
      this.#last = { text, time: readTime(text, this.facts.time_zone) }
    }
    return this.#last.time
  }
}

interface Making<S extends StepName> {
  /** Canonical, as `idOf` makes it. */
  readonly id: string
  /** The segments it is made from, the main one first. */
  readonly from: readonly Segment[]
  readonly elements: StepElements<S> | Json
}

/** More of them about one message tell nobody anything. */
const FINDINGS_MAX = 200

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
