// Station 8: proof of receipt. The target is read back and compared with what was written;
// transport success is not clinical success (requirement K09).
import type { Code } from '../model/errors.ts'
import type { Resource } from '../model/event.ts'
import type { Answer, LedgerRow, Verdict } from '../model/intent.ts'
import { referencesOf } from './5_route.ts'
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

/** What a person sees of a write: patient data, for whoever asked for it. */
export interface Look {
  readonly shown: Shown['kind']
  readonly code: Code | undefined
  /** What was wanted, its references as the target knows them. */
  readonly ours: Resource
  /** What the target holds now; undefined where it shows nothing that is a resource. */
  readonly theirs: Resource | undefined
}

/** Reads a row's resource back, for a person who compares it with what was wanted. */
export async function look(row: LedgerRow, context: CallContext): Promise<Look> {
  const { intent } = row
  let theirs: Resource | undefined
  const transport: CallContext['transport'] = {
    async call(call, signal) {
      const answer = await context.transport.call(call, signal)
      theirs = resourceIn(answer, intent.resource_type) ?? theirs
      return answer
    },
    close: () => context.transport.close(),
  }
  const { kind: shown, verdict } = await verify(row, row.target_id, { ...context, transport })
  const { ids } = await context.store.known(intent, [...new Set(referencesOf(intent.resource))])
  const ours = asKnownThere(intent.resource, ids) as Resource
  return { shown, code: verdict.code, ours, theirs: shown === 'absent' ? undefined : theirs }
}

/** The resource of this type that an answer holds: itself, or the only one of a search. */
function resourceIn(answer: Answer, type: string): Resource | undefined {
  if (answer.kind !== 'answer' || !('status' in answer) || answer.status >= 300) return undefined
  const body = jsonOf(answer.body)
  if (body?.resourceType === type) return body
  const entries = Array.isArray(body?.entry) ? (body.entry as { resource?: Resource }[]) : []
  const found = entries.flatMap(({ resource }) => (resource?.resourceType === type ? resource : []))
  return found.length === 1 ? found[0] : undefined
}

function jsonOf(body: string): Resource | undefined {
  try {
    return JSON.parse(body) as Resource
  } catch {
    // An answer that is no JSON holds no resource.
    return undefined
  }
}

function asKnownThere(value: unknown, ids: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map(one => asKnownThere(one, ids))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => {
    const id = name === 'reference' ? ids[String(inner)] : undefined
    return [name, id === undefined ? asKnownThere(inner, ids) : `${typeOf(inner)}/${id}`]
  })
  return Object.fromEntries(entries)
}

const typeOf = (reference: unknown) => String(reference).split('/')[0]
