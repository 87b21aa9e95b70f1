// The FHIR R4 adapter without a network: the requests byte for byte, and each branch of what may be
// answered.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fhir_r4 } from '../../../adapters/fhir_r4/fhir_r4.ts'
import type { Answer, Call, StepInput } from '../../../src/model/intent.ts'
import { adapterContract, CANARY, converse } from '../../contract/adapter.contract.ts'
import { answer, bundle, encounter, inputOf, mrn, outcome, patient } from './samples.ts'

const config = {
  base_url: 'http://127.0.0.1:1/fhir',
  connections_max: 1,
  connect_ms_max: 1,
  call_ms_max: 1,
  answer_bytes_max: 1024,
}
const steps = fhir_r4.steps(config)

adapterContract({
  room: fhir_r4,
  config,
  inputs: [
    inputOf(patient),
    inputOf(patient, { operation: 'create' }),
    inputOf(patient, {}, { 'Patient/p1': '7' }),
    inputOf(encounter, {}, { 'Patient/p1': '7' }),
  ],
})

/** Runs a delivery against answers in turn; one too few fails the test. */
async function deliver(input: Omit<StepInput, 'answers'>, ...script: Answer[]) {
  const calls: Call[] = []
  const result = await converse(
    answers => steps.deliver({ ...input, answers }),
    call => {
      calls.push(call)
      return script.shift() ?? assert.fail(`an unexpected call: ${call.method} ${call.path}`)
    },
  )
  assert.equal(script.length, 0, 'answers are left over')
  return result
}

async function verify(
  input: Omit<StepInput, 'answers'>,
  target_id: string | undefined,
  ...script: Answer[]
) {
  const { verdict } = await converse(
    answers => steps.verify({ ...input, answers, target_id }),
    call => script.shift() ?? assert.fail(`an unexpected call: ${call.method} ${call.path}`),
  )
  return verdict
}

const { id: _, ...content } = patient
const theirs = (change: object = {}, version = '3') => ({
  ...content,
  id: '7',
  meta: { versionId: version, lastUpdated: '2026-01-01T00:00:00Z' },
  ...change,
})

