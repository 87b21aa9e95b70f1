// Finding a resource at the target: by the id that we know, else by its business identifier. Ends
// with the resource as it stands now, with its absence, or with a verdict.
import type { BusinessId, Resource, StepInput, Verdict } from '#sdk'
import { carries, type Found, judge, matchesOf, resourceOf, verdict } from './answers.ts'
import { LITERAL, typeOf } from './content.ts'
import type { Conversation } from './conversation.ts'
import { readRequest, searchRequest } from './requests.ts'

export interface Sought {
  readonly type: string
  readonly identifier: BusinessId
  /** Undefined where the crosswalk does not have it. */
  readonly target_id: string | undefined
}

export type Finding =
  | Found
  | { readonly kind: 'absent' }
  /** It stood there and was deleted: HTTP 410. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'end'; readonly verdict: Verdict }

export const end = (verdict: Verdict) => ({ kind: 'end', verdict }) as const

export function* find(sought: Sought): Conversation<Finding> {
  const known = yield* findById(sought)
  return known.kind === 'absent' ? yield* search(sought) : known
}

/** By the id that we know, without a search unless somebody else's resource stands there. */
export function* findById(sought: Sought): Conversation<Finding> {
  const { type, identifier, target_id } = sought
  if (target_id === undefined) return { kind: 'absent' }
  const known = yield* read(type, target_id)
  if (known.kind !== 'found' || carries(known.resource, identifier)) return known
  const found = yield* search(sought)
  // It is somebody else's now, and no other is ours: a person has to look.
  return found.kind === 'absent' ? end(verdict('target_mismatch', { path: 'identifier' })) : found
}

export function* read(type: string, target_id: string): Conversation<Finding> {
  const call = readRequest(type, target_id)
  const answer = yield call
  if (answer.kind === 'answer') {
    if (answer.status === 404) return { kind: 'absent' }
    if (answer.status === 410) return { kind: 'deleted' }
    const found = answer.status === 200 ? resourceOf(answer, type) : undefined
    if (found !== undefined) return found
  }
  return end(judge(answer, call))
}

/** The match is read again by its id: a search may answer from an index that lags. */
export function* search({ type, identifier }: Sought): Conversation<Finding> {
  const matches = yield* matching(type, identifier)
  if ('kind' in matches) return matches
  const [match, ...others] = matches
  if (match === undefined) return { kind: 'absent' }
  if (others.length > 0) return end(verdict('target_ambiguous', { matches: matches.length }))
  return yield* read(type, match.id)
}

type Matching = readonly Resource[] | ReturnType<typeof end>

/** Everything at the target that carries the identifier, or the end that its answer is. */
function* matching(type: string, identifier: BusinessId): Conversation<Matching> {
  const call = searchRequest(type, identifier)
  const answer = yield call
  const matches =
    answer.kind === 'answer' && answer.status === 200
      ? matchesOf(answer, type, identifier)
      : undefined
  return matches ?? end(judge(answer, call))
}

/** References that one write asks the target for; the rest is named by identifier. */
const SOUGHT_MAX = 5

/**
 * What the intent refers to and the crosswalk does not know, asked for at the target: by one search
 * each, patients first. What is not there, or there more than once, stays unknown; two patients of
 * one identifier are an end.
 */
export function* resolve({ intent, known }: StepInput): Conversation<Resolved> {
  const unknown = Object.entries(intent.refers_to).filter(([name]) => known[name] === undefined)
  const literal = ([name]: readonly [string, BusinessId]) => LITERAL.has(typeOf(name) ?? '')
  const sought = [...unknown.filter(literal), ...unknown.filter(one => !literal(one))]
  const found: Record<string, string> = {}
  for (const [name, identifier] of sought.slice(0, SOUGHT_MAX)) {
    const type = typeOf(name)
    if (type === undefined) continue
    const matches = yield* matching(type, identifier)
    if ('kind' in matches) return matches
    const [match, ...others] = matches
    if (others.length > 0 && LITERAL.has(type)) {
      return end(verdict('target_ambiguous', { matches: matches.length, reference: type }))
    }
    if (match !== undefined && others.length === 0) found[name] = match.id
  }
  return { kind: 'resolved', found, known: { ...known, ...found } }
}

export type Resolved =
  | {
      readonly kind: 'resolved'
      readonly found: Readonly<Record<string, string>>
      readonly known: Readonly<Record<string, string>>
    }
  | { readonly kind: 'end'; readonly verdict: Verdict }
