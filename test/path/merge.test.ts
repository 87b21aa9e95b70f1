// What the resources of an event say of who its patients are, whoever made the event.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { route } from '../../src/path/5_route.ts'
import { identitiesOf, identityOf } from '../../src/path/merge.ts'
import { bundle, canonicalEvent, channelPlan, id, patient, routePlan, targetPlan } from './toy.ts'

const key = (value: string) => `urn:oid:2.999.1|${value}`
const replaces = { other: { type: 'Patient', identifier: id('B') }, type: 'replaces' }
const stays = patient('A', { link: [replaces] })
const goes = patient('B', {
  active: false,
  link: [{ other: { reference: 'Patient/p-A' }, type: 'replaced-by' }],
  identifier: [id('B'), { system: 'urn:ssn', value: '9' }, { value: 'without a system' }],
})
const merged = canonicalEvent({
  kind: 'patient.merged',
  patient: id('A'),
  resources: bundle([stays, goes]),
})

describe('what an event says of its patients', () => {
  it('is read from the one who is replaced: who he is from then on, and all his lanes', () => {
    assert.deepEqual(identityOf(merged, goes), {
      identities: [{ of: 'p-B', is: 'p-A' }],
      also_keys: [key('B'), 'urn:ssn|9'],
    })
    assert.deepEqual(identityOf(merged, stays), {})
    assert.deepEqual(identitiesOf(merged), identityOf(merged, goes))
  })

  it('leaves out a number that both patients have: it is the lane of who stays', () => {
    const ssn = { system: 'urn:ssn', value: '9' }
    const both = patient('A', { identifier: [id('A'), ssn] })
    const event = { ...merged, resources: bundle([both, goes]) }
    assert.deepEqual(identityOf(event, goes).also_keys, [key('B')])
  })

  it('is that a patient is himself again where two are taken apart', () => {
    const event = canonicalEvent({ kind: 'patient.unlinked', patient: id('B') })
    const himself = { identities: [{ of: 'p-B', is: 'p-B' }], also_keys: [] }
    assert.deepEqual(identityOf(event, patient('B')), himself)
    assert.deepEqual(identityOf(event, patient('C')), {})
  })

  it('is nothing where a patient is only seen beside another one, or replaced by himself', () => {
    const beside = patient('B', { link: [{ ...replaces, type: 'seealso' }] })
    assert.deepEqual(identityOf(canonicalEvent(), beside), {})
    const self = { other: { reference: 'Patient/p-B' }, type: 'replaced-by' }
    assert.deepEqual(identityOf(merged, patient('B', { link: [self] })), {})
  })

  it('stands on the write of who goes, behind the one of who stays', () => {
    const record = { key: key('A'), offset: 7, headers: {} }
    const { intents } = route(merged, { ...channelPlan(), targets: [targetPlan()] }, record)
    const [first, second] = intents
    assert.deepEqual(
      intents.map(one => [one.resource_id, one.identities]),
      [
        ['p-A', undefined],
        ['p-B', [{ of: 'p-B', is: 'p-A' }]],
      ],
    )
    assert.deepEqual(second?.waits_for, [first?.intent_id])
    assert.deepEqual(second?.refers_to, { 'Patient/p-A': id('A') })
  })

  it('is not told by a route that only makes what is missing', () => {
    const write = { resource: 'Patient', operation: 'create', approval: undefined } as const
    const channel = { ...channelPlan({ routes: [routePlan({ write })] }), targets: [targetPlan()] }
    const { intents } = route(merged, channel, { key: key('A'), offset: 7, headers: {} })
    assert.ok(intents.every(one => one.identities === undefined))
  })
})
