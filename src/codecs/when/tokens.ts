// The words of a `when`, each with its place in the text. HL7 paths such as `OBX[*]-5` or
// `PID-3(2)-4` are one word: an index belongs to the name that it stands on.

export interface Token {
  readonly kind: 'word' | 'text' | 'mark' | 'end'
  /** As meant: a text without its quotes. */
  readonly value: string
  /** From 0, in characters of the whole text. */
  readonly at: number
}

/** What is wrong with a `when`, at a place in its text. */
export class WhenProblem extends Error {
  override name = 'WhenProblem'
  readonly at: number
  readonly what: string
  readonly remedy: string

  constructor(at: number, what: string, remedy: string) {
    super(what)
    this.at = at
    this.what = what
    this.remedy = remedy
  }
}

export const KEYWORDS: readonly string[] = ['and', 'or', 'not', 'in', 'matches', 'exists']

const SPACE = /\s+/y
const WORD = /[A-Za-z0-9_+-][A-Za-z0-9_.^:/+-]*/y
const INDEX = /(?:\[(?:\d{1,4}|\*)\]|\((?:\d{1,4}|\*)\))[A-Za-z0-9_./-]*/y
const MARK = /!=|<=|>=|[=<>()[\],]/y
const INDEXED = /(?:[A-Z][A-Z0-9_]{2}|[A-Z0-9_\])][-.]\d{1,3})$/

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(SPACE, text, at).length
    if (at === text.length) return [...tokens, { kind: 'end', value: '', at }]
    const token = text[at] === '"' ? textAt(text, at) : (wordAt(text, at) ?? markAt(text, at))
    tokens.push(token.token)
    at = token.end
  }
}

interface Found {
  readonly token: Token
  readonly end: number
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** `\"` and `\\` inside quotes stand for the character itself. */
function textAt(text: string, at: number): Found {
  let value = ''
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '"') return { token: { kind: 'text', value, at }, end: i + 1 }
    if (text[i] === '\\') i += 1
    value += text[i] ?? ''
  }
  throw new WhenProblem(at, 'The text in quotes has no end.', 'Close it with a double quote.')
}

function wordAt(text: string, at: number): Found | undefined {
  let value = matchAt(WORD, text, at)
  if (value === '') return undefined
  // Only a segment, group or field carries an index, so that `in [1, 2]` stays a list.
  while (INDEXED.test(value)) {
    const index = matchAt(INDEX, text, at + value.length)
    if (index === '') break
    value += index
  }
  return { token: { kind: 'word', value, at }, end: at + value.length }
}

function markAt(text: string, at: number): Found {
  const value = matchAt(MARK, text, at)
  if (value !== '') return { token: { kind: 'mark', value, at }, end: at + value.length }
  const [what, remedy] = FOREIGN[text[at] ?? ''] ?? [
    'This character has no meaning in a condition.',
    'Put text into double quotes.',
  ]
  throw new WhenProblem(at, what, remedy)
}

/** What people bring along from other languages. */
const FOREIGN: Readonly<Record<string, readonly [string, string]>> = {
  '&': ['`&&` is not known here.', 'Write `and`.'],
  '|': ['`||` is not known here.', 'Write `or`.'],
  '!': ['`!` is not known here.', 'Write `not`, or `!=` for unequal.'],
  "'": ['Text stands in double quotes.', 'Write "…" instead of \'…\'.'],
  '{': ['A list stands in square brackets.', 'Write [a, b].'],
  '*': ['A pattern stands in double quotes.', 'Write, for example, PV1-3.1 matches "4*".'],
}
