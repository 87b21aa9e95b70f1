// The border to a tenant's process: what it answers is text of its making, so its shape is checked
// before the engine builds on it. What the resources hold is the canonical schema's business
// (station 4).
import { type Code, catalogue, type Facts } from '../../model/errors.ts'
import {
  type BusinessId,
  type Finding,
  kinds,
  type MappedEvent,
  type MappingRead,
  type MappingResult,
} from '../../model/event.ts'

const known: ReadonlySet<unknown> = new Set(kinds)

/** The same result, or `event_invalid` with the place where it is none. */
export function checkedResult(answer: unknown): MappingResult {
  if (!isObject(answer)) return wrong('')
  if ('code' in answer) return isFailure(answer) ? answer : wrong('/code')
  const { events, findings, reads } = answer
  if (!Array.isArray(events)) return wrong('/events')
  if (!Array.isArray(findings) || !findings.every(isFinding)) return wrong('/findings')
  const bad = events.findIndex(event => !isMappedEvent(event))
  if (bad >= 0) return wrong(`/events/${bad}`)
  const told = Array.isArray(reads) && reads.every(isRead) ? { reads } : {}
  return { events: events as MappedEvent[], findings, ...told }
}

function isRead(value: unknown): value is MappingRead {
  if (!isObject(value)) return false
  const { rule, place, text } = value
  return typeof rule === 'string' && typeof place === 'string' && typeof text === 'string'
}

function wrong(path: string): MappingResult {
  return { code: 'event_invalid', facts: { path, what: 'is not what a mapping returns' } }
}

type Fields = { readonly [name: string]: unknown }

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFailure(answer: Fields): answer is { code: Code; facts: Facts } {
  const { code, facts } = answer
  const isPlain = (fact: unknown) => ['string', 'number', 'boolean'].includes(typeof fact)
  return (
    typeof code === 'string' &&
    Object.hasOwn(catalogue, code) &&
    isObject(facts) &&
    Object.values(facts).every(isPlain)
  )
}

function isFinding(value: unknown): value is Finding {
  if (!isObject(value)) return false
  const { code, place, text, slot } = value
  return (
    typeof code === 'string' &&
    typeof place === 'string' &&
    typeof text === 'string' &&
    (slot === undefined || typeof slot === 'string')
  )
}

function isMappedEvent(value: unknown): boolean {
  if (!isObject(value)) return false
  const { kind, occurred_at, patient, visit, subject, resources } = value
  return (
    known.has(kind) &&
    (occurred_at === undefined || typeof occurred_at === 'string') &&
    (patient === null || isBusinessId(patient)) &&
    (visit === null || isBusinessId(visit)) &&
    (subject === undefined || isBusinessId(subject)) &&
    Array.isArray(resources) &&
    resources.every(isResource)
  )
}

function isBusinessId(value: unknown): value is BusinessId {
  return isObject(value) && typeof value.system === 'string' && typeof value.value === 'string'
}

function isResource(value: unknown): boolean {
  return isObject(value) && typeof value.resourceType === 'string' && typeof value.id === 'string'
}
