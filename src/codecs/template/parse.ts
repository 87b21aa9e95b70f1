// Templates of targets, `Bed {Encounter.location[0].location.display | "unknown"}`, as plain data.
//   template = text and { path [ "|" filter ]… }, where {{ and }} are braces themselves
//   path = name [index] { . name [index] }     filter = word [ ("text") ] | "text"
//   index = "[" ( number | name = "text" ) "]"
// Read once, each stumble at its own character. Nothing in a template is ever run.
import { nearest } from '../../kit/nearest.ts'

export interface Expression {
  /** As written, without filters: what errors name. */
  readonly path: string
  readonly steps: readonly PathStep[]
  readonly filters: readonly Filter[]
  /** What stands there where nothing else does. */
  readonly fallback: string | undefined
  /** The key or item is left out where nothing stands there. */
  readonly omits: boolean
  /** From 0, in characters of the template. */
  readonly at: number
}

/** A name, a position in a list from 0, or the first of a list of which `name` is `is`. */
export type PathStep = string | number | { readonly name: string; readonly is: string }

export type Filter =
  | { readonly is: 'json' | 'url' | 'markup' | 'target_id' }
  /** `pattern` of YYYY, MM, DD, HH, mm and ss, and what stands between them. */
  | { readonly is: 'date'; readonly pattern: string }

export type Template = readonly (string | Expression)[]

export interface TemplateProblem {
  readonly at: number
  readonly what: string
  readonly remedy: string
}

export const TEMPLATE_CHARACTERS_MAX = 20_000

