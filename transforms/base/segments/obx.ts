// OBX (with its NTE) as Observation, by the tables OBX[Observation] and NTE[Observation].
import { type ObservationGroup, type Resource, readClock, type Segment, type Value } from '#sdk'
import { interpretation, observationStatus } from '../codes.ts'
import { concept, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, ei } from '../datatypes/identifier.ts'
import { reference, xcn } from '../datatypes/person.ts'
import { number, quantity, structuredNumeric, units } from '../datatypes/quantity.ts'
import { compact, type Json, referenceTo, type Scope, some } from '../scope.ts'

/** What an observation takes from the order and the patient around it. */
export interface Surroundings {
  /** Canonical id of the report. */
  readonly report: string
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
  /** Taken where OBX-14 is empty: the time of the order's specimen or examination. */
  readonly effective: Json
  /** Observation.status where OBX-11 says nothing. */
  readonly status: string
}

export function observation(
  { obx, notes }: ObservationGroup,
  around: Surroundings,
  scope: Scope,
): Resource {
  const own = obx.repetitions(21).map(value => ei(value, scope, 'FILL'))
  const id = businessId(own[0])
  const name = id ?? [around.report, obx.text(3) ?? '', obx.text(4) ?? '']
  const effectiveDateTime = scope.time(obx.field(14))
  const elements = {
    identifier: some(own),
    status: mapped(obx.field(11), observationStatus, scope) ?? around.status,
    code: code(obx, scope),
    subject: referenceTo(around.subject),
    encounter: referenceTo(around.encounter),
    ...(effectiveDateTime === undefined ? around.effective : { effectiveDateTime }),
    performer: [...performers(obx, scope)],
    ...values(obx, scope),
    interpretation: some(
      obx.repetitions(8).map(value => mappedConcept(value, interpretation, scope)),
    ),
    note: notes.flatMap(annotations),
    bodySite: concept(obx.field(20), scope),
    method: concept(obx.field(17), scope),
    device: device(obx.field(18), scope),
    referenceRange: some([compact({ text: obx.text(7) })]),
  }
  const from = [obx, ...notes]
  return scope.make('observation', { id: scope.idOf('Observation', name), from, elements })
}

/** Observation.code is required; what OBX-3 leaves out is said to be unknown. */
function code(obx: Segment, scope: Scope): Json {
  const made = concept(obx.field(3), scope)
  if (made !== undefined) return made
  scope.report('required_missing', obx.place(3), 'The observation has no code.')
  return { extension: [absent('unknown')] }
}

const absent = (valueCode: string): Json => ({
  url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
  valueCode,
})

/** NTE-3: one note, its repetitions as lines. */
export function annotations(nte: Segment): readonly Json[] {
  const text = lines(nte, 3)
  return text === undefined ? [] : [{ text }]
}

function lines(segment: Segment, field: number): string | undefined {
  const texts = segment.repetitions(field).map(value => value.text() ?? '')
  return texts.some(text => text !== '') ? texts.join('\n') : undefined
}

function performers(obx: Segment, scope: Scope): readonly Json[] {
  const producer = obx.field(15)
  const organization = reference(
    'Organization',
    producer.text(1) === undefined ? undefined : compact({ value: producer.text(1) }),
    producer.text(2),
  )
  const observers = obx.repetitions(16).map(value => xcn(value, scope))
  return some([...observers, organization])
}

function device(value: Value, scope: Scope): Json | undefined {
  const identifier = ei(value, scope)
  return identifier && reference('Device', identifier, undefined)
}

/**
 * value[x], or components where a field repeats that is no text, or the reason why there is none.
 */
function values(obx: Segment, scope: Scope): Json {
  const repetitions = obx.repetitions(5).filter(value => value.valued)
  const type = obx.text(2)?.trim()
  if (repetitions.length === 0) return { dataAbsentReason: reasonOf(obx) }
  if (type === undefined || textTypes.has(type)) return text(obx)
  const [only] = repetitions
  if (repetitions.length === 1 && only !== undefined) return one(only, { obx, type, scope })
  const component = repetitions.map(value => ({
    code: code(obx, scope),
    ...one(value, { obx, type, scope }),
  }))
  return { component }
}

const textTypes = new Set(['ST', 'TX', 'FT', 'VR'])

/** Free text may hold delimiters that nobody escaped, so the field is taken whole. */
const text = (obx: Segment): Json => ({ valueString: lines(obx, 5) })

/** Decided here: X (no result to be had) is an error of measuring, N was not asked. */
function reasonOf(obx: Segment): Json | undefined {
  const reasons: Readonly<Record<string, string>> = { X: 'error', N: 'not-asked' }
  const status = obx.text(11, 1) ?? ''
  const reason = reasons[status]
  if (reason === undefined) return undefined
  return {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: reason }],
  }
}

interface Reading {
  readonly obx: Segment
  readonly type: string
  readonly scope: Scope
}

/** One value by OBX-2; a value that does not fit its type is kept as text, with a finding. */
function one(value: Value, reading: Reading): Json {
  const made = typed(value, reading)
  if (made !== undefined) return made
  reading.scope.report(
    'value_kept_as_text',
    value.place,
    'The value does not fit its type (OBX-2).',
  )
  return { valueString: value.text() }
}

function typed(value: Value, { obx, type, scope }: Reading): Json | undefined {
  const unit = () => units(obx.field(6), scope)
  switch (type) {
    case 'NM':
      return given('valueQuantity', quantity(number(value.text()), unit()))
    case 'SN':
      return structuredNumeric(value, unit()) ?? given('valueString', inWords(value, obx))
    case 'NR':
      return given('valueRange', range(value, unit()))
    case 'CE':
    case 'CF':
    case 'CNE':
    case 'CWE':
    case 'IS':
    case 'ID':
      return given('valueCodeableConcept', concept(value, scope))
    case 'TS':
    case 'DT':
    case 'DTM':
      return given('valueDateTime', scope.time(value))
    case 'TM':
      return given('valueTime', readClock(value.text(1) ?? ''))
    case 'DR':
      return given(
        'valuePeriod',
        compact({ start: scope.time(value.part(1)), end: scope.time(value.part(2)) }),
      )
    default:
      return undefined
  }
}

/** SN that is neither quantity, range nor ratio, as the table writes it. */
function inWords(value: Value, obx: Segment): string {
  const parts = [1, 2, 3, 4].map(part => value.text(part))
  return some([...parts, obx.text(6, 1)]).join(' ')
}

const given = (element: string, value: unknown): Json | undefined =>
  value === undefined ? undefined : { [element]: value }

function range(value: Value, unit: Json): Json | undefined {
  return compact({
    low: quantity(number(value.text(1)), unit),
    high: quantity(number(value.text(2)), unit),
  })
}
