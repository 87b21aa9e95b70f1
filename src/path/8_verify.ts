// Station 8: proof of receipt. The target is read back and compared with what was written;
// transport success is not clinical success (requirement K09).
import type { LedgerRow, Verdict } from '../model/intent.ts'
import { type CallContext, converse } from './converse.ts'

/** What the target shows: the same, something else, nothing, or no answer to our question. */
export type Shown =
  | { readonly kind: 'same'; readonly verdict: Verdict }
  | { readonly kind: 'differs'; readonly verdict: Verdict }
  | { readonly kind: 'absent'; readonly verdict: Verdict }
  | { readonly kind: 'unanswered'; readonly verdict: Verdict }

export async function verify(
  row: LedgerRow,
  target_id: string | undefined,
  context: CallContext,
): Promise<Shown> {
  const verdict = await converse(row.intent, context, input =>
    context.steps.verify({ ...input, target_id }),
  )
  return { kind: kindOf(verdict), verdict }
}

function kindOf(verdict: Verdict): Shown['kind'] {
  if (verdict.outcome === 'ok' || verdict.outcome === 'already_applied') return 'same'
  if (verdict.facts.absent === true) return 'absent'
  return verdict.code === 'target_mismatch' ? 'differs' : 'unanswered'
}
