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
  if (!value.valued) return undefined
  const texts = textsOf(value)
  const codings = some([
    coding(texts, FIRST, scope),
    coding(texts, SECOND, scope),
    coding(texts, THIRD, scope),
  ]).filter(hasCode)
  const text = texts[9] ?? (codings.length > 0 ? undefined : (texts[2] ?? texts[5]))
  const made = compact({ coding: codings, text })
  if (made === undefined) scope.report('concept_empty', value.place, 'Neither a code nor a text.')
  return made
}

/** Components by their numbers, read once: concepts are the most of what a message holds. */
type Texts = readonly (string | undefined)[]

const textsOf = (value: Value): Texts => [undefined, ...value.parts().map(part => part.text())]

/** Where a coding stands among the components of a CWE. */
interface Place {
  readonly from: number
  readonly version: number
}

const FIRST: Place = { from: 1, version: 7 }
const SECOND: Place = { from: 4, version: 8 }
const THIRD: Place = { from: 10, version: 13 }

/**
 * Through a concept map, beside it the sender's own code where it names its system, and the
 * alternates; only the sender's own where the map does not know it. His text is kept.
 */
export function mappedConcept(value: Value, slot: Slot<Coding>, scope: Scope): Json | undefined {
  if (!value.valued) return undefined
  const found = scope.meaning(value, slot)
  if (found === undefined) return concept(value, scope)
  const texts = textsOf(value)
  if (texts.length === 2) return { coding: [found] }
  const own = coding(texts, FIRST, scope)
  const version = texts[7]
  return compact({
    coding: some([
      version === undefined || own?.system !== undefined ? found : { ...found, version },
      own?.system === undefined || own.code === found.code ? undefined : own,
      alternate(texts, SECOND, { slot, scope }),
      alternate(texts, THIRD, { slot, scope }),
    ]),
    text: texts[9] ?? texts[2],
  })
}

/** Without a system of its own it is of the slot's table, as the first one. */
function alternate(
  texts: Texts,
  at: Place,
  { slot, scope }: { slot: Slot<Coding>; scope: Scope },
): Json | undefined {
  const made = coding(texts, at, scope)
  if (!hasCode(made)) return undefined
  const code = String(made?.code)
  const inTable = made?.system === undefined && Object.hasOwn(slot.map, code)
  const meaning = inTable ? slot.map[code] : undefined
  if (meaning === undefined) return made
  return made?.version === undefined ? { ...meaning } : { ...meaning, version: made.version }
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

function coding(texts: Texts, { from, version }: Place, scope: Scope): Json | undefined {
  if (texts.length <= from) return undefined
  const code = texts[from]?.trim()
  return compact({
    system: systemOf({ system: texts[from + 2], code }, scope),
    version: code === undefined ? undefined : texts[version],
    code,
    display: texts[from + 1],
  })
}

const hasCode = (coding: Json | undefined): boolean => coding?.code !== undefined
