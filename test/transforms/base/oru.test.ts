// ORU: events by report, identities, statuses, values of each type.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/model/errors.ts'
import type { MappedEvent, Resource } from '../../../src/model/event.ts'
import { facts, lines, mapped } from './mapped.ts'

const msh = 'MSH|^~\\&|LAB|HARBOR|FIRTH|FIRTH|20260301150000||ORU^R01|C1|P|2.5.1'
const pid = 'PID|||4711^^^HARBOR^MR||SYNTHETIC^AVERY'

function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  return [name, ...Array.from({ length: last }, (_, i) => fields[i + 1] ?? '')].join('|')
}

const obr = (fields: Readonly<Record<number, string>> = {}) =>
  segment('OBR', { 1: '1', 3: 'F1^LAB', 4: 'GLU^Glucose^L', 25: 'F', ...fields })
const obx = (fields: Readonly<Record<number, string>> = {}) =>
  segment('OBX', { 1: '1', 2: 'NM', 3: 'GLU^Glucose^L', 5: '5.4', 11: 'F', ...fields })

const events = (...text: readonly string[]) => mapped(lines(msh, ...text)).events
const only = (event: MappedEvent | undefined, type: string) =>
  event?.resources.filter(({ resourceType }) => resourceType === type) ?? []
const first = (event: MappedEvent | undefined, type: string) => only(event, type)[0] as Resource
const result = (fields: Readonly<Record<number, string>>) =>
  first(events(pid, obr(), obx(fields))[0], 'Observation')

test('the kind follows OBR-25 and OBX-11', () => {
  const kind = (report: string, ...results: readonly string[]) =>
    events(pid, obr({ 25: report }), ...results.map(status => obx({ 11: status })))[0]?.kind
  assert.equal(kind('F', 'F'), 'result.final')
  assert.equal(kind('P', 'P'), 'result.preliminary')
  assert.equal(kind('C', 'C'), 'result.corrected')
  assert.equal(kind('X'), 'result.cancelled')
  assert.equal(kind('A', 'F'), 'result.preliminary')
  assert.equal(kind('F', 'F', 'C'), 'result.corrected')
  assert.equal(kind('F', 'D'), 'result.corrected')
  assert.equal(kind('', 'F', 'F'), 'result.final')
  assert.equal(kind('', 'F', 'P'), 'result.preliminary')
  assert.equal(kind('', 'X', 'X'), 'result.cancelled')
  assert.equal(kind('', ''), 'result.preliminary')
  assert.equal(kind('Q', 'F'), 'result.preliminary')
})

test('one event for each order, with its own patient, visit and report', () => {
  const made = events(
    pid,
    segment('PV1', { 2: 'I', 19: 'V1^^^HARBOR' }),
    obr(),
    obx(),
    obr({ 4: 'K^Potassium^L' }),
    obx(),
    'PID|||4712^^^HARBOR^MR',
    obr({ 3: 'F9' }),
    obx(),
  )
  assert.deepEqual(
    made.map(({ patient, visit }) => [patient?.value, visit?.value]),
    [
      ['4711', 'V1'],
      ['4711', 'V1'],
      ['4712', undefined],
    ],
  )
  assert.equal(new Set(made.map(({ subject }) => subject?.value)).size, 3)
  assert.deepEqual(
    made[0]?.resources.map(({ resourceType }) => resourceType),
    ['Patient', 'Encounter', 'Observation', 'DiagnosticReport'],
  )
})

test('every reference resolves in its bundle, and what is referred to comes first', () => {
  const made = events(
    pid,
    segment('PV1', { 2: 'I', 19: 'V1' }),
    obr(),
    obx({ 3: 'A' }),
    obx({ 3: 'A' }),
    obx({ 3: 'B', 4: '1' }),
  )
  for (const { resources } of made) {
    const seen = new Set<string>()
    for (const resource of resources) {
      const references = JSON.stringify(resource).matchAll(/"reference":"([^"]+)"/g)
      for (const [, reference = ''] of references) assert(seen.has(reference), reference)
      assert(!seen.has(`${resource.resourceType}/${resource.id}`), 'ids are told apart')
      seen.add(`${resource.resourceType}/${resource.id}`)
    }
  }
})

