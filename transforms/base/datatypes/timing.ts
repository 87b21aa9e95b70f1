// When an order is to be carried out: TQ1, and TQ of OBR-27 and ORC-7 before v2.5, by the tables
// TQ1[ServiceRequest], TQ[ServiceRequest], RPT[Timing] and RI[Timing].
import { own, readClock, type Segment, type Value } from '#sdk'
import { compact, type Json, type Scope, some } from '../scope.ts'
import { cq } from './quantity.ts'

/** What a ServiceRequest takes from one TQ1 or TQ. */
export interface Timed {
  readonly quantityQuantity: Json | undefined
  readonly occurrenceTiming: Json | undefined
  /** Value of HL70485, to be mapped. */
  readonly priority: Value
  readonly notes: readonly string[]
}

export function tq1(segment: Segment, scope: Scope): Timed {
  const pattern = segment.field(3)
  const period = bounds(segment.field(7), segment.field(8), scope)
  const repeat = compact({
    boundsPeriod: period,
    boundsDuration: period === undefined ? duration(segment.field(6), scope) : undefined,
    countMax: positive(segment.text(14)),
    ...durationOf(segment.field(13)),
    ...repeating(pattern),
    timeOfDay: clocks(segment.repetitions(4)),
  })
  return {
    quantityQuantity: cq(segment.field(2), scope),
    occurrenceTiming: compact({ repeat, code: patternCode(pattern.text(1)) }),
    priority: segment.field(9),
    notes: some([segment.text(11), segment.text(10)]),
  }
}

/** TQ (HL7 v2.5.1 chapter 2.A.81), deprecated and in use. */
export function tq(value: Value, scope: Scope): Timed {
  const interval = value.part(2)
  const repeat = compact({
    boundsPeriod: bounds(value.part(4), value.part(5), scope),
    count: positive(value.text(12)),
    timeOfDay: clocks([interval.part(2)]),
  })
  return {
    quantityQuantity: cq(value.part(1), scope),
    occurrenceTiming: compact({ repeat, code: patternCode(interval.text(1)) }),
    priority: value.part(6),
    notes: some([value.text(8), value.text(7)]),
  }
}

function bounds(from: Value, to: Value, scope: Scope): Json | undefined {
  const [start, end] = [scope.time(from), scope.time(to)]
  if (start !== undefined && end !== undefined && Date.parse(start) > Date.parse(end)) {
    scope.report('period_reversed', to.place, 'The end comes before the start; left out.')
    return { start }
  }
  return compact({ start, end })
}

/** A Duration needs a unit of time in UCUM (FHIR R4 invariant drt-1). */
function duration(value: Value, scope: Scope): Json | undefined {
  const made = cq(value, scope)
  const code = own(timeUnits, value.part(2).text(1))
  if (made === undefined || code === undefined) return undefined
  return { ...made, system: 'http://unitsofmeasure.org', code }
}

/** TQ1-13: how long one service takes. */
function durationOf(value: Value): Json {
  const amount = value.text(1)?.trim() ?? ''
  const durationUnit = own(timeUnits, value.part(2).text(1))
  if (durationUnit === undefined || !/^\d+(\.\d+)?$/.test(amount)) return {}
  return { duration: Number(amount), durationUnit }
}

/** Units of Timing.repeat, a required binding, by the names that senders use. */
const timeUnits: Readonly<Record<string, string>> = {
  s: 's',
  S: 's',
  min: 'min',
  M: 'min',
  h: 'h',
  H: 'h',
  hr: 'h',
  d: 'd',
  D: 'd',
  wk: 'wk',
  W: 'wk',
  mo: 'mo',
  L: 'mo',
  a: 'a',
}

/** RPT-5 and RPT-6 (period), RPT-8 (tied to an event). */
function repeating(pattern: Value): Json {
  const period = pattern.text(5)?.trim() ?? ''
  const periodUnit = own(timeUnits, pattern.text(6))
  if (periodUnit === undefined || !/^\d+(\.\d+)?$/.test(period)) return {}
  return { period: Number(period), periodUnit, frequency: 1 }
}

function clocks(values: readonly Value[]): readonly string[] {
  return some(values.map(value => readClock(value.text(1)?.replace(':', '').trim() ?? '')))
}

/** HL70335: those that FHIR has a code for are of v3-GTSAbbreviation, the rest are v2's. */
function patternCode(code: string | undefined): Json | undefined {
  if (code === undefined) return undefined
  const known = abbreviations.has(code)
  const system = `http://terminology.hl7.org/CodeSystem/${known ? 'v3-GTSAbbreviation' : 'v2-0335'}`
  return { coding: [{ system, code }] }
}

const abbreviations = new Set(['BID', 'TID', 'QID', 'QOD', 'QD', 'AM', 'PM', 'Q4H', 'Q6H', 'Q8H'])

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : undefined
}
