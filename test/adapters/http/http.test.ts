// The http adapter: the contract of adapters over several settings, requests byte for byte, what
// answers mean, what is proved and what is not.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { http } from '../../../adapters/http/http.ts'
import type { Answer, HttpCall, StepInput, Verdict } from '../../../src/model/intent.ts'
import { intentOf } from '../../codecs/hl7v2/outbound/samples.ts'
import { adapterContract, allOutcomes, CANARY } from '../../contract/adapter.contract.ts'
import { bundle, canonicalEvent, patient, writeIntent } from '../../path/toy.ts'
import { settingsOf, type Told, tickets } from './settings.ts'

const noted = canonicalEvent({ resources: bundle([patient('M1', { gender: CANARY })]) })
const whole = intentOf(noted, 'event')
const single = writeIntent({ resource: { ...patient('M1'), note: CANARY } })
const retraction = { ...whole, operation: 'retract' } as const
const known = { [`Bundle/${whole.resource_id}`]: '77' }

const bodies = fc.constantFrom(
  ...['', '{', '[]', 'null', '"x"', `<p>${CANARY}</p>`, '{"id":"9"}', '{"id":7}'],
  ...['{"success":false}', '{"error":{"code":"duplicate"}}', '{"id":"9","title":"Visit V1"}'],
  ...[`{"results":[]}`, `{"results":[{"id":"9","external_id":"${whole.intent_id}"}]}`],
  `{"results":[null,"x",{"external_id":"${CANARY}"}]}`,
  `{"results":[{"id":"9","external_id":"${whole.intent_id}"},{"external_id":"${whole.intent_id}"}]}`,
)
const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(
      ...[0, 100, 200, 201, 202, 204, 301, 303, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413],
      ...[415, 422, 425, 429, 500, 501, 502, 503, 504, 599],
    ),
    headers: fc.constantFrom(
      ...[{}, { location: '/tickets/9' }, { 'retry-after': '7' }, { 'retry-after': 'soon' }],
      { 'x-late': CANARY },
    ),
    body: bodies,
  }),
  fc.constantFrom<Answer>(
    { kind: 'not_sent', code: 'target_down', facts: { error: 'ECONNREFUSED' } },
    { kind: 'no_answer', code: 'target_answer_unknown', facts: { error: 'timeout' } },
    { kind: 'no_answer', code: 'target_answer_too_large', facts: {} },
  ),
)

adapterContract({
  room: http,
  config: settingsOf(tickets),
  inputs: [
    { intent: whole, known: {} },
    { intent: whole, known },
    { intent: retraction, known },
  ],
  answers,
  reaches: allOutcomes,
})
adapterContract({
  room: http,
  config: settingsOf({
    takes: 'resource',
    request: { path: '/contacts', body: { all: '{resource}', name: '{Patient.note}' } },
  }),
  inputs: [{ intent: single, known: {} }],
  answers,
  reaches: [
    'ok',
    'fix',
    'unknown',
    'config',
    'auth',
    'denied',
    'throttled',
    'transient',
    'target_down',
  ],
})

const answer = (status: number, body: unknown = '', headers = {}): Answer => ({
  kind: 'answer',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const silence: Answer = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} }

type Input = Partial<StepInput> & Pick<StepInput, 'intent'>
const deliver = (told: Told, input: Input) =>
  http.steps(settingsOf(told)).deliver({ known: {}, answers: [], ...input })

function sent(told: Told, input: Input): HttpCall {
  const step = deliver(told, input)
  assert.ok('call' in step && step.call.kind === 'http', JSON.stringify(step))
  return step.call
}

const someCall: HttpCall = {
  kind: 'http',
  method: 'POST',
  path: '/tickets',
  headers: {},
  body: undefined,
  changes: true,
}

function ended(told: Told, input: Input, came?: Answer): Verdict {
  const calls = came === undefined ? [] : [{ call: someCall, answer: came }]
  const step = deliver(told, { ...input, answers: calls })
  assert.ok('verdict' in step, JSON.stringify(step))
  return step.verdict
}

