// Station 6: what the target's profile does not declare is never sent (H07, I06), and the content
// that tells a revision from a repetition.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import type { Approval } from '../../src/model/plan.ts'
import type { Capability } from '../../src/model/rooms.ts'
import { type Governance, govern } from '../../src/path/6_govern.ts'
import { patient, writeIntent } from './toy.ts'

const capability = (resource: string, operations: Capability['operations']): Capability => ({
  resource,
  operations,
  source: 'a test',
  date: '2026-11-21',
  proof: 'verified',
})

const rows = [capability('Patient', ['create']), capability('Patient', ['update'])]
const open: Governance = { profile: rows, policy: undefined }

describe('govern', () => {
  it('accepts what the profile declares', () => {
    const intent = writeIntent({ operation: 'update' })
    const { state, reason, facts } = govern(intent, open)
    assert.deepEqual({ state, reason, facts }, { state: 'accepted', reason: undefined, facts: {} })
  })

  it('denies every other operation and resource, and says which (H07)', () => {
    for (const intent of [
      writeIntent({ operation: 'retract' }),
      writeIntent({ resource_type: 'Observation' }),
      writeIntent({ resource_type: 'patient' }),
    ]) {
      const { state, reason, facts } = govern(intent, open)
      const { operation, resource_type } = intent
      assert.equal(state, 'denied')
      assert.equal(reason, 'operation_undeclared')
      assert.deepEqual(facts, { operation, resource_type })
    }
  })

  it('denies everything without a profile', () => {
    assert.equal(govern(writeIntent(), { profile: [], policy: undefined }).state, 'denied')
  })

  it('says no more of a denied write than its operation and type: no identifier, no content', () => {
    const intent = writeIntent({ resource: patient('CANARY'), operation: 'retract' })
    assert.doesNotMatch(JSON.stringify(govern(intent, open).facts), /CANARY/)
  })

  it('knows the same content whatever its position, route or deployment', () => {
    const intent = writeIntent()
    const { content } = govern(intent, open)
    const moved = { ...intent, sequence: 99, ordinal: 3, deployment: 'e', raw_id: 'other' }
    assert.equal(govern(moved, open).content, content)
  })

  it('knows other content by its resource, identifier and operation', () => {
    const intent = writeIntent()
    const contents = [
      intent,
      { ...intent, resource: { ...intent.resource, active: false } },
      { ...intent, identifier: undefined },
      { ...intent, operation: 'create' as const },
    ].map(one => govern(one, open).content)
    assert.equal(new Set(contents).size, contents.length)
  })
})

describe('govern by policy (I08)', () => {
  const rows = [
    capability('Patient', ['create', 'update']),
    capability('Observation', ['create', 'update']),
    capability('Basic', ['create', 'update']),
  ]
  const by = (policy: Governance['policy'], change: Partial<WriteIntent> = {}) =>
    govern(writeIntent(change), { profile: rows, policy })
  const result = { resource_type: 'Observation', event_kind: 'result.final' }

  it('lets people agree first where the policy says so, each class by its own word', () => {
    const policy = { demographics: 'two_approvers', result: 'automatic' } as const
    const patient = by(policy)
    assert.equal(patient.state, 'awaiting_approval')
    assert.equal(patient.approvers, 2)
    assert.deepEqual(patient.facts, { risk: 'demographics', approvers: 2 })
    assert.equal(by(policy, result).state, 'accepted')
  })

  it('denies what the policy does not name, and what has no class at all', () => {
    const policy = { result: 'automatic' } as const
    const patient = by(policy)
    assert.equal(patient.state, 'denied')
    assert.equal(patient.reason, 'policy_silent')
    const basic = by({ ...policy, other: 'automatic' }, { resource_type: 'Basic' })
    assert.equal(basic.reason, 'policy_silent')
    assert.equal(by({ other: 'one_approver' }).approvers, 1)
  })

  it('lets a route ask for more people, and never for fewer', () => {
    const asks = (approval: WriteIntent['approval'], word: Approval) =>
      by({ other: word }, { approval }).approvers
    assert.equal(asks('automatic', 'two_approvers'), 2)
    assert.equal(asks('one_approver', 'two_approvers'), 2)
    assert.equal(asks('two_approvers', 'automatic'), 2)
    assert.equal(asks(undefined, 'automatic'), 0)
    assert.equal(by(undefined, { approval: 'one_approver' }).state, 'awaiting_approval')
  })

  it('never asks people about what the profile does not declare (H07)', () => {
    const denied = by({ other: 'two_approvers' }, { operation: 'retract' })
    assert.equal(denied.state, 'denied')
    assert.equal(denied.reason, 'operation_undeclared')
  })
})
