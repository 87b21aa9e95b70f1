// Patches and retractions without a network: the requests byte for byte, what guards them, and what
// an answer to them means.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRetracted, retractable, retracted } from '../../../adapters/fhir_r4/retract.ts'
import type { WriteIntent } from '../../../src/model/intent.ts'
import {
  answer,
  content,
  deliver,
  encounter,
  inputOf,
  outcome,
  patient,
  theirs,
} from './samples.ts'

const known = { 'Patient/p1': '7' }
const patching = (change: Partial<typeof patient> = {}) =>
  inputOf({ ...patient, ...change }, { operation: 'patch' }, known)

describe('patches of the FHIR adapter', () => {
  it('test the version and what they change, and send only that', async () => {
    const stands = theirs({ birthDate: '1969-01-01', active: true })
    const { calls, verdict } = await deliver(
      patching(),
      answer(200, stands, { etag: 'W/"3"' }),
      answer(200, theirs({}, '4'), { etag: 'W/"4"' }),
    )
    assert.deepEqual(calls[1], {
      kind: 'http',
      method: 'PATCH',
      path: 'Patient/7',
      headers: {
        accept: 'application/fhir+json',
        'content-type': 'application/json-patch+json',
        prefer: 'return=representation',
        'if-match': 'W/"3"',
      },
      body: JSON.stringify([
        { op: 'test', path: '/meta/versionId', value: '3' },
        { op: 'test', path: '/identifier', value: content.identifier },
        { op: 'test', path: '/birthDate', value: '1969-01-01' },
        { op: 'replace', path: '/birthDate', value: '1970-01-01' },
      ]),
      changes: true,
    })
    assert.equal(verdict.target_version, '4')
  })

  it('are nothing where what they say stands there', async () => {
    const { verdict } = await deliver(patching(), answer(200, theirs({ active: true })))
    assert.equal(verdict.outcome, 'already_applied')
  })

  it('keep the digits of what they test', async () => {
    const value = '{"url":"u","valueDecimal":1.10}'
    const stands = JSON.stringify(theirs({ extension: ['x'] })).replace('["x"]', `[${value}]`)
    const extension = [{ url: 'u', valueDecimal: 2 }]
    const { calls } = await deliver(
      patching({ extension } as object),
      answer(200, stands),
      answer(200, theirs()),
    )
    assert.ok(calls[1]?.body?.includes(`{"op":"test","path":"/extension","value":[${value}]}`))
  })

  it('read again where a test of theirs failed, and judge where nothing had changed', async () => {
    const old = (version: string) => answer(200, theirs({ birthDate: '1969-01-01' }, version))
    const failed = answer(400, outcome('invalid'))
    const moved = await deliver(patching(), old('3'), failed, old('4'), answer(200, theirs()))
    assert.equal(moved.verdict.outcome, 'ok')
    const still = await deliver(patching(), old('3'), failed, old('3'))
    assert.equal(still.verdict.code, 'target_refused')
  })
})

describe('retractions of the FHIR adapter', () => {
  const change: Partial<WriteIntent> = { operation: 'retract' }
  const visit = inputOf(encounter, change, { 'Encounter/e1': '9' })

  it('send back what stands, marked, against the version just read', async () => {
    const text = JSON.stringify({ ...encounter, id: '9', length: { value: 0 } })
    const stands = text.replace('"value":0', '"value":1.50')
    const { calls, verdict } = await deliver(
      visit,
      answer(200, stands, { etag: 'W/"3-gzip"' }),
      answer(200, '', { etag: 'W/"4"' }),
    )
    assert.equal(calls[1]?.method, 'PUT')
    assert.equal(calls[1]?.headers['if-match'], 'W/"3"')
    assert.equal(calls[1]?.body, stands.replace('in-progress', 'entered-in-error'))
    assert.equal(verdict.target_version, '4')
  })

  it('are done where it says so, or is deleted', async () => {
    const marked = { ...encounter, id: '9', status: 'entered-in-error' }
    assert.equal((await deliver(visit, answer(200, marked))).verdict.outcome, 'already_applied')
    assert.equal((await deliver(visit, answer(410))).verdict.outcome, 'already_applied')
  })

  it('mark conditions and allergies by their verification, without a clinical status', () => {
    for (const resourceType of ['Condition', 'AllergyIntolerance']) {
      const marked = retracted({ resourceType, id: '1', clinicalStatus: { text: 'active' } })
      assert.equal('clinicalStatus' in marked, false)
      assert.equal('status' in marked, false)
      assert.equal(isRetracted(marked), true)
      assert.equal(retracted(marked), marked)
    }
    assert.equal(retractable.has('Patient'), false)
  })
})
