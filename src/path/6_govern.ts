// Station 6: may this be written, and who has to agree? Deny by default: what the target's profile
// does not declare, or its policy does not name, is never sent. The decision is a row of the
// ledger; from that row on the ledger is the queue.
import { sha256 } from '../kit/ids.ts'
import type { Code, Facts } from '../model/errors.ts'
import type { WriteIntent } from '../model/intent.ts'
import type { Policy } from '../model/plan.ts'
import { approvalOf, approversOf, riskOf } from '../model/risk.ts'
import type { Capability } from '../model/rooms.ts'
import type { Admission } from '../model/store.ts'

/** What rules over a target at the moment, whatever deployment an intent comes from. */
export interface Governance {
  readonly profile: readonly Capability[]
  /** Undefined: what the profile declares goes out by itself, unless its route asks for people. */
  readonly policy: Policy | undefined
}

/** How many people have to agree, and where the intent stands until they have. */
export type Ruling = Pick<Admission, 'approvers' | 'state' | 'reason' | 'facts'>

export function govern(intent: WriteIntent, governance: Governance): Admission {
  return { intent, content: contentOf(intent), ...rule(intent, governance) }
}

/** The decision alone, which is asked again right before a call. */
export function rule(intent: WriteIntent, { profile, policy }: Governance): Ruling {
  const { operation, resource_type } = intent
  const declared = profile.some(
    row => row.resource === resource_type && row.operations.includes(operation),
  )
  if (!declared) return denied('operation_undeclared', { operation, resource_type })
  const risk = riskOf(intent)
  const asked = policy === undefined ? 'automatic' : risk && approvalOf(policy, risk)
  if (asked === undefined) {
    return denied('policy_silent', { operation, resource_type, risk: risk ?? 'none' })
  }
  // A route may ask for more people than the policy, never for fewer.
  const approvers = Math.max(approversOf(asked), approversOf(intent.approval ?? 'automatic'))
  if (approvers === 0) return { approvers, state: 'accepted', reason: undefined, facts: {} }
  const facts = { risk: risk ?? 'none', approvers }
  return { approvers, state: 'awaiting_approval', reason: undefined, facts }
}

const denied = (reason: Code, facts: Facts): Ruling => ({
  approvers: 0,
  state: 'denied',
  reason,
  facts,
})

/**
 * What the intent would write. Positions and deployments are not in it: the same content is no
 * revision.
 */
function contentOf({ operation, identifier, resource, event }: WriteIntent): string {
  if (typeof event?.message === 'string') return sha256(JSON.stringify([operation, event.message]))
  const whole = event === undefined ? [] : [event.occurred_at]
  return sha256(JSON.stringify([operation, identifier, resource, ...whole]))
}
