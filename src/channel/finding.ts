// Findings: what is wrong with a file, where, and what to do. Every check returns all that it
// finds, so that one look at the screen is enough.
import type { ConfigFinding } from '../model/plan.ts'

export interface Place {
  /** From the project's folder; `--set …` for what the command line gave. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface Remark {
  /** Stable name of the rule, in snake_case. */
  readonly rule: string
  readonly what: string
  readonly remedy: string
  readonly severity?: 'error' | 'warning'
}

export function finding(place: Place, remark: Remark): ConfigFinding {
  const { file, line, column } = place
  const { severity = 'error', rule, what, remedy } = remark
  return { file, line, column, severity, rule, what, remedy }
}

export const topOf = (file: string): Place => ({ file, line: 1, column: 1 })

/** By file and place, each once. */
export function sortFindings(findings: readonly ConfigFinding[]): readonly ConfigFinding[] {
  const byText = new Map(findings.map(one => [JSON.stringify(one), one]))
  return [...byText.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  )
}

/**
 * Two lines for a terminal: `file:line:column error rule: what`, and the remedy below it. The
 * command line has no lines to count, so a `--set` stands alone.
 */
export function formatFinding(one: ConfigFinding, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const place = one.file.startsWith('--set') ? one.file : `${one.file}:${one.line}:${one.column}`
  const severity = paint(one.severity === 'error' ? 31 : 33, one.severity)
  return `${paint(1, place)} ${severity} ${one.rule}: ${one.what}\n  ${one.remedy}\n`
}

export const hasErrors = (findings: readonly ConfigFinding[]) =>
  findings.some(one => one.severity === 'error')
