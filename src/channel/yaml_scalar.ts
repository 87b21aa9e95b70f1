// Where a character of a text stands in the YAML that says it: behind quotes and escapes, in folded
// lines, below the head of a block.

/**
 * Offset in `source` (the scalar as it stands in the file) of character `wanted` of `value` (what
 * it means). Both are walked side by side: what is the same goes on together; a line end and its
 * indentation stand for one blank or line end; a backslash or a doubled quote for the next one.
 */
export function characterInSource(source: string, value: string, wanted: number): number {
  let at = startOf(source)
  for (let i = 0; i < wanted && at < source.length; i++) at = behind(source, at, value[i] ?? '')
  return isBlank(value[wanted]) ? at : behindBlanks(source, at)
}

/** Behind the opening quote, or behind the head of a block. */
function startOf(source: string): number {
  if (source.startsWith('"') || source.startsWith("'")) return 1
  return /^[|>][^\n]*\n/.exec(source)?.[0].length ?? 0
}

/** The place behind the one that says `character`. */
function behind(source: string, at: number, character: string): number {
  if (!isBlank(character)) {
    const here = behindBlanks(source, at)
    return here + (isEscape(source, here) ? 2 : 1)
  }
  if (!isBlank(source[at])) return at
  const broken = BREAK.exec(source.slice(at))
  return at + (broken?.[0].length ?? 1)
}

/** A line end with all that surrounds it is one character of the value, or several. */
const BREAK = /^[ \t]*\r?\n\s*/

function isEscape(source: string, at: number): boolean {
  if (source.startsWith('"')) return source[at] === '\\'
  return source.startsWith("'") && source.startsWith("''", at)
}

function behindBlanks(source: string, at: number): number {
  const blanks = /^\s*/.exec(source.slice(at))?.[0].length ?? 0
  return at + blanks < source.length ? at + blanks : at
}

const isBlank = (character: string | undefined) => character !== undefined && /\s/.test(character)
