// Classes of risk and what a policy asks for them (I08): closed, and silent means denied.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { profile } from '../../adapters/fhir_r4/profile.ts'
import { approvalOf, approversOf, riskNames, riskOf, risks } from '../../src/model/risk.ts'
import { writeIntent } from '../path/toy.ts'

const risk = (resource_type: string, change = {}) =>
  riskOf(writeIntent({ resource_type, ...change }))

describe('riskOf', () => {
  it('knows a class for everything that the plain FHIR server may be written (I08)', () => {
    for (const { resource } of profile) assert.ok(risk(resource) !== undefined, resource)
  })

  it('knows none for a type outside of the list, whatever it is called', () => {
    for (const type of ['Binary', 'patient', '', 'constructor', '__proto__']) {
      assert.equal(risk(type), undefined)
    }
  })

  it('judges an amendment, a retraction and a merge by what is done, not by the type', () => {
    assert.equal(risk('Observation', { operation: 'amend' }), 'amendment')
    assert.equal(risk('Observation', { operation: 'retract' }), 'retraction')
    assert.equal(risk('Patient', { operation: 'link' }), 'identity')
    assert.equal(risk('Patient', { event_kind: 'patient.merged' }), 'identity')
    assert.equal(risk('Encounter', { event_kind: 'patient.merged' }), 'encounter')
    assert.equal(risk('Bundle'), 'message')
    assert.equal(risk('Bundle', { event_kind: 'patient.merged' }), 'identity')
  })

  it('takes the order beside a result for a part of it, and an order alone for an order', () => {
    assert.equal(risk('ServiceRequest', { event_kind: 'result.final' }), 'result')
    assert.equal(risk('ServiceRequest', { event_kind: 'patient.admitted' }), 'order')
  })

  it('tells a draft from what is final', () => {
    const note = (more: object) => ({ resourceType: 'DocumentReference', id: 'd', ...more })
    const of = (more: object) => risk('DocumentReference', { resource: note(more) })
    assert.equal(of({ docStatus: 'preliminary', status: 'current' }), 'draft')
    assert.equal(of({ docStatus: 'final', status: 'current' }), 'document')
    assert.equal(of({}), 'document')
  })
})

describe('a policy', () => {
  it('asks what it names, `other` for the rest, and nothing where it is silent', () => {
    assert.equal(approvalOf({ result: 'automatic' }, 'result'), 'automatic')
    assert.equal(
      approvalOf({ result: 'automatic', other: 'one_approver' }, 'order'),
      'one_approver',
    )
    assert.equal(approvalOf({ result: 'automatic' }, 'order'), undefined)
    assert.equal(approvalOf(Object.create({ order: 'automatic' }), 'order'), undefined)
  })

  it('counts people', () => {
    assert.deepEqual(
      (['automatic', 'one_approver', 'two_approvers'] as const).map(approversOf),
      [0, 1, 2],
    )
  })

  it('may name every class', () => {
    assert.deepEqual(riskNames, [...Object.keys(risks), 'other'])
  })
})
