// Station 5: which writes an event asks for, in which order, under which ids. Pure: the same event
// makes the same intents whenever and however often it is routed (F01, F02, F08).
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Condition } from '../../src/model/condition.ts'
import type { CanonicalEvent, Resource } from '../../src/model/event.ts'
import { readIntent, usualOnFailure } from '../../src/model/intent.ts'
import type { RoutePlan } from '../../src/model/plan.ts'
import {
  businessIdOf,
  intentRecord,
  RESOURCE_SYSTEM,
  referencesOf,
  route,
} from '../../src/path/5_route.ts'
import { bundle, canonicalEvent, encounter, id, patient, routePlan } from './toy.ts'

const chart = routePlan({ name: 'chart', to: 'chart' })
const intentsOf = (event: CanonicalEvent, routes: readonly RoutePlan[], at = record) =>
  route(event, { match: 'all', routes, targets: [] }, at).intents

const record = { key: 'urn:oid:2.999.1|M1', offset: 7, headers: { traceparent: 'trace' } }

const observation = (change: Readonly<Record<string, unknown>> = {}): Resource => ({
  resourceType: 'Observation',
  id: 'o-1',
  status: 'final',
  subject: { reference: 'Patient/p-M1' },
  encounter: { reference: 'Encounter/e-V1' },
  ...change,
})