test('a corrected result is the same report and the same observation', () => {
  const ids = (...text: readonly string[]) => events(...text)[0]?.resources.map(({ id }) => id)
  const before = ids(pid, obr({ 25: 'P' }), obx({ 11: 'P' }))
  assert.deepEqual(ids(pid, obr({ 25: 'C' }), obx({ 5: '6.1', 11: 'C' })), before)
  assert.notDeepEqual(ids(pid, obr({ 3: 'F2^LAB' }), obx()), before)
})

test('ORC says the numbers of the order first, OBR where ORC does not', () => {
  const numbers = (orc: string) => {
    const [event] = events(pid, orc, obr({ 2: 'P9^HIS' }), obx())
    const identifiers = first(event, 'DiagnosticReport').identifier as { value: string }[]
    return identifiers.slice(1).map(({ value }) => value)
  }
  assert.deepEqual(numbers('ORC|RE|P1^HIS|F7^LAB'), ['F7', 'P1'])
  assert.deepEqual(numbers('ORC|RE'), ['F1', 'P9'])
})

test('a report without a number belongs to its message', () => {
  const idOf = (raw_id: string) =>
    mapped(lines(msh, pid, obr({ 3: '' }), obx()), { ...facts, raw_id }).events[0]?.subject?.value
  assert.equal(idOf('r1'), idOf('r1'))
  assert.notEqual(idOf('r1'), idOf('r2'))
})

test('an observation with its own identifier is known by it', () => {
  const made = result({ 21: 'OBS1^LAB' })
  assert.equal((made.identifier as { value: string }[])[0]?.value, 'OBS1')
  const [event] = events(pid, obr({ 3: 'OTHER' }), obx({ 21: 'OBS1^LAB' }))
  assert.equal(first(event, 'Observation').id, made.id)
})

/** OBX-2 and OBX-5, then the element and its value; OBX-6 is `mg^^UCUM`. */
const unit = { unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }
const values: readonly (readonly [string, string, string, unknown])[] = [
  ['NM', '5.4', 'valueQuantity', { value: 5.4, ...unit }],
  ['NM', '-0.50', 'valueQuantity', { value: -0.5, ...unit }],
  ['NM', '+.5', 'valueQuantity', { value: 0.5, ...unit }],
  ['NM', '<5', 'valueString', '<5'],
  ['NM', '1e5', 'valueString', '1e5'],
  ['SN', '<=^5', 'valueQuantity', { value: 5, comparator: '<=', ...unit }],
  ['SN', '^5', 'valueQuantity', { value: 5, ...unit }],
  ['SN', '=^5', 'valueQuantity', { value: 5, ...unit }],
  ['SN', '^1^-^2', 'valueRange', { low: { value: 1, ...unit }, high: { value: 2, ...unit } }],
  [
    'SN',
    '^1^/^2',
    'valueRatio',
    { numerator: { value: 1, ...unit }, denominator: { value: 2, ...unit } },
  ],
  ['SN', '^2^+', 'valueString', '2 + mg'],
  ['SN', '<>^2', 'valueString', '<> 2 mg'],
  ['NR', '1^2', 'valueRange', { low: { value: 1, ...unit }, high: { value: 2, ...unit } }],
  ['ST', 'a ^ b & c', 'valueString', 'a ^ b & c'],
  ['TX', 'one~two', 'valueString', 'one\ntwo'],
  ['TX', 'one~~two', 'valueString', 'one\n\ntwo'],
  ['FT', 'one\\.br\\two', 'valueString', 'one\ntwo'],
  ['', 'untyped', 'valueString', 'untyped'],
  [
    'CE',
    'POS^Positive^L',
    'valueCodeableConcept',
    { coding: [{ system: 'urn:id:HARBOR:L', code: 'POS', display: 'Positive' }] },
  ],
  ['CWE', '^Only text', 'valueCodeableConcept', { text: 'Only text' }],
  [
    'CWE',
    '260385009^Negative^SCT^N^Neg^L^^^as said',
    'valueCodeableConcept',
    {
      coding: [
        { system: 'http://snomed.info/sct', code: '260385009', display: 'Negative' },
        { system: 'urn:id:HARBOR:L', code: 'N', display: 'Neg' },
      ],
      text: 'as said',
    },
  ],
  ['IS', 'POS', 'valueCodeableConcept', { coding: [{ code: 'POS' }] }],
  ['DT', '20260301', 'valueDateTime', '2026-03-01'],
  ['TS', '202603011015', 'valueDateTime', '2026-03-01T10:15:00-06:00'],
  ['DTM', 'yesterday', 'valueString', 'yesterday'],
  ['TM', '101559', 'valueTime', '10:15:59'],
  ['DR', '20260301^20260302', 'valuePeriod', { start: '2026-03-01', end: '2026-03-02' }],
  ['XYZ', 'a^b', 'valueString', 'a^b'],
]
for (const [type, text, element, expected] of values) {
  test(`reads a value of type ${type || '(none)'}: ${text}`, () => {
    const made = result({ 2: type, 5: text, 6: 'mg^^UCUM' })
    assert.deepEqual(made[element], expected)
    assert.equal(Object.keys(made).filter(name => name.startsWith('value')).length, 1)
  })
}

