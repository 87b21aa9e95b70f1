// Numbers: NM, SN, NR, CQ, MO with their units, by the tables NM[Quantity], SN[Quantity],
// SN[Range], SN[Ratio], NR[Range], CQ[Quantity] and CWE[Quantity]. A number keeps the precision
// that was sent.
import type { Value } from '#sdk'
import { compact, type Json } from '../json.ts'
import type { Scope } from '../scope.ts'
import { systemOf } from './concept.ts'

/**
 * Text of an NM (HL7 v2.5.1 chapter 2.A.47). Undefined where it is no number, or has more digits
 * than a JSON number carries.
 */
export function decimal(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(trimmed)) return undefined
  const digits = trimmed.replace(/^[+-]?0*\.?0*|\./g, '')
  return digits.length <= DIGITS_MAX ? trimmed : undefined
}

/** Every decimal of so many significant digits has a double of its own (IEEE 754). */
const DIGITS_MAX = 15

export function number(text: string | undefined): number | undefined {
  const known = decimal(text)
  return known === undefined ? undefined : Number(known)
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

/** `text` is an NM. Undefined where it is no number. */
export function quantity(
  text: string | undefined,
  unit: Json,
  comparator?: string,
): Json | undefined {
  const known = decimal(text)
  if (known === undefined) return undefined
  return compact({ value: Number(known), _value: precision(known), comparator, ...unit })
}

/**
 * How many decimals were sent, where the JSON number would not show it: 1.50 was measured more
 * exactly than 1.5 (FHIR R4 extension-quantity-precision.html).
 */
function precision(text: string): Json | undefined {
  if (!text.endsWith('0') || !text.includes('.')) return undefined
  const valueInteger = text.length - text.indexOf('.') - 1
  return { extension: [{ url: PRECISION, valueInteger }] }
}

const PRECISION = 'http://hl7.org/fhir/StructureDefinition/quantity-precision'

/** CQ: an amount and its units. */
export function cq(value: Value, scope: Scope): Json | undefined {
  return quantity(value.text(1), units(value.part(2), scope))
}

/** NR, and the two numbers of an SN. */
export function range(low: string | undefined, high: string | undefined, unit: Json) {
  return compact({ low: quantity(low, unit), high: quantity(high, unit) })
}

/** MO, and the price of a CP: an amount in a currency of ISO 4217. */
export function money(value: Value): Json | undefined {
  const code = value.text(2)
  const system = code === undefined ? undefined : 'urn:iso:std:iso:4217'
  return quantity(value.text(1), { unit: code, system, code })
}

/**
 * SN as the element of an Observation that fits it: a quantity, a range or a ratio; else undefined.
 */
export function structuredNumeric(value: Value, unit: Json): Json | undefined {
  const comparator = value.text(1) === '=' ? undefined : value.text(1)
  const [first, separator, second] = [value.text(2), value.text(3), value.text(4)]
  if (comparator !== undefined && !comparators.has(comparator)) return undefined
  if (separator === undefined && second === undefined) {
    const valueQuantity = quantity(first, unit, comparator)
    return valueQuantity && { valueQuantity }
  }
  if (separator === '-' && comparator === undefined) {
    const valueRange = range(first, second, unit)
    return valueRange && { valueRange }
  }
  if (separator !== ':' && separator !== '/') return undefined
  const numerator = quantity(first, unit, comparator)
  const denominator = quantity(second, unit)
  return numerator && denominator && { valueRatio: { numerator, denominator } }
}

/** Quantity.comparator, a required binding (FHIR R4 valueset-quantity-comparator.html). */
const comparators = new Set(['<', '<=', '>=', '>'])
