// The content of a resource: our references as the target's, ours put in place of theirs, and what
// differs between the two. Paths name elements; no value of an element leaves this file.
import { type BusinessId, isExact, type Resource, sameNumber } from '#sdk'
import { carries } from './answers.ts'
import type { Content } from './requests.ts'

/** What is known of references: their ids at the target, and the identifiers of the others. */
export interface References {
  /** Canonical `Type/id` → the id at the target. */
  readonly known: Readonly<Record<string, string>>
  /** Canonical `Type/id` → business identifier. */
  readonly refers_to: Readonly<Record<string, BusinessId>>
}

/**
 * Types that are never referred to by an identifier alone: what is not tied to its patient is worse
 * than what is not there.
 */
export const LITERAL: ReadonlySet<string> = new Set(['Patient'])

export interface Wanted {
  readonly content: Content
  /** Elements whose reference has to be resolved and is not. */
  readonly missing: readonly string[]
  /** References as they stand in the content → the identifier of what they mean. */
  readonly names: ReadonlyMap<string, BusinessId>
}

/**
 * What we want at the target: without our id, carrying its identifier, referring to the target's
 * ids. What the target does not hold is referred to by its identifier (references.html#logical).
 */
export function wantedContent(
  resource: Resource,
  identifier: BusinessId,
  { known, refers_to }: References,
): Wanted {
  const missing: string[] = []
  const names = new Map<string, BusinessId>()
  const { id: _, meta, ...elements } = identified(resource, identifier)
  const content = mapped(elements, '', (reference, path) => {
    const type = typeOf(reference)
    // Absolute addresses, fragments and URNs mean the same everywhere.
    if (type === undefined) return { reference }
    const target_id = known[reference]
    const name = refers_to[reference]
    if (target_id !== undefined) {
      const there = `${type}/${target_id}`
      if (name !== undefined) names.set(there, name)
      return { reference: there }
    }
    if (name !== undefined && !LITERAL.has(type)) return { type, identifier: name }
    missing.push(path)
    return { reference }
  }) as Content
  return { content: profiled(content, meta), missing, names }
}

/** The type of a relative reference, `Type/id`. */
export function typeOf(reference: string): string | undefined {
  const [type, id, ...more] = reference.split('/')
  if (id === undefined || more.length > 0) return undefined
  return /^[A-Z][A-Za-z]+$/.test(type ?? '') ? type : undefined
}

function identified(resource: Resource, identifier: BusinessId): Resource {
  if (carries(resource, identifier)) return resource
  const others = Array.isArray(resource.identifier) ? resource.identifier : []
  return { ...resource, identifier: [...others, identifier] }
}

/** Of `meta` only the profiles are ours to claim; version and time are the target's. */
function profiled(content: Content, meta: unknown): Content {
  const profile = (meta as { profile?: unknown } | undefined)?.profile
  return profile === undefined ? content : { ...content, meta: { profile } }
}

function mapped(
  value: unknown,
  path: string,
  refer: (reference: string, path: string) => Readonly<Record<string, unknown>>,
): unknown {
  if (Array.isArray(value)) return value.map((item, i) => mapped(item, `${path}[${i}]`, refer))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string'
      ? Object.entries(refer(inner, path))
      : [[name, mapped(inner, path === '' ? name : `${path}.${name}`, refer)] as const],
  )
  return Object.fromEntries(entries)
}

/**
 * The resource that an update writes: our content under the target's id. Identifiers of systems
 * that we do not speak for stay, because other senders find the resource by them.
 */
export function replaced(content: Content, theirs: Resource): Resource {
  return { ...content, id: theirs.id, identifier: identifiers(content, theirs) }
}

/** The resource that a patch makes: what we say is set, what we do not say stands. */
export function merged({ meta: _, ...content }: Content, theirs: Resource): Resource {
  return { ...theirs, ...content, id: theirs.id, identifier: identifiers(content, theirs) }
}

function identifiers(content: Elements, theirs: Resource): readonly unknown[] {
  const ours = listOf(content.identifier)
  const spoken = new Set(ours.map(one => one.system))
  return [...ours, ...listOf(theirs.identifier).filter(one => !spoken.has(one.system))]
}

type Elements = Readonly<Record<string, unknown>>

