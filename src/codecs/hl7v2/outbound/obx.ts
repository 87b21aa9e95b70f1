// Observations as OBX with their notes (HL7 v2.5.1 chapter 7.4.2): value[x] by the type that holds
// it in OBX-2. A value that no type holds makes the message unbuildable; nothing is left out.
import { Failure } from '../../../model/errors.ts'
import type { SetValue } from '../edit.ts'
import { observationStatus, own } from './codes.ts'
import { code, cwe, decimal, time, units, xcn } from './datatypes.ts'
import { type Json, object, objects, text } from './fhir_tree.ts'
import { practitionerOf } from './pid.ts'
import { type Building, type BuiltSegment, each, type Repeated } from './segments.ts'

interface ObxValue {
  /** OBX-2. */
  readonly type: string
  readonly value: SetValue | Repeated
  readonly units?: SetValue
}

/**
 * Numbered from 1 within their order. Components of the observation's own code are repetitions of
 * its value; any other component has an OBX of its own, with a sub-identifier.
 */
export function obx(observations: readonly Json[], building: Building): readonly BuiltSegment[] {
  let nth = 0
  return observations.flatMap(observation => {
    const components = objects(observation.component)
    const repeated = repetitionOf(observation, components, building.version)
    const rows = [
      ...(repeated || components.length === 0 || hasValue(observation) ? [observation] : []),
      ...(repeated ? [] : components).map(one => ({ ...withoutValue(observation), ...one })),
    ]
    const segments = rows.map((row, i) => {
      nth += 1
      const sub = rows.length > 1 ? String(i + 1) : subIdentifier(observation)
      const found = repeated ?? obxValue(row, building.version)
      return observed(row, { nth, sub, found })
    })
    return [...segments, ...notes(observation, building)]
  })
}

/** Values of one kind and unit under the code of the observation itself: one repeated OBX-5. */
function repetitionOf(
  observation: Json,
  components: readonly Json[],
  version: string,
): ObxValue | undefined {
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  if (hasValue(observation) || !components.every(one => same(one.code, observation.code))) return
  const [first, ...others] = components.map(one => obxValue(one, version))
  if (first === undefined || others.length === 0) return undefined
  const alike = others.every(one => one?.type === first.type && same(one.units, first.units))
  const values = [first, ...others].map(one => one?.value)
  const single = values.filter((value): value is SetValue => !isRepeated(value))
  return alike && single.length === values.length ? { ...first, value: each(single) } : undefined
}

const isRepeated = (value: SetValue | Repeated): value is Repeated =>
  typeof value === 'object' && value !== null && 'each' in value

const hasValue = (observation: Json) =>
  Object.keys(observation).some(name => name.startsWith('value'))

/** What a component says for itself; the rest is its observation's. */
function withoutValue(observation: Json): Json {
  const kept = Object.entries(observation).filter(
    ([name]) => !name.startsWith('value') && !OF_VALUE.has(name),
  )
  return Object.fromEntries(kept)
}

const OF_VALUE = new Set(['interpretation', 'referenceRange', 'dataAbsentReason', 'component'])

const SUB_IDENTIFIER = 'http://hl7.org/fhir/StructureDefinition/observation-v2-subid'

/** OBX-4, where the message that it came from had one. */
function subIdentifier({ extension }: Json): string | undefined {
  const found = objects(extension).find(({ url }) => url === SUB_IDENTIFIER)
  const original = objects(found?.extension).find(({ url }) => url === 'original-sub-identifier')
  return text(original?.valueString)
}

interface Written {
  readonly nth: number
  /** OBX-4. */
  readonly sub: string | undefined
  readonly found: ObxValue | undefined
}

function observed(observation: Json, { nth, sub, found }: Written): BuiltSegment {
  const ranges = objects(observation.referenceRange).map(rangeText)
  const flags = objects(observation.interpretation).map(code)
  const period = object(observation.effectivePeriod)
  return {
    name: 'OBX',
    fields: {
      1: String(nth),
      2: found?.type,
      3: cwe(observation.code),
      4: sub,
      5: found?.value,
      6: found?.units,
      7: ranges[0],
      8: each(flags),
      11: own(observationStatus, text(observation.status)) ?? UNVERIFIED,
      14: time(observation.effectiveDateTime ?? period?.start),
      17: cwe(observation.method),
    },
  }
}

/** HL70085: entered, not verified. What is unknown is never called final. */
export const UNVERIFIED = 'R'

function obxValue(observation: Json, version: string): ObxValue | undefined {
  const name = Object.keys(observation).find(
    key => key.startsWith('value') && observation[key] !== undefined,
  )
  if (name === undefined) return undefined
  const value = observation[name]
  const write = Object.hasOwn(writers, name) ? writers[name] : undefined
  const written = write?.(object(value) ?? { value }, version)
  if (written === undefined) throw new Failure('event_unbuildable', { path: `Observation.${name}` })
  return written
}