describe('route', () => {
  it('makes one intent for each resource and route, references first', () => {
    const routes = [chart, routePlan({ name: 'copy', to: 'registry' })]
    const intents = intentsOf(canonicalEvent(), routes, record)
    assert.deepEqual(
      intents.map(intent => [intent.route, intent.target, intent.resource_type, intent.ordinal]),
      [
        ['chart', 'chart', 'Patient', 0],
        ['chart', 'chart', 'Encounter', 1],
        ['copy', 'registry', 'Patient', 0],
        ['copy', 'registry', 'Encounter', 1],
      ],
    )
    assert.equal(new Set(intents.map(({ intent_id }) => intent_id)).size, 4)
  })

  it('makes none without a route, and none for an event without resources', () => {
    assert.deepEqual(intentsOf(canonicalEvent(), [], record), [])
    assert.deepEqual(intentsOf(canonicalEvent({ resources: bundle([]) }), [chart], record), [])
  })

  it('writes the header of the message only where a route names it: it tells of no patient', () => {
    const header: Resource = { resourceType: 'MessageHeader', id: 'h-1' }
    const event = canonicalEvent({ resources: bundle([patient('M1'), header]) })
    const types = (to: RoutePlan) => intentsOf(event, [to]).map(intent => intent.resource_type)
    assert.deepEqual(types(chart), ['Patient'])
    const named = routePlan({
      name: 'x',
      to: 'y',
      write: { resource: 'MessageHeader', operation: undefined, approval: undefined },
    })
    assert.deepEqual(types(named), ['MessageHeader'])
  })

  it('carries what the event says of itself, and the place of its record in the order (G4, M17)', () => {
    const event = canonicalEvent()
    const [intent] = intentsOf(event, [chart], record)
    assert.ok(intent)
    const { tenant, event_id, event_kind, raw_id, deployment, key, sequence } = intent
    assert.deepEqual(
      { tenant, event_id, event_kind, raw_id, deployment, key, sequence },
      {
        tenant: 'harbor',
        event_id: 'event1',
        event_kind: 'patient.admitted',
        raw_id: 'raw0',
        deployment: event.deployment,
        key: record.key,
        sequence: 7,
      },
    )
  })

  it('names an intent by event, route, target and resource alone: no offset, no content (F02)', () => {
    const ids = (event = canonicalEvent(), to = chart, at = record) =>
      intentsOf(event, [to], at).map(({ intent_id }) => intent_id)
    const otherContent = bundle([patient('M1', { active: true }), encounter()])
    assert.deepEqual(ids(), ids(canonicalEvent(), chart, { ...record, key: 'other', offset: 999 }))
    assert.deepEqual(ids(), ids(canonicalEvent({ resources: otherContent, deployment: 'e' })))
    assert.notDeepEqual(ids(), ids(canonicalEvent({ id: 'event2' })))
    assert.notDeepEqual(ids(), ids(canonicalEvent(), routePlan({ name: 'other', to: 'chart' })))
    assert.notDeepEqual(ids(), ids(canonicalEvent(), routePlan({ name: 'chart', to: 'other' })))
  })

  it('lets a resource wait for those of its event that it refers to, and for no others', () => {
    const resources = bundle([patient(), encounter(), observation({ performer: [elsewhere] })])
    const [first, second, third] = intentsOf(canonicalEvent({ resources }), [chart], record)
    assert.deepEqual(first?.waits_for, [])
    assert.deepEqual(second?.waits_for, [first?.intent_id])
    assert.deepEqual(third?.waits_for, [first?.intent_id, second?.intent_id])
  })

  const elsewhere = { reference: 'Practitioner/not-in-the-event' }

  it('never lets a resource wait for itself, or twice for one', () => {
    const self = observation({
      focus: [{ reference: 'Observation/o-1' }, { reference: 'Patient/p-M1' }],
    })
    const resources = bundle([patient(), self])
    const [first, second] = intentsOf(canonicalEvent({ resources }), [chart], record)
    assert.deepEqual(second?.waits_for, [first?.intent_id])
  })

  it('waits within its own route only', () => {
    const intents = intentsOf(
      canonicalEvent(),
      [chart, routePlan({ name: 'copy', to: 'registry' })],
      record,
    )
    const [first, , third, fourth] = intents
    assert.deepEqual(fourth?.waits_for, [third?.intent_id])
    assert.notEqual(first?.intent_id, third?.intent_id)
  })

  it('lets a result feed write results, and only make what stands beside them', () => {
    const report = { resourceType: 'DiagnosticReport', id: 'd-1' }
    const order = { resourceType: 'ServiceRequest', id: 's-1' }
    const resources = bundle([patient(), encounter(), order, observation(), report])
    const intents = intentsOf(canonicalEvent({ kind: 'result.final', resources }), [chart], record)
    assert.deepEqual(
      intents.map(({ operation }) => operation),
      ['create', 'create', 'create', 'update', 'update'],
    )
  })

  it('lets an admission feed own all that it carries', () => {
    const intents = intentsOf(canonicalEvent(), [chart], record)
    assert.ok(intents.every(({ operation }) => operation === 'update'))
  })

  it('gives a resource without a business identifier one of ours, so it is found again', () => {
    const resources = bundle([patient(), observation({ identifier: [{ value: 'no system' }] })])
    const [, intent] = intentsOf(canonicalEvent({ resources }), [chart], record)
    const ours = { system: RESOURCE_SYSTEM, value: 'o-1' }
    assert.deepEqual(intent?.identifier, ours)
    assert.deepEqual(intent?.resource.identifier, [{ value: 'no system' }, ours])
  })

  it('leaves a resource with one as it is, and changes no event', () => {
    const event = canonicalEvent({ resources: bundle([patient(), observation()]) })
    const before = JSON.stringify(event)
    const [intent] = intentsOf(event, [chart], record)
    assert.equal(intent?.resource, event.resources.entry[0]?.resource)
    assert.deepEqual(intent?.identifier, id('M1'))
    assert.equal(JSON.stringify(event), before)
  })
})

