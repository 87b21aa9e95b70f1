// Coded values: CWE and CE as CodeableConcept (tables CWE[CodeableConcept], CE[CodeableConcept]),
// code systems by their names, and look-ups in the official concept maps.
import type { Value } from '#sdk'
import { type CodeMap, type Coding, codeSystems } from '../codes.ts'
import { compact, type Json, type Scope, some } from '../scope.ts'
import { localUri } from './identifier.ts'

/** The code in its map; a finding and undefined where a valued code is not in it. */
export function mapped<T>(value: Value, map: CodeMap<T>, scope: Scope): T | undefined {
  const code = value.text(1)?.trim()
  if (code === undefined || code === '') return undefined
  if (Object.hasOwn(map, code)) return map[code]
  scope.report('code_unmapped', value.place, 'The code is not in the official concept map.')
  return undefined
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
export function mappedConcept(value: Value, map: CodeMap<Coding>, scope: Scope): Json | undefined {
  const found = mapped(value, map, scope)
  if (found === undefined) return concept(value, scope)
  return compact({ coding: [found], text: value.text(9) })
}

export function concepts(values: readonly Value[], scope: Scope): readonly Json[] {
  return some(values.map(value => concept(value, scope)))
}

/**
 * A code system's URI by its name in HL7 table 0396. Local ones (`L`, `99…`) belong to the facility
 * that sent them; any other name becomes a URI of its own.
 */
export function codeSystem(name: string | undefined, scope: Scope): string | undefined {
  if (name === undefined) return undefined
  if (/^(L|99.{0,61})$/.test(name)) {
    const facility = scope.message.text('MSH-4.1') ?? scope.facts.tenant
    return `${localUri(facility)}:${encodeURIComponent(name.toWellFormed())}`
  }
  if (Object.hasOwn(codeSystems, name)) return codeSystems[name]
  const table = /^HL7(\d{4})$/.exec(name)
  if (table !== null) return `http://terminology.hl7.org/CodeSystem/v2-${table[1]}`
  if (/^[0-2](\.(0|[1-9]\d*))+$/.test(name)) return `urn:oid:${name}`
  return /^(https?|urn):\S+$/.test(name) ? name : localUri(name)
}

function coding(
  value: Value,
  { from, version }: { from: number; version: number },
  scope: Scope,
): Json | undefined {
  const system = codeSystem(value.text(from + 2)?.trim(), scope)
  return compact({
    system: value.text(from) === undefined ? undefined : system,
    version: value.text(from) === undefined ? undefined : value.text(version),
    code: value.text(from)?.trim(),
    display: value.text(from + 1),
  })
}

const hasCode = (coding: Json | undefined): boolean => coding?.code !== undefined