function verified(input: Input & { readonly target_id?: string }, came?: Answer, told = tickets) {
  const looked = { ...someCall, method: 'GET', changes: false } as const
  const answered = came === undefined ? [] : [{ call: looked, answer: came }]
  return http
    .steps(settingsOf(told))
    .verify({ known: {}, target_id: undefined, ...input, answers: answered })
}

function shown(...of: Parameters<typeof verified>): Verdict {
  const step = verified(...of)
  assert.ok('verdict' in step, JSON.stringify(step))
  return step.verdict
}

describe('an HTTP request', () => {
  it('is what the settings say, values in their places, keyed by the write', () => {
    assert.deepEqual(sent(tickets, { intent: whole }), {
      kind: 'http',
      method: 'POST',
      path: '/tickets',
      headers: { 'content-type': 'application/json', 'idempotency-key': whole.intent_id },
      body: `{"title":"Visit V1","external_id":"${whole.intent_id}","note":"${CANARY}"}`,
      changes: true,
    })
  })

  it('is the same on every try, and has another key for another content', () => {
    assert.deepEqual(sent(tickets, { intent: whole }), sent(tickets, { intent: whole }))
    const { headers } = sent(tickets, { intent: whole, revision: 2 })
    assert.equal(headers['idempotency-key'], `${whole.intent_id}.2`)
  })

  it('is the update where the id at the target is known, as the answer told it', () => {
    const { method, path } = sent(tickets, { intent: whole, known })
    assert.deepEqual([method, path], ['PATCH', '/tickets/77'])
    assert.equal(ended(tickets, { intent: whole }, answer(201, { id: 78 })).target_id, '78')
    assert.equal(ended(tickets, { intent: whole, known }, answer(204)).target_id, '77')
  })

  it('reads the id from a Location, a header or the body, and misses it aloud', () => {
    const located = { ...tickets, id: 'location' }
    const of = (told: Told, came: Answer) => ended(told, { intent: whole }, came)
    assert.equal(
      of(located, answer(201, '', { location: '/a/tickets/4%2F2?x=1' })).target_id,
      '4/2',
    )
    const named = { ...tickets, id: 'header.X-Id' }
    assert.equal(of(named, answer(201, '', { 'x-id': '5' })).target_id, '5')
    const none = of(tickets, answer(201, {}))
    assert.deepEqual([none.outcome, none.facts.missing], ['unknown', 'id'])
  })

  it('makes nothing twice: what stands is left alone, changed by PUT, or denied', () => {
    const told = {
      takes: 'resource',
      id: 'body.id',
      request: { path: '/contacts', body: { born: '{Patient.birthDate | omit}' } },
    }
    const there = { 'Patient/p-M1': '5' }
    const create = { ...single, operation: 'create' } as const
    const update = { ...single, operation: 'update' } as const
    assert.equal(ended(told, { intent: create, known: there }).outcome, 'already_applied')
    const denied = ended(told, { intent: update, known: there })
    assert.deepEqual([denied.outcome, denied.code], ['denied', 'operation_undeclared'])
    const put = { ...told, request: { ...told.request, method: 'PUT' } }
    assert.equal(sent(put, { intent: update, known: there }).method, 'PUT')
  })

  it('sends again to a target that tells no ids, whose answer was the proof', () => {
    const chat = { request: { path: '/hook', body: { text: 'Visit {visit.value}' } } }
    const first = ended(chat, { intent: whole }, answer(200, 'ok'))
    assert.deepEqual([first.outcome, first.target_id], ['ok', 'answered 200'])
    const target_id = 'answered 200'
    const again = { [`Bundle/${whole.resource_id}`]: target_id }
    assert.equal(sent(chat, { intent: whole, known: again }).path, '/hook')
    const proof = shown({ intent: whole, target_id }, undefined, chat)
    assert.deepEqual([proof.outcome, proof.facts], ['ok', { proof: 'answer' }])
    assert.equal(shown({ intent: whole }, undefined, chat).code, 'target_unreadable')
  })

  it('takes back by its own request only, and only what is known to be there', () => {
    assert.equal(sent(tickets, { intent: retraction, known }).method, 'DELETE')
    assert.equal(ended(tickets, { intent: retraction }).code, 'target_resource_missing')
    const { retract: _, ...never } = tickets
    assert.equal(ended(never, { intent: retraction, known }).code, 'operation_undeclared')
    const before = ended(tickets, { intent: retraction, known }, answer(410))
    assert.equal(before.outcome, 'already_applied')
    const gone = shown({ intent: retraction, target_id: '77' }, answer(404))
    assert.equal(gone.outcome, 'ok')
    const still = shown({ intent: retraction, target_id: '77' }, answer(200, {}))
    assert.equal(still.code, 'target_mismatch')
    const closes = {
      ...tickets,
      retract: { method: 'PATCH', path: '/tickets/{target_id}', body: {} },
    }
    const closed = shown({ intent: retraction, target_id: '77' }, answer(200, {}), closes)
    assert.equal(closed.code, 'target_unreadable')
  })

  it('refers to other resources by their ids at the target, and waits for them', () => {
    const told = {
      takes: 'resource',
      request: { path: '/p', body: { of: '{Encounter.subject.reference | target_id}' } },
    }
    const visit = canonicalEvent().resources.entry[1]?.resource ?? assert.fail()
    const intent = writeIntent({
      resource: visit,
      resource_type: 'Encounter',
      resource_id: visit.id,
    })
    assert.equal(sent(told, { intent, known: { 'Patient/p-M1': '31' } }).body, '{"of":"31"}')
    const waits = ended(told, { intent })
    assert.deepEqual(
      [waits.outcome, waits.facts],
      ['missing_dependency', { path: 'Encounter.subject.reference' }],
    )
  })

  it('is not sent without a value that it names: a fix, with the path and no value', () => {
    const told = { request: { path: '/x', body: ['{Patient.name[0].family}'] } }
    const { outcome, code, facts } = ended(told, { intent: whole })
    assert.deepEqual([outcome, code], ['fix', 'template_value_missing'])
    assert.deepEqual(facts, { path: 'Patient.name[0].family' })
  })

  it('encodes the values of a text as its content-type says', () => {
    const event = canonicalEvent({
      resources: bundle([patient('M1', { note: `a&b="<c>\n%` })]),
    })
    const intent = intentOf(event, 'event')
    const bodyAs = (type: string, body: string) =>
      sent({ request: { path: '/x', headers: { 'Content-Type': type }, body } }, { intent }).body
    assert.equal(bodyAs('application/json', '{{"n":"{Patient.note}"}}'), '{"n":"a&b=\\"<c>\\n%"}')
    assert.equal(bodyAs('text/xml', '<n>{Patient.note}</n>'), '<n>a&#38;b=&#34;&#60;c&#62;\n%</n>')
    const form = 'application/x-www-form-urlencoded'
    assert.equal(bodyAs(form, 'n={Patient.note}&m=1'), 'n=a%26b%3D%22%3Cc%3E%0A%25&m=1')
    assert.equal(bodyAs('text/plain', '{Patient.note}'), 'a&b="<c>\n%')
  })
})

