// firth.yaml and what `--set path=value` lays over it: the engine's own log, store and limits.
// Every key has a default, so a project without the file runs.

import { keySchema } from '../declare/mask.ts'
import type { Shape } from '../declare/schema.ts'
import type { EngineFile } from '../declare/schema_documents.ts'
import { type Path, startsWith, valueAt } from '../declare/schema_path.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { type Checked, check } from './check.ts'
import { finding, topOf } from './finding.ts'
import { convert, type Environment } from './variables.ts'
import { parseYaml, type YamlFile } from './yaml.ts'

const FILE = 'firth.yaml'

/** One `--set`, with the kind filled in where it was left out. */
interface Setting {
  readonly name: string
  readonly path: Path
  readonly text: string
}

export interface SettingsInput {
  readonly bytes: Buffer | undefined
  readonly sets: readonly string[]
  readonly env: Environment
}

export function checkSettings(input: SettingsInput, shape: Shape): Checked<EngineFile> {
  const { bytes, sets, env } = input
  const file = bytes === undefined ? EMPTY : parseYaml(FILE, bytes)
  if (file.value === undefined || !isGroup(file.value ?? {})) return check(file, shape, env)
  const value = structuredClone(file.value ?? {}) as Record<string, unknown>
  const findings: ConfigFinding[] = [...file.findings]
  const settings: Setting[] = []
  for (const set of sets) {
    const parts = SET.exec(set)
    if (parts === null) findings.push(malformed(set))
    else {
      const [, name = '', text = ''] = parts
      const path = withKind(name.split('.'), value, shape)
      settings.push({ name, path, text })
      put(value, path, convert(text, schemaAt(shape, path)))
    }
  }
  const locate: YamlFile['locate'] = (path, part) => {
    const setting = settingOf(path, settings, file.value)
    return setting === undefined ? file.locate(path, part) : topOf(`--set ${setting.name}`)
  }
  return check({ file: FILE, findings, locate, value }, shape, env)
}

/** The setting that put a value there, or that alone is why there is anything above it. */
function settingOf(path: Path, settings: readonly Setting[], inFile: unknown): Setting | undefined {
  const own = settings.findLast(one => startsWith(path, one.path))
  if (own !== undefined || valueAt(inFile, path) !== undefined) return own
  return settings.findLast(one => startsWith(one.path, path))
}

const EMPTY: YamlFile = { file: FILE, value: {}, findings: [], locate: () => topOf(FILE) }
const SET = /^([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)=([\s\S]*)$/
const isGroup = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * `log.segment_bytes` means the log that is chosen: by the file, by an earlier set, or by default.
 */
function withKind(path: Path, value: Readonly<Record<string, unknown>>, shape: Shape): Path {
  const [head = '', next = ''] = path
  const schema = schemaAt(shape, [head])
  const usual = Object.keys((schema.default ?? {}) as object)[0]
  const isKind = Object.hasOwn((schema.properties ?? {}) as object, next)
  if (schema.maxProperties !== 1 || usual === undefined || isKind || path.length < 2) return path
  const chosen = Object.keys((value[head] ?? {}) as object)[0] ?? usual
  return [head, chosen, ...path.slice(1)]
}

const schemaAt = (shape: Shape, path: Path) => path.reduce(keySchema, shape.schema)

function put(value: Record<string, unknown>, path: Path, held: unknown): void {
  let at = value
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(at, key) || !isGroup(at[key])) at[key] = {}
    at = at[key] as Record<string, unknown>
  }
  at[path.at(-1) ?? ''] = held
}

function malformed(set: string): ConfigFinding {
  return finding(topOf(`--set ${set.split('=', 1)[0]}`), {
    rule: 'set_malformed',
    what: 'This is no setting.',
    remedy: 'Write --set path=value, for example --set log.segment_bytes_max=67108864.',
  })
}
