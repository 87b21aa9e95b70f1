// What a `when` may ask about, and how it is read: the HL7 paths of a message (`accept.when`), the
// fields of an event (`routes[].when`). An HL7 path that says nothing of segments or repetitions
// means all of them; `[1]` means the first.
import { nearest } from '../../kit/nearest.ts'
import { type ConditionReader, type EventField, eventFields } from '../../model/condition.ts'
import type { CanonicalEvent } from '../../model/event.ts'
import { resourceTypes } from '../../model/fhir_types.ts'
import { parsePath, pathFault } from '../hl7v2/path.ts'
import type { Message } from '../hl7v2/read.ts'
import type { NameRule } from './parse.ts'
import { WhenProblem } from './tokens.ts'

export const isEventField = (name: string): name is EventField => Object.hasOwn(eventFields, name)

const NAMES = Object.keys(eventFields)
const ELEMENTS = /^([A-Z][A-Za-z]{1,63})((?:\.[a-z][A-Za-z0-9]{0,63}){1,12})$/
const LIKE_PATH = /^[A-Z][A-Z0-9]{2}[-.[(]/

/** HL7 paths only: nothing else is known of a message before it is mapped. */
export const messageNames: NameRule = (name, at) => {
  const fault = pathFault(name)
  if (fault === undefined) return
  const what = `\`${name}\` is no place in a message: expected ${fault.expected}.`
  const known = isEventField(name) ? ' Fields of the event are known to `when` of a route.' : ''
  const remedy = `Write an HL7 path, such as MSH-4 or PID-3[2].4.1.${known}`
  throw new WhenProblem(at + fault.at, what, remedy)
}

/** Fields of the event, or elements of the FHIR resources in it. */
export const eventNames: NameRule = (name, at) => {
  if (isEventField(name)) return
  const type = ELEMENTS.exec(name)?.[1]
  if (type !== undefined && resourceTypes.has(type)) return
  const what = `\`${name}\` is no field of an event.`
  if (LIKE_PATH.test(name)) throw new WhenProblem(at, what, NOT_HL7)
  const [head = ''] = name.split('.')
  const meantType = name.includes('.') ? nearest(head, [...resourceTypes]) : undefined
  const meant = nearest(name, NAMES) ?? (meantType && name.replace(head, meantType))
  if (meant !== undefined && meant !== name) {
    throw new WhenProblem(at, what, `Did you mean \`${meant}\`?`)
  }
  const remedy = `Write one of ${NAMES.join(', ')}, or an element such as Encounter.class.code.`
  throw new WhenProblem(at, what, remedy)
}

const NOT_HL7 =
  'A route sees the event, not the message: use a field such as message_type, an element such as Encounter.class.code, or put it into `accept.when`.'

/**
 * The texts at an HL7 path; those that are absent, empty or deleted are none. What has parts is
 * read whole and by its first part: so HL7 reads a field to which a later version added components
 * (v2.5.1 chapter 2.8.2), and so MSH-4 is RIV also where a sender writes RIV^1.2.3^ISO.
 */
export function messageReader(message: Pick<Message, 'texts' | 'delimiters'>): ConditionReader {
  const { component, subcomponent } = message.delimiters
  const hasParts = (text: string) => text.includes(component) || text.includes(subcomponent)
  return name => {
    const path = everywhere(name)
    const texts = message.texts(path)
    return texts.some(hasParts) ? [...texts, ...message.texts(firstPart(path))] : texts
  }
}

function firstPart(path: string): string {
  const { component, subcomponent } = parsePath(path)
  if (component === 0) return `${path}.1.1`
  return subcomponent === 0 ? `${path}.1` : path
}

const UNNUMBERED = /[A-Z][A-Z0-9_]{2,}(?![A-Z0-9_[(])/g
const FIELD = /([\])][-.]\d{1,3})(?!\d)([[(][^\])]*[\])])?/

/** `PID-3.4` → `PID[*]-3[*].4`. */
export function everywhere(path: string): string {
  const numbered = path.replace(UNNUMBERED, '$&[*]')
  return numbered.replace(FIELD, (_, field, which = '[*]') => `${field}${which}`)
}

export function eventReader(event: CanonicalEvent): ConditionReader {
  const { patient, visit, source } = event
  const fields: Readonly<Record<EventField, string | undefined>> = {
    event: event.kind,
    channel: event.channel,
    message_type: source.message_type,
    hl7_version: source.hl7_version,
    'patient.system': patient?.system,
    'patient.value': patient?.value,
    'visit.system': visit?.system,
    'visit.value': visit?.value,
  }
  return name => {
    if (!isEventField(name)) return elementTexts(event, name.split('.'))
    const value = fields[name]
    return value === undefined ? [] : [value]
  }
}

function elementTexts(event: CanonicalEvent, [type, ...path]: readonly string[]): string[] {
  return event.resources.entry
    .filter(({ resource }) => resource.resourceType === type)
    .flatMap(({ resource }) => textsBelow(resource, path))
}

/** Lists are looked through; a path that ends above the values means all values below it. */
export function textsBelow(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap(item => textsBelow(item, path))
  if (typeof value !== 'object' || value === null) {
    return path.length > 0 || value === undefined || value === null ? [] : [String(value)]
  }
  const [key, ...rest] = path
  if (key === undefined) return Object.values(value).flatMap(inner => textsBelow(inner, []))
  return Object.hasOwn(value, key) ? textsBelow((value as Record<string, unknown>)[key], rest) : []
}
