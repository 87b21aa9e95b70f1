// What stands at the paths of a template: facts of the write, elements of its resources (FHIR R4),
// ids at the target. The first of a list is meant where no position is given. An empty text is no
// value. Throws a Failure that names the path, never what stands there.
import { Failure } from '../../model/errors.ts'
import type { Resource } from '../../model/event.ts'
import type { StepInput, WriteIntent } from '../../model/intent.ts'
import type { Expression, Filter, PathStep } from './parse.ts'

/** What a template may name beside the resources, with what it is. */
export const templateFields = {
  event: 'kind of the event, such as patient.admitted',
  tenant: 'the tenant',
  channel: 'the channel',
  event_id: 'id of the event',
  intent_id: 'id of the write, the same on every try',
  target_id: 'id that the target gave; known to update, retract and verify',
  resource: 'the resource of the write, whatever its type; where the target takes resources',
  resources: 'all resources of the event as a Bundle; where the target takes events',
  occurred_at: 'when it happened; where the target takes events, as all below',
  recorded_at: 'when its message came',
  message_type: 'MSH-9 of its message',
  hl7_version: 'MSH-12 of its message',
  control_id: 'MSH-10 of its message',
  'patient.system': 'URI of the authority that gave the patient this identifier',
  'patient.value': 'identifier of the patient',
  'visit.system': 'URI of the authority that numbers the visits',
  'visit.value': 'number of the visit',
} as const

export type TemplateField = keyof typeof templateFields

/** They say nothing of the patient, so a URL may show them. */
export const plainFields: ReadonlySet<string> = new Set<TemplateField>([
  ...(['event', 'tenant', 'channel', 'event_id', 'intent_id', 'target_id'] as const),
  ...(['occurred_at', 'recorded_at', 'message_type', 'hl7_version', 'control_id'] as const),
])

export const wholeFields: ReadonlySet<string> = new Set<TemplateField>([
  ...(['resources', 'occurred_at', 'recorded_at', 'message_type', 'hl7_version'] as const),
  ...(['control_id', 'patient.system', 'patient.value', 'visit.system', 'visit.value'] as const),
])

/** The field that a path names, where it names one: `resource` of `resource.id`. */
export function fieldOf({ steps }: Pick<Expression, 'steps'>): TemplateField | undefined {
  const [head = '', second] = steps
  if (head === 'resource' || head === 'resources') return head
  if (steps.some(step => typeof step !== 'string')) return undefined
  const name = steps.length === 2 ? `${head}.${second}` : steps.length === 1 ? String(head) : ''
  return Object.hasOwn(templateFields, name) ? (name as TemplateField) : undefined
}

export interface Subject extends Pick<StepInput, 'intent' | 'known'> {
  /** The id at the target of what is written; undefined where none is known. */
  readonly target_id: string | undefined
}

/** The value, filtered; undefined where there is none and the template says what then. */
export function valueFor(expression: Expression, subject: Subject): unknown {
  let value = found(expression, subject)
  for (const filter of expression.filters) {
    if (value !== undefined) value = filtered(value, { filter, expression, subject })
  }
  if (value !== undefined) return value
  const { fallback, omits, path } = expression
  if (fallback === undefined && !omits) throw new Failure('template_value_missing', { path })
  return fallback
}

function found(expression: Expression, subject: Subject): unknown {
  const { intent } = subject
  const [head, ...below] = expression.steps
  const field = fieldOf(expression)
  if (field === 'resource') return valueAt(intent.resource, below)
  if (field === 'resources') return valueAt(intent.event && intent.resource, below)
  if (field !== undefined) return filled(fieldValue(field, subject))
  const typed = resourcesOf(intent).filter(({ resourceType }) => resourceType === head)
  return valueAt(typed, below)
}

function fieldValue(
  field: Exclude<TemplateField, 'resource' | 'resources'>,
  { intent, target_id }: Subject,
): string | undefined {
  const { event } = intent
  switch (field) {
    case 'event':
      return intent.event_kind
    case 'tenant':
    case 'channel':
    case 'event_id':
    case 'intent_id':
      return intent[field]
    case 'target_id':
      return target_id
    case 'occurred_at':
    case 'recorded_at':
      return event?.[field]
    case 'message_type':
    case 'hl7_version':
    case 'control_id':
      return event?.source[field]
    case 'patient.system':
    case 'patient.value':
      return event?.patient?.[field === 'patient.system' ? 'system' : 'value']
    case 'visit.system':
    case 'visit.value':
      return event?.visit?.[field === 'visit.system' ? 'system' : 'value']
  }
}

function resourcesOf({ event, resource }: WriteIntent): readonly Resource[] {
  if (event === undefined) return [resource]
  const entries = Array.isArray(resource.entry) ? (resource.entry as { resource: Resource }[]) : []
  return entries.map(entry => entry.resource)
}

function valueAt(value: unknown, steps: readonly PathStep[]): unknown {
  let at = value
  for (const step of steps) {
    const list: readonly unknown[] = Array.isArray(at) ? at : [at]
    if (typeof step === 'number') at = list[step]
    else if (typeof step === 'object') at = list.find(one => memberOf(one, step.name) === step.is)
    else at = memberOf(list[0], step)
  }
  return filled(at)
}

function memberOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name))
    return undefined
  return (holder as Record<string, unknown>)[name]
}

const filled = (value: unknown) => (value === '' || value === null ? undefined : value)

interface Filtering {
  readonly filter: Filter
  readonly expression: Expression
  readonly subject: Subject
}

function filtered(value: unknown, { filter, expression, subject }: Filtering): unknown {
  switch (filter.is) {
    case 'json':
      return JSON.stringify(value)
    case 'url':
      return encodeURIComponent(textOf(value, expression).toWellFormed())
    case 'markup':
      return textOf(value, expression)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
    case 'date':
      return dated(textOf(value, expression), filter.pattern, expression)
    case 'target_id': {
      const there = subject.known[textOf(value, expression)]
      const { path } = expression
      if (there === undefined) throw new Failure('target_reference_missing', { path })
      return there
    }
  }
}

/** A scalar as text; a list or an element needs `| json`. */
export function textOf(value: unknown, { path }: Pick<Expression, 'path'>): string {
  const [first] = Array.isArray(value) && value.length === 1 ? value : [value]
  if (typeof first === 'object') throw new Failure('template_value_unfit', { path, is: 'no text' })
  return String(first)
}

const FHIR_TIME =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?$/
const PARTS = ['YYYY', 'MM', 'DD', 'HH', 'mm', 'ss'] as const

/** In the words of the value itself: no time zone is applied (datatypes.html#dateTime). */
function dated(text: string, pattern: string, { path }: Expression): string {
  const found = FHIR_TIME.exec(text)
  return pattern.replaceAll(/YYYY|MM|DD|HH|mm|ss/g, part => {
    const digits = found?.[PARTS.indexOf(part as (typeof PARTS)[number]) + 1]
    if (digits === undefined) throw new Failure('template_value_unfit', { path, lacks: part })
    return digits
  })
}
