// A module and all that it imports inside the tenant's folder, read and compiled but not run: every
// file's syntax and every import is judged, so that one look shows all faults. Needs Node's flag
// --experimental-vm-modules, whose SourceTextModule knows what a module imports.
import { stripTypeScriptTypes } from 'node:module'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { readTextNow } from '../../kit/read_now.ts'
import type { ConfigFinding } from '../../model/plan.ts'
import { type Kept, keptState } from './kept_state.ts'
import { type Fences, fencedImport } from './sandbox.ts'
import { headOf } from './stack_places.ts'

export interface ModuleFile {
  /** Absolute and real. */
  readonly path: string
  readonly url: string
  readonly text: string
  /** Real paths of the tenant's files that it imports. */
  readonly imports: readonly string[]
  readonly findings: readonly ConfigFinding[]
}

/** More files than these of one module are not looked at; loading still judges them. */
const FILES_MAX = 1000

/** The entry first. `entry`: its real path. */
export function readModules(entry: string, fences: Fences): readonly ModuleFile[] {
  const files: ModuleFile[] = []
  const known = new Set([entry])
  for (const path of known) {
    if (files.length >= FILES_MAX) break
    const file = readModule(path, fences)
    files.push(file)
    for (const other of file.imports) known.add(other)
  }
  return files
}

function readModule(path: string, fences: Fences): ModuleFile {
  const file = { path, url: pathToFileURL(path).href, imports: [] }
  const text = readTextNow(path)
  if (text === undefined) {
    const what = 'The module is not there, or may not be read.'
    const remedy = 'Check its path; a link must not lead out of the folder of the tenant.'
    return { ...file, text: '', findings: [remark(path, { rule: 'module_missing', what, remedy })] }
  }
  try {
    const specifiers = importsOf(text, path)
    const found = specifiers.map(specifier => ({
      specifier,
      to: fencedImport(specifier, path, fences),
    }))
    const own = found.flatMap(({ to }) => (to.path === undefined ? [] : [to.path]))
    return {
      ...file,
      text,
      imports: own.filter(other => fences.tenant !== undefined && other.startsWith(fences.tenant)),
      findings: [
        ...found.flatMap(({ specifier, to }) => {
          return to.path === undefined ? [wrongImport(path, { text, specifier, ...to })] : []
        }),
        ...keptState(text).map(one => stateRemark(path, one)),
      ],
    }
  } catch (cause) {
    return { ...file, text, findings: [wrongSyntax(path, cause)] }
  }
}

/** Throws the errors of the language, with their place where it is known. */
function importsOf(text: string, path: string): readonly string[] {
  const code = stripTypeScriptTypes(text, { mode: 'strip', sourceUrl: path })
  try {
    const module = new vm.SourceTextModule(code, { identifier: path })
    return [...new Set(module.dependencySpecifiers)]
  } catch (cause) {
    throw placed(cause, code, path)
  }
}

/** Words of a module that a script does not know, as blanks of the same length. */
const MODULE_WORDS =
  /^[ \t]*(?:import\b[^'"`;]*?(?:'[^']*'|"[^"]*")|export\s+default\b|export\b(?!\s*[{*]))/gm

/**
 * Node tells of a script, but not of a module, where a name is declared twice and the like. The
 * same error of the same code as a script is the same place.
 */
function placed(cause: unknown, code: string, path: string): unknown {
  try {
    new vm.Script(
      code.replace(MODULE_WORDS, words => words.replace(/[^\n]/g, ' ')),
      { filename: path },
    )
    return cause
  } catch (again) {
    return String(again) === String(cause) ? again : cause
  }
}

interface Remark {
  readonly rule: string
  readonly what: string
  readonly remedy: string
  readonly line?: number
  readonly column?: number
  readonly severity?: 'warning'
}

function remark(file: string, said: Remark): ConfigFinding {
  const { line = 1, column = 1, severity = 'error', rule, what, remedy } = said
  return { file, line, column, severity, rule, what, remedy }
}

function wrongSyntax(path: string, cause: unknown): ConfigFinding {
  const { message, stack = '', code } = cause as Error & { code?: string }
  const { line = 1, column = 1 } = headOf(stack) ?? {}
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const what = `${message.replace(' in strip-only mode', ' here')}.`
    const remedy = 'Node only strips types: write plain objects, fields and functions instead.'
    return remark(path, { rule: 'module_typescript', what, remedy, line, column })
  }
  const what = `The module is no valid TypeScript: ${message.replace(/\.$/, '')}.`
  return remark(path, { rule: 'module_syntax', what, remedy: 'Mend the line.', line, column })
}

function wrongImport(
  path: string,
  found: { text: string; specifier: string; wrong: string; missing: boolean },
): ConfigFinding {
  const { text, specifier, wrong, missing } = found
  const at = Math.max(0, ...[`'`, `"`].map(quote => text.indexOf(`${quote}${specifier}${quote}`)))
  const before = text.slice(0, at).split('\n')
  const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  if (missing) {
    const remedy = 'Write the file, or mend the path; it ends in .ts.'
    return remark(path, { rule: 'import_missing', what: wrong, remedy, ...place })
  }
  const remedy = 'What several tenants need belongs into each folder; packages cannot be used.'
  return remark(path, { rule: 'import_outside', what: wrong, remedy, ...place })
}

function stateRemark(path: string, { name, line, column, written }: Kept): ConfigFinding {
  const outlives = `\`${name}\` outlives the message: what one leaves in it, the next one finds.`
  const what = written ? `${outlives} Here it is written to.` : outlives
  const remedy = written
    ? 'Make it inside of the function, or fill it once where it is declared.'
    : 'Declare it inside of map(), or with const where it never changes.'
  return remark(path, { rule: 'module_state', what, remedy, line, column, severity: 'warning' })
}

/** `a.ts → b.ts → a.ts`, where a file imports itself by way of others. */
export function circleThrough(files: readonly ModuleFile[], path: string): string | undefined {
  const importsOf = new Map(files.map(file => [file.path, file.imports]))
  const cameFrom = new Map<string, string>()
  const waiting = [path]
  for (const at of waiting) {
    for (const next of importsOf.get(at) ?? []) {
      if (next === path) return wayTo(at, path, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, at)
      waiting.push(next)
    }
  }
  return undefined
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string {
  const way = [start]
  for (let at: string | undefined = end; at !== undefined && at !== start; at = cameFrom.get(at)) {
    way.unshift(at)
  }
  return [start, ...way].map(path => basename(path)).join(' → ')
}
