// `when` → plain data. The grammar, from the loosest to the tightest:
//   condition = all { or all }   all = term { and term }   term = not term | ( condition ) | test
//   test = name exists | name (= | != | < | <= | > | >=) literal | name [not] in [ literal, … ]
//        | name matches "pattern"          literal = "text" | number | word
// Nothing is ever evaluated as code; nesting and length are bounded.
import { nearest } from '../../kit/nearest.ts'
import type { Comparison, Condition, Literal } from '../../model/condition.ts'
import { KEYWORDS, type Token, tokensOf, WhenProblem } from './tokens.ts'

/** One place where a condition asks for something, for those who judge what it asks. */
export interface Asked {
  readonly name: string
  readonly at: number
  readonly values: readonly { readonly value: Literal; readonly at: number }[]
  /** Of `matches`. */
  readonly pattern: string | undefined
}

/** What may stand on the left: throws a WhenProblem for any other name. */
export type NameRule = (name: string, at: number) => void

export type Parsed =
  | { readonly condition: Condition; readonly asked: readonly Asked[] }
  | { readonly problem: WhenProblem }

export const WHEN_LIMITS = {
  characters_max: 4_000,
  depth_max: 32,
  /** Literals of one list. */
  values_max: 500,
  pattern_characters_max: 200,
} as const

export function parseWhen(text: string, names: NameRule): Parsed {
  try {
    if (text.length > WHEN_LIMITS.characters_max) throw new WhenProblem(0, LONG, SHORTER)
    const parser = new Parser(tokensOf(text), names)
    return { condition: parser.whole(), asked: parser.asked }
  } catch (problem) {
    if (problem instanceof WhenProblem) return { problem }
    throw problem
  }
}

const LONG = `The condition is longer than ${WHEN_LIMITS.characters_max} characters.`
const DEEP = `The condition is nested deeper than ${WHEN_LIMITS.depth_max}.`
const SHORTER = 'Make several routes of it, or decide in the mapping.'

