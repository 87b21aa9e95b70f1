// References to what this route does not write: asked for at the target by their identifiers. A
// patient has to be there; anything else is referred to by its identifier until it is.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StepInput } from '../../../src/model/intent.ts'
import { answer, bundle, deliver, encounter, inputOf, mrn, outcome, verify } from './samples.ts'

const npi = { system: 'http://hl7.org/fhir/sid/us-npi', value: '1234567893' }
const visit = {
  ...encounter,
  participant: [{ individual: { reference: 'Practitioner/d1', display: 'Attending' } }],
}
const refers_to = { 'Patient/p1': mrn, 'Practitioner/d1': npi }
const inputWith = (known: StepInput['known'] = {}) => inputOf(visit, { refers_to }, known)

const patientThere = { resourceType: 'Patient', id: '7', identifier: [mrn] }
const doctorThere = { resourceType: 'Practitioner', id: '9', identifier: [npi] }
const made = (body: object) => answer(201, { ...body, id: '5' }, { etag: 'W/"1"' })
const bodyOf = (result: Awaited<ReturnType<typeof deliver>>) => {
  const body = result.calls.findLast(call => call.changes)?.body ?? '{}'
  return JSON.parse(body) as typeof visit
}

describe('references of the FHIR adapter', () => {
  it('are found at the target by search, and learned', async () => {
    const result = await deliver(
      inputWith(),
      answer(200, bundle(patientThere)),
      answer(200, bundle(doctorThere)),
      made(visit),
    )
    assert.equal(result.verdict.outcome, 'ok')
    assert.deepEqual(result.verdict.found, { 'Patient/p1': '7', 'Practitioner/d1': '9' })
    const body = bodyOf(result)
    assert.equal(body.subject.reference, 'Patient/7')
    assert.equal(body.participant[0]?.individual.reference, 'Practitioner/9')
    for (const call of result.calls) assert.doesNotMatch(call.path, /1234567893/)
  })

  it('are not asked for where the crosswalk knows them', async () => {
    const known = { 'Patient/p1': '7', 'Practitioner/d1': '9' }
    const { verdict } = await deliver(inputWith(known), made(visit))
    assert.equal(verdict.outcome, 'ok')
    assert.equal(verdict.found, undefined)
  })

  it('wait for a patient who is not there: nothing is tied to nobody (I05)', async () => {
    const { verdict } = await deliver(inputWith(), answer(200, bundle()), answer(200, bundle()))
    assert.equal(verdict.code, 'target_reference_missing')
    assert.deepEqual(verdict.facts, { path: 'subject', count: 1 })
  })

  it('stop where two patients carry the identifier: never guess (I05)', async () => {
    const twin = { ...patientThere, id: '8' }
    const { verdict } = await deliver(inputWith(), answer(200, bundle(patientThere, twin)))
    assert.equal(verdict.code, 'target_ambiguous')
  })

  it('name anybody else by identifier where the target does not hold them', async () => {
    const known = { 'Patient/p1': '7' }
    const script = [answer(200, bundle()), made(visit)] as const
    const body = bodyOf(await deliver(inputWith(known), ...script))
    assert.deepEqual(body.participant[0]?.individual, {
      type: 'Practitioner',
      identifier: npi,
      display: 'Attending',
    })
  })

  it('are an unanswered question where the target does not answer', async () => {
    const { verdict } = await deliver(inputWith(), answer(503, outcome('transient')))
    assert.equal(verdict.code, 'target_transient')
  })

  it('are not asked for in reading back, unless they could make the difference', async () => {
    const known = { 'Patient/p1': '7' }
    const there = { ...visit, id: '5', subject: { ...visit.subject, reference: 'Patient/7' } }
    const named = { type: 'Practitioner', identifier: npi, display: 'Attending' }
    const same = { ...there, participant: [{ individual: named }] }
    assert.equal((await verify(inputWith(known), '5', answer(200, same))).outcome, 'ok')
    const create = inputOf(visit, { refers_to, operation: 'create' })
    assert.equal((await verify(create, '5', answer(200, there))).outcome, 'ok')
    const linked = { reference: 'Practitioner/9', display: 'Attending' }
    const by_id = { ...there, participant: [{ individual: linked }] }
    const asked = await verify(
      inputWith(known),
      '5',
      answer(200, by_id),
      answer(200, bundle(doctorThere)),
    )
    assert.equal(asked.outcome, 'ok')
  })

  it('by identifier count as the same when the target has come to hold them', async () => {
    const known = { 'Patient/p1': '7', 'Practitioner/d1': '9' }
    const there = {
      ...visit,
      id: '5',
      subject: { ...visit.subject, reference: 'Patient/7' },
      participant: [
        { individual: { type: 'Practitioner', identifier: npi, display: 'Attending' } },
      ],
    }
    const same = await verify(inputWith(known), '5', answer(200, there))
    assert.equal(same.outcome, 'ok')
    const other = { ...there.participant[0]?.individual, identifier: { ...npi, value: '0' } }
    const wrong = { ...there, participant: [{ individual: other }] }
    const differs = await verify(inputWith(known), '5', answer(200, wrong))
    assert.equal(differs.code, 'target_mismatch')
  })
})
