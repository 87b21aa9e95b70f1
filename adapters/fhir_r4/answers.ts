// How answers of a FHIR server are read. Servers differ in the status that they choose and in what
// they leave out (Location, ETag, a body); what differs is named beside the rule. No text of an
// answer goes on.
import {
  type BusinessId,
  type Code,
  catalogue,
  type Facts,
  type HttpAnswer,
  type HttpCall,
  type Resource,
  readExact,
  type Verdict,
} from '#sdk'

export type Received = Extract<HttpAnswer, { kind: 'answer' }>

/** A verdict by its code; the catalogue knows the outcome. */
export function verdict(code: Code, facts: Facts = {}, more: Partial<Verdict> = {}): Verdict {
  return { outcome: catalogue[code].outcome, code, facts, ...more }
}

/** A resource as it stands at the target. */
export interface Found {
  readonly kind: 'found'
  readonly resource: Resource
  /** What If-Match names; undefined where the server tells no version. */
  readonly etag: string | undefined
}

export function success(outcome: 'ok' | 'already_applied', found: Found): Verdict {
  const version = versionOf(found.etag)
  return {
    outcome,
    code: undefined,
    facts: {},
    target_id: found.resource.id,
    ...(version === undefined ? {} : { target_version: version }),
  }
}

/**
 * The resource of an answer, of the wanted type and with an id; undefined where the body holds
 * none.
 */
export function resourceOf(answer: Received, type: string): Found | undefined {
  const resource = objectOf(answer.body)
  if (resource?.resourceType !== type || typeof resource.id !== 'string') return undefined
  const meta = resource.meta as { versionId?: unknown } | undefined
  const version = typeof meta?.versionId === 'string' ? `W/"${meta.versionId}"` : undefined
  return { kind: 'found', resource: resource as Resource, etag: etagOf(answer) ?? version }
}

