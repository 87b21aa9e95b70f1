// The types of tenants' modules, by the compiler of TypeScript where one is installed beside the
// engine. It sees the base mappings and the SDK as the modules do, runs nothing, and only what it
// says of the tenants' own files is told.
import { join, relative, resolve } from 'node:path'
import { finding } from '../channel/finding.ts'
import { isFile, writeText } from '../kit/files.ts'
import { runProgram } from '../kit/program.ts'
import { withTemporaryFolder } from '../kit/temporary.ts'
import type { ConfigFinding } from '../model/plan.ts'

const LIMITS = { time_ms_max: 60_000, output_bytes_max: 4_194_304 } as const

export interface TypeCheck {
  /** Absolute. */
  readonly project: string
  readonly engine: string
  /** Absolute; with what they import. */
  readonly modules: readonly string[]
}

/** Undefined where there is no compiler, or it did not come to an end. */
export async function checkTypes(check: TypeCheck): Promise<readonly ConfigFinding[] | undefined> {
  if (check.modules.length === 0) return []
  const compiler = join(check.engine, 'node_modules/typescript/bin/tsc')
  if (!(await isFile(compiler))) return undefined
  return withTemporaryFolder('firth-types-', async folder => {
    const config = join(folder, 'tsconfig.json')
    await writeText(config, JSON.stringify(configOf(check)))
    const args = [compiler, '-p', config, '--pretty', 'false']
    const options = { args, cwd: check.project, ...LIMITS }
    const { code, out } = await runProgram(process.execPath, options)
    return code === null ? undefined : findingsOf(out, check)
  })
}

/** What loading has said of a line, types need not say again in other words. */
export function besides(
  typed: readonly ConfigFinding[],
  loading: readonly ConfigFinding[],
): readonly ConfigFinding[] {
  const lines = new Set(loading.map(({ file, line }) => `${file}:${line}`))
  return typed.filter(({ file, line }) => !lines.has(`${file}:${line}`))
}

function configOf({ engine, modules }: TypeCheck): object {
  const base = join(engine, 'transforms/base')
  return {
    compilerOptions: {
      target: 'es2024',
      module: 'preserve',
      moduleResolution: 'bundler',
      lib: ['es2024'],
      // A mapping is pure: what Node brings along is not there for it.
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      paths: {
        '#sdk': [join(engine, 'src/mapping_sdk.ts')],
        '#base': [join(base, 'index.ts')],
        '#base/*': [join(base, '*.ts')],
      },
    },
    files: modules,
  }
}

const LINE = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/

/** What follows a line indented explains it further; the first says what is wrong. */
function findingsOf(out: string, { project }: TypeCheck): readonly ConfigFinding[] {
  const own = join(project, 'transforms')
  return out.split('\n').flatMap(line => {
    const [, path = '', row, column, code, text = ''] = LINE.exec(line) ?? []
    const file = resolve(project, path)
    const below = relative(own, file)
    if (path === '' || below.startsWith('..') || below.startsWith('base/')) return []
    const place = { file: relative(project, file), line: Number(row), column: Number(column) }
    const [, impure] = ADVICE.exec(text) ?? []
    const what = `${impure ?? text} (${code})`
    return [finding(place, { rule: 'type_wrong', what, remedy: impure ? PURE : REMEDY })]
  })
}

/** What is in Node or a browser, and the compiler's advice to install its types. */
const ADVICE = /^(Cannot find name '\w+'\.) Do you need to (?:install|change)/
const PURE = 'A mapping is pure: it has no console, process, timers, disk or network.'

const REMEDY = 'Mend the line; the steps and their drafts are listed by: firth explain steps'