class Parser {
  readonly asked: Asked[] = []
  readonly #tokens: readonly Token[]
  readonly #names: NameRule
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], names: NameRule) {
    this.#tokens = tokens
    this.#names = names
  }

  whole(): Condition {
    const condition = this.#condition()
    const rest = this.#peek()
    if (rest.kind === 'end') return condition
    throw new WhenProblem(rest.at, `${shown(rest)} stands where the condition could end.`, AND_OR)
  }

  #condition(): Condition {
    return this.#joined('or', () => this.#joined('and', () => this.#term()))
  }

  #joined(word: 'and' | 'or', part: () => Condition): Condition {
    const of = [part()]
    while (this.#takes(word)) of.push(part())
    return of.length === 1 ? (of[0] as Condition) : { is: word, of }
  }

  #term(): Condition {
    const token = this.#peek()
    this.#depth += 1
    if (this.#depth > WHEN_LIMITS.depth_max) throw new WhenProblem(token.at, DEEP, SHORTER)
    const condition = this.#termAt(token)
    this.#depth -= 1
    return condition
  }

  #termAt(token: Token): Condition {
    if (this.#takes('not')) return { is: 'not', of: this.#term() }
    if (!this.#takes('(')) return this.#test()
    const inner = this.#condition()
    if (this.#takes(')')) return inner
    const here = this.#peek()
    throw new WhenProblem(
      here.at,
      'A closing `)` is missing.',
      `It closes the one at character ${token.at + 1}.`,
    )
  }

  #test(): Condition {
    const name = this.#name()
    const token = this.#take()
    const { value: word } = token
    if (token.kind !== 'text') {
      if (word === 'exists') return this.#noted(name, [], { is: 'exists', name: name.value })
      if (word === 'in') return this.#in(name)
      if (word === 'not' && this.#takes('in')) return { is: 'not', of: this.#in(name) }
      if (word === 'matches') return this.#matches(name)
      if (word === '!=') return { is: 'not', of: this.#compare(name, '=') }
      if (COMPARISONS.has(word)) return this.#compare(name, word as Comparison)
    }
    throw new WhenProblem(
      token.at,
      `${shown(token)} is no question about ${name.value}.`,
      ASK(word),
    )
  }

  #name(): Token {
    const token = this.#take()
    if (token.kind !== 'word' || KEYWORDS.includes(token.value)) {
      const what = `${shown(token)} stands where a name is wanted.`
      throw new WhenProblem(token.at, what, NAME_FIRST)
    }
    this.#names(token.value, token.at)
    return token
  }

  #compare(name: Token, by: Comparison): Condition {
    const { value, at } = this.#literal()
    return this.#noted(name, [{ value, at }], { is: 'compare', name: name.value, by, value })
  }

  #in(name: Token): Condition {
    const open = this.#peek()
    if (!this.#takes('[')) throw new WhenProblem(open.at, `${shown(open)} is no list.`, LIST)
    const literals = [this.#literal()]
    while (this.#takes(',')) literals.push(this.#literal())
    const close = this.#peek()
    if (!this.#takes(']')) throw new WhenProblem(close.at, 'A `,` or `]` is missing.', LIST)
    if (literals.length > WHEN_LIMITS.values_max) {
      const what = `The list holds more than ${WHEN_LIMITS.values_max} values.`
      throw new WhenProblem(open.at, what, SHORTER)
    }
    const values = literals.map(({ value }) => value)
    return this.#noted(name, literals, { is: 'in', name: name.value, values })
  }

  #matches(name: Token): Condition {
    const { kind, value: pattern, at } = this.#take()
    if (kind !== 'text') throw new WhenProblem(at, 'A pattern stands in double quotes.', PATTERN)
    if (pattern === '') throw new WhenProblem(at, 'The pattern is empty.', PATTERN)
    if (pattern.length > WHEN_LIMITS.pattern_characters_max) {
      const what = `The pattern is longer than ${WHEN_LIMITS.pattern_characters_max} characters.`
      throw new WhenProblem(at, what, SHORTER)
    }
    const condition = { is: 'matches', name: name.value, pattern } as const
    this.asked.push({ name: name.value, at: name.at, values: [], pattern })
    return condition
  }

  #literal(): { readonly value: Literal; readonly at: number } {
    const token = this.#take()
    const { kind, value, at } = token
    if (kind === 'text') {
      if (value === '') throw new WhenProblem(at, 'An empty text stands nowhere.', NOT_EXISTS)
      return { value, at }
    }
    if (kind !== 'word' || KEYWORDS.includes(value)) {
      throw new WhenProblem(at, `${shown(token)} stands where a value is wanted.`, VALUE)
    }
    if (HL7_PATH.test(value)) {
      throw new WhenProblem(at, `${value} looks like a field, and a value is wanted.`, VALUE)
    }
    return { value: NUMBER.test(value) ? Number(value) : value, at }
  }

  #noted(name: Token, values: Asked['values'], condition: Condition): Condition {
    this.asked.push({ name: name.value, at: name.at, values, pattern: undefined })
    return condition
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token
  }

  #take(): Token {
    const token = this.#peek()
    this.#next += 1
    return token
  }

  /** Takes the next token where it is this keyword or mark. */
  #takes(wanted: string): boolean {
    const { kind, value } = this.#peek()
    const is = kind !== 'text' && kind !== 'end' && value === wanted
    if (is) this.#next += 1
    return is
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>='])

/** Digits that begin with 0, or are too many to be counted with, name something: they are text. */
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/
const HL7_PATH = /^[A-Z][A-Z0-9]{2}(?:\[[^\]]*\]|\([^)]*\))?-\d{1,3}(?:$|[.[(-])/

const AND_OR = 'Join conditions with `and` or `or`; text with spaces stands in double quotes.'
const NAME_FIRST = 'A condition begins with a field, for example: MSH-4 = "RIV".'
const LIST = 'Write a list, for example: event in [patient.admitted, patient.discharged].'
const PATTERN = 'For example: PV1-3.1 matches "4*". `*` is any text, `?` one character.'
const VALUE = 'A value is "text", a number, or one word. Text that looks like a field is quoted.'
const NOT_EXISTS = 'To ask whether nothing stands there, write `not … exists`.'

function shown({ kind, value }: Token): string {
  if (kind === 'end') return 'The end'
  return kind === 'text' ? `"${value}"` : `\`${value}\``
}

/** Words that other languages use for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  is: '=',
  equals: '=',
  eq: '=',
  ne: '!=',
  like: 'matches',
  contains: 'matches "*…*"',
  starts: 'matches "…*"',
  ends: 'matches "*…"',
}

const OPERATORS = '= != < > <= >= in matches exists'

function ASK(word: string): string {
  const lower = word.toLowerCase()
  const meant = SYNONYMS[lower] ?? nearest(lower, ['in', 'matches', 'exists', 'not'])
  return meant === undefined ? `Ask with one of: ${OPERATORS}.` : `Did you mean \`${meant}\`?`
}
