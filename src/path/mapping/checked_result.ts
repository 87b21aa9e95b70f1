// The border to a tenant's process: what it answers is checked for its shape before the engine
// builds on it. What an event holds was checked where it was written (completion.ts).
import type { Buffer } from 'node:buffer'
import { type Code, catalogue, type Facts } from '../../model/errors.ts'
import {
  type Finding,
  type Kind,
  kinds,
  type MadeEvent,
  type MappingRead,
  type MappingResult,
} from '../../model/event.ts'
import type { Answer } from './protocol.ts'

const known: ReadonlySet<unknown> = new Set(kinds)

/** A key is no novel: it stands in an index. */
const KEY_CHARACTERS_MAX = 65_536

/** The result that it says, or `event_invalid` with the place where it is none. */
export function checkedResult({ head, texts }: Answer): MappingResult {
  if (!isObject(head)) return wrong('')
  if ('code' in head) return isFailure(head) ? head : wrong('/code')
  const { events, findings, reads } = head
  if (!Array.isArray(events)) return wrong('/events')
  if (!Array.isArray(findings) || !findings.every(isFinding)) return wrong('/findings')
  const made: MadeEvent[] = []
  let at = 0
  for (const [i, event] of events.entries()) {
    const one = madeEvent(event, texts, at)
    if (one === undefined) return wrong(`/events/${i}`)
    at += one.value.length
    made.push(one)
  }
  if (at !== texts.length) return wrong('/events')
  const told = Array.isArray(reads) && reads.every(isRead) ? { reads } : {}
  return { events: made, findings, ...told }
}

function wrong(path: string): MappingResult {
  return { code: 'event_invalid', facts: { path, what: 'is not what a mapping returns' } }
}

function madeEvent(value: unknown, texts: Buffer, at: number): MadeEvent | undefined {
  if (!isObject(value)) return undefined
  const { id, kind, key, bytes } = value
  const isSound =
    typeof id === 'string' &&
    /^[0-9a-f]{32}$/.test(id) &&
    known.has(kind) &&
    (key === undefined || (typeof key === 'string' && key.length <= KEY_CHARACTERS_MAX)) &&
    Number.isSafeInteger(bytes) &&
    Number(bytes) > 0 &&
    at + Number(bytes) <= texts.length
  if (!isSound) return undefined
  return { id, kind: kind as Kind, key, value: texts.subarray(at, at + Number(bytes)) }
}

function isRead(value: unknown): value is MappingRead {
  if (!isObject(value)) return false
  const { rule, place, text } = value
  return typeof rule === 'string' && typeof place === 'string' && typeof text === 'string'
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
