// The process that check_module.ts starts: reads each module and what it imports, then loads it
// behind the same fences as for messages. Here no message is at hand, so errors are told in full.

// Loaded whole before the globals go, as worker.ts does.
import type { Mapping } from '../../codecs/hl7v2/mapping.ts'
import { writeAll } from '../../kit/pipe.ts'
import { realPath } from '../../kit/real_path.ts'
import * as sdk from '../../mapping_sdk.ts'
import { catalogue } from '../../model/errors.ts'
import type { ConfigFinding } from '../../model/plan.ts'
import type { ModuleReport } from './check_module.ts'
import { openWatch, type Watch } from './lockdown.ts'
import { circleThrough, type ModuleFile, readModules } from './module_graph.ts'
import { FrameWriter } from './protocol.ts'
import { type Fences, fenceImports, freezeLanguage, removeGlobals } from './sandbox.ts'
import { framesOf, headOf, type Spot } from './stack_places.ts'

const RESULTS_FD = 3
const frames = new FrameWriter()

const fences = JSON.parse(process.argv[2] ?? '{}') as Fences
const modules = JSON.parse(process.argv[3] ?? '[]') as readonly string[]

async function main(): Promise<void> {
  const graphs = modules.map(module => readModules(realPath(module) ?? module, fences))
  fenceImports(fences)
  removeGlobals()
  freezeLanguage([sdk])
  const watch = openWatch()
  for (const [i, module] of modules.entries()) {
    const files = graphs[i] ?? []
    const findings = files.flatMap(file => file.findings)
    const wrong = findings.some(({ severity }) => severity === 'error')
    say({ module, findings, state: wrong ? 'done' : 'begun' })
    if (!wrong) say({ module, ...(await load(files, watch)), state: 'done' })
  }
}

function say(report: ModuleReport): void {
  writeAll(RESULTS_FD, frames.frames([{ head: report, events: [] }]))
}

type Loaded = Pick<ModuleReport, 'findings' | 'types'>

async function load(files: readonly ModuleFile[], watch: Watch): Promise<Loaded> {
  const [entry] = files
  if (entry === undefined) return { findings: [] }
  try {
    const loaded: { readonly default?: unknown } = await import(entry.url)
    const isChanged = !watch.intact() && watch.restore()
    const wrong = isChanged ? CHANGED : wrongExport(loaded)
    if (wrong !== undefined) return { findings: [finding(spotOfExport(entry), wrong)] }
    return { findings: [], types: typesOf(loaded.default as Mapping) }
  } catch (thrown) {
    return { findings: [findingOf(thrown, files)] }
  }
}

const TYPES_MAX = 2_000
const TYPE = /^[A-Z0-9]{3}(\^[A-Z0-9]{1,3})?$/

/** What has not the form of a type names none. */
function typesOf({ types }: Mapping): readonly string[] {
  return types.slice(0, TYPES_MAX).filter(one => typeof one === 'string' && TYPE.test(one))
}

/** Said of nothing but the three prototypes that are not frozen. */
const CHANGED: Remark = {
  rule: 'module_throws',
  what: 'The module changes Object.prototype, Array.prototype or RegExp.prototype.',
  remedy: 'Write a function of your own instead: a mapping is pure.',
}

interface Remark {
  readonly rule: string
  readonly what: string
  readonly remedy: string
}

function finding(spot: Spot, remark: Remark): ConfigFinding {
  const { rule, what, remedy } = remark
  return { ...spot, severity: 'error', rule, what: what.slice(0, TEXT_MAX), remedy }
}

/** Of an error's own words. */
const TEXT_MAX = 300

const HOW = 'Write `export default adt.extend({ … })`, or defineMapping({ types, map }) of #sdk.'

function wrongExport(loaded: { readonly default?: unknown }): Remark | undefined {
  if (!('default' in loaded)) {
    return { rule: 'mapping_missing', what: 'The module has no default export.', remedy: HOW }
  }
  const { default: mapping } = loaded
  const { map, types } = Object(mapping) as { readonly map?: unknown; readonly types?: unknown }
  if (typeof map === 'function' && Array.isArray(types)) return undefined
  const kind = mapping === null ? 'null' : typeof mapping
  const what = `The default export is no mapping but of the type ${kind}.`
  return { rule: 'mapping_wrong', what, remedy: HOW }
}

function spotOfExport({ path, text }: ModuleFile): Spot {
  const before = text.slice(0, Math.max(0, text.search(/^export\s+default\b/m)))
  return { file: path, line: before.split('\n').length, column: 1 }
}

/** What was thrown while a module was loaded. */
function findingOf(thrown: unknown, files: readonly ModuleFile[]): ConfigFinding {
  const { name, message, stack } = errorOf(thrown)
  const own = (spot: Spot) => files.some(({ path }) => path === spot.file)
  const top: Spot = { file: files[0]?.path ?? '', line: 1, column: 1 }
  const spot = framesOf(stack).find(own) ?? headOf(stack) ?? top
  if (thrown instanceof sdk.Failure) return findingOfFailure(thrown, spot)
  const missing = /does not provide an export named '(.+)'$/.exec(message)
  if (missing !== null) {
    const what = `There is no export \`${missing[1]}\` in what is imported here.`
    const remedy = 'Export it there, or import another name.'
    return finding(headOf(stack) ?? spot, { rule: 'import_name_missing', what, remedy })
  }
  if (name === 'SyntaxError') {
    const what = `The module is no valid TypeScript: ${message}.`
    return finding(headOf(stack) ?? spot, { rule: 'module_syntax', what, remedy: 'Mend the line.' })
  }
  const early = /^Cannot access '(.+)' before initialization$/.exec(message)
  const circle = early === null ? undefined : circleThrough(files, spot.file)
  if (circle !== undefined) {
    const what = `\`${early?.[1]}\` is used before its module has run: ${circle} import each other.`
    const remedy = 'Move what both need into a third file.'
    return finding(spot, { rule: 'import_circular', what, remedy })
  }
  const what = `The module throws while it is loaded: ${name}: ${message}`
  return finding(spot, { rule: 'module_throws', what, remedy: 'Mend it, or move it into map().' })
}

/** A code table names the place in its own file, which it knows by its path from the module. */
function findingOfFailure({ code, facts }: sdk.Failure, spot: Spot): ConfigFinding {
  const { message, hint } = catalogue[code]
  const { file, line, column, what } = facts
  const said = [what, code === 'code_table_invalid' ? undefined : file]
    .filter(fact => fact !== undefined)
    .join(', ')
  const remark = {
    rule: code,
    what: said === '' ? message : `${message.slice(0, -1)}: ${sentence(said)}`,
    remedy: hint,
  }
  if (code !== 'code_table_invalid' || typeof file !== 'string') return finding(spot, remark)
  const table = `${spot.file.slice(0, spot.file.lastIndexOf('/'))}/${file.replace(/^\.\//, '')}`
  return finding({ file: table, line: Number(line ?? 1), column: Number(column ?? 1) }, remark)
}

const sentence = (said: string) => (/[.?!]$/.test(said) ? said : `${said}.`)

function errorOf(thrown: unknown): { name: string; message: string; stack: string } {
  try {
    const { name, message, stack } = Object(thrown) as Record<string, unknown>
    return { name: String(name ?? 'Error'), message: String(message), stack: String(stack) }
  } catch {
    // A hostile getter: nothing can be said of it.
    return { name: 'Error', message: 'of an unreadable kind', stack: '' }
  }
}

await main()
