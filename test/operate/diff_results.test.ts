// One message by two deployments: each difference once, under its kind and its place.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ABSENT, compareResults, type Made } from '../../src/operate/diff_results.ts'
import { bundle, canonicalEvent, encounter, patient } from '../path/toy.ts'

const made = (change: Partial<Made> = {}): Made => ({
  fate: 'mapped',
  events: [canonicalEvent()],
  findings: [],
  intents: [],
  dead: undefined,
  ...change,
})

const brief = (before: Made, after: Made) =>
  compareResults(before, after).map(({ kind, at }) => `${kind} ${at}`)

it('says nothing where only ids of deployments differ', () => {
  const other = canonicalEvent({ deployment: 'another', warnings: [] })
  assert.deepEqual(brief(made(), made({ events: [other] })), [])
})

it('names a changed element by its path, with its values', () => {
  const resources = bundle([patient('M1', { gender: 'male' }), encounter()])
  const [change, ...more] = compareResults(
    made(),
    made({ events: [canonicalEvent({ resources })] }),
  )
  assert.deepEqual(more, [])
  assert.deepEqual(change, {
    kind: 'resource_changed',
    at: 'Patient.gender',
    path: 'Patient.gender',
    before: undefined,
    after: 'male',
  })
})

it('knows an event again whose kind changed, although its id did too', () => {
  const other = canonicalEvent({ id: 'event2', kind: 'patient.updated' })
  assert.deepEqual(brief(made(), made({ events: [other] })), [
    'event_kind patient.admitted → patient.updated',
  ])
})

it('tells events and resources that come and go', () => {
  const both = [canonicalEvent(), canonicalEvent({ id: 'event2', kind: 'visit.cancelled' })]
  assert.deepEqual(brief(made(), made({ events: both })), ['event_added visit.cancelled'])
  assert.deepEqual(brief(made({ events: both }), made()), ['event_removed visit.cancelled'])
  const alone = canonicalEvent({ resources: bundle([patient()]) })
  assert.deepEqual(brief(made(), made({ events: [alone] })), ['resource_removed Encounter'])
})

it('tells a message that dies from one that is filtered, or that nobody takes', () => {
  const dead = made({ fate: 'dead', events: [], dead: { code: 'mapping_failed', facts: {} } })
  assert.ok(brief(made(), dead).includes('newly_dead mapping_failed'))
  assert.ok(brief(dead, made()).includes('no_longer_dead mapping_failed'))
  const filtered = made({ fate: 'filtered', events: [] })
  assert.ok(brief(made(), filtered).includes('fate mapped → filtered'))
  assert.ok(brief(made(), ABSENT).includes('fate mapped → absent'))
})

it('counts findings by their place without the number of the repetition', () => {
  const finding = { code: 'code_unmapped', place: 'OBX[3]-5', text: '' }
  assert.deepEqual(brief(made(), made({ findings: [finding] })), [
    'finding_added code_unmapped OBX-5',
  ])
  assert.deepEqual(brief(made({ findings: [finding] }), made({ findings: [finding] })), [])
})
