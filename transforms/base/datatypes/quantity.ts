// Numbers: NM, SN, NR with their units, by the tables NM[Quantity], SN[Quantity], SN[Range],
// SN[Ratio], NR[Range] and CWE[Quantity].
import type { Value } from '#sdk'
import { compact, type Json, type Scope } from '../scope.ts'
import { systemOf } from './concept.ts'

/** NM: HL7 v2.5.1 chapter 2.A.47. Undefined where the text is no number. */
export function number(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? ''
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(trimmed) ? Number(trimmed) : undefined
}

/** Units (OBX-6) as members of a Quantity. */
export function units(value: Value, scope: Scope): Json {
  const code = value.text(1)
  const system = systemOf({ system: value.text(3), code }, scope)
  return {
    unit: value.text(2) ?? code,
    system,
    code: system === undefined ? undefined : code,
  }
}

export function quantity(
  amount: number | undefined,
  unit: Json,
  comparator?: string,
): Json | undefined {
  return amount === undefined ? undefined : compact({ value: amount, comparator, ...unit })
}

/**
 * SN as the element of an Observation that fits it: a quantity, a range or a ratio; else undefined.
 */
export function structuredNumeric(value: Value, unit: Json): Json | undefined {
  const comparator = value.text(1)
  const separator = value.text(3)
  const [first, second] = [number(value.text(2)), number(value.text(4))]
  if (first === undefined) return undefined
  if (separator === undefined && second === undefined) {
    if (comparator === undefined || comparator === '=')
      return { valueQuantity: quantity(first, unit) }
    return comparators.has(comparator)
      ? { valueQuantity: quantity(first, unit, comparator) }
      : undefined
  }
  if (comparator !== undefined && comparator !== '=') return undefined
  if (second === undefined) return undefined
  if (separator === '-') {
    return { valueRange: { low: quantity(first, unit), high: quantity(second, unit) } }
  }
  if (separator === ':' || separator === '/') {
    return { valueRatio: { numerator: quantity(first, unit), denominator: quantity(second, unit) } }
  }
  return undefined
}

/** Quantity.comparator, a required binding (FHIR R4 valueset-quantity-comparator.html). */
const comparators = new Set(['<', '<=', '>=', '>'])
