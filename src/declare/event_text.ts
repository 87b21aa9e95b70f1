// A canonical event as text, checked while it is written: its schema, and what a schema cannot say
// of FHIR resources. What was checked is what is written, whatever a mapping returned (getters,
// proxies): each value is read once. It runs beside a tenant's code and calls no method that this
// could replace. Answers name the place and the rule, never what stands there.
import { assert } from '../kit/assert.ts'
import { canonicalSchema } from '../model/canonical_schema.ts'
import type { CanonicalEvent, Resource } from '../model/event.ts'
import { anything, otherMember, type Rule, ruleOf } from './event_rules.ts'

export interface EventFinding {
  /** JSON pointer into the event. */
  readonly path: string
  readonly what: string
  readonly isTooLarge: boolean
}

/** The resources as a list; the Bundle around them is made here. */
export type EventToWrite = Omit<CanonicalEvent, 'resources'> & {
  readonly resources: readonly Resource[]
}

/** Deeper than any FHIR resource; what nests further was made to exhaust us. */
const DEPTH_MAX = 64

/** In place of a depth: outside of the resources, where names and emptiness are the schema's. */
const ENVELOPE = -1

/** Inside the bundle `Type/id` references resolve against it (FHIR R4 bundle.html#references). */
const HERE = 'http://firth.invalid/'

const TOO_LARGE = 'is too large'
const EMPTY = 'must not be empty'
const NOT_ALLOWED = 'must be equal to one of the allowed values'

const root = ruleOf(canonicalSchema)
const { isArray } = Array
const { stringify } = JSON
const { apply } = Reflect
const patterns = RegExp.prototype
const { exec, test } = patterns
const Moment = Date
const { toJSON } = Moment.prototype

/**
 * `characters_max`: of its values and names together. Throws what a getter or a trap of the event
 * throws, and nothing else.
 */
export function eventText(
  event: EventToWrite,
  characters_max = Number.POSITIVE_INFINITY,
): { readonly text: string } | EventFinding {
  const writer = new Writer(characters_max)
  const text = writer.event(event)
  if (text !== undefined) return { text }
  const { path, what } = writer
  return { path, what, isTooLarge: what === TOO_LARGE }
}

class Writer {
  path = ''
  what = ''
  /** `Type/id` of the bundle's resources. */
  readonly #present = new Set<string>()
  /** `#id` of what the resource at hand contains. */
  #contained: ReadonlySet<string> = new Set()
  /** Of the resource at hand, as they were written. */
  #type: unknown
  #id: unknown
  #left: number

  constructor(characters_max: number) {
    this.#left = characters_max
  }

  /** Undefined where it is wrong: `path` and `what` say why. */
  event(event: EventToWrite): string | undefined {
    const { resources } = event
    const entry: { fullUrl: string; resource: Resource }[] = []
    for (let i = 0; i < resources.length; i++) {
      const resource = resources[i] as Resource
      const name = this.#announce(resource)
      if (name === undefined) return this.#inside(`resources/entry/${i}/resource`)
      // What is no name is refused at its own place, below.
      entry[i] = { fullUrl: matches(NAME, name) ? `${HERE}${name}` : HERE, resource }
    }
    const bundle = { resourceType: 'Bundle', type: 'collection', entry }
    return this.#value({ ...event, resources: bundle }, root, ENVELOPE)
  }

  #announce(resource: Resource): string | undefined {
    if (typeof resource !== 'object' || resource === null) return this.#fail('must be object')
    const { resourceType, id } = resource
    const name = `${resourceType}/${id}`
    if (this.#present.has(name)) return this.#fail('stands there twice')
    this.#present.add(name)
    return name
  }

