// The one catalogue of what can be wrong with a project. A finding names its rule from here, or the
// code of an error where loading a module met one.
import type { FindingRule } from './finding_rule.ts'
import { channelRules } from './finding_rules_channels.ts'
import { fileRules } from './finding_rules_files.ts'
import { moduleRules } from './finding_rules_modules.ts'

export type { FindingRule } from './finding_rule.ts'

export const findingRules = {
  ...fileRules,
  ...channelRules,
  ...moduleRules,
} as const satisfies Record<string, FindingRule>

export type FindingRuleName = keyof typeof findingRules
