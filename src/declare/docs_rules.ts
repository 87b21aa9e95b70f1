// The rules of `firth check` as a table: what each finding means and what to do.
import { findingRules } from '../model/finding_rules.ts'
import { code, table } from './docs_markdown.ts'

export function rulesPart(): readonly string[] {
  const rows = Object.entries(findingRules).map(([name, { severity, says, remedy }]) => {
    return [code(name), severity, says, remedy]
  })
  return [
    '## What `firth check` finds',
    'Each finding has its file, line, column and one of these names; where loading a mapping fails, the name may be an error code of the [model](../model/README.md). `firth explain NAME` shows an example.',
    table(['rule', 'usually', 'what it means', 'what to do'], rows),
  ]
}