describe('an answer over HTTP', () => {
  const outcomeOf = (came: Answer, told: Told = tickets) =>
    ended(told, { intent: whole }, came).outcome

  it('means what the first rule says that holds, else what its status says', () => {
    assert.equal(outcomeOf(answer(200, { id: 1, success: false })), 'fix')
    assert.equal(outcomeOf(answer(409, { error: { code: 'duplicate' }, id: 1 })), 'already_applied')
    assert.equal(outcomeOf(answer(409, { error: { code: 'other' } })), 'conflict')
    assert.equal(outcomeOf(answer(400, '', { 'x-late': '1' })), 'missing_dependency')
    const rows: readonly (readonly [number, string])[] = [
      ...([
        [202, 'ok'],
        [204, 'ok'],
        [301, 'config'],
        [303, 'unknown'],
        [400, 'fix'],
      ] as const),
      ...([
        [401, 'auth'],
        [403, 'denied'],
        [404, 'config'],
        [405, 'config'],
      ] as const),
      ...([
        [408, 'transient'],
        [409, 'conflict'],
        [412, 'conflict'],
        [413, 'fix'],
      ] as const),
      ...([
        [422, 'fix'],
        [429, 'throttled'],
        [500, 'unknown'],
        [502, 'unknown'],
      ] as const),
      ...([
        [503, 'transient'],
        [504, 'unknown'],
      ] as const),
    ]
    const plain = { request: { path: '/x', body: {} } }
    for (const [status, outcome] of rows) {
      assert.equal(outcomeOf(answer(status), plain), outcome, String(status))
    }
  })

  it('of one thing that is not there waits for it, where the path names it', () => {
    assert.equal(
      ended(tickets, { intent: whole, known }, answer(404)).outcome,
      'missing_dependency',
    )
  })

  it('may ask for time, in seconds or as a date', () => {
    const wait = (headers: object) =>
      ended(tickets, { intent: whole }, answer(429, '', headers)).wait_ms
    assert.equal(wait({ 'retry-after': '3' }), 3_000)
    const date = 'Mon, 05 Jan 2026 08:00:00 GMT'
    assert.equal(wait({ date, 'retry-after': 'Mon, 05 Jan 2026 08:00:09 GMT' }), 9_000)
    assert.equal(wait({}), undefined)
  })

  it('that never came leaves open whether the request landed', () => {
    assert.equal(outcomeOf(silence), 'unknown')
  })
})

