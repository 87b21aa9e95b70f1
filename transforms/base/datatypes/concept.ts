// Coded values: CWE and CE as CodeableConcept (tables CWE[CodeableConcept], CE[CodeableConcept]),
// code systems by their names, and look-ups in the official concept maps.
import type { Value } from '#sdk'
import { type Coding, codeSystems, type Slot } from '../codes.ts'
import { compact, type Json, some } from '../json.ts'
import type { Scope } from '../scope.ts'
import { isOid, localSystem, localUri, tableSystem } from './identifier.ts'

/** The meaning of a code in its slot; a finding and undefined where a valued code has none. */
export function mapped<T extends string | Coding>(
  value: Value,
  slot: Slot<T>,
  scope: Scope,
): T | undefined {
  return scope.meaning(value, slot)
}

/** CWE, CE and whatever is read like them. */
export function concept(value: Value, scope: Scope): Json | undefined {
  const codings = [
    coding(value, { from: 1, version: 7 }, scope),
    coding(value, { from: 4, version: 8 }, scope),
    coding(value, { from: 10, version: 13 }, scope),
  ]
  const text =
    value.text(9) ?? (codings.some(hasCode) ? undefined : (value.text(2) ?? value.text(5)))
  const made = compact({ coding: some(codings.map(one => (hasCode(one) ? one : undefined))), text })
  if (made === undefined && value.valued) {
    scope.report('concept_empty', value.place, 'Neither a code nor a text.')
  }
  return made
}

/** Through a concept map; the sender's own code where the map does not know it. */
export function mappedConcept(value: Value, slot: Slot<Coding>, scope: Scope): Json | undefined {
  const found = scope.meaning(value, slot)
  if (found === undefined) return concept(value, scope)
  return compact({ coding: [found], text: value.text(9) })
}

export function concepts(values: readonly Value[], scope: Scope): readonly Json[] {
  return some(values.map(value => concept(value, scope)))
}

interface Named {
  /** In HL7 table 0396. */
  readonly system: string | undefined
  readonly code: string | undefined
}

/**
 * The URI of a code's system. Local ones (`L`, `99…`) belong to the facility that sent them; a
 * name that is not known becomes a URI of its own.
 */
export function systemOf({ system, code }: Named, scope: Scope): string | undefined {
  const name = system?.trim() ?? ''
  if (name === '' || code === undefined) return undefined
  if (/^(L|99.{0,61})$/.test(name)) return localSystem(name, scope)
  if (Object.hasOwn(codeSystems, name)) return codeSystems[name]
  const table = /^HL7(\d{4})$/.exec(name)?.[1]
  if (table !== undefined) return tableSystem({ table, code }, scope)
  if (isOid(name)) return `urn:oid:${name}`
  return /^(https?|urn):\S+$/.test(name) ? name : localUri(name)
}

function coding(
  value: Value,
  { from, version }: { from: number; version: number },
  scope: Scope,
): Json | undefined {
  const code = value.text(from)?.trim()
  return compact({
    system: systemOf({ system: value.text(from + 2), code }, scope),
    version: code === undefined ? undefined : value.text(version),
    code,
    display: value.text(from + 1),
  })
}

const hasCode = (coding: Json | undefined): boolean => coding?.code !== undefined
