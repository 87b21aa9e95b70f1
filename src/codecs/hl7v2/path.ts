// Paths into a message, as people write them: `PID-5.1`, `PID.5.1`, `PID-3[2].4.1`, `PID-3(2)-4-1`,
// `OBX[*]-5`, and below another segment or a group: `OBR[2]/OBX[*]-5`,
// `ORDER_OBSERVATION[2].OBX[1]-5`. Counted from 1, as the standard counts. A path is parsed once
// and kept.
import { isGroup } from './scope.ts'

/** `OBR[2]/` or `ORDER_OBSERVATION[2].`: what follows is looked for only within it. */
export interface Within {
  readonly name: string
  /** Which one of that name; 0 means all. */
  readonly ordinal: number
}

export interface SegmentPath {
  readonly within: readonly Within[]
  readonly segment: string
  /** Which segment of that name; 0 means all. */
  readonly ordinal: number
}

export interface Hl7Path extends SegmentPath {
  readonly field: number
  /** Which repetition; 0 means all. */
  readonly repetition: number
  /** 0 where the path names the whole repetition. */
  readonly component: number
  /** 0 where the path names the whole component. */
  readonly subcomponent: number
}

/** Text that is no path. It comes from code or configuration, never from a sender. */
export class PathError extends RangeError {
  override name = 'PathError'
  readonly code = 'path_invalid'
  /** Where in the text, in characters from 0. */
  readonly at: number
  readonly expected: string

  constructor(at: number, expected: string) {
    super(
      `not an HL7 path, such as PID-5.1 or OBX[2]-5: expected ${expected} at character ${at + 1}`,
    )
    this.at = at
    this.expected = expected
  }
}

const KEPT_MAX = 4096
const kept = new Map<string, Hl7Path>()

/** Throws a PathError. */
export function parsePath(text: string): Hl7Path {
  const known = kept.get(text)
  if (known !== undefined) return known
  const path = new Reader(text).path()
  if (kept.size >= KEPT_MAX) kept.clear()
  kept.set(text, path)
  return path
}

/** A path that ends with its segment: `NK1[2]`, `OBR[2]/OBX[*]`. Throws a PathError. */
export function parseSegmentPath(text: string): SegmentPath {
  return new Reader(text).segmentAlone()
}

/** What is wrong with a path, for those who judge what others wrote (`when:` of a channel). */
export function pathFault(text: string): PathError | undefined {
  try {
    parsePath(text)
    return undefined
  } catch (thrown) {
    if (thrown instanceof PathError) return thrown
    throw thrown
  }
}

export function isPath(text: string): boolean {
  return pathFault(text) === undefined
}

const NAME_LENGTH_MAX = 40
const WITHIN_MAX = 4
const ORDINAL_DIGITS_MAX = 6
const NUMBER_DIGITS_MAX = 3

/** One left-to-right pass; each refusal names the character where it stands. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  path(): Hl7Path {
    const head = this.#head()
    if (!this.#take('-.')) this.#refuse('- and the number of a field')
    const field = this.#number('the number of a field')
    const repetition = this.#ordinal()
    const component = this.#take('-.') ? this.#number('the number of a component') : 0
    const subcomponent = this.#take('-.') ? this.#number('the number of a sub-component') : 0
    this.#end()
    return Object.freeze({ ...head, field, repetition, component, subcomponent })
  }

  segmentAlone(): SegmentPath {
    const head = this.#head()
    this.#end()
    return head
  }

  /** `OBR[2]/OBX[*]`; the last name is the segment, those before it are what it stands within. */
  #head(): SegmentPath {
    const within: Within[] = []
    for (;;) {
      const start = this.#at
      const name = this.#name()
      const ordinal = this.#ordinal()
      if (!this.#goesDeeper()) {
        if (name.length !== 3) this.#refuseAt(start, 'the three characters of a segment')
        return { within, segment: name, ordinal }
      }
      if (name.length > 3 && !isGroup(name)) this.#refuseAt(start, 'a group that is known')
      within.push({ name, ordinal })
      if (within.length > WITHIN_MAX) this.#refuse(`at most ${WITHIN_MAX} levels of groups`)
      this.#at += 1
    }
  }

  /** `/` always, `.` where a name and no number follows. */
  #goesDeeper(): boolean {
    const next = this.#text[this.#at]
    return next === '/' || (next === '.' && /[A-Z]/.test(this.#text[this.#at + 1] ?? ''))
  }

  #name(): string {
    const start = this.#at
    if (!/[A-Z]/.test(this.#text[start] ?? '')) this.#refuse('a segment, such as PID')
    while (/[A-Z0-9_]/.test(this.#text[this.#at] ?? '')) this.#at += 1
    const name = this.#text.slice(start, this.#at)
    if (name.length < 3 || (name.length === 3 && name.includes('_'))) {
      this.#refuseAt(start, 'the three characters of a segment')
    }
    if (name.length > NAME_LENGTH_MAX) this.#refuseAt(start, 'a group that is known')
    return name
  }

  /** `[2]`, `(2)`, `[*]`, or nothing: the first. */
  #ordinal(): number {
    const open = this.#text[this.#at]
    if (open !== '[' && open !== '(') return 1
    this.#at += 1
    const ordinal = this.#take('*') ? 0 : this.#number('a number or *', ORDINAL_DIGITS_MAX)
    if (!this.#take(open === '[' ? ']' : ')')) this.#refuse(open === '[' ? ']' : ')')
    return ordinal
  }

  #number(expected: string, digits_max = NUMBER_DIGITS_MAX): number {
    const start = this.#at
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at += 1
    const digits = this.#text.slice(start, this.#at)
    if (digits === '') this.#refuse(expected)
    if (digits.length > digits_max)
      this.#refuseAt(start, `a number of ${digits_max} digits at most`)
    if (Number(digits) === 0) this.#refuseAt(start, 'a number that counts from 1')
    return Number(digits)
  }

  #take(characters: string): boolean {
    const next = this.#text[this.#at]
    if (next === undefined || !characters.includes(next)) return false
    this.#at += 1
    return true
  }

  #end(): void {
    if (this.#at < this.#text.length) this.#refuse('the end of the path')
  }

  #refuse(expected: string): never {
    this.#refuseAt(this.#at, expected)
  }

  #refuseAt(at: number, expected: string): never {
    throw new PathError(at, expected)
  }
}
