// What a module keeps from one message to the next: the same message must give the same events,
// whatever came before it (design: G6). Read from its text, so it warns and never refuses:
// variables outside of any function, and collections there that functions write to.

export interface Kept {
  readonly name: string
  readonly line: number
  readonly column: number
  /** Of a collection that is written to: it is the place of the writing. */
  readonly written: boolean
}

/** `text`: of a module whose syntax is right. */
export function keptState(text: string): readonly Kept[] {
  const code = withoutWords(text)
  const variables = [...code.matchAll(VARIABLE)].map(match => kept(code, match, match.index))
  const collections = [...code.matchAll(COLLECTION)].flatMap(match => {
    const at = writtenInFunction(code, match[1] ?? '')
    return at === undefined ? [] : [{ ...kept(code, match, at), written: true }]
  })
  return [...variables, ...collections]
}

function kept(code: string, match: RegExpMatchArray, at: number): Kept {
  const before = code.slice(0, at).split('\n')
  const column = (before.at(-1)?.length ?? 0) + 1
  return { name: match[1] ?? '', line: before.length, column, written: false }
}

/** What is declared outside of any function begins its line. */
const VARIABLE = /^(?:export\s+)?(?:let|var)\s+([\w$]+)/gm
const COLLECTION =
  /^(?:export\s+)?const\s+([\w$]+)(?:\s*:[^=\n]*)?\s*=\s*(?:[[{]|new\s|Object\.|Array\.)/gm

/** Comments and texts as blanks: what stands in them is done by nobody. */
function withoutWords(text: string): string {
  return text.replace(WORDS, words => words.replace(/[^\n]/g, ' '))
}

const WORDS =
  /\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g

const CHANGES =
  'push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear|append'

/** Where a function changes the collection first. What is done once at load is no state. */
function writtenInFunction(code: string, name: string): number | undefined {
  const own = `(?<![\\w$.])${name.replaceAll('$', '\\$')}`
  const inside = '(?:\\??\\.[\\w$]+|!?\\[[^\\]\\n]*\\])'
  const change = new RegExp(
    [
      `${own}${inside}*!?\\??\\.(?:${CHANGES})\\(`,
      `${own}${inside}+\\s*(?:[-+*/%|&^?]{0,2}=(?![=>])|\\+\\+|--)`,
      `(?:\\+\\+|--|\\bdelete\\s+)${own}${inside}+`,
      `\\bObject\\.(?:assign|defineProperty)\\(\\s*${own}\\b(?!\\s*[.[])`,
    ].join('|'),
    'g',
  )
  return [...code.matchAll(change)].find(match => inFunction(code, match.index))?.index
}

/** A statement outside of any function begins its line; a function has its word or its arrow. */
function inFunction(code: string, at: number): boolean {
  const lines = code.slice(0, at).split('\n')
  const first = lines.findLastIndex(line => /^[^\s)}\]]/.test(line))
  return FUNCTION.test(lines.slice(Math.max(0, first)).join('\n'))
}

const BRANCH = '\\b(?:for|if|while|switch|catch)'
/** A method: a name, its parameters, a type perhaps, and the brace. */
const METHOD = `(?<!${BRANCH}\\s*)\\b(?!${BRANCH}\\b)[\\w$]+\\([^()]*(?:\\([^()]*\\)[^()]*)*\\)`
const FUNCTION = new RegExp(`=>|\\bfunction\\b|${METHOD}\\s*(?::[^={}\\n]+)?\\{`)