/** What a filter does, as an analyst reads it. */
export const filters = {
  date: 'a date, or a date and time, by a pattern: date("DD.MM.YYYY HH:mm"); alone YYYY-MM-DD',
  json: 'a whole element as JSON text',
  url: 'encoded for a URL; in a path this happens by itself',
  markup:
    '&, < and > as &amp; &lt; &gt;, for far ends that read marks inside of a text, as chats do',
  target_id: 'of a reference: the id that the target gave that resource',
  omit: 'leaves the key out where there is no value; only where it is the whole text',
} as const

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const INDEX = /\[(?:(\d{1,4})|([A-Za-z][A-Za-z0-9]*)="((?:[^"\\]|\\["\\])*)")\]/y
const SPACE = /\s*/y
const TEXT = /"((?:[^"\\]|\\["\\])*)"/y
const BRACE = /[{}]/g

export function parseTemplate(
  text: string,
): { readonly template: Template } | { readonly problem: TemplateProblem } {
  if (text.length > TEMPLATE_CHARACTERS_MAX) return { problem: { at: 0, ...TOO_LONG } }
  try {
    return { template: new Parser(text).whole() }
  } catch (cause) {
    if (cause instanceof Stumble) return { problem: cause.problem }
    throw cause
  }
}

/** Every expression of a template. */
export const expressionsOf = (template: Template): readonly Expression[] =>
  template.filter(part => typeof part !== 'string')

class Stumble extends Error {
  readonly problem: TemplateProblem

  constructor(problem: TemplateProblem) {
    super(problem.what)
    this.problem = problem
  }
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Template {
    const parts: (string | Expression)[] = []
    let plain = ''
    while (this.#at < this.#text.length) {
      BRACE.lastIndex = this.#at
      const brace = BRACE.exec(this.#text)
      const end = brace?.index ?? this.#text.length
      plain += this.#text.slice(this.#at, end)
      this.#at = end
      if (brace === null) break
      if (this.#text[end + 1] === brace[0]) {
        plain += brace[0]
        this.#at += 2
      } else if (brace[0] === '}') stumble(end, STRAY)
      else {
        if (plain !== '') parts.push(plain)
        plain = ''
        parts.push(this.#expression())
      }
    }
    return plain === '' && parts.length > 0 ? parts : [...parts, plain]
  }

  #expression(): Expression {
    const at = this.#at
    this.#at += 1
    this.#match(SPACE)
    const from = this.#at
    const steps = this.#path(at)
    const path = this.#text.slice(from, this.#at)
    const read: Filter[] = []
    let fallback: string | undefined
    let omits = false
    for (;;) {
      this.#match(SPACE)
      if (this.#takes('}')) return { path, steps, filters: read, fallback, omits, at }
      if (this.#at === this.#text.length) stumble(at, UNCLOSED)
      if (!this.#takes('|')) stumble(this.#at, FOREIGN)
      this.#match(SPACE)
      if (fallback !== undefined || omits) stumble(this.#at, LAST)
      if (this.#text[this.#at] === '"') fallback = this.#quoted()
      else {
        const filter = this.#filter()
        if (filter === 'omit') omits = true
        else read.push(filter)
      }
    }
  }

  #path(open: number): PathStep[] {
    const steps: PathStep[] = []
    do {
      const name = this.#match(NAME)?.[0]
      if (name === undefined) {
        if (this.#at >= this.#text.length) stumble(open, UNCLOSED)
        stumble(this.#at, NO_NAME)
      }
      steps.push(name)
      const [, position, key, is = ''] = this.#match(INDEX) ?? []
      if (position !== undefined) steps.push(Number(position))
      if (key !== undefined) steps.push({ name: key, is: unquoted(is) })
    } while (this.#takes('.'))
    return steps
  }

  #filter(): Filter | 'omit' {
    const at = this.#at
    const name = this.#match(NAME)?.[0]
    if (name === undefined) stumble(at, NO_FILTER)
    if (!Object.hasOwn(filters, name)) stumble(at, unknownFilter(name))
    const is = name as keyof typeof filters
    if (is !== 'date') return is === 'omit' ? is : { is }
    if (!this.#takes('(')) return { is, pattern: 'YYYY-MM-DD' }
    this.#match(SPACE)
    const pattern = this.#quoted()
    this.#match(SPACE)
    if (!this.#takes(')')) stumble(at, { ...FOREIGN, what: 'The filter date is not closed.' })
    return { is, pattern }
  }

  #quoted(): string {
    const text = this.#match(TEXT)?.[1]
    if (text === undefined) stumble(this.#at, NO_TEXT)
    return unquoted(text)
  }

  #takes(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false
    this.#at += 1
    return true
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    this.#at += found?.[0].length ?? 0
    return found
  }
}

const unquoted = (text: string) => text.replaceAll(/\\(["\\])/g, '$1')

type Words = Omit<TemplateProblem, 'at'>

function stumble(at: number, words: Words): never {
  throw new Stumble({ at, ...words })
}

function unknownFilter(name: string): Words {
  const meant = nearest(name, Object.keys(filters))
  const remedy =
    meant === undefined
      ? `There are: ${Object.keys(filters).join(', ')}.`
      : `Did you mean \`${meant}\`?`
  return { what: `There is no filter \`${name}\`.`, remedy }
}

const TOO_LONG: Words = {
  what: `The template is longer than ${TEMPLATE_CHARACTERS_MAX} characters.`,
  remedy: 'Let a mapping put the text together.',
}
const STRAY: Words = {
  what: 'A closing brace has no opening one.',
  remedy: 'Write }} for a brace that is meant as it stands.',
}
const UNCLOSED: Words = {
  what: 'A brace is not closed.',
  remedy: 'Close it with }, or write {{ for a brace that is meant as it stands.',
}
const NO_NAME: Words = {
  what: 'Here a name is expected.',
  remedy: 'Write a path such as {Patient.name[0].family}; {{ is a brace as it stands.',
}
const FOREIGN: Words = {
  what: 'This has no meaning in a path.',
  remedy:
    'A path is {Type.element[0].element} or {Type.element[system="…"].value}; filters follow after |.',
}
const LAST: Words = {
  what: 'Behind a default nothing can follow.',
  remedy: 'Put the default, or omit, at the end.',
}
const NO_FILTER: Words = {
  what: 'After | a filter or a text in quotes is expected.',
  remedy: `Filters are: ${Object.keys(filters).join(', ')}; a default is written | "none".`,
}
const NO_TEXT: Words = {
  what: 'Here a text in double quotes is expected.',
  remedy: 'Write "…"; a quote inside it is written \\".',
}
