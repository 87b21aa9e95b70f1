// The conversation with a far end that is described in YAML: one request writes; a search by our
// mark finds again what an answer never told of; a read by its id shows what stands there. No step
// sends anything after a write.
import {
  type AdapterSteps,
  assert,
  Failure,
  type HttpAnswer,
  type HttpCall,
  type Step,
  type StepInput,
  type Subject,
  type Template,
  textOf,
  textsBelow,
  type Verdict,
  wholeValue,
} from '#sdk'
import { idOf, jsonOf, judge, type Received, type Rule, rulesOf, verdict } from './answers.ts'
import type { Finding, HttpConfig, Verifying, Writing } from './fields.ts'
import { callOf, type Prepared, prepare, templateOf } from './requests.ts'

export function stepsOf(config: HttpConfig): AdapterSteps {
  const room = preparedRoom(config)
  return {
    deliver: input => guarded(() => deliver(input, room)),
    verify: input => guarded(() => verify(input, room)),
  }
}

interface PreparedRoom {
  readonly config: HttpConfig
  readonly rules: readonly Rule[]
  readonly request: Way
  readonly update: Way | undefined
  readonly retract: Way | undefined
  readonly find: (Way & { readonly of: Finding; readonly where: Paths }) | undefined
  readonly verify: (Way & { readonly of: Verifying; readonly expect: Paths }) | undefined
}

interface Way {
  readonly told: Prepared
  /** Its path names one thing among others, which the target may lack. */
  readonly of_one: boolean
}

/** Path in an answer, and what has to stand there. */
type Paths = readonly (readonly [path: string, wanted: Template])[]

function preparedRoom(config: HttpConfig): PreparedRoom {
  const { request, update, retract, find, verify } = config
  return {
    config,
    rules: rulesOf(config.outcomes),
    request: wayOf(request),
    update: update && wayOf(update),
    retract: retract && wayOf(retract),
    find: find && { ...wayOf(find), of: find, where: pathsOf(find.where) },
    verify: verify && {
      ...wayOf({ method: 'GET', ...verify }),
      of: verify,
      expect: pathsOf(verify.expect),
    },
  }
}

function wayOf(told: Writing | Finding | (Verifying & { readonly method: 'GET' })): Way {
  const prepared = prepare(told)
  return { told: prepared, of_one: prepared.path.some(part => typeof part !== 'string') }
}

const pathsOf = (told: Readonly<Record<string, string>>): Paths =>
  Object.entries(told).map(([path, wanted]) => [path, templateOf(wanted)])

/** A value that is missing or cannot stand where it should costs this write, before it is sent. */
function guarded(next: () => Step): Step {
  try {
    return next()
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    return { verdict: verdict(cause.code, cause.facts) }
  }
}

// Where a target took a write and told no id, this stands in its place: it proves that it answered.
const ANSWERED = /^answered \d{3}$/
const isId = (id: string | undefined): id is string => id !== undefined && !ANSWERED.test(id)

/** What the target is known to hold: also of resources that are referred to, ids only. */
function subjectOf({ intent, known }: StepInput, there: string | undefined): Subject {
  const ids = Object.entries(known).filter(([, id]) => isId(id))
  return { intent, known: Object.fromEntries(ids), target_id: isId(there) ? there : undefined }
}

const knownId = ({ intent, known }: StepInput): string | undefined =>
  known[`${intent.resource_type}/${intent.resource_id}`]

function deliver(input: StepInput, room: PreparedRoom): Step {
  const there = knownId(input)
  const chosen = choose(input, room)
  if ('outcome' in chosen) return { verdict: chosen }
  const [first] = input.answers
  if (first === undefined) {
    const headers = keyHeader(input, room.config)
    return { call: callOf(chosen.told, subjectOf(input, there), { changes: true, headers }) }
  }
  const { call, answer } = httpOf(first)
  const judged = judge(answer, call, { rules: room.rules, of_one: chosen.of_one })
  if (isGone(input, answer, judged)) {
    return { verdict: { outcome: 'already_applied', code: undefined, facts: judged.facts } }
  }
  return { verdict: isDone(judged) ? done(judged, { answer, there, input }, room.config) : judged }
}

/** What is to be taken back is not there any more, and no rule says otherwise. */
const isGone = ({ intent }: StepInput, answer: HttpAnswer, { facts }: Verdict) =>
  intent.operation === 'retract' &&
  answer.kind === 'answer' &&
  isAbsent(answer) &&
  facts.rule === undefined

const isDone = ({ outcome }: Verdict) => outcome === 'ok' || outcome === 'already_applied'

/** The request for what is known of the target; or the end, where there is none. */
function choose({ intent, known }: StepInput, room: PreparedRoom): Way | Verdict {
  const { operation, event, resource_type } = intent
  const there = known[`${resource_type}/${intent.resource_id}`]
  if (operation === 'retract') {
    if (room.retract === undefined) return verdict('operation_undeclared', { operation })
    return isId(there) || !namesTarget(room.retract)
      ? room.retract
      : verdict('target_resource_missing', { operation })
  }
  if (there === undefined) return room.request
  // A create only makes what is missing. A whole event is another matter: that is a correction.
  if (operation === 'create' && event === undefined) {
    return { outcome: 'already_applied', code: undefined, facts: {}, target_id: there }
  }
  if (!isId(there)) return room.request
  if (room.update !== undefined) return room.update
  // PUT sets the whole state, however often (RFC 9110, 9.2.2).
  if (room.request.told.method === 'PUT') return room.request
  return verdict('operation_undeclared', { operation: 'update' })
}

const namesTarget = ({ told }: Way) =>
  [told.path, ...told.headers.map(([, value]) => value)].some(template =>
    template.some(part => typeof part !== 'string' && part.path === 'target_id'),
  )

