// Samples hold patients. What is written into a project's tests is scrambled first: the structure
// stays, field by field and escape by escape; names, numbers, addresses, phones, free text and
// every moment change. What is not known to be harmless is scrambled. The same text becomes the
// same other text within a run, so that identifiers still agree.
import { decode } from '../codecs/hl7v2/charset_text.ts'
import { splitSegments } from '../codecs/hl7v2/delimiters.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import type { Random } from '../kit/random.ts'
import { harmlessValues, momentValues, type Shape, shapeOf } from './new_project_scramble_fields.ts'

const FAMILY = 'Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Juniper Larch Maple Oak'.split(' ')
const GIVEN = 'Ada Bo Cleo Dara Eli Fay Gus Hana Ivo Juno Kit Lou'.split(' ')
const STREETS = 'Quay Harbor Mill Orchard Station Church'.split(' ')
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DAY_MS = 86_400_000
const DOCUMENT_CHARACTERS = 64
/** How often another text is drawn where the first is taken already. */
const DRAWS_MAX = 20
/** A shorter text is more likely a code than a person or a number of one. */
const TELLING_CHARACTERS_MIN = 4

/** The delimiters of one message; '' where MSH-2 does not declare one. */
interface Marks {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escape: string
  readonly subcomponent: string
}

/** One for a whole run. */
export class Scrambler {
  readonly #random: Random
  readonly #said = new Map<string, string>()
  readonly #taken = new Set<string>()
  /** Names and identifiers, and what became of each. */
  readonly #telling = new Map<string, string>()
  /** One to four years back, in whole weeks, so that a Monday stays one. */
  readonly #shift_ms: number

  constructor(random: Random) {
    this.#random = random
    this.#shift_ms = -7 * (52 + this.#below(156)) * DAY_MS
  }

  /** The message's text, CR between segments. Throws what `readMessage` throws. */
  message(raw: Buffer): string {
    const { delimiters: marks, charset } = readMessage(raw)
    const text = decode(raw, charset).replace(/^\ufeff/, '')
    const segments = splitSegments(text, 0, marks.field)
    const once = () =>
      segments.map(({ name, start, end }) => this.#segment(name, text.slice(start, end), marks))
    // A name may stand in a field of codes before the field that tells that it is one.
    once()
    return once().join('\r')
  }

  #segment(name: string, text: string, marks: Marks): string {
    const header = name === 'MSH' || name === 'FHS' || name === 'BHS'
    const pieces = text.split(marks.field)
    const type = name === 'OBX' ? (pieces[2] ?? '') : ''
    return pieces
      .map((piece, i) => {
        const field = header ? i + 1 : i
        if (i === 0 || (header && field === 2)) return piece
        const shape = shapeOf(name, field)
        const wanted = shape === 'value' ? valueShape(type, piece) : shape
        if (wanted === 'code') return header ? piece : this.#coded(piece, marks)
        return this.#field(piece, wanted, marks)
      })
      .join(marks.field)
  }

  #field(text: string, shape: Shape, marks: Marks): string {
    if (text === '' || text === '""') return text
    return apart(text, marks.repetition)
      .map(repetition => {
        const components = apart(repetition, marks.component)
        return components.map((one, i) => this.#component(one, i + 1, { shape, components, marks }))
      })
      .map(components => components.join(marks.component))
      .join(marks.repetition)
  }

  /** A code stands, but houses write people into such fields too: one known from elsewhere goes. */
  #coded(text: string, { repetition, component, subcomponent }: Marks): string {
    const marks = [repetition, component, subcomponent].filter(mark => mark !== '')
    const through = (part: string, [mark, ...inner]: readonly string[]): string =>
      mark === undefined
        ? (this.#telling.get(part) ?? this.#standing(part))
        : part
            .split(mark)
            .map(one => through(one, inner))
            .join(mark)
    return through(text, marks)
  }

