// What answers mean: by the rules of the analyst, else by the status (RFC 9110). Nothing of a body
// goes on but the id that the settings point at.
import {
  type Code,
  type Condition,
  catalogue,
  type Facts,
  type HttpAnswer,
  type HttpCall,
  holds,
  type NameRule,
  type Outcome,
  parseWhen,
  present,
  textsBelow,
  type Verdict,
  WhenProblem,
} from '#sdk'

export type Received = Extract<HttpAnswer, { kind: 'answer' }>

export interface Rule {
  readonly when: Condition
  readonly outcome: Outcome
}

export function verdict(code: Code, facts: Facts = {}, more: Partial<Verdict> = {}): Verdict {
  return { outcome: catalogue[code].outcome, code, facts, ...more }
}

/** The names that a condition over an answer knows. */
export const answerNames: NameRule = (name, at) => {
  if (/^(status|header\.[A-Za-z0-9-]+|body(\.[A-Za-z0-9_-]+)*)$/.test(name)) return
  const what = `\`${name}\` is nothing of an answer.`
  throw new WhenProblem(at, what, 'Write status, body.<path> or header.<name>.')
}

/** Of rules that were checked. */
export const rulesOf = (
  told: readonly { readonly when: string; readonly outcome: Outcome }[],
): readonly Rule[] =>
  told.map(({ when, outcome }) => {
    const parsed = parseWhen(when, answerNames)
    const condition = 'condition' in parsed ? parsed.condition : undefined
    return { when: present(condition, 'a checked condition'), outcome }
  })

/** The texts at `status`, `header.<name>` or `body.<path>`; lists are looked through. */
export function textsOf(answer: Received, name: string): readonly string[] {
  if (name === 'status') return [String(answer.status)]
  const [of, ...path] = name.split('.')
  if (of === 'header') return [answer.headers[path.join('.').toLowerCase()] ?? []].flat()
  const body = jsonOf(answer.body)
  // Text that is no JSON is one value, and has no paths.
  if (body === undefined) return path.length === 0 ? [answer.body] : []
  return textsBelow(body, path)
}

/** undefined for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

const ID_CHARACTERS_MAX = 512

/** The id that `id` points at; undefined where it is not there, or is none. */
export function idOf(answer: Received, id: string): string | undefined {
  const location = answer.headers.location ?? answer.headers['content-location'] ?? ''
  const [found] = id === 'location' ? [lastSegment(location)] : textsOf(answer, id)
  return found === undefined || found === '' || found.length > ID_CHARACTERS_MAX ? undefined : found
}

function lastSegment(location: string): string {
  const segment =
    location
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    if (cause instanceof URIError) return segment
    throw cause
  }
}

export interface Judging {
  readonly rules: readonly Rule[]
  /** Whether the path speaks of something that the target may lack. */
  readonly of_one: boolean
}

/** Success carries no id yet. */
export function judge(answer: HttpAnswer, call: HttpCall, { rules, of_one }: Judging): Verdict {
  if (answer.kind === 'not_sent') return verdict(answer.code, answer.facts)
  if (answer.kind === 'no_answer') {
    if (call.changes) return verdict('target_answer_unknown', answer.facts)
    const large = answer.code === 'target_answer_too_large'
    return verdict(large ? answer.code : 'target_transient', answer.facts)
  }
  const index = rules.findIndex(({ when }) => holds(when, name => textsOf(answer, name)))
  const rule = rules[index]
  if (rule === undefined) return byStatus(answer, call, of_one)
  const facts = { status: answer.status, rule: index + 1 }
  const { outcome } = rule
  if (outcome === 'ok' || outcome === 'already_applied') return { outcome, code: undefined, facts }
  // What only looks cannot have landed.
  const code = outcome === 'unknown' && !call.changes ? 'target_transient' : codes[outcome]
  return verdict(code, facts, waitOf(answer))
}

const codes = {
  fix: 'target_refused',
  conflict: 'target_version_conflict',
  denied: 'target_forbidden',
  throttled: 'target_throttled',
  transient: 'target_transient',
  missing_dependency: 'target_resource_missing',
  auth: 'target_auth',
  config: 'target_misconfigured',
  target_down: 'target_down',
  unknown: 'target_answer_unknown',
} as const satisfies Record<Exclude<Outcome, 'ok' | 'already_applied'>, Code>

function byStatus(answer: Received, call: HttpCall, of_one: boolean): Verdict {
  const { status } = answer
  const facts = { status }
  const wait = waitOf(answer)
  const open = call.changes ? 'target_answer_unknown' : 'target_transient'
  // Node hands on no interim answer; a status below is not of HTTP.
  if (status < 200) return verdict(open, facts)
  if (status < 300) return { outcome: 'ok', code: undefined, facts }
  switch (status) {
    case 303:
      // See elsewhere for what this request came to (RFC 9110, 15.4.4): it may well have landed.
      return verdict(open, facts)
    case 401:
    case 407:
      return verdict('target_auth', facts)
    case 403:
      return verdict('target_forbidden', facts)
    case 404:
    case 410:
      return verdict(of_one ? 'target_resource_missing' : 'target_misconfigured', facts)
    case 405:
    case 406:
    case 415:
    case 501:
      return verdict('target_misconfigured', facts)
    case 408:
    case 425:
    case 503:
      return verdict('target_transient', facts, wait)
    case 409:
    case 412:
    case 428:
      return verdict('target_version_conflict', facts)
    case 429:
      return verdict('target_throttled', facts, wait)
  }
  if (status < 400) return verdict('target_misconfigured', facts)
  if (status < 500) return verdict('target_refused', facts)
  // It, or something before it, broke down: what it had done by then is not known.
  return verdict(open, facts, wait)
}

/** Retry-After in seconds, or as a date, read against the answer's own Date (RFC 9110, 10.2.3). */
function waitOf({ headers }: Received): { wait_ms?: number } {
  const value = headers['retry-after']?.trim() ?? ''
  if (/^\d{1,9}$/.test(value)) return { wait_ms: Number(value) * 1000 }
  const wait_ms = Date.parse(value) - Date.parse(headers.date ?? '')
  return Number.isFinite(wait_ms) && wait_ms > 0 ? { wait_ms } : {}
}
