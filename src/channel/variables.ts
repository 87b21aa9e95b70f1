// `${NAME}` and `${NAME:-default}` in the values of a file, taken from the environment. A value
// that is one variable and nothing else becomes the type that its schema wants, so a port may come
// from there.
import type { JsonSchema } from '../declare/field.ts'
import { itemSchema, keySchema } from '../declare/mask.ts'
import type { Path } from '../declare/schema_path.ts'
import { UNREADABLE } from './yaml.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Resolved {
  readonly value: unknown
  /** Variables that the environment lacks, and texts that are no variable. */
  readonly missing: readonly { readonly path: Path; readonly what: string }[]
  /** Secrets that stand in the file itself. */
  readonly clear: readonly Path[]
  /** The text behind a value that came from the environment. */
  written(path: Path): string | undefined
  /** Values of which nothing is known, because a variable of theirs could not be read. */
  readonly unknown: readonly Path[]
}

const VARIABLE = /\$\{([^}]*)\}?/g
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

export function resolveVariables(value: unknown, schema: JsonSchema, env: Environment): Resolved {
  const missing: { path: Path; what: string }[] = []
  const clear: Path[] = []
  const written = new Map<string, string>()
  const unknown: Path[] = []

  const walk = (held: unknown, wanted: JsonSchema, path: Path): unknown => {
    if (typeof held === 'string') return leaf(held, wanted, path)
    if (Array.isArray(held)) {
      return held.map((item, i) => walk(item, itemSchema(wanted), [...path, String(i)]))
    }
    if (typeof held !== 'object' || held === null) return held
    const entries = Object.entries(held)
    return Object.fromEntries(
      entries.map(([key, below]) => [key, walk(below, keySchema(wanted, key), [...path, key])]),
    )
  }

  const leaf = (text: string, wanted: JsonSchema, path: Path): unknown => {
    if (text.includes(UNREADABLE)) unknown.push(path)
    if (wanted.writeOnly === true && isClear(text)) clear.push(path)
    if (!text.includes('${')) return text
    written.set(keyOf(path), text)
    const filled = text.replace(VARIABLE, whole => {
      const found = look(whole, env)
      if ('text' in found) return found.text
      missing.push({ path, ...found })
      unknown.push(path)
      return whole
    })
    return WHOLE.test(text) ? convert(filled, wanted) : filled
  }

  return {
    value: walk(value, schema, []),
    missing,
    clear,
    written: path => written.get(keyOf(path)),
    unknown,
  }
}

const WHOLE = /^\$\{[^}]*\}$/
const keyOf = (path: Path) => JSON.stringify(path)

/** In the clear: something of it stands in the file, be it as a default. */
function isClear(text: string): boolean {
  if (text.includes(UNREADABLE) || FILE_PATH.test(text)) return false
  return (
    text.replace(VARIABLE, (_whole, inside: string) => NAME.exec(inside)?.[2] ?? '').trim() !== ''
  )
}

/** Secrets such as keys may be given as the path of a file, and a path tells nothing. */
const FILE_PATH = /^\.{0,2}\/([\w.-]+\/)+[\w.-]+$/

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the analyst's text that is shown.
const NO_VARIABLE = 'This is no variable; it is written ${NAME} or ${NAME:-default}.'

function look(written: string, env: Environment): { text: string } | { what: string } {
  const parts = written.endsWith('}') ? NAME.exec(written.slice(2, -1)) : null
  if (parts === null) return { what: NO_VARIABLE }
  const [, name = '', fallback] = parts
  const held = env[name]
  if (fallback !== undefined) return { text: held === undefined || held === '' ? fallback : held }
  return held === undefined ? { what: `The environment does not set ${name}.` } : { text: held }
}

/** Text from outside YAML has no type; the schema says which one is meant. */
export function convert(text: string, wanted: JsonSchema): unknown {
  const { type } = wanted
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
