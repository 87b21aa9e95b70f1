// The value of an observation (OBX-5) by the type that OBX-2 names, as value[x] of an Observation
// or of its components, by OBX[Observation] and OBX[Observation-Component]. A value that does not
// fit its type is kept as text, with a finding; nothing that was sent is left out.
import { own, readClock, type Segment, type Value } from '#sdk'
import { compact, type Json, type Scope, some } from '../scope.ts'
import { concept } from './concept.ts'
import { cq, money, quantity, range, structuredNumeric, units } from './quantity.ts'

export interface Observed {
  readonly obx: Segment
  /** OBX-2. */
  readonly type: string | undefined
  /** Observation.code, which the components of a repeated value share. */
  readonly code: Json
}

/**
 * One value as value[x]; several as components, but for text, whose repetitions are lines, and for
 * arrays, whose repetitions are rows. Nothing where no value was sent.
 */
export function observedValue(observed: Observed, scope: Scope): Json {
  const { obx, type, code } = observed
  const repetitions = obx.repetitions(5).filter(value => value.valued)
  const [first] = repetitions
  if (first === undefined) return {}
  if (type === undefined || textTypes.has(type)) return { valueString: textOf(obx) }
  if (type === 'NA' || type === 'MA') return sampled(repetitions, observed, scope)
  if (repetitions.length === 1) return one(first, observed, scope)
  return { component: repetitions.map(value => ({ code, ...one(value, observed, scope) })) }
}

/** Free text may hold delimiters that nobody escaped, so the field is taken whole. */
const textTypes = new Set(['ST', 'TX', 'FT', 'GTS'])

export function textOf(segment: Segment, field = 5): string | undefined {
  const lines = segment.repetitions(field).map(value => value.text() ?? '')
  return lines.some(line => line !== '') ? lines.join('\n') : undefined
}

function one(value: Value, { obx, type }: Observed, scope: Scope): Json {
  const made = own(readers, type)?.(value, { obx, scope })
  if (made !== undefined) return made
  return keptAsText(value, scope)
}

function keptAsText(value: Value, scope: Scope): Json {
  scope.report('value_kept_as_text', value.place, 'The value does not fit its type (OBX-2).')
  return { valueString: value.text() }
}

interface Around {
  readonly obx: Segment
  readonly scope: Scope
}

type Reader = (value: Value, around: Around) => Json | undefined

const unitOf = ({ obx, scope }: Around): Json => units(obx.field(6), scope)

const given = (element: string, value: unknown): Json | undefined =>
  value === undefined || value === '' ? undefined : { [element]: value }

const coded: Reader = (value, { scope }) => given('valueCodeableConcept', concept(value, scope))
const moment: Reader = (value, { scope }) => given('valueDateTime', scope.time(value))

/**
 * Decided here: people, addresses, numbers and identifiers, for which R4 has no value[x], are said
 * in words.
 */
const inWords: Reader = value => given('valueString', words(value))

const readers: Readonly<Record<string, Reader>> = {
  NM: (value, around) => given('valueQuantity', quantity(value.text(), unitOf(around))),
  SN: (value, around) =>
    structuredNumeric(value, unitOf(around)) ?? given('valueString', snInWords(value, around.obx)),
  NR: (value, around) => given('valueRange', range(value.text(1), value.text(2), unitOf(around))),
  CQ: (value, { scope }) => given('valueQuantity', cq(value, scope)),
  MO: value => given('valueQuantity', money(value)),
  CP: value => given('valueQuantity', money(value.part(1))),
  CE: coded,
  CF: coded,
  CNE: coded,
  CWE: coded,
  IS: coded,
  ID: coded,
  DT: moment,
  TS: moment,
  DTM: moment,
  TM: value => given('valueTime', readClock(value.text(1)?.trim() ?? '')),
  DR: (value, { scope }) => given('valuePeriod', period(value, scope)),
  VR: value => given('valueString', some([value.text(1), value.text(2)]).join('-')),
  ...Object.fromEntries(
    ['AD', 'CK', 'CN', 'CNN', 'CX', 'EI', 'EIP', 'FN', 'HD', 'PL', 'PN', 'PPN', 'SAD', 'SI']
      .concat(['RP', 'TN', 'XAD', 'XCN', 'XON', 'XPN', 'XTN'])
      .map(type => [type, inWords]),
  ),
}

function period(value: Value, scope: Scope): Json | undefined {
  const [start, end] = [scope.time(value.part(1)), scope.time(value.part(2))]
  if (start !== undefined && end !== undefined && Date.parse(start) > Date.parse(end)) {
    return undefined
  }
  return compact({ start, end })
}

/** SN that is neither quantity, range nor ratio, as the table writes it. */
function snInWords(value: Value, obx: Segment): string {
  return some([...[1, 2, 3, 4].map(part => value.text(part)), obx.text(6, 1)]).join(' ')
}

function words(value: Value): string {
  const leaves = value.parts().flatMap(part => part.parts())
  return some(leaves.map(leaf => leaf.text())).join(' ')
}

/**
 * NA and MA as SampledData (table NA[SampledData]): each row is one moment of as many series as it
 * has columns; an NA of one row is one series. R4 wants a period, which the message does not have.
 */
function sampled(rows: readonly Value[], { obx, type }: Observed, scope: Scope): Json {
  const numbers = rows.map(row => row.parts().map(part => part.text()?.trim() ?? ''))
  const [first] = numbers
  const columns = first?.length ?? 0
  const even = numbers.every(row => row.length === columns && row.every(isSample))
  if (!even) {
    scope.report('value_kept_as_text', obx.place(5), 'The value does not fit its type (OBX-2).')
    return { valueString: textOf(obx) }
  }
  const data = numbers.map(row => row.map(text => text || 'E').join(' ')).join(' ')
  return {
    valueSampledData: {
      origin: { value: 0, ...compact(units(obx.field(6), scope)) },
      _period: { extension: [{ url: ABSENT, valueCode: 'unknown' }] },
      dimensions: type === 'NA' && rows.length === 1 ? 1 : columns,
      data,
    },
  }
}

const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

/** Empty is a sample that failed: `E` of FHIR R4 datatypes.html#SampledData. */
const isSample = (text: string): boolean => /^([+-]?(\d+\.?\d*|\.\d+))?$/.test(text)
