// Reading back without a network: what counts as the same, as other, as absent.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CANARY } from '../../contract/adapter.contract.ts'
import { answer, bundle, encounter, inputOf, patient, theirs, verify } from './samples.ts'

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