/** The same on every try of the same content. */
function keyHeader({ intent, revision = 0 }: StepInput, { idempotency_key }: HttpConfig) {
  if (idempotency_key === undefined) return {}
  const { intent_id } = intent
  const key = revision === 0 ? intent_id : `${intent_id}.${revision}`
  return { [idempotency_key.toLowerCase()]: key }
}

interface Done {
  readonly answer: HttpAnswer
  readonly there: string | undefined
  readonly input: StepInput
}

/** Without the id that the answer should tell nobody could ever change what was made. */
function done(judged: Verdict, { answer, there, input }: Done, { id }: HttpConfig): Verdict {
  assert(answer.kind === 'answer', 'only an answer ends well')
  if (input.intent.operation === 'retract') return judged
  const told = id === undefined ? undefined : idOf(answer, id)
  const target_id = isId(there) ? there : told
  if (target_id !== undefined) return { ...judged, target_id }
  if (id === undefined) return { ...judged, target_id: `answered ${answer.status}` }
  return verdict('target_answer_unknown', { ...judged.facts, missing: 'id' })
}

function verify(
  input: StepInput & { readonly target_id: string | undefined },
  room: PreparedRoom,
): Step {
  const { rules } = room
  const there = input.target_id ?? knownId(input)
  if (isId(there) && room.verify !== undefined) {
    const deletes = room.retract?.told.method === 'DELETE'
    return readBack(input, { there, way: room.verify, rules, deletes })
  }
  const retracts = input.intent.operation === 'retract'
  if (room.find !== undefined && !retracts) return search(input, { way: room.find, rules })
  // Nothing can be read: that it answered so is all the proof, and it says so.
  if (input.target_id === undefined) return { verdict: verdict('target_unreadable') }
  return { verdict: { outcome: 'ok', code: undefined, facts: { proof: 'answer' } } }
}

interface Reading {
  readonly there: string
  readonly way: NonNullable<PreparedRoom['verify']>
  readonly rules: readonly Rule[]
  /** What is taken back is not there any more; else nobody knows how it looks then. */
  readonly deletes: boolean
}

function readBack(input: StepInput, { there, way, rules, deletes }: Reading): Step {
  const subject = subjectOf(input, there)
  const [first] = input.answers
  if (first === undefined) return { call: callOf(way.told, subject, { changes: false }) }
  const { call, answer } = httpOf(first)
  const retracts = input.intent.operation === 'retract'
  if (answer.kind === 'answer' && isAbsent(answer)) {
    const gone: Verdict = { outcome: 'ok', code: undefined, facts: { status: answer.status } }
    return { verdict: retracts ? gone : verdict('target_absent', { absent: true }) }
  }
  const judged = judge(answer, call, { rules, of_one: way.of_one })
  if (answer.kind !== 'answer' || !isDone(judged)) return { verdict: judged }
  if (retracts) {
    const stands = verdict('target_mismatch', { retracted: false }, { target_id: there })
    return { verdict: deletes ? stands : verdict('target_unreadable') }
  }
  const body = jsonOf(answer.body)
  const paths = differences(body, way.expect, subject)
  const facts = { path: paths.join(','), count: paths.length }
  const same: Verdict = { outcome: 'ok', code: undefined, facts: {}, target_id: there }
  const other = () => verdict('target_mismatch', facts, { target_id: there })
  return { verdict: paths.length === 0 ? same : other() }
}

const isAbsent = ({ status }: Received) => status === 404 || status === 410

/** Paths where something else stands than is wanted; what is left out is not asked for. */
function differences(body: unknown, paths: Paths, subject: Subject): readonly string[] {
  return paths.flatMap(([path, template]) => {
    const wanted = wholeValue(template, subject)
    if (wanted === undefined) return []
    return textsBelow(body, path.split('.')).includes(textOf(wanted, { path })) ? [] : [path]
  })
}

interface Searching {
  readonly way: NonNullable<PreparedRoom['find']>
  readonly rules: readonly Rule[]
}

function search(input: StepInput, { way, rules }: Searching): Step {
  const subject = subjectOf(input, undefined)
  const [first] = input.answers
  if (first === undefined) return { call: callOf(way.told, subject, { changes: false }) }
  const { call, answer } = httpOf(first)
  const judged = judge(answer, call, { rules, of_one: way.of_one })
  if (answer.kind !== 'answer' || !isDone(judged)) return { verdict: judged }
  const items = itemsOf(answer, way.of.items)
  if (items === undefined) return { verdict: verdict('target_unreadable', { path: way.of.items }) }
  const ours = items.filter(item => differences(item, way.where, subject).length === 0)
  const [item, another] = ours
  if (item === undefined) return { verdict: verdict('target_absent', { absent: true }) }
  if (another !== undefined) return { verdict: verdict('target_ambiguous', { count: ours.length }) }
  const [target_id = ''] = textsBelow(item, way.of.id.split('.'))
  if (target_id === '') return { verdict: verdict('target_unreadable', { path: way.of.id }) }
  return { verdict: { outcome: 'ok', code: undefined, facts: {}, target_id } }
}

/** The list at a path of the answer; undefined where there is none. */
function itemsOf(answer: Received, items: string): readonly unknown[] | undefined {
  let at = jsonOf(answer.body)
  for (const step of items.split('.').slice(1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return Array.isArray(at) ? at : undefined
}

function httpOf({ call, answer }: StepInput['answers'][number]): {
  readonly call: HttpCall
  readonly answer: HttpAnswer
} {
  assert(call.kind === 'http', 'an HTTP call')
  assert(answer.kind !== 'ack' && answer.kind !== 'file', 'an answer to an HTTP call')
  return { call, answer }
}