test('what a sender gives no value for has none, with the reason where OBX-11 tells it', () => {
  assert.equal(result({ 5: '' }).dataAbsentReason, undefined)
  assert.match(JSON.stringify(result({ 5: '""', 11: 'X' }).dataAbsentReason), /"error"/)
  assert.match(JSON.stringify(result({ 5: '', 11: 'N' }).dataAbsentReason), /"not-asked"/)
})

test('a document becomes the form of its report; what is no Base64 is left out and said', () => {
  const report = (value: string) => {
    const { events: made, findings } = mapped(
      lines(msh, pid, obr(), obx({ 2: 'ED', 3: 'PDF^Report^L', 5: value })),
    )
    assert.equal(only(made[0], 'Observation').length, 0)
    return { form: first(made[0], 'DiagnosticReport').presentedForm, findings }
  }
  assert.deepEqual(report('LAB^AP^PDF^Base64^JVBE\\.br\\Ri0=').form, [
    { contentType: 'application/pdf', data: 'JVBERi0=', title: 'Report' },
  ])
  const broken = report('LAB^AP^PDF^Base64^not base 64!')
  assert.deepEqual(broken.form, [{ title: 'Report' }])
  assert(broken.findings.some(({ code }) => code === 'attachment_unreadable'))
})

test('an instant needs a clock: a coarse OBR-22 is left out and said', () => {
  const issued = (text: string) =>
    first(events(pid, obr({ 22: text }), obx())[0], 'DiagnosticReport').issued
  assert.equal(issued('202603011015'), '2026-03-01T10:15:00-06:00')
  assert.equal(issued('20260301'), undefined)
  assert.equal(issued('2026030110'), undefined)
})

test('a message without a result is refused; one without a patient has no patient', () => {
  assert.throws(
    () => events(pid),
    (thrown: unknown) => thrown instanceof Failure && thrown.code === 'segment_missing',
  )
  const [event] = events(obr(), obx())
  assert.equal(event?.patient, null)
  assert.equal(first(event, 'Observation').subject, undefined)
})

test('a result before any order is named, not dropped in silence', () => {
  const { findings } = mapped(lines(msh, pid, obx(), obr(), obx()))
  assert(findings.some(({ code, place }) => code === 'segment_unmapped' && place === 'OBX-1'))
})