describe('requests of the FHIR adapter', () => {
  it('makes a missing resource by conditional create', async () => {
    const { calls, verdict } = await deliver(
      inputOf(patient, { operation: 'create' }),
      answer(201, theirs({}, '1'), { etag: 'W/"1"' }),
    )
    assert.deepEqual(calls, [
      {
        method: 'POST',
        path: 'Patient',
        headers: {
          accept: 'application/fhir+json',
          'content-type': 'application/fhir+json; charset=utf-8',
          prefer: 'return=representation',
          'if-none-exist': `identifier=urn%3Aoid%3A1.2.3%7C${CANARY}`,
        },
        body: JSON.stringify(content),
        changes: true,
      },
    ])
    assert.deepEqual(verdict, {
      outcome: 'ok',
      code: undefined,
      facts: {},
      target_id: '7',
      target_version: '1',
    })
  })

  it('updates what it finds: search by POST, read, PUT against the version just read', async () => {
    const { calls, verdict } = await deliver(
      inputOf(patient),
      answer(200, bundle(theirs({}, '2'))),
      answer(200, theirs({ birthDate: '1969-01-01' }), { etag: 'W/"3"' }),
      answer(200, theirs({}, '4'), { etag: 'W/"4"' }),
    )
    assert.deepEqual(
      calls.map(({ method, path, changes }) => [method, path, changes]),
      [
        ['POST', 'Patient/_search', false],
        ['GET', 'Patient/7', false],
        ['PUT', 'Patient/7', true],
      ],
    )
    assert.equal(calls[0]?.body, `identifier=urn%3Aoid%3A1.2.3%7C${CANARY}`)
    assert.equal(calls[0]?.headers['cache-control'], 'no-cache')
    assert.equal(calls[1]?.headers['cache-control'], 'no-cache')
    assert.equal(calls[2]?.headers['if-match'], 'W/"3"')
    assert.deepEqual(JSON.parse(calls[2]?.body ?? ''), { ...content, id: '7' })
    assert.equal(verdict.outcome, 'ok')
    assert.equal(verdict.target_version, '4')
  })

  it('goes by the id that it knows, without a search', async () => {
    const { calls } = await deliver(
      inputOf(patient, {}, { 'Patient/p1': '7' }),
      answer(200, theirs({ birthDate: '1969-01-01' })),
      answer(200, '', { etag: 'W/"4"' }),
    )
    assert.deepEqual(
      calls.map(call => call.path),
      ['Patient/7', 'Patient/7'],
    )
    assert.equal(calls[1]?.headers['if-match'], 'W/"3"')
  })

  it('sends nothing where the same content stands', async () => {
    const { verdict } = await deliver(
      inputOf(patient),
      answer(200, bundle(theirs())),
      answer(200, theirs({ text: { status: 'generated', div: '<div/>' } })),
    )
    assert.equal(verdict.outcome, 'already_applied')
    assert.equal(verdict.target_id, '7')
    assert.equal(verdict.target_version, '3')
  })

  it('removes what is no longer ours to say, and keeps identifiers of other systems', async () => {
    const other = { system: 'urn:lab', value: '5' }
    const old = { ...mrn, value: 'old' }
    const { calls } = await deliver(
      inputOf(patient),
      answer(200, bundle(theirs())),
      answer(
        200,
        theirs({ deceasedBoolean: true, identifier: [...content.identifier, old, other] }),
      ),
      answer(200, theirs()),
    )
    assert.deepEqual(JSON.parse(calls[2]?.body ?? ''), {
      ...content,
      id: '7',
      identifier: [...content.identifier, other],
    })
  })

  it("rewrites references to the target's ids and leaves others alone", async () => {
    const contained = [{ resourceType: 'Practitioner', id: 'dr' }]
    const participant = [{ individual: { reference: '#dr' } }]
    const resource = { ...encounter, contained, participant }
    const { calls } = await deliver(
      inputOf(resource, { operation: 'create' }, { 'Patient/p1': '7' }),
      answer(201, { ...resource, id: '9' }),
    )
    const sent = JSON.parse(calls[0]?.body ?? '')
    assert.deepEqual(sent.subject, { reference: 'Patient/7', display: 'x' })
    assert.deepEqual(sent.participant, participant)
    assert.equal('id' in sent, false)
  })

  it('escapes what separates in a search token', async () => {
    const identifier = { system: 'urn:x', value: 'a|b,c$d\\e&f' }
    const { calls } = await deliver(inputOf(patient, { identifier }), answer(503))
    const sent = new URLSearchParams(calls[0]?.body).get('identifier')
    assert.equal(sent, 'urn:x|a\\|b\\,c\\$d\\\\e&f')
  })

  it('takes id and version from Location where the body is empty', async () => {
    for (const location of ['http://h/fhir/Patient/7/_history/1', 'Patient/7/_history/1']) {
      const { verdict } = await deliver(
        inputOf(patient, { operation: 'create' }),
        answer(201, '', { location }),
      )
      assert.equal(verdict.target_id, '7')
      assert.equal(verdict.target_version, '1')
    }
  })

  it('looks where a create says neither id nor place', async () => {
    const { verdict } = await deliver(
      inputOf(patient, { operation: 'create' }),
      answer(201),
      answer(200, bundle(theirs())),
      answer(200, theirs()),
    )
    assert.equal(verdict.target_id, '7')
  })
})

