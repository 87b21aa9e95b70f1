// Paths into a message, as people write them: `PID-5.1`, `PID-3[2].4.1`, `OBX[2]-5`, `OBX[*]-5`.
// Counted from 1, as the standard counts. A path is parsed once and kept.

export interface Hl7Path {
  readonly segment: string
  /** Which segment of that name; 0 means all. */
  readonly ordinal: number
  readonly field: number
  /** Which repetition; 0 means all. */
  readonly repetition: number
  /** 0 where the path names the whole repetition. */
  readonly component: number
  /** 0 where the path names the whole component. */
  readonly subcomponent: number
}

const ordinal = String.raw`(?:\[(\d{1,4}|\*)\])?`
const grammar = new RegExp(
  String.raw`^([A-Z][A-Z0-9]{2})${ordinal}-(\d{1,3})${ordinal}(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?$`,
)

const KEPT_MAX = 4096
const kept = new Map<string, Hl7Path>()

/**
 * Throws a RangeError on text that is no path: it comes from code or configuration, not from a
 * sender.
 */
export function parsePath(text: string): Hl7Path {
  const known = kept.get(text)
  if (known !== undefined) return known
  const path = read(text)
  if (path === undefined) throw new RangeError('not an HL7 path, such as PID-5.1 or OBX[2]-5')
  if (kept.size >= KEPT_MAX) kept.clear()
  kept.set(text, path)
  return path
}

/** For those who judge what others wrote (`when:` of a channel). */
export function isPath(text: string): boolean {
  return read(text) !== undefined
}

function read(text: string): Hl7Path | undefined {
  const match = grammar.exec(text)
  if (match === null) return undefined
  const [, segment = '', ordinal, field, repetition, component, subcomponent] = match
  const path = {
    segment,
    ordinal: ordinalOf(ordinal),
    field: Number(field),
    repetition: ordinalOf(repetition),
    component: Number(component ?? 0),
    subcomponent: Number(subcomponent ?? 0),
  }
  const counted = [ordinal ?? '1', field, repetition ?? '1', component ?? '1', subcomponent ?? '1']
  return counted.some(number => Number(number) === 0) ? undefined : path
}

function ordinalOf(text: string | undefined): number {
  if (text === '*') return 0
  return text === undefined ? 1 : Number(text)
}
