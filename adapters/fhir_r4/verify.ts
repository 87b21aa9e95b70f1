// Verification: reads the resource back and compares it with what was written. An update must stand
// there with every element of ours, a patch with what it said, a retraction as entered in error; of
// a create only the resource itself is promised, for it may have stood before, with the content of
// its owner.
import type { Resource, StepInput, Verdict } from '#sdk'
import { type Found, success, verdict } from './answers.ts'
import { differences, replaced, wantedContent } from './content.ts'
import type { Conversation } from './conversation.ts'
import { knownId } from './deliver.ts'
import { find, resolve } from './find.ts'
import { isRetracted } from './retract.ts'

/** Paths that a verdict names; their number is told in full. */
const PATHS_MAX = 20

export function* verify(
  input: StepInput & { readonly target_id: string | undefined },
): Conversation {
  const { operation, resource_type: type, identifier } = input.intent
  if (identifier === undefined) return verdict('adapter_failed', { resource_type: type })
  const found = yield* find({ type, identifier, target_id: input.target_id ?? knownId(input) })
  if (found.kind === 'end') return found.verdict
  if (operation === 'retract' && found.kind === 'deleted') {
    return { outcome: 'ok', code: undefined, facts: { deleted: true } }
  }
  if (found.kind !== 'found') return verdict('target_absent', { absent: true })
  if (operation === 'create') return success('ok', found)
  if (operation === 'retract') {
    return isRetracted(found.resource) ? success('ok', found) : differs(['status'], found)
  }
  return yield* compared(input, found)
}

/** What we refer to is asked for only where it could make the difference. */
function* compared(input: StepInput, found: Found): Conversation {
  const { paths } = compare(input, found.resource)
  if (paths.length === 0) return success('ok', found)
  const unknown = Object.keys(input.intent.refers_to).some(name => input.known[name] === undefined)
  const resolved = unknown ? yield* resolve(input) : { kind: 'resolved' as const, ...input }
  if (resolved.kind === 'end') return resolved.verdict
  const again = compare({ ...input, known: resolved.known }, found.resource)
  const [path] = again.missing
  if (path !== undefined) {
    return verdict('target_reference_missing', { path, count: again.missing.length })
  }
  return again.paths.length === 0 ? success('ok', found) : differs(again.paths, found)
}

/** Elements that are missing or other there, and references that cannot be compared. */
function compare({ intent, known }: StepInput, theirs: Resource) {
  const { operation, resource, identifier, refers_to } = intent
  if (identifier === undefined) return { paths: [], missing: [] }
  const { content, names, missing } = wantedContent(resource, identifier, { known, refers_to })
  const wanted = operation === 'patch' ? { ...content, id: theirs.id } : replaced(content, theirs)
  return { paths: differences(wanted, theirs, { measure: 'at_least', names }), missing }
}

function differs(paths: readonly string[], found: Found): Verdict {
  const { target_id, target_version } = success('ok', found)
  return verdict(
    'target_mismatch',
    { path: paths.slice(0, PATHS_MAX).join(','), count: paths.length },
    {
      ...(target_id === undefined ? {} : { target_id }),
      ...(target_version === undefined ? {} : { target_version }),
    },
  )
}