const listOf = (value: unknown): readonly Partial<BusinessId>[] =>
  Array.isArray(value) ? value.filter(isObject) : []

/**
 * `exact`: nothing more may stand there either. `at_least`: what the server adds is its own affair.
 */
export type Measure = 'exact' | 'at_least'

/**
 * Elements of ours that are missing or other in theirs, as FHIRPath-like paths. With `names`, a
 * reference of theirs by the identifier of what ours means is the same: it was written before the
 * target held that resource.
 */
export function differences(
  ours: Resource,
  theirs: Resource,
  { measure, names = new Map() }: { readonly measure: Measure; readonly names?: Wanted['names'] },
): readonly string[] {
  const found: string[] = []
  const { meta: _, ...wanted } = ours
  // Servers write a version and often a narrative of their own.
  const { meta: __, text, ...rest } = theirs
  compare(wanted, wanted.text === undefined ? rest : { ...rest, text }, {
    path: '',
    measure,
    names,
    found,
  })
  return found
}

interface Place {
  readonly path: string
  readonly measure: Measure
  readonly names: Wanted['names']
  readonly found: string[]
}

function compare(ours: unknown, theirs: unknown, place: Place): void {
  if (Array.isArray(ours) && Array.isArray(theirs)) compareLists(ours, theirs, place)
  else if (isObject(ours) && isObject(theirs)) compareObjects(ours, theirs, place)
  else if (!sameValue(ours, theirs)) place.found.push(place.path)
}

function compareObjects(
  ours: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
  place: Place,
): void {
  const names = place.measure === 'exact' ? { ...theirs, ...ours } : ours
  for (const name of Object.keys(names)) {
    const path = place.path === '' ? name : `${place.path}.${name}`
    const same =
      name === 'reference' &&
      (sameReference(ours[name], theirs[name]) || means(ours, theirs, place))
    if (!same) compare(ours[name], theirs[name], { ...place, path })
  }
}

/**
 * Up to so many items a list may have been reordered or added to; longer ones are read in place.
 */
const REORDERED_MAX = 100

function compareLists(ours: readonly unknown[], theirs: readonly unknown[], place: Place): void {
  const { path, measure, names, found } = place
  const loose = measure === 'at_least' && theirs.length <= REORDERED_MAX
  if (measure === 'exact' && theirs.length > ours.length) found.push(path)
  ours.forEach((item, i) => {
    const inside: string[] = []
    compare(item, theirs[i], { path: `${path}[${i}]`, measure, names, found: inside })
    const elsewhere = inside.length > 0 && loose && theirs.some(other => holds(item, other, place))
    if (!elsewhere) found.push(...inside)
  })
}

function holds(ours: unknown, theirs: unknown, place: Place): boolean {
  const found: string[] = []
  compare(ours, theirs, { ...place, path: '', found })
  return found.length === 0
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExact(value)

/** Equal, or written in another way: line ends, blanks at the ends, an instant in another zone. */
function sameValue(ours: unknown, theirs: unknown): boolean {
  if (ours === theirs || sameNumber(ours, theirs)) return true
  if (typeof ours !== 'string' || typeof theirs !== 'string') return false
  return tidied(ours) === tidied(theirs) || sameInstant(ours, theirs)
}

const tidied = (text: string) => text.replace(/\r\n?/g, '\n').trim()

const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const sameInstant = (ours: string, theirs: string): boolean =>
  ZONED.test(ours) && ZONED.test(theirs) && Date.parse(ours) === Date.parse(theirs)

/** `Patient/1`, `https://server/base/Patient/1` and `Patient/1/_history/2` name one resource. */
function sameReference(ours: unknown, theirs: unknown): boolean {
  if (typeof ours !== 'string' || typeof theirs !== 'string') return false
  const end = (reference: string) =>
    /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1]
  return end(ours) !== undefined && end(ours) === end(theirs)
}

/** Theirs names by its identifier what ours refers to by its id. */
function means(
  ours: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
  { names }: Place,
): boolean {
  const name = names.get(String(ours.reference))
  if (name === undefined || theirs.reference !== undefined || !isObject(theirs.identifier)) {
    return false
  }
  return theirs.identifier.system === name.system && theirs.identifier.value === name.value
}