describe('what stands in the way of a delivery', () => {
  it('waits for a reference that the target does not hold, without a call', async () => {
    const { verdict } = await deliver(inputOf(encounter))
    assert.equal(verdict.outcome, 'missing_dependency')
    assert.deepEqual(verdict.facts, { path: 'subject', count: 1 })
  })

  it('refuses an operation that it does not know, without a call', async () => {
    const { verdict } = await deliver(inputOf(patient, { operation: 'retract' }))
    assert.equal(verdict.code, 'operation_undeclared')
  })

  it('never chooses among several', async () => {
    const two = bundle(theirs(), theirs({ id: '8' }))
    const { verdict } = await deliver(inputOf(patient), answer(200, two))
    assert.equal(verdict.code, 'target_ambiguous')
    const create = inputOf(patient, { operation: 'create' })
    assert.equal((await deliver(create, answer(412))).verdict.code, 'target_ambiguous')
  })

  it('believes no match that does not carry the identifier', async () => {
    const stranger = theirs({ identifier: [{ system: mrn.system, value: 'other' }] })
    const { verdict, calls } = await deliver(
      inputOf(patient),
      answer(200, bundle(stranger)),
      answer(200, stranger),
    )
    assert.deepEqual(
      calls.map(call => call.path),
      ['Patient/_search', 'Patient'],
    )
    assert.equal(verdict.code, 'target_mismatch')
    assert.deepEqual(verdict.facts, { path: 'identifier' })
  })

  it('does not write to an id that carries another identifier now', async () => {
    const stranger = theirs({ identifier: [{ system: mrn.system, value: 'other' }] })
    const { verdict } = await deliver(
      inputOf(patient, {}, { 'Patient/p1': '7' }),
      answer(200, stranger),
      answer(200, bundle()),
    )
    assert.equal(verdict.code, 'target_mismatch')
  })

  it('reads again when the version was stale, whether the server says 412 or 409', async () => {
    for (const stale of [412, 409]) {
      const { verdict, calls } = await deliver(
        inputOf(patient, {}, { 'Patient/p1': '7' }),
        answer(200, theirs({ birthDate: '1969-01-01' }, '3')),
        answer(stale, outcome('conflict')),
        answer(200, theirs({ birthDate: '1968-01-01' }, '4')),
        answer(200, theirs({}, '5')),
      )
      assert.equal(verdict.outcome, 'ok')
      assert.equal(calls[3]?.headers['if-match'], 'W/"4"')
    }
  })

  it('calls it a conflict when others overtake it again and again', async () => {
    const round = [answer(200, theirs({ birthDate: '1969-01-01' })), answer(409)]
    const { verdict } = await deliver(
      inputOf(patient, {}, { 'Patient/p1': '7' }),
      ...[...round, ...round, ...round],
    )
    assert.equal(verdict.code, 'target_version_conflict')
  })

  it('goes on as an update when somebody makes the resource first', async () => {
    const { verdict } = await deliver(
      inputOf(patient),
      answer(200, bundle()),
      answer(409, outcome('conflict')),
      answer(200, bundle(theirs())),
      answer(200, theirs({ birthDate: '1969-01-01' })),
      answer(200, theirs({}, '4')),
    )
    assert.equal(verdict.outcome, 'ok')
    assert.equal(verdict.target_version, '4')
  })

  it('leaves an existing resource alone where it only has to exist', async () => {
    const { verdict, calls } = await deliver(
      inputOf(patient, { operation: 'create' }),
      answer(200, theirs({ birthDate: '1900-01-01' })),
    )
    assert.equal(verdict.outcome, 'already_applied')
    assert.equal(calls.length, 1)
  })

  it('searches when the id that it knows is gone, and makes no deleted resource again', async () => {
    const known = inputOf(patient, {}, { 'Patient/p1': '6' })
    const moved = await deliver(
      known,
      answer(404, outcome('not-found')),
      answer(200, bundle(theirs())),
      answer(200, theirs()),
    )
    assert.equal(moved.verdict.outcome, 'already_applied')
    const deleted = await deliver(known, answer(410, outcome('deleted')))
    assert.equal(deleted.verdict.outcome, 'conflict')
    assert.deepEqual(deleted.verdict.facts, { deleted: true })
  })
})

describe('what a status means', () => {
  const create = inputOf(patient, { operation: 'create' })
  const judged = async (...script: Answer[]) => (await deliver(create, ...script)).verdict
  const table: [Answer, string | undefined][] = [
    [answer(202), 'target_answer_unknown'],
    [answer(302, '', { location: 'https://login' }), 'target_misconfigured'],
    [answer(400, outcome('invalid')), 'target_refused'],
    [answer(401), 'target_auth'],
    [answer(403), 'target_auth'],
    [answer(403, outcome('forbidden')), 'target_forbidden'],
    [answer(404, '<html>'), 'target_misconfigured'],
    [answer(404, outcome('not-supported')), 'operation_undeclared'],
    [answer(405, outcome('not-supported')), 'operation_undeclared'],
    [answer(408), 'target_transient'],
    [answer(413), 'target_refused'],
    [answer(415), 'target_refused'],
    [answer(422, outcome('value')), 'target_refused'],
    [answer(429), 'target_throttled'],
    [answer(500, '<html>'), 'target_answer_unknown'],
    [answer(502), 'target_answer_unknown'],
    [answer(503), 'target_transient'],
    [answer(504), 'target_answer_unknown'],
    [{ kind: 'not_sent', code: 'target_down', facts: {} }, 'target_down'],
    [{ kind: 'no_answer', code: 'target_answer_unknown', facts: {} }, 'target_answer_unknown'],
  ]
  for (const [given, code] of table) {
    const name = given.kind === 'answer' ? `${given.status} ${given.body.slice(0, 30)}` : given.kind
    it(`of a create: ${name}`, async () => {
      assert.equal((await judged(given)).code, code)
    })
  }

  it('never doubts a read: where it has no answer nothing has happened', async () => {
    const lost: Answer = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} }
    const large: Answer = { kind: 'no_answer', code: 'target_answer_too_large', facts: {} }
    const html = answer(200, '<html>login</html>')
    const after = async (given: Answer) => (await deliver(inputOf(patient), given)).verdict.outcome
    assert.equal(await after(lost), 'transient')
    assert.equal(await after(answer(500)), 'transient')
    assert.equal(await after(large), 'fix')
    assert.equal(await after(html), 'config')
  })

  it('takes the wait from Retry-After, in seconds or as a date', async () => {
    const date = 'Sat, 21 Nov 2026 12:00:00 GMT'
    const later = 'Sat, 21 Nov 2026 12:01:30 GMT'
    assert.equal((await judged(answer(429, '', { 'retry-after': '120' }))).wait_ms, 120_000)
    assert.equal((await judged(answer(503, '', { 'retry-after': later, date }))).wait_ms, 90_000)
    assert.equal((await judged(answer(429, '', { 'retry-after': later }))).wait_ms, undefined)
    assert.equal((await judged(answer(429, '', { 'retry-after': 'soon' }))).wait_ms, undefined)
  })

  it('tells codes and paths of an OperationOutcome and nothing that a person wrote', async () => {
    const verdict = await judged(
      answer(
        422,
        outcome('value', {
          diagnostics: `HAPI-0450: name ${CANARY}`,
          details: { text: CANARY },
          expression: ['Patient.name[0].family'],
        }),
      ),
    )
    assert.deepEqual(verdict.facts, {
      status: 422,
      issues: 'value,HAPI-0450',
      path: 'Patient.name[0].family',
    })
  })
})

