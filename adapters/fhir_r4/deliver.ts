// Delivery. `create` makes the resource unless one with its identifier stands, and never touches
// that one. `update` brings the resource to our content: found, compared, written against the
// version just read, or made where it is missing. Both may be repeated at any time without a second
// effect.
import type { BusinessId, StepInput, Verdict } from '#sdk'
import { carries, type Found, judge, locationOf, resourceOf, success, verdict } from './answers.ts'
import { differences, replaced, wantedContent } from './content.ts'
import type { Conversation } from './conversation.ts'
import { end, find, read, resolve, type Sought, search } from './find.ts'
import { type Content, createRequest, updateRequest } from './requests.ts'

/** How often a write that others overtook is tried anew before it is called a conflict. */
const ROUNDS_MAX = 3

interface Wanted extends Sought {
  readonly content: Content
}

export function* deliver(input: StepInput): Conversation {
  const { operation, resource_type: type, identifier } = input.intent
  if (operation !== 'create' && operation !== 'update') {
    return verdict('operation_undeclared', { operation })
  }
  if (identifier === undefined) return verdict('adapter_failed', { resource_type: type })
  const resolved = yield* resolve(input)
  if (resolved.kind === 'end') return resolved.verdict
  const { known, found } = resolved
  const { refers_to, resource } = input.intent
  const { content, missing } = wantedContent(resource, identifier, { known, refers_to })
  if (missing.length > 0) {
    return verdict('target_reference_missing', { path: missing[0] ?? '', count: missing.length })
  }
  const wanted = { type, identifier, target_id: knownId(input), content }
  const ended = operation === 'create' ? yield* create(wanted) : yield* update(wanted)
  return Object.keys(found).length === 0 ? ended : { ...ended, found }
}

export const knownId = ({ intent, known }: StepInput): string | undefined =>
  known[`${intent.resource_type}/${intent.resource_id}`]

function* create(wanted: Wanted): Conversation {
  const made = yield* ensure(wanted)
  return made.kind === 'end' ? made.verdict : success('already_applied', made)
}

function* update(wanted: Wanted): Conversation {
  let found = yield* find(wanted)
  if (found.kind === 'absent') found = yield* ensure(wanted)
  for (let round = 1; ; round++) {
    if (found.kind === 'end') return found.verdict
    if (found.kind === 'deleted') return verdict('target_version_conflict', { deleted: true })
    if (found.kind === 'absent') return verdict('target_transient', { vanished: true })
    const next = replaced(wanted.content, found.resource)
    if (differences(next, found.resource, { measure: 'exact' }).length === 0) {
      return success('already_applied', found)
    }
    const call = updateRequest(next, found.etag)
    const answer = yield call
    const status = answer.kind === 'answer' ? answer.status : 0
    if (answer.kind === 'answer' && (status === 200 || status === 201)) {
      const written = resourceOf(answer, wanted.type)
      return success('ok', written ?? { ...found, etag: answer.headers.etag })
    }
    // Deleted between our reading and our writing: the next attempt sees what there is.
    if (status === 404 || status === 410) return verdict('target_transient', { status })
    // A stale version: R4 says 412, HAPI and Oracle answer 409.
    if ((status !== 409 && status !== 412) || round === ROUNDS_MAX) return judge(answer, call)
    found = yield* read(wanted.type, found.resource.id)
  }
}

/** Makes what is missing: `end` with `ok` where we made it, `found` where it stood already. */
function* ensure(wanted: Wanted): Conversation<Found | { kind: 'end'; verdict: Verdict }> {
  for (let round = 1; ; round++) {
    const call = createRequest(wanted.content, wanted.identifier)
    const answer = yield call
    if (answer.kind !== 'answer') return end(judge(answer, call))
    const { status } = answer
    const stands = resourceOf(answer, wanted.type)
    if (status === 201) {
      if (stands !== undefined) return end(success('ok', stands))
      const location = locationOf(answer, wanted.type)
      if (location !== undefined)
        return end({ outcome: 'ok', code: undefined, facts: {}, ...location })
    }
    if (status === 200 && stands !== undefined) return whatStood(stands, wanted.identifier)
    if (status === 412) return end(verdict('target_ambiguous', { status }))
    // 409: HAPI lets one of several simultaneous creates through. 200 and 201 without a word: look.
    if (![200, 201, 409].includes(status)) return end(judge(answer, call))
    const found = yield* search(wanted)
    if (found.kind === 'found' || found.kind === 'end') return found
    if (status !== 409 || round === ROUNDS_MAX) return end(judge(answer, call))
  }
}

/**
 * A server that matches too widely answers with another resource: then nothing of ours stands
 * there.
 */
function whatStood(
  stands: Found,
  identifier: BusinessId,
): Found | { kind: 'end'; verdict: Verdict } {
  return carries(stands.resource, identifier)
    ? stands
    : end(verdict('target_mismatch', { path: 'identifier' }))
}