type Writer = (value: Json, version: string) => ObxValue | undefined

const writers: Readonly<Record<string, Writer>> = {
  valueQuantity: quantity => {
    const number = decimal(quantity)
    const comparator = text(quantity.comparator)
    if (number === undefined) return undefined
    return comparator === undefined
      ? { type: 'NM', value: number, units: units(quantity) }
      : { type: 'SN', value: [comparator, number], units: units(quantity) }
  },
  valueRange: range => {
    const [low, high] = [object(range.low), object(range.high)]
    const unit = low ?? high
    if (unit === undefined) return undefined
    const value = ['', low && decimal(low), '-', high && decimal(high)]
    return { type: 'SN', value, units: units(unit) }
  },
  valueRatio: ({ numerator, denominator }) => {
    const [above, below] = [object(numerator), object(denominator)]
    if (above === undefined || below === undefined) return undefined
    const value = [text(above.comparator), decimal(above), ':', decimal(below)]
    return { type: 'SN', value, units: units(above) }
  },
  valueCodeableConcept: (concept, version) => ({
    type: version < '2.5' ? 'CE' : 'CWE',
    value: cwe(concept),
  }),
  valueString: ({ value }) => {
    const lines = (text(value) ?? '').split('\n')
    return lines.length === 1
      ? { type: 'ST', value: lines[0] }
      : { type: 'TX', value: each(lines.map(line => line || ' ')) }
  },
  valueSampledData: samples,
  valueInteger: ({ value }) => ({ type: 'NM', value: text(value) }),
  valueBoolean: ({ value }) => ({ type: 'ID', value: value === true ? 'Y' : 'N' }),
  valueDateTime: ({ value }, version) => ({
    type: version < '2.6' ? 'TS' : 'DTM',
    value: time(value),
  }),
  valueTime: ({ value }) => ({ type: 'TM', value: (text(value) ?? '').replaceAll(':', '') }),
  valuePeriod: ({ start, end }) => ({ type: 'DR', value: [time(start), time(end)] }),
}

/** NA, each repetition one moment of all series; a sample that failed is empty. */
function samples({ data, dimensions, origin }: Json): ObxValue | undefined {
  const numbers = (text(data) ?? '').trim().split(/\s+/)
  const columns = dimensions === 1 ? numbers.length : Number(dimensions)
  if (!numbers.every(one => /^(E|[+-]?[\d.]+)$/.test(one)) || !(columns > 0)) return undefined
  const rows = Array.from({ length: Math.ceil(numbers.length / columns) }, (_, row) =>
    numbers.slice(row * columns, (row + 1) * columns).map(one => (one === 'E' ? '' : one)),
  )
  const type = dimensions === 1 ? 'NA' : 'MA'
  return { type, value: each(rows), units: units(object(origin) ?? {}) }
}

function rangeText(range: Json): string | undefined {
  const said = text(range.text)
  if (said !== undefined) return said
  const [low, high] = [object(range.low), object(range.high)].map(one => one && decimal(one))
  if (low !== undefined && high !== undefined) return `${low}-${high}`
  if (low !== undefined) return `>=${low}`
  return high === undefined ? undefined : `<=${high}`
}

function notes(observation: Json, { tree, authorities }: Building): readonly BuiltSegment[] {
  return objects(observation.note).map((note, i) => {
    const author = tree.follow(note.authorReference, observation)
    const practitioner = practitionerOf(author, { tree, holder: observation })
    const lines = (text(note.text) ?? '').split('\n')
    return {
      name: 'NTE',
      fields: {
        1: String(i + 1),
        3: each(lines.map(line => line || ' ')),
        5: practitioner && xcn(practitioner, authorities),
        6: time(note.time),
      },
    }
  })
}

/** A document of a report: inline as ED, or what leads to it as RP. */
export function documentObx(
  document: Json,
  { nth, made }: { readonly nth: number; readonly made: Json },
): BuiltSegment {
  const [type = '', subtype = ''] = (text(document.contentType) ?? '').split('/')
  const data = text(document.data)
  const title = text(document.title)
  return {
    name: 'OBX',
    fields: {
      1: String(nth),
      2: data === undefined ? 'RP' : 'ED',
      3: title === undefined ? cwe(made.code) : [title, title],
      5:
        data === undefined
          ? [text(document.url), '', type, subtype]
          : ['', type, subtype, 'Base64', data],
      11: own(observationStatus, text(made.status)) ?? UNVERIFIED,
      14: time(document.creation),
    },
  }
}
