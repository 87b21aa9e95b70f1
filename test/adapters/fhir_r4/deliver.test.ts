// Deliveries without a network: the requests byte for byte, and what stands in their way.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CANARY } from '../../contract/adapter.contract.ts'
import {
  answer,
  bundle,
  content,
  deliver,
  encounter,
  inputOf,
  mrn,
  outcome,
  patient,
  theirs,
} from './samples.ts'

describe('requests of the FHIR adapter', () => {
  it('makes a missing resource by conditional create', async () => {
    const { calls, verdict } = await deliver(
      inputOf(patient, { operation: 'create' }),
      answer(201, theirs({}, '1'), { etag: 'W/"1"' }),
    )
    assert.deepEqual(calls, [
      {
        kind: 'http',
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

  it('reads what is known by its id before making it: an index may not show it yet', async () => {
    const input = inputOf(patient, { operation: 'create' })
    const { calls, verdict } = await deliver(
      { ...input, known: { [`Patient/${patient.id}`]: '7' } },
      answer(200, theirs({}, '1'), { etag: 'W/"1"' }),
    )
    assert.deepEqual(
      calls.map(({ method, path }) => [method, path]),
      [['GET', 'Patient/7']],
    )
    assert.equal(verdict.outcome, 'already_applied')
  })

  it('updates what a conditional create finds: read, PUT against the version just read', async () => {
    const { calls, verdict } = await deliver(
      inputOf(patient),
      answer(200, theirs({}, '2')),
      answer(200, theirs({ birthDate: '1969-01-01' }), { etag: 'W/"3"' }),
      answer(200, theirs({}, '4'), { etag: 'W/"4"' }),
    )
    assert.deepEqual(
      calls.map(({ method, path, changes }) => [method, path, changes]),
      [
        ['POST', 'Patient', true],
        ['GET', 'Patient/7', false],
        ['PUT', 'Patient/7', true],
      ],
    )
    assert.equal(calls[0]?.headers['if-none-exist'], `identifier=urn%3Aoid%3A1.2.3%7C${CANARY}`)
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
      answer(200, theirs()),
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
      answer(200, theirs()),
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
    const { calls } = await deliver(
      inputOf(patient, { identifier, operation: 'patch' }),
      answer(503),
    )
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
    for (const operation of ['amend', 'link', 'retract'] as const) {
      const { verdict } = await deliver(inputOf(patient, { operation }))
      assert.equal(verdict.code, 'operation_undeclared')
    }
  })

  it('never chooses among several', async () => {
    const two = bundle(theirs(), theirs({ id: '8' }))
    const patch = inputOf(patient, { operation: 'patch' })
    assert.equal((await deliver(patch, answer(200, two))).verdict.code, 'target_ambiguous')
    for (const operation of ['create', 'update'] as const) {
      const { verdict } = await deliver(inputOf(patient, { operation }), answer(412))
      assert.equal(verdict.code, 'target_ambiguous')
    }
  })

  it('believes no match that does not carry the identifier', async () => {
    const stranger = theirs({ identifier: [{ system: mrn.system, value: 'other' }] })
    const patch = inputOf(patient, { operation: 'patch' })
    const searched = await deliver(patch, answer(200, bundle(stranger)))
    assert.equal(searched.verdict.code, 'target_resource_missing')
    const { verdict } = await deliver(inputOf(patient), answer(200, stranger))
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
      answer(409, outcome('conflict')),
      answer(200, bundle(theirs())),
      answer(200, theirs({ birthDate: '1969-01-01' })),
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

  it('finds or makes it anew when the id that it knows is gone, and makes no deleted one again', async () => {
    const known = inputOf(patient, {}, { 'Patient/p1': '6' })
    const moved = await deliver(
      known,
      answer(404, outcome('not-found')),
      answer(200, theirs()),
      answer(200, theirs()),
    )
    assert.equal(moved.verdict.outcome, 'already_applied')
    const deleted = await deliver(known, answer(410, outcome('deleted')))
    assert.equal(deleted.verdict.outcome, 'conflict')
    assert.deepEqual(deleted.verdict.facts, { deleted: true })
  })
})
