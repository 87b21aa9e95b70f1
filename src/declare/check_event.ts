// Whether a canonical event is one: its schema, then what a schema cannot say of FHIR resources.
// Answers name the place and the rule, never what stands there, so they may be shown.
import { Ajv } from 'ajv'
import { canonicalSchema } from '../model/canonical_schema.ts'
import type { CanonicalEvent, Resource } from '../model/event.ts'

export interface EventFinding {
  /** JSON pointer into the event. */
  readonly path: string
  readonly what: string
}

// Only the first error is wanted: it is the one that the dead letter names.
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
  canonicalSchema,
)

/** Undefined where the event is sound. */
export function checkEvent(event: CanonicalEvent): EventFinding | undefined {
  if (!validate(event)) {
    const [error] = validate.errors ?? []
    return { path: error?.instancePath ?? '', what: error?.message ?? 'is refused by the schema' }
  }
  return checkResources(event.resources.entry.map(entry => entry.resource))
}

function checkResources(resources: readonly Resource[]): EventFinding | undefined {
  const present = new Set<string>()
  for (const [i, resource] of resources.entries()) {
    if (present.has(nameOf(resource))) return at(i, { path: '', what: 'stands there twice' })
    present.add(nameOf(resource))
  }
  for (const [i, resource] of resources.entries()) {
    const finding = checkObject(resource, { present, contained: containedOf(resource) }, 0)
    if (finding !== undefined) return at(i, finding)
  }
  return undefined
}

const nameOf = ({ resourceType, id }: Resource) => `${resourceType}/${id}`

const at = (i: number, { path, what }: EventFinding): EventFinding => ({
  path: `/resources/entry/${i}/resource${path}`,
  what,
})

interface Targets {
  /** `Type/id` of the bundle's resources. */
  readonly present: ReadonlySet<string>
  /** `#id` of what the resource at hand contains. */
  readonly contained: ReadonlySet<string>
}

function containedOf({ contained }: Resource): ReadonlySet<string> {
  if (!Array.isArray(contained)) return NONE
  return new Set(contained.map((resource: Partial<Resource> | null) => `#${resource?.id}`))
}

const NONE: ReadonlySet<string> = new Set()

/** Deeper than any FHIR resource; what nests further was made to exhaust us. */
const DEPTH_MAX = 64

/**
 * FHIR R4 json.html: nothing is empty or null, members are named like elements, a choice has one
 * value; and every relative reference resolves inside the bundle (design: section 6). Paths are
 * built on the way back, so that a sound resource costs none.
 */
function check(value: unknown, targets: Targets, depth: number): EventFinding | undefined {
  if (typeof value === 'object' && value !== null) {
    if (depth > DEPTH_MAX) return { path: '', what: 'is nested too deeply' }
    if (!Array.isArray(value)) return checkObject(value, targets, depth)
    if (value.length === 0) return EMPTY
    for (let i = 0; i < value.length; i++) {
      const finding = check(value[i], targets, depth + 1)
      if (finding !== undefined) return below(String(i), finding)
    }
    return undefined
  }
  return value === '' || value === null ? EMPTY : undefined
}

const EMPTY: EventFinding = { path: '', what: 'must not be empty' }

const below = (name: string, { path, what }: EventFinding): EventFinding => ({
  path: `/${name}${path}`,
  what,
})

function checkObject(object: object, targets: Targets, depth: number): EventFinding | undefined {
  let members = 0
  let choices = 0
  for (const name in object) {
    members += 1
    if (!isElementName(name))
      return { path: '', what: 'has a member that is no name of an element' }
    const value = (object as Record<string, unknown>)[name]
    if (name === 'reference' && typeof value === 'string' && !resolves(value, targets)) {
      return { path: '/reference', what: 'refers to nothing in the bundle' }
    }
    if (isChoice(name)) choices += 1
    const finding = check(value, targets, depth + 1)
    if (finding !== undefined) return below(name, finding)
  }
  if (members === 0) return EMPTY
  return choices > 1 ? { path: '', what: 'has two values' } : undefined
}

/** `valueString`, but not `values`. */
function isChoice(name: string): boolean {
  const code = name.charCodeAt(5)
  return code >= 65 && code <= 90 && name.startsWith('value')
}

/** By characters: a pattern costs more than all the rest of the check. */
function isElementName(name: string): boolean {
  if (name.length > 64) return false
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122
    const isDigit = code >= 48 && code <= 57
    if (!isLetter && !(i > 0 && isDigit) && !(i === 0 && code === 95)) return false
  }
  return name.length > 0
}

function resolves(reference: string, { present, contained }: Targets): boolean {
  if (reference.startsWith('#')) return contained.has(reference)
  return present.has(reference) || /^(https?|urn):/.test(reference)
}