describe('verification by the FHIR adapter', () => {
  const input = inputOf(patient)

  it('is ok where everything written stands, whatever the server adds', async () => {
    const richer = theirs({
      active: true,
      text: { status: 'generated', div: '<div/>' },
      name: [{ use: 'official', family: CANARY, given: ['Ada', 'B'] }],
    })
    const verdict = await verify(input, '7', answer(200, richer, { etag: 'W/"9"' }))
    assert.equal(verdict.outcome, 'ok')
    assert.equal(verdict.target_version, '9')
  })

  it('names the paths that differ or are missing', async () => {
    const changed = theirs({ name: [{ family: 'Other', given: ['Ada', 'B'] }] })
    const first = await verify(input, '7', answer(200, changed))
    assert.equal(first.code, 'target_mismatch')
    assert.deepEqual(first.facts, { path: 'name[0].family', count: 1 })
    const { birthDate: _, ...without } = theirs()
    const second = await verify(input, '7', answer(200, without))
    assert.deepEqual(second.facts, { path: 'birthDate', count: 1 })
    const shorter = theirs({ name: [{ family: CANARY, given: ['Ada'] }] })
    const third = await verify(input, '7', answer(200, shorter))
    assert.deepEqual(third.facts, { path: 'name[0].given[1]', count: 1 })
  })

  it('takes another writing of the same for the same', async () => {
    const visit = inputOf(encounter, {}, { 'Patient/p1': '7' })
    const verdict = await verify(
      visit,
      '9',
      answer(200, {
        ...encounter,
        id: '9',
        subject: { reference: 'http://h/fhir/Patient/7/_history/2', display: 'x ' },
        period: { start: '2026-01-02T09:04:05Z' },
      }),
    )
    assert.equal(verdict.outcome, 'ok')
    const other = { ...encounter, id: '9', subject: { reference: 'Patient/8', display: 'x' } }
    assert.deepEqual((await verify(visit, '9', answer(200, other))).facts, {
      path: 'subject.reference',
      count: 1,
    })
  })

  it('says absent as such, by id and by search', async () => {
    const gone = await verify(input, undefined, answer(200, bundle()))
    assert.deepEqual(gone.facts, { absent: true })
    assert.equal(gone.code, 'target_absent')
    const deleted = await verify(input, '7', answer(410))
    assert.deepEqual(deleted.facts, { absent: true })
  })

  it('asks of a create only that the resource stands there', async () => {
    const create = inputOf(patient, { operation: 'create' })
    const other = theirs({ birthDate: '1900-01-01' })
    assert.equal((await verify(create, '7', answer(200, other))).outcome, 'ok')
  })
})

describe('settings of the FHIR adapter', () => {
  it('refuses credentials in the address, and a token without encryption', () => {
    const paths = (change: object) =>
      fhir_r4.lint?.({ ...config, ...change }).map(finding => finding.path)
    assert.deepEqual(paths({}), [])
    assert.deepEqual(paths({ base_url: 'http://u:p@h/fhir' }), ['/base_url'])
    assert.deepEqual(paths({ base_url: 'http://h/fhir', token: 't' }), ['/token'])
    assert.deepEqual(paths({ base_url: 'https://h/fhir', token: 't' }), [])
    assert.deepEqual(paths({ tls: { certificate: 'c' } }), ['/tls'])
    assert.deepEqual(paths({ base_url: 'http://[' }), ['/base_url'])
  })
})
