// The FHIR R4 adapter as a room: the contract of adapters, and its settings.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fhir_r4 } from '../../../adapters/fhir_r4/fhir_r4.ts'
import { adapterContract, allOutcomes } from '../../contract/adapter.contract.ts'
import { config, encounter, inputOf, patient } from './samples.ts'

adapterContract({
  room: fhir_r4,
  config,
  inputs: [
    inputOf(patient),
    inputOf(patient, { operation: 'create' }),
    inputOf(patient, {}, { 'Patient/p1': '7' }),
    inputOf(encounter, {}, { 'Patient/p1': '7' }),
    inputOf(encounter),
    inputOf(patient, { operation: 'patch' }),
    inputOf(patient, { operation: 'patch' }, { 'Patient/p1': '1' }),
    inputOf(encounter, { operation: 'retract' }),
    inputOf(encounter, { operation: 'retract' }, { 'Encounter/e1': '1' }),
  ],
  reaches: allOutcomes,
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
