// Delivery. `create` makes the resource unless one with its identifier stands, and never touches
// that one. `update` brings it to our content, `patch` sets what we say and leaves the rest,
// `retract` marks it as entered in error: each against the version just read, whose change in
// between is noticed. All may be repeated at any time without a second effect.
import {
  guardedPatch,
  type HttpCall,
  type Resource,
  type StepInput,
  testOf,
  type Verdict,
} from '#sdk'
import {
  carries,
  etagOf,
  type Found,
  failsInside,
  judge,
  locationOf,
  type Received,
  resourceOf,
  success,
  verdict,
} from './answers.ts'
import { differences, merged, replaced, wantedContent } from './content.ts'
import type { Conversation } from './conversation.ts'
import { end, type Finding, find, findById, read, resolve, type Sought, search } from './find.ts'
import { type Content, createRequest, patchRequest, updateRequest } from './requests.ts'
import { retractable, retracted } from './retract.ts'

/** How often a write that others overtook is tried anew before it is called a conflict. */
const ROUNDS_MAX = 3

interface Wanted extends Sought {
  readonly content: Content
}

export function* deliver(input: StepInput): Conversation {
  const { operation, resource_type: type, identifier } = input.intent
  if (identifier === undefined) return verdict('adapter_failed', { resource_type: type })
  const sought = { type, identifier, target_id: knownId(input) }
  if (operation === 'retract') return yield* retract(sought)
  if (operation !== 'create' && operation !== 'update' && operation !== 'patch') {
    return verdict('operation_undeclared', { operation })
  }
  const resolved = yield* resolve(input)
  if (resolved.kind === 'end') return resolved.verdict
  const { known, found } = resolved
  const { refers_to, resource } = input.intent
  const { content, missing } = wantedContent(resource, identifier, { known, refers_to })
  if (missing.length > 0) {
    return verdict('target_reference_missing', { path: missing[0] ?? '', count: missing.length })
  }
  const ended = yield* ways[operation]({ ...sought, content })
  return Object.keys(found).length === 0 ? ended : { ...ended, found }
}

const ways = { create, update, patch }

export const knownId = ({ intent, known }: StepInput): string | undefined =>
  known[`${intent.resource_type}/${intent.resource_id}`]

/**
 * Where its id is known it is read by it: a conditional create looks into an index, which may not
 * show yet what was made a moment ago, and would make it twice.
 */
function* create(wanted: Wanted): Conversation {
  const known = yield* findById(wanted)
  if (known.kind === 'end') return known.verdict
  if (known.kind === 'found') return success('already_applied', known)
  const made = yield* ensure(wanted)
  return made.kind === 'end' ? made.verdict : success('already_applied', made)
}

/**
 * Where its id is not known, a conditional create finds it or makes it: a search before it would be
 * one call more and prove nothing.
 */
function* update(wanted: Wanted): Conversation {
  const way: Way = { next: theirs => replaced(wanted.content, theirs) }
  const known = yield* findById(wanted)
  if (known.kind !== 'absent') return yield* write(wanted, known, way)
  const stood = yield* ensure(wanted)
  if (stood.kind === 'end') return stood.verdict
  // What a create answers may be our own content; what stands there is read.
  return yield* write(wanted, yield* read(wanted.type, stood.resource.id), way)
}

function* patch(wanted: Wanted): Conversation {
  const found = yield* find(wanted)
  if (found.kind === 'absent') return verdict('target_resource_missing')
  return yield* write(wanted, found, { next: one => merged(wanted.content, one), by: patching })
}

function* retract(sought: Sought): Conversation {
  const { type } = sought
  if (!retractable.has(type)) {
    return verdict('operation_undeclared', { operation: 'retract', resource_type: type })
  }
  const found = yield* find(sought)
  if (found.kind === 'absent') return verdict('target_resource_missing')
  // Who removed it has done more than we ask for.
  if (found.kind === 'deleted') {
    return { outcome: 'already_applied', code: undefined, facts: { deleted: true } }
  }
  return yield* write(sought, found, { next: retracted })
}

