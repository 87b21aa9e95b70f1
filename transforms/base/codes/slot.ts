// A code slot: one official concept map (HL7 v2-to-FHIR, mappings/codesystems) under a name, into
// which a tenant's code table may be put. A code that neither knows is a finding of the mapping,
// never a silent pass.

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display?: string
}

export type CodeMap<T> = Readonly<Record<string, T>>

export interface Slot<T extends string | Coding = string | Coding> {
  readonly name: string
  /** For the reader of the README: where it is used. */
  readonly about: string
  readonly map: CodeMap<T>
  /** Codes that the official map knows and leaves without a target: no finding. */
  readonly blank: ReadonlySet<string>
  /** Makes what a tenant's row means to this slot. */
  readonly target: (row: { target: string; system?: string; display?: string }) => T
  /** The whole value set, where FHIR binds it as required; undefined: open. */
  readonly values: ReadonlySet<string> | undefined
}

interface Codes {
  /** The value set that FHIR requires, blank-separated. */
  readonly values: string
  readonly map: CodeMap<string>
  readonly blank?: string
}

/** A slot of an element of type `code`. */
export function codeSlot(about: string, { values, map, blank }: Codes): Omit<Slot<string>, 'name'> {
  return {
    about,
    map,
    blank: setOf(blank),
    values: setOf(values),
    target: ({ target }) => target,
  }
}

const setOf = (words = ''): ReadonlySet<string> => new Set(words.split(' '))

/** A slot of a Coding; a target that the map knows takes its system and display from there. */
export function codingSlot(
  about: string,
  map: CodeMap<Coding>,
  blank?: string,
): Omit<Slot<Coding>, 'name'> {
  const [first] = Object.values(map)
  const byCode = new Map(Object.values(map).map(coding => [coding.code, coding]))
  return {
    about,
    map,
    blank: setOf(blank),
    values: undefined,
    target({ target, system, display }) {
      const official = byCode.get(target)
      if (system === undefined || system === official?.system) {
        const known = official ?? { system: first?.system ?? '', code: target }
        return display === undefined ? known : { ...known, display }
      }
      return { system, code: target, ...(display === undefined ? {} : { display }) }
    },
  }
}

/** Each slot knows its own name. */
export function named<S extends Readonly<Record<string, Omit<Slot, 'name'>>>>(
  slots: S,
): { readonly [Name in keyof S]: S[Name] & { readonly name: string } } {
  const entries = Object.entries(slots).map(([name, slot]) => [name, { ...slot, name }])
  return Object.fromEntries(entries)
}

export const terminology = 'http://terminology.hl7.org/CodeSystem'

/** `from: [code, display]` in one system. */
export const codings = (
  system: string,
  rows: Readonly<Record<string, readonly [string, string]>>,
): CodeMap<Coding> =>
  Object.fromEntries(
    Object.entries(rows).map(([from, [code, display]]) => [from, { system, code, display }]),
  )
