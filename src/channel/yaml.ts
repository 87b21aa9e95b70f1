// YAML text → a value, and the line and column of everything in it. What is not YAML is a finding
// in words. The only import of the yaml package beside generated.ts.
import { isUtf8 } from 'node:buffer'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Path } from '../declare/schema_path.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { finding, type Place, topOf } from './finding.ts'
import { characterInSource } from './yaml_scalar.ts'

/** Configuration larger than this is something else by mistake. */
export const CONFIG_BYTES_MAX = 1_048_576

/**
 * Stands in a text where a bare `${NAME}` could not be read; told apart from all that people write.
 */
export const UNREADABLE = '\uE000'

/**
 * Of the key or the value at a path, or of the nearest thing above it. `character` counts from 0 in
 * the value of a text, and means the place in the file where that character stands.
 */
export type Locate = (path: Path, part?: 'key' | 'value', character?: number) => Place

export interface YamlFile {
  readonly file: string
  /** Null for an empty file; undefined where the syntax is too broken to say what is meant. */
  readonly value: unknown
  readonly findings: readonly ConfigFinding[]
  readonly locate: Locate
}

export function parseYaml(file: string, bytes: Buffer): YamlFile {
  const trouble = unreadable(bytes)
  if (trouble !== undefined) return broken(file, trouble.what, trouble.remedy)
  const text = bytes.toString('utf8')
  const { document, lines, barePlaces } = parseMending(text)
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const findings = [
    ...barePlaces.map(offset => bareVariable(at(offset))),
    ...syntaxErrors(document, lines).map(({ code, pos, message }) => {
      const remedy = remedies[code]
      if (code !== 'DUPLICATE_KEY') return syntaxFinding(at(pos[0]), `${message}.`, remedy)
      const [key = ''] = /^[^\s:]*/.exec(text.slice(pos[0])) ?? []
      return syntaxFinding(at(pos[0]), `The key \`${key}\` stands here a second time.`, remedy)
    }),
  ]
  const locate: Locate = (path, part = 'value', character) => {
    const offset = offsetOf(document, path, part)
    if (character === undefined) return at(offset)
    return at(offset + within(document.getIn(path, true), text, character))
  }
  const fatal = document.errors.some(error => error.code !== 'DUPLICATE_KEY')
  if (fatal) return { file, value: undefined, findings, locate }
  try {
    return { file, value: document.toJS(), findings, locate }
  } catch (cause) {
    // Thrown for an alias without its anchor, and for aliases that multiply beyond reason.
    return broken(file, `${(cause as Error).message}.`)
  }
}

function unreadable(bytes: Buffer): { what: string; remedy: string } | undefined {
  if (bytes.length > CONFIG_BYTES_MAX) {
    const what = `The file is larger than ${CONFIG_BYTES_MAX} bytes.`
    return { what, remedy: 'Look whether something else was saved under this name.' }
  }
  if (isUtf8(bytes)) return undefined
  return { what: 'The file is not in UTF-8.', remedy: 'Save it as UTF-8.' }
}

function broken(file: string, what: string, remedy?: string): YamlFile {
  const findings = [syntaxFinding(topOf(file), what, remedy)]
  return { file, value: undefined, findings, locate: () => topOf(file) }
}

interface Parsed {
  readonly document: Document.Parsed
  readonly lines: LineCounter
  /** Offsets of the bare `${NAME}` inside `{ … }` or `[ … ]`. */
  readonly barePlaces: readonly number[]
}

/**
 * A bare `${NAME}` in a flow collection opens a map for YAML, and everything behind it is noise. So
 * each one is noted, replaced by text of the same length, and the rest is read as it was meant.
 */
function parseMending(given: string): Parsed {
  const barePlaces: number[] = []
  let text = given
  for (;;) {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const bare = document.errors
      .map(error => error.pos[0] - 1)
      .find(at => BARE.test(text.slice(at)))
    if (bare === undefined) return { document, lines, barePlaces }
    barePlaces.push(bare)
    const length = BARE.exec(text.slice(bare))?.[0].length ?? 0
    text = text.slice(0, bare) + UNREADABLE.repeat(length) + text.slice(bare + length)
  }
}

const BARE = /^\$\{[^{}\n]*\}/

/** One word a line, and nothing of what the parser says after it has lost the thread. */
function syntaxErrors(document: Document.Parsed, lines: LineCounter) {
  const problems = [...document.errors, ...document.warnings]
  const seen = new Set<number>()
  return problems.filter(({ message, pos: [start] }, i) => {
    const { line } = lines.linePos(start)
    const first = !seen.has(line)
    seen.add(line)
    return i === 0 || (first && !message.includes('in YAML stream'))
  })
}

/** What to do, by the parser's own codes; the others are about what stands around. */
const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Write spaces, two for each level.',
  DUPLICATE_KEY: 'Keep one of the two.',
}

const AROUND = 'Look at the indentation, the quotes and the brackets here and on the line above.'

function syntaxFinding(place: Place, what: string, remedy = AROUND): ConfigFinding {
  return finding(place, { rule: 'yaml_syntax', what, remedy })
}

function bareVariable(place: Place): ConfigFinding {
  return finding(place, {
    rule: 'variable_needs_quotes',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the analyst's text that is shown.
    what: 'A `${NAME}` inside `{ … }` or `[ … ]` is no valid YAML unless it is quoted.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above.
    remedy: 'Write it as "${NAME}", or put the key on a line of its own.',
  })
}

function offsetOf(document: Document.Parsed, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, key] of path.entries()) {
    const step = stepInto(isAlias(node) ? node.resolve(document) : node, key)
    if (step === undefined) return offset
    const last = depth === path.length - 1
    const value = startOf(step.value)
    offset = (last && part === 'value' ? value : startOf(step.key)) ?? startOf(step.key) ?? offset
    node = step.value
  }
  return offset
}

/** How far behind its beginning in the file a character of a text stands. */
function within(node: unknown, text: string, character: number): number {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0
  const [start, end] = node.range
  return characterInSource(text.slice(start, end), node.value, character)
}

function stepInto(node: unknown, key: string): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    return node.items.find(pair => String(isScalar(pair.key) ? pair.key.value : pair.key) === key)
  }
  if (!isSeq(node)) return undefined
  const item = node.items[Number(key)]
  return item === undefined ? undefined : { key: item, value: item }
}

function startOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range
  return range?.[0]
}
