// Station 6: may this be written? Deny by default: what the target's profile does not declare is
// never sent. The decision is a row of the ledger; from that row on the ledger is the queue.
import { sha256 } from '../kit/ids.ts'
import type { WriteIntent } from '../model/intent.ts'
import type { Capability } from '../model/rooms.ts'
import type { Admission } from '../model/store.ts'

export function govern(intent: WriteIntent, profile: readonly Capability[]): Admission {
  const { operation, resource_type } = intent
  const declared = profile.some(
    row => row.resource === resource_type && row.operations.includes(operation),
  )
  return {
    intent,
    content: contentOf(intent),
    state: declared ? 'accepted' : 'denied',
    reason: declared ? undefined : 'operation_undeclared',
    facts: declared ? {} : { operation, resource_type },
  }
}

/**
 * What the intent would write. Positions and deployments are not in it: the same content is no
 * revision.
 */
function contentOf(intent: WriteIntent): string {
  return sha256(JSON.stringify([intent.operation, intent.identifier, intent.resource]))
}