/** Apache marks the ETag of what it packs, and does not know the mark again (`W/"3-gzip"`). */
export const etagOf = ({ headers }: Received): string | undefined =>
  headers.etag?.replace(/[-;]gzip(?="?$)/, '')

/**
 * Id and version that a Location names: `[base]/Type/id/_history/v`, absolute or not
 * (http.html#create).
 */
export function locationOf(
  answer: Received,
  type: string,
): { target_id: string; target_version?: string } | undefined {
  const location = answer.headers.location ?? answer.headers['content-location'] ?? ''
  const [, target_id, version] =
    new RegExp(`(?:^|/)${type}/([A-Za-z0-9.-]{1,64})(?:/_history/([^/?#]+))?/?$`).exec(location) ??
    []
  if (target_id === undefined) return undefined
  const target_version = version ?? versionOf(etagOf(answer))
  return { target_id, ...(target_version === undefined ? {} : { target_version }) }
}

/** Matches of a search that carry the identifier exactly: servers match more than they should. */
export function matchesOf(
  answer: Received,
  type: string,
  identifier: BusinessId,
): readonly Resource[] | undefined {
  const bundle = objectOf(answer.body)
  if (bundle?.resourceType !== 'Bundle') return undefined
  const entries = Array.isArray(bundle.entry)
    ? (bundle.entry as ({ resource?: Resource | null } | null)[])
    : []
  return entries
    .map(entry => entry?.resource)
    .filter(resource => resource !== undefined && resource !== null)
    .filter(resource => resource.resourceType === type && typeof resource.id === 'string')
    .filter(resource => carries(resource, identifier))
}

export function carries(resource: Resource, { system, value }: BusinessId): boolean {
  const list = Array.isArray(resource.identifier)
    ? (resource.identifier as Partial<BusinessId>[])
    : []
  return list.some(one => one?.system === system && one?.value === value)
}

/** The end that an answer means which no step has a use for. */
export function judge(answer: HttpAnswer, call: HttpCall): Verdict {
  if (answer.kind === 'not_sent') return verdict(answer.code, answer.facts)
  if (answer.kind === 'no_answer') {
    if (call.changes) return verdict('target_answer_unknown', answer.facts)
    const large = answer.code === 'target_answer_too_large'
    return verdict(large ? answer.code : 'target_transient', answer.facts)
  }
  return judgeStatus(answer, call)
}

function judgeStatus(answer: Received, call: HttpCall): Verdict {
  const { status } = answer
  const facts: Facts = { status, ...issuesOf(answer) }
  const wait = waitOf(answer)
  if (status < 300) {
    if (failsInside(answer)) return verdict('target_refused', facts)
    // 202 is a promise; anything else here is a success without what a FHIR server says of it.
    return verdict(call.changes ? 'target_answer_unknown' : 'target_misconfigured', facts)
  }
  switch (status) {
    case 401:
      return verdict('target_auth', facts)
    case 403:
      // A gateway refuses us; a FHIR server, which answers in its own words, refuses this write.
      return verdict(speaksFhir(answer) ? 'target_forbidden' : 'target_auth', facts)
    case 404:
    case 405:
    case 501:
      return verdict(speaksFhir(answer) ? 'operation_undeclared' : 'target_misconfigured', facts)
    case 408:
    case 425:
    case 503:
      return verdict('target_transient', facts, wait)
    case 409:
    case 410:
    case 412:
    case 428:
      return verdict('target_version_conflict', facts)
    case 429:
      return verdict('target_throttled', facts, wait)
  }
  if (status < 400) return verdict('target_misconfigured', facts)
  if (status < 500) return verdict('target_refused', facts)
  // The server, or one before it, broke down: what it had done by then is not known.
  return verdict(call.changes ? 'target_answer_unknown' : 'target_transient', facts, wait)
}

/** An OperationOutcome that tells of an error, whatever the status above it says. */
export function failsInside(answer: Received): boolean {
  const outcome = objectOf(answer.body)
  if (outcome?.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return false
  const issues = outcome.issue as ({ severity?: unknown } | null)[]
  return issues.some(issue => issue?.severity === 'error' || issue?.severity === 'fatal')
}

function speaksFhir(answer: Received): boolean {
  return objectOf(answer.body)?.resourceType === 'OperationOutcome'
}

/** Retry-After in seconds, or as a date, read against the answer's own Date (RFC 9110, 10.2.3). */
function waitOf({ headers }: Received): { wait_ms?: number } {
  const value = headers['retry-after']?.trim() ?? ''
  if (/^\d{1,9}$/.test(value)) return { wait_ms: Number(value) * 1000 }
  const wait_ms = Date.parse(value) - Date.parse(headers.date ?? '')
  return Number.isFinite(wait_ms) && wait_ms > 0 ? { wait_ms } : {}
}

const ISSUES_MAX = 5

/**
 * Codes and paths of an OperationOutcome, and HAPI's error numbers out of its texts. Only what
 * looks like a code or a path is let through: the rest may quote the patient.
 */
function issuesOf(answer: Received): Facts {
  const outcome = objectOf(answer.body)
  if (outcome?.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return {}
  const issues = (outcome.issue as Record<string, unknown>[]).slice(0, ISSUES_MAX)
  const codes = issues.flatMap(issue => [
    ...only(/^[a-z-]{1,40}$/, issue?.code),
    ...(/\bHAPI-\d{4}\b/.exec(String(issue?.diagnostics ?? '')) ?? []),
  ])
  const paths = issues.flatMap(issue => {
    const places = issue?.expression ?? issue?.location
    return Array.isArray(places) ? only(/^[A-Za-z][A-Za-z0-9_.[\]]{0,100}$/, places[0]) : []
  })
  return {
    ...(codes.length > 0 ? { issues: codes.join(',') } : {}),
    ...(paths.length > 0 ? { path: paths.join(',') } : {}),
  }
}

const only = (pattern: RegExp, value: unknown): string[] =>
  typeof value === 'string' && pattern.test(value) ? [value] : []

const versionOf = (etag: string | undefined): string | undefined =>
  etag?.replace(/^W\//, '').replace(/^"|"$/g, '')

/** The JSON object of a body, numbers as they are written; undefined for HTML, text, nothing. */
export function objectOf(body: string): Record<string, unknown> | undefined {
  try {
    const value = readExact(body)
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