  #component(
    text: string,
    n: number,
    around: { shape: Shape; components: readonly string[]; marks: Marks },
  ): string {
    const other = this.#other(text, n, around)
    const told = around.shape === 'xpn' || (n <= 3 && PEOPLE.has(around.shape))
    if (told && other !== text && text.length >= TELLING_CHARACTERS_MIN) {
      this.#telling.set(text, other)
    }
    return other
  }

  #other(
    text: string,
    n: number,
    around: { shape: Shape; components: readonly string[]; marks: Marks },
  ): string {
    const { shape, components, marks } = around
    if (text === '') return text
    if (standing(shape, n)) return this.#standing(text)
    // XCN has its identifier before the name.
    const named = shape === 'xcn' ? n - 1 : shape === 'xpn' ? n : 0
    if (named === 1 || named === 2) {
      const person = components.slice(n - named, n - named + 2).join(' ')
      return this.#name(text, { person, names: named === 1 ? FAMILY : GIVEN })
    }
    if (shape === 'xad' && n === 1) return this.#street(text)
    // Of a document only so much that its form is seen; Base64 goes by four.
    if (shape === 'ed') return this.#leaf(text.slice(0, DOCUMENT_CHARACTERS), marks.escape)
    return apart(text, marks.subcomponent)
      .map(leaf => (shape === 'time' ? this.#time(leaf, marks) : this.#leaf(leaf, marks.escape)))
      .join(marks.subcomponent)
  }

  /** A year alone, or a month of it, is moved by whole years. */
  #time(text: string, marks: Marks): string {
    const [, year, month = ''] = /^(\d{4})(\d\d)?$/.exec(text) ?? []
    if (year === undefined) return this.#leaf(text, marks.escape)
    return `${Number(year) + Math.floor(this.#shift_ms / (365 * DAY_MS))}${month}`
  }

  /** A moment is moved, anything else is written anew character by character. */
  #leaf(text: string, mark: string): string {
    const moment = MOMENT.exec(text)
    if (moment !== null) return this.#moved(text, moment)
    return this.#once(text, () => this.#redrawn(text, mark))
  }

  /** Stands as it is, unless it says a day. */
  #standing(text: string): string {
    const moment = MOMENT.exec(text)
    return moment === null ? text : this.#moved(text, moment)
  }

  #moved(text: string, [, year = '', month = '', day = '']: RegExpExecArray): string {
    const at = Date.UTC(Number(year), Number(month) - 1, Number(day)) + this.#shift_ms
    return new Date(at).toISOString().slice(0, 10).replaceAll('-', '') + text.slice(8)
  }

  #name(text: string, { person, names }: { person: string; names: readonly string[] }): string {
    return this.#once(`${names[0]} ${person}`, () => {
      const name = names[this.#below(names.length)] ?? ''
      // A letter that ASCII does not have keeps the character set of the message at work.
      const foreign = /[^\p{ASCII}]/u.exec(text)?.[0] ?? ''
      const whole = `${name}${foreign}`
      return text === text.toUpperCase() ? whole.toUpperCase() : whole
    })
  }

  #street(text: string): string {
    return this.#once(`street ${text}`, () => {
      return `${1 + this.#below(98)} ${STREETS[this.#below(STREETS.length)]} Street`
    })
  }

  #redrawn(text: string, mark: string): string {
    const sequences = mark === '' ? [text] : escapesOf(text, mark)
    return sequences
      .map((part, i) => (i % 2 === 1 ? part : part.replace(/[A-Za-z1-9]/g, one => this.#like(one))))
      .join('')
  }

  #like(character: string): string {
    if (character >= '1' && character <= '9') return String(1 + this.#below(9))
    const letter = LOWER[this.#below(26)] ?? 'x'
    return character === character.toLowerCase() ? letter : letter.toUpperCase()
  }

  /** The same for the same text; where it can be, another one for another text. */
  #once(text: string, draw: () => string): string {
    const known = this.#said.get(text)
    if (known !== undefined) return known
    let drawn = draw()
    for (let i = 0; i < DRAWS_MAX && (this.#taken.has(drawn) || drawn === text); i++) drawn = draw()
    this.#taken.add(drawn)
    this.#said.set(text, drawn)
    return drawn
  }

  #below(count: number): number {
    return Math.floor(this.#random.fraction() * count)
  }
}

/** Shapes that begin with an identifier. */
const PEOPLE: ReadonlySet<Shape> = new Set(['cx', 'ei', 'xcn'])

/** A day of these centuries, and what may stand behind it (HL7 v2.5.1 chapter 2.A.22). */
const DAY = '((?:18|19|20)\\d\\d)(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])'
const CLOCK = '(?:[0-2]\\d(?:[0-5]\\d(?:[0-6]\\d(?:\\.\\d+)?)?)?)?(?:[+-]\\d{4})?'
const MOMENT = new RegExp(`^${DAY}${CLOCK}$`)

/** Components with authorities, kinds and codes; of an address the state and the country. */
function standing(shape: Shape, n: number): boolean {
  switch (shape) {
    case 'cx':
      return n > 2
    case 'ei':
      return n > 1
    case 'xpn':
      return n > 3 && n !== 9
    case 'xcn':
      return n > 4 && n !== 22
    case 'xtn':
      return n === 2 || n === 3
    case 'ed':
      return n !== 5
    case 'xad':
      return n === 4 || n === 6 || n === 7
    default:
      return false
  }
}

function valueShape(type: string, value: string): Shape {
  if (harmlessValues.has(type)) return 'code'
  if (type === 'NM') return /^[\d.+\-<>=~ ]*$/.test(value) ? 'code' : 'other'
  if (type === 'ED') return 'ed'
  return momentValues.has(type) ? 'time' : 'other'
}

const apart = (text: string, mark: string) => (mark === '' ? [text] : text.split(mark))

/** Text and escape sequences in turn, a text first. */
function escapesOf(text: string, mark: string): readonly string[] {
  const quoted = mark.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return text.split(new RegExp(`(${quoted}[^${quoted}]*${quoted})`))
}
