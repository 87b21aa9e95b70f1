// What is known of one rule of `firth check`, whoever finds it.

export interface FindingRule {
  /** The usual one; its sentence says where it differs. */
  readonly severity: 'error' | 'warning'
  /** What a finding of it means: whole sentences. */
  readonly says: string
  /** The smallest text that has it. */
  readonly example: string
  readonly remedy: string
}

export function rule(
  severity: FindingRule['severity'],
  says: string,
  { example, remedy }: { readonly example: string; readonly remedy: string },
): FindingRule {
  return { severity, says, example, remedy }
}