interface Way {
  /** What is to stand there, from what stands there. */
  next(theirs: Resource): Resource
  by?(found: Found, next: Resource): HttpCall
}

/** Against the version that was read; read anew and made anew where it is another one by now. */
function* write({ type }: Sought, first: Finding, { next, by = putting }: Way): Conversation {
  let found = first
  for (let round = 1; ; round++) {
    if (found.kind === 'end') return found.verdict
    if (found.kind === 'deleted') return verdict('target_version_conflict', { deleted: true })
    if (found.kind === 'absent') return verdict('target_transient', { vanished: true })
    const wanted = next(found.resource)
    if (differences(wanted, found.resource, { measure: 'exact' }).length === 0) {
      return success('already_applied', found)
    }
    const call = by(found, wanted)
    const answer = yield call
    if (answer.kind !== 'answer') return judge(answer, call)
    const { status } = answer
    if ((status === 200 || status === 201) && !failsInside(answer)) {
      return success('ok', resourceOf(answer, type) ?? { ...found, etag: etagOf(answer) })
    }
    // Deleted between our reading and our writing: the next attempt sees what there is.
    if (status === 404 || status === 410) return verdict('target_transient', { status })
    if (!mayBeStale(answer, call) || round === ROUNDS_MAX) return judge(answer, call)
    const again = yield* read(type, found.resource.id)
    const same = again.kind === 'found' && again.etag !== undefined && again.etag === found.etag
    if (same && !isStale(answer)) return judge(answer, call)
    found = again
  }
}

const putting = (found: Found, next: Resource) => updateRequest(next, found.etag)

function patching({ resource, etag }: Found, next: Resource): HttpCall {
  const patch = guardedPatch(withoutMeta(resource), withoutMeta(next), ['identifier'])
  const { versionId } = (resource.meta ?? {}) as { versionId?: unknown }
  // What is absent cannot be tested; that the version is the one that was read says it too.
  const version = typeof versionId === 'string' ? [testOf('/meta/versionId', versionId)] : []
  return patchRequest(resource, [...version, ...patch], etag)
}

const withoutMeta = ({ meta: _, ...elements }: Resource) => elements

/** A stale version: R4 says 412, HAPI and Oracle answer 409. */
const isStale = ({ status }: Received) => status === 409 || status === 412

/** A test of a patch that fails is answered in more ways. */
const mayBeStale = (answer: Received, call: HttpCall) =>
  isStale(answer) || (call.method === 'PATCH' && (answer.status === 400 || answer.status === 422))

/** Makes what is missing: `end` with `ok` where we made it, `found` where it stood already. */
function* ensure(wanted: Wanted): Conversation<Found | { kind: 'end'; verdict: Verdict }> {
  for (let round = 1; ; round++) {
    const call = createRequest(wanted.content, wanted.identifier)
    const answer = yield call
    if (answer.kind !== 'answer') return end(judge(answer, call))
    const { status } = answer
    if (status === 200 && failsInside(answer)) return end(judge(answer, call))
    const stands = resourceOf(answer, wanted.type)
    if (status === 201) {
      if (stands !== undefined) return end(success('ok', stands))
      const location = locationOf(answer, wanted.type)
      if (location !== undefined)
        return end({ outcome: 'ok', code: undefined, facts: {}, ...location })
    }
    if (status === 200 && stands !== undefined) {
      // A server that matches too widely answers with another resource: nothing of ours stands.
      const ours = carries(stands.resource, wanted.identifier)
      return ours ? stands : end(verdict('target_mismatch', { path: 'identifier' }))
    }
    if (status === 412) return end(verdict('target_ambiguous', { status }))
    // 409: HAPI lets one of several simultaneous creates through. 200 and 201 without a word: look.
    if (![200, 201, 409].includes(status)) return end(judge(answer, call))
    const found = yield* search(wanted)
    if (found.kind === 'found' || found.kind === 'end') return found
    if (status !== 409 || round === ROUNDS_MAX) return end(judge(answer, call))
  }
}