describe('proof over HTTP', () => {
  it('finds by our mark what no answer told of, however much more the search shows', () => {
    const external_id = whole.intent_id
    const step = verified({ intent: whole })
    assert.ok('call' in step && step.call.kind === 'http')
    assert.deepEqual(
      [step.call.method, step.call.path, step.call.changes],
      ['GET', `/tickets?external_id=${external_id}`, false],
    )
    const list = (...results: unknown[]) => answer(200, { results })
    const other = { id: 1, external_id: 'z' }
    const found = shown({ intent: whole }, list(other, { id: 2, external_id }))
    assert.deepEqual([found.outcome, found.target_id], ['ok', '2'])
    assert.equal(shown({ intent: whole }, list(other)).facts.absent, true)
    const two = shown({ intent: whole }, list({ id: 2, external_id }, { id: 3, external_id }))
    assert.equal(two.code, 'target_ambiguous')
    // A page that is no list proves nothing, above all not that nothing is there.
    for (const odd of [answer(200, {}), answer(200, '<html>'), answer(500), answer(302)]) {
      assert.equal(shown({ intent: whole }, odd).facts.absent, undefined)
      assert.notEqual(shown({ intent: whole }, odd).outcome, 'ok')
    }
  })

  it('reads back by the id, and names the paths that differ', () => {
    const of = (came: Answer) => shown({ intent: whole, target_id: '77' }, came)
    assert.equal(of(answer(200, { title: 'Visit V1', more: CANARY })).outcome, 'ok')
    const differs = of(answer(200, { title: CANARY }))
    assert.deepEqual([differs.code, differs.facts.path], ['target_mismatch', 'title'])
    assert.equal(of(answer(404)).facts.absent, true)
    assert.equal(of(answer(200, { success: false })).code, 'target_refused')
    assert.equal(of(silence).outcome, 'transient')
  })

  it('is said to be the answer alone where a lost change could not be told from a landed one', () => {
    const proof = (told: Told) => http.proof?.(settingsOf(told))
    assert.equal(proof(tickets), 'read')
    const { find: _, ...unfound } = tickets
    assert.equal(proof(unfound), 'answer')
    assert.equal(proof({ ...tickets, verify: { path: '/tickets/{target_id}' } }), 'answer')
    assert.equal(http.keyed?.(settingsOf(tickets)), true)
    const { idempotency_key: __, ...keyless } = tickets
    assert.equal(http.keyed?.(settingsOf(keyless)), false)
  })
})