describe('routing by conditions', () => {
  const when = (name: string, value: string): Condition => ({ is: 'compare', name, by: '=', value })
  const admitted = routePlan({ name: 'admitted', when: when('event', 'patient.admitted') })
  const inpatients = routePlan({ name: 'inpatients', when: when('Encounter.class.code', 'IMP') })
  const outpatients = routePlan({ name: 'outpatients', when: when('Encounter.class.code', 'AMB') })
  const decisions = (match: 'all' | 'first', ...routes: readonly RoutePlan[]) =>
    route(canonicalEvent(), { match, routes, targets: [] }, record).decisions.map(
      ({ route: name, decision, intents }) => [name, decision, intents],
    )

  it('takes every route whose condition holds, and says why not the others', () => {
    assert.deepEqual(decisions('all', admitted, outpatients, inpatients), [
      ['admitted', 'taken', 2],
      ['outpatients', 'when_false', 0],
      ['inpatients', 'taken', 2],
    ])
  })

  it('takes the first one only where the channel says so', () => {
    assert.deepEqual(decisions('first', outpatients, inpatients, admitted), [
      ['outpatients', 'when_false', 0],
      ['inpatients', 'taken', 2],
      ['admitted', 'earlier_route', 0],
    ])
  })

  it('goes on to the next route where the first has nothing to write', () => {
    const write = { resource: 'Observation', operation: undefined, approval: undefined }
    const results = routePlan({ name: 'results', write })
    assert.deepEqual(decisions('first', results, admitted), [
      ['results', 'nothing_to_write', 0],
      ['admitted', 'taken', 2],
    ])
  })

  it('writes only the type that the route names, with its operation, approval and failure', () => {
    const write = { resource: 'Encounter', operation: 'create', approval: 'one_approver' } as const
    const on_failure = { ...usualOnFailure, order: 'resource' } as const
    const routes = [routePlan({ write, on_failure })]
    const [intent, ...others] = intentsOf(canonicalEvent(), routes)
    assert.deepEqual(others, [])
    assert.equal(intent?.resource_type, 'Encounter')
    assert.equal(intent?.operation, 'create')
    assert.equal(intent?.approval, 'one_approver')
    assert.deepEqual(intent?.on_failure, on_failure)
    assert.deepEqual(intent?.waits_for, [], 'nobody writes its patient here')
    assert.deepEqual(intent?.refers_to, { 'Patient/p-M1': id('M1') })
  })

  it('puts references first whatever the order of the event, and opens a circle (D07)', () => {
    const condition = {
      resourceType: 'Condition',
      id: 'c-1',
      subject: { reference: 'Patient/p-M1' },
      encounter: { reference: 'Encounter/e-V1' },
    }
    const visit = { ...encounter(), diagnosis: [{ condition: { reference: 'Condition/c-1' } }] }
    const backwards = bundle([condition, observation(), visit, patient()])
    const intents = intentsOf(canonicalEvent({ resources: backwards }), [chart])
    const places = new Map(intents.map((intent, place) => [intent.intent_id, place]))
    assert.equal(intents.length, 4)
    assert.equal(intents[0]?.resource_type, 'Patient')
    intents.forEach((intent, place) => {
      assert.equal(intent.ordinal, place)
      for (const other of intent.waits_for) assert.ok((places.get(other) ?? place) < place)
    })
    const held = intents.filter(({ waits_for }) => waits_for.length > 0)
    assert.equal(held.length, 3, 'each waits for its patient at least')
  })

  it('never lets anything wait for what comes behind it, whatever refers to what', () => {
    const size = 6
    const edges = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 15 })
    fc.assert(
      fc.property(edges, links => {
        const resources = Array.from({ length: size }, (_, n) => ({
          resourceType: 'Observation',
          id: `o${n}`,
          focus: links
            .filter(([from]) => from === n)
            .map(([, to]) => ({ reference: `Observation/o${to}` })),
        }))
        const intents = intentsOf(canonicalEvent({ resources: bundle(resources) }), [chart])
        const before = new Set<string>()
        assert.equal(intents.length, size)
        for (const intent of intents) {
          for (const other of intent.waits_for) assert.ok(before.has(other))
          before.add(intent.intent_id)
        }
      }),
    )
  })

  it('makes what a visit says of the directory, and never overwrites it', () => {
    const doctor = { resourceType: 'Practitioner', id: 'd-1', identifier: [id('D1')] }
    const resources = bundle([patient(), doctor])
    const intents = intentsOf(canonicalEvent({ resources }), [chart])
    assert.deepEqual(
      intents.map(({ operation }) => operation),
      ['update', 'create'],
    )
  })
})

describe('businessIdOf', () => {
  it('takes the first identifier with both parts', () => {
    const identifier = [{ value: 'x' }, { system: 's' }, id('M7'), id('M8')]
    assert.deepEqual(businessIdOf({ resourceType: 'Patient', id: 'p', identifier }), id('M7'))
  })

  it('knows none in anything else', () => {
    for (const identifier of [undefined, [], {}, 'M7', [{ system: 1, value: 2 }]]) {
      assert.equal(businessIdOf({ resourceType: 'Patient', id: 'p', identifier }), undefined)
    }
  })
})