  #fail(what: string): undefined {
    this.path = ''
    this.what = what
    return undefined
  }

  #inside(name: string | number): undefined {
    this.path = `/${name}${this.path}`
    return undefined
  }

  #value(value: unknown, rule: Rule, depth: number): string | undefined {
    this.#left -= typeof value === 'string' ? value.length : 1
    if (this.#left < 0) return this.#fail(TOO_LARGE)
    switch (typeof value) {
      case 'string':
        return this.#text(value, rule, depth)
      case 'object':
        return this.#parts(value, rule, depth)
      case 'number':
        return this.#number(value, rule)
      case 'boolean':
        return this.#flag(value, rule)
      default:
        return this.#fail('is nothing that JSON knows')
    }
  }

  #flag(flag: boolean, { type, allowed }: Rule): string | undefined {
    if (type !== undefined && type !== 'boolean') return this.#fail(`must be ${type}`)
    return allowed === undefined || allowed.has(flag) ? `${flag}` : this.#fail(NOT_ALLOWED)
  }

  #text(text: string, rule: Rule, depth: number): string | undefined {
    const { type, length_min, allowed, pattern } = rule
    if (type !== undefined && type !== 'string') return this.#fail(`must be ${type}`)
    if (text === '' && (depth !== ENVELOPE || length_min > 0)) return this.#fail(EMPTY)
    if (allowed !== undefined && !allowed.has(text)) return this.#fail(NOT_ALLOWED)
    if (pattern !== undefined && !matches(pattern, text)) {
      return this.#fail(`must match pattern "${pattern.source}"`)
    }
    return quoted(text)
  }

  #number(number: number, rule: Rule): string | undefined {
    const { type, minimum, allowed } = rule
    const isInteger = number % 1 === 0
    if (type !== undefined && type !== 'number' && !(type === 'integer' && isInteger)) {
      return this.#fail(`must be ${type}`)
    }
    if (number < minimum) return this.#fail(`must be >= ${minimum}`)
    if (allowed !== undefined && !allowed.has(number)) return this.#fail(NOT_ALLOWED)
    // What is not finite has no place in JSON.
    return number - number === 0 ? stringify(number) : this.#fail(EMPTY)
  }

  #parts(value: object | null, rule: Rule, depth: number): string | undefined {
    if (value === null) return rule.nullable ? 'null' : this.#fail(EMPTY)
    if (depth > DEPTH_MAX) return this.#fail('is nested too deeply')
    if (rule.allowed !== undefined) return this.#fail(NOT_ALLOWED)
    const { type } = rule
    if (isArray(value)) {
      return type === undefined || type === 'array'
        ? this.#array(value, rule, depth)
        : this.#fail(`must be ${type}`)
    }
    if (value instanceof Moment) return this.#value(apply(toJSON, value, ['']), rule, depth)
    if (type !== undefined && type !== 'object') return this.#fail(`must be ${type}`)
    return rule.by_type === undefined
      ? this.#object(value, rule, depth)
      : this.#resource(value as Resource, rule, rule.by_type)
  }

  #array(list: readonly unknown[], rule: Rule, depth: number): string | undefined {
    const { length } = list
    if (length === 0 && depth !== ENVELOPE) return this.#fail(EMPTY)
    if (length < rule.items_min)
      return this.#fail(`must NOT have fewer than ${rule.items_min} items`)
    const items = rule.items ?? anything
    const deeper = depth === ENVELOPE ? ENVELOPE : depth + 1
    let text = '['
    for (let i = 0; i < length; i++) {
      const part = this.#value(list[i], items, deeper)
      if (part === undefined) return this.#inside(i)
      text += i === 0 ? part : `,${part}`
    }
    return `${text}]`
  }

  #resource(
    resource: Resource,
    rule: Rule,
    by_type: ReadonlyMap<string, Rule>,
  ): string | undefined {
    this.#contained = containedOf(resource)
    const text = this.#object(resource, by_type.get(resource.resourceType) ?? rule, 0)
    if (text === undefined || this.#present.has(`${this.#type}/${this.#id}`)) return text
    return this.#fail('changes while it is read')
  }

  #object(object: object, rule: Rule, depth: number): string | undefined {
    const inside = depth !== ENVELOPE
    let text = ''
    let choices = 0
    let required = 0
    for (const name in object) {
      const value = (object as Record<string, unknown>)[name]
      if (value === undefined) continue
      if (depth === 0) this.#note(name, value)
      const known = rule.members.get(name)
      if (known === undefined && rule.exact)
        return this.#fail('must NOT have additional properties')
      const member = known ?? otherMember(name)
      if (inside && !member.isElement)
        return this.#fail('has a member that is no name of an element')
      if (member.isRequired) required += 1
      if (member.isChoice) choices += 1
      const part = this.#value(value, member.rule, inside ? depth + 1 : ENVELOPE)
      if (part === undefined) return this.#inside(name)
      if (inside && name === 'reference' && !this.#resolves(value)) {
        this.#fail('refers to nothing in the bundle')
        return this.#inside(name)
      }
      text += (text === '' ? member.first : member.next) + part
    }
    if (required < rule.required_count) return this.#fail('lacks a member that it must have')
    if (inside && choices > 1) return this.#fail('has two values')
    if (text === '') return inside ? this.#fail(EMPTY) : '{}'
    return `${text}}`
  }

  #note(name: string, value: unknown): void {
    if (name === 'resourceType') this.#type = value
    if (name === 'id') this.#id = value
  }

  /** Of another type than text it is no reference, and nothing is to be found. */
  #resolves(reference: unknown): boolean {
    if (typeof reference !== 'string' || this.#present.has(reference)) return true
    if (this.#contained.has(reference)) return true
    return matches(ABSOLUTE, reference)
  }
}

const NAME = /^\S+$/
const ABSOLUTE = /^(https?|urn):/

function containedOf({ contained }: Resource): ReadonlySet<string> {
  const ids = new Set<string>()
  if (!isArray(contained)) return ids
  for (let i = 0; i < contained.length; i++) {
    ids.add(`#${(contained[i] as { readonly id?: unknown } | null | undefined)?.id}`)
  }
  return ids
}

/** The expression itself is asked, never what a tenant's code put in its place. */
function matches(pattern: RegExp, text: string): boolean {
  assert(patterns.exec === exec && patterns.test === test, 'expressions are as they were')
  return pattern.test(text)
}

/** Longer ones are for the engine's own writer, which looks at many characters at once. */
const SHORT = 80

function quoted(text: string): string {
  const { length } = text
  if (length > SHORT) return stringify(text)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code === 0x22 || code === 0x5c || code >= 0xd800) return stringify(text)
  }
  return `"${text}"`
}
