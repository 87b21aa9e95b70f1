// One file against its shape: variables filled in, defaults filled in, every disagreement a finding
// at its line and column. What is wrong in one place does not hide what is wrong in another.
import type { SchemaIssue, Shape } from '../declare/schema.ts'
import { isSame, type Path, startsWith, valueAt } from '../declare/schema_path.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { finding } from './finding.ts'
import { type Environment, resolveVariables } from './variables.ts'
import type { Locate, YamlFile } from './yaml.ts'

export interface Checked<T> {
  readonly file: string
  /** Whether it could be read at all. */
  readonly readable: boolean
  /** As declared, wherever `sound` says so. */
  readonly value: T
  readonly findings: readonly ConfigFinding[]
  /** Secrets that stand in the file in the clear. */
  readonly clear: readonly Path[]
  readonly locate: Locate
  /**
   * Whether something stands at the path and the shape has no quarrel with it, so rules may look.
   */
  sound(path: Path): boolean
}

export function check<T>(yaml: YamlFile, shape: Shape, env: Environment): Checked<T> {
  const { file, locate } = yaml
  if (yaml.value === undefined) {
    const value = {} as T
    const { findings } = yaml
    return { file, locate, value, findings, readable: false, clear: [], sound: () => false }
  }
  const resolved = resolveVariables(yaml.value, shape.schema, env)
  const { missing, clear, unknown } = resolved
  const value = resolved.value ?? {}
  const issues = shape
    .check(resolved.value, resolved.written)
    .filter(issue => !unknown.some(path => isSame(path, issue.path)))
  const findings = [
    ...yaml.findings,
    ...missing.map(one =>
      finding(locate(one.path), { rule: 'variable_missing', ...one, ...SET_IT }),
    ),
    ...issues.map(issue => issueFinding(yaml, issue)),
  ]
  const spoilt = [...issues.filter(breaks).map(issue => issue.path), ...unknown]
  const sound = (path: Path) =>
    valueAt(value, path) !== undefined &&
    !spoilt.some(bad => startsWith(bad, path) || startsWith(path, bad))
  return { file, locate, value: value as T, findings, readable: true, clear, sound }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the analyst's text that is shown.
const SET_IT = { remedy: 'Set it where Firth is started, or give a default: ${NAME:-default}.' }

/** An unknown key is refused, but what stands beside it is still readable. */
const breaks = (issue: SchemaIssue) => issue.rule !== 'unknown_key'

function issueFinding(yaml: YamlFile, issue: SchemaIssue): ConfigFinding {
  const { path, part, rule, what, remedy } = issue
  const subject = path.length === 0 ? 'The file' : `\`${path.join('.')}\``
  return finding(yaml.locate(path, part), { rule, what: `${subject} ${what}`, remedy })
}
