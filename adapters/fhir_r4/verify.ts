// Verification: reads the resource back and compares it with what was written. An update must stand
// there with every element of ours; of a create only the resource itself is promised, for it may
// have stood before, with the content of its owner.
import type { StepInput } from '#sdk'
import { success, verdict } from './answers.ts'
import { differences, replaced, wantedContent } from './content.ts'
import type { Conversation } from './conversation.ts'
import { knownId } from './deliver.ts'
import { find, resolve } from './find.ts'

/** Paths that a verdict names; their number is told in full. */
const PATHS_MAX = 20

export function* verify(
  input: StepInput & { readonly target_id: string | undefined },
): Conversation {
  const { operation, resource_type: type, identifier, resource } = input.intent
  if (identifier === undefined) return verdict('adapter_failed', { resource_type: type })
  const resolved = yield* resolve(input)
  if (resolved.kind === 'end') return resolved.verdict
  const references = { known: resolved.known, refers_to: input.intent.refers_to }
  const { content, missing, names } = wantedContent(resource, identifier, references)
  if (missing.length > 0) {
    return verdict('target_reference_missing', { path: missing[0] ?? '', count: missing.length })
  }
  const found = yield* find({ type, identifier, target_id: input.target_id ?? knownId(input) })
  if (found.kind === 'end') return found.verdict
  if (found.kind !== 'found') return verdict('target_absent', { absent: true })
  if (operation === 'create') return success('ok', found)
  const paths = differences(replaced(content, found.resource), found.resource, {
    measure: 'at_least',
    names,
  })
  if (paths.length === 0) return success('ok', found)
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