describe('referencesOf', () => {
  it('finds references at any depth, in the order of the elements', () => {
    const resource = {
      a: { reference: 'Patient/1' },
      b: [{ c: { reference: 'Encounter/2', display: 'reference' } }, null, 'Patient/9'],
      extension: [{ valueReference: { reference: 'Organization/3' } }],
    }
    assert.deepEqual(referencesOf(resource), ['Patient/1', 'Encounter/2', 'Organization/3'])
  })

  it('takes no element of that name for one that holds something else', () => {
    assert.deepEqual(referencesOf({ reference: { reference: 'Patient/1' } }), ['Patient/1'])
    for (const nothing of [null, undefined, 'Patient/1', 7]) {
      assert.deepEqual(referencesOf(nothing), [])
    }
  })
})

describe('intentRecord', () => {
  it('stands under the key of its order, with what readers need beside the body', () => {
    const [intent] = intentsOf(canonicalEvent(), [chart], record)
    assert.ok(intent)
    const outbound = intentRecord(intent)
    assert.equal(outbound.key, record.key)
    assert.deepEqual(readIntent(outbound.value.toString()), intent)
    assert.deepEqual(outbound.headers, {
      intent_id: intent.intent_id,
      event_id: 'event1',
      raw_id: 'raw0',
      tenant: 'harbor',
      channel: intent.channel,
      target: 'chart',
      route: 'chart',
      operation: 'update',
      resource_type: 'Patient',
      traceparent: 'trace',
      deployment: intent.deployment,
    })
  })
})

describe('whole events', () => {
  const of = (takes: 'event' | 'message', change: Partial<RoutePlan> = {}, message?: Buffer) => {
    const targets = [{ name: 'copy', takes }]
    const routes = [routePlan({ name: 'copy', to: 'copy', ...change })]
    return route(canonicalEvent(), { match: 'all', routes, targets }, { ...record, message })
      .intents
  }

  it('are one intent of all resources, under the id of the event, waiting for nothing', () => {
    const [intent, ...others] = of('event')
    assert.deepEqual(others, [])
    const event = canonicalEvent()
    assert.deepEqual(intent?.resource, { ...event.resources, id: event.id })
    assert.equal(intent?.resource_id, event.id)
    assert.equal(intent?.operation, 'create')
    assert.deepEqual(intent?.waits_for, [])
    assert.deepEqual(intent?.event?.source, event.source)
    assert.equal(intent?.event?.message, undefined)
  })

  it('carry the bytes of their message in place of the resources where it is forwarded', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const [intent] = of('message', {}, bytes)
    const stored = intent && readIntent(JSON.stringify(intent))
    assert.deepEqual(Buffer.from(stored?.event?.message ?? '', 'latin1'), bytes)
    assert.deepEqual(stored?.resource.entry, [])
    assert.equal(of('message')[0]?.event?.message, null)
  })

  it('make one intent of all events of a forwarded message, also where it was repaired', () => {
    const targets = [{ name: 'copy', takes: 'message' as const }]
    const routes = [routePlan({ name: 'copy', to: 'copy' })]
    const idOf = (event_id: string, source: object, root_id?: string) => {
      const event = canonicalEvent({ id: event_id })
      const one = { ...event, source: { ...event.source, ...source } }
      const at = { ...record, headers: root_id === undefined ? {} : { root_id } }
      return route(one, { match: 'all', routes, targets }, at).intents[0]?.intent_id
    }
    assert.equal(idOf('first', {}), idOf('second', {}))
    assert.equal(idOf('first', {}), idOf('first', { raw_id: 'repair' }, 'raw0'))
    assert.notEqual(idOf('first', {}), idOf('first', { index: 1 }))
    assert.notEqual(idOf('first', {}), idOf('first', { raw_id: 'other' }))
  })

  it('are written by a route that names Bundle, and by none that names a resource in it', () => {
    const write = (resource: string) => ({ resource, operation: undefined, approval: undefined })
    assert.equal(of('event', { write: write('Bundle') }).length, 1)
    assert.equal(of('event', { write: write('Patient') }).length, 0)
  })
})
