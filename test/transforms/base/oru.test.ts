// ORU: events by report, identities, statuses, values of each type.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCodeTable } from '../../../src/codecs/code_table.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import type { MappedEvent, Resource } from '../../../src/model/event.ts'
import { oru } from '../../../transforms/base/oru.ts'
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
    ['Patient', 'Encounter', 'ServiceRequest', 'Observation', 'DiagnosticReport', 'MessageHeader'],
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
      const inside = (resource.contained ?? []) as readonly Resource[]
      for (const { id } of inside) seen.add(`#${id}`)
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
const decimals = (valueInteger: number) => ({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/quantity-precision', valueInteger }],
})
const unit = { unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }
const concept = (code: string, display: string) => ({
  coding: [{ system: 'urn:id:HARBOR:L', code, display }],
})
const dollars = { unit: 'USD', system: 'urn:iso:std:iso:4217', code: 'USD' }
const millilitres = {
  value: 2.5,
  unit: 'milliliter',
  system: 'http://unitsofmeasure.org',
  code: 'mL',
}
const values: readonly (readonly [string, string, string, unknown])[] = [
  ['NM', '5.4', 'valueQuantity', { value: 5.4, ...unit }],
  ['NM', '-0.5', 'valueQuantity', { value: -0.5, ...unit }],
  ['NM', '5.40', 'valueQuantity', { value: 5.4, _value: decimals(2), ...unit }],
  ['NM', '10', 'valueQuantity', { value: 10, ...unit }],
  ['NM', '0.00', 'valueQuantity', { value: 0, _value: decimals(2), ...unit }],
  ['NM', '1234567890123456', 'valueString', '1234567890123456'],
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
  [
    'SN',
    '>^1^:^128',
    'valueRatio',
    {
      numerator: { value: 1, comparator: '>', ...unit },
      denominator: { value: 128, ...unit },
    },
  ],
  ['SN', '^^-^2', 'valueRange', { high: { value: 2, ...unit } }],
  ['SN', '>^1^-^2', 'valueString', '> 1 - 2 mg'],
  ['SN', '^2^+', 'valueString', '2 + mg'],
  ['SN', '<>^2', 'valueString', '<> 2 mg'],
  ['NR', '1^2', 'valueRange', { low: { value: 1, ...unit }, high: { value: 2, ...unit } }],
  ['ST', 'a ^ b & c', 'valueString', 'a ^ b & c'],
  ['TX', 'one~two', 'valueString', 'one\ntwo'],
  ['TX', 'one~~two', 'valueString', 'one\n\ntwo'],
  ['FT', 'one\\.br\\two', 'valueString', 'one\ntwo'],
  ['', 'untyped', 'valueString', 'untyped'],
  ['constructor', 'of no type', 'valueString', 'of no type'],
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
  ['DR', '20260302^20260301', 'valueString', '20260302^20260301'],
  ['VR', 'a^b', 'valueString', 'a-b'],
  ['CF', 'R^Rash^L', 'valueCodeableConcept', concept('R', 'Rash')],
  ['CNE', 'R^Rash^L', 'valueCodeableConcept', concept('R', 'Rash')],
  ['ID', 'Y', 'valueCodeableConcept', { coding: [{ code: 'Y' }] }],
  ['CQ', '2.5^mL&milliliter&UCUM', 'valueQuantity', millilitres],
  ['MO', '12.50^USD', 'valueQuantity', { value: 12.5, _value: decimals(2), ...dollars }],
  ['CP', '3&USD^UP', 'valueQuantity', { value: 3, ...dollars }],
  ['XPN', 'SYNTHETIC^AVERY^B', 'valueString', 'SYNTHETIC AVERY B'],
  ['PPN', '7^SYNTHETIC^AVERY', 'valueString', '7 SYNTHETIC AVERY'],
  ['XCN', '7^SYNTHETIC&VAN^AVERY', 'valueString', '7 SYNTHETIC VAN AVERY'],
  ['XAD', '1 Quay^^HARBOR', 'valueString', '1 Quay HARBOR'],
  ['XTN', '^PRN^PH^^^555^0100', 'valueString', 'PRN PH 555 0100'],
  ['CX', '4711^^^HARBOR^MR', 'valueString', '4711 HARBOR MR'],
  ['EI', 'F1^LAB', 'valueString', 'F1 LAB'],
  ['RP', 'archive 7^LAB', 'valueString', 'archive 7 LAB'],
  ['NA', '1^2.5^^4', 'valueSampledData', { dimensions: 1, data: '1 2.5 E 4' }],
  ['NA', '1^2~3^4', 'valueSampledData', { dimensions: 2, data: '1 2 3 4' }],
  ['MA', '1^2', 'valueSampledData', { dimensions: 2, data: '1 2' }],
  ['NA', '1^x', 'valueString', '1^x'],
  ['XYZ', 'a^b', 'valueString', 'a^b'],
]
for (const [type, text, element, expected] of values) {
  test(`reads a value of type ${type || '(none)'}: ${text}`, () => {
    const made = result({ 2: type, 5: text, 6: 'mg^^UCUM' })
    const { _period, origin, ...value } = Object(made[element]) as Record<string, unknown>
    assert.deepEqual(element === 'valueSampledData' ? value : made[element], expected)
    assert.equal(origin === undefined, element !== 'valueSampledData')
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

test('a message without any result is an event that says so, and touches nothing else', () => {
  const { events: made, findings } = mapped(lines(msh, pid))
  assert.deepEqual(
    made.map(({ kind, subject, resources }) => [
      kind,
      subject,
      resources.map(({ resourceType }) => resourceType),
    ]),
    [['result.empty', undefined, ['Patient', 'MessageHeader']]],
  )
  assert(findings.some(({ code }) => code === 'result_empty'))
  assert.deepEqual(
    mapped(lines(msh)).events.map(({ kind, patient }) => [kind, patient]),
    [['result.empty', null]],
  )
})

test('results without a patient have none, and say so', () => {
  const [event] = events(obr(), obx())
  assert.equal(event?.patient, null)
  assert.equal(first(event, 'Observation').subject, undefined)
  const { subject } = first(event, 'ServiceRequest')
  assert.match(JSON.stringify(subject), /data-absent-reason/)
})

test('results before any order are the patient s own, beside the first report', () => {
  const made = events(
    pid,
    obx({ 3: 'OWN' }),
    obr(),
    obx({ 3: 'A' }),
    obr({ 4: 'B' }),
    obx({ 3: 'B' }),
  )
  const codes = (event: MappedEvent | undefined) =>
    only(event, 'Observation').map(({ code }) => JSON.stringify(code).match(/"code":"(\w+)"/)?.[1])
  assert.deepEqual(made.map(codes), [['OWN', 'A'], ['B']])
  const report = first(made[0], 'DiagnosticReport')
  assert.equal((report.result as unknown[]).length, 1)
})

test('results without any order are an event of their own', () => {
  const [event] = events(pid, obx({ 11: 'C' }))
  assert.equal(event?.kind, 'result.corrected')
  assert.equal(event?.subject?.value, first(event, 'Observation').id)
  assert.equal(only(event, 'DiagnosticReport').length, 0)
})

test('an order behind a report: its numbers, who asked for it, and when', () => {
  const [event] = events(
    pid,
    'ORC|RE|P1^HIS|F1^LAB|G1^HIS||||||||D1^CALLER^ANN^^^DR^MD^^HARBOR|||||||||HARBOR CLINIC^^C9',
    obr({ 2: 'P1^HIS', 5: 'S', 13: 'fasting', 31: 'R05^Cough^I10', 53: 'ALT^^^HIS^PLAC' }),
    obx(),
  )
  const order = first(event, 'ServiceRequest')
  const identifiers = order.identifier as { value: string }[]
  assert.deepEqual(
    identifiers.map(({ value }) => value),
    ['P1', 'F1', 'ALT'],
  )
  assert.equal((order.requisition as { value: string }).value, 'G1')
  assert.equal(order.status, 'completed')
  assert.equal(order.priority, 'stat')
  assert.deepEqual(order.supportingInfo, [{ display: 'fasting' }])
  const role = first(event, 'PractitionerRole')
  assert.deepEqual(order.requester, { reference: `PractitionerRole/${role.id}` })
  const { id: practitioner } = first(event, 'Practitioner')
  const { id: organization } = first(event, 'Organization')
  assert.deepEqual(role.practitioner, { reference: `Practitioner/${practitioner}` })
  assert.deepEqual(role.organization, { reference: `Organization/${organization}` })
  const basedOn = [{ reference: `ServiceRequest/${order.id}` }]
  assert.deepEqual(first(event, 'DiagnosticReport').basedOn, basedOn)
})

test('the status of an order: ORC-5, else ORC-1, else what the report implies', () => {
  const status = (orc: string, report: string) =>
    first(events(pid, orc, obr({ 25: report }), obx())[0], 'ServiceRequest').status
  assert.equal(status('ORC|RE|||||', 'F'), 'completed')
  assert.equal(status('ORC|RE', 'P'), 'active')
  assert.equal(status('ORC|RE', 'X'), 'revoked')
  assert.equal(status('ORC|OC', 'F'), 'revoked')
  assert.equal(status('ORC|RE||||CM', 'P'), 'completed')
  assert.equal(status('ORC|RE', ''), 'completed')
})

test('TQ1, and TQ before it, say when an order is to be carried out', () => {
  const order = (...text: readonly string[]) =>
    first(events(pid, ...text, obx())[0], 'ServiceRequest')
  const timed = order(obr(), 'TQ1|1|2^mL|BID|0800~2000|||20260301|20260305|R^Routine|as agreed')
  assert.equal(timed.priority, 'routine')
  assert.deepEqual(timed.quantityQuantity, { value: 2, unit: 'mL' })
  assert.deepEqual(timed.note, [{ text: 'as agreed' }])
  const { repeat } = timed.occurrenceTiming as { repeat: unknown }
  assert.deepEqual(repeat, {
    boundsPeriod: { start: '2026-03-01', end: '2026-03-05' },
    timeOfDay: ['08:00:00', '20:00:00'],
  })
  const older = order(obr({ 27: '^^^20260301^^S' }))
  assert.equal(older.priority, 'stat')
  assert.deepEqual(older.occurrenceTiming, { repeat: { boundsPeriod: { start: '2026-03-01' } } })
})

test('notes go where they stand: the order, the result, the specimen', () => {
  const [event] = events(
    pid,
    'ORC|RE',
    'NTE|1||of the order',
    obr(),
    'NTE|1||of the request',
    obx(),
    'NTE|1||one~two||7^WRITER^WILL|20260301',
    'NTE|2||',
    'SPM|1|S1||BLD',
    'NTE|1||of the specimen',
  )
  const notes = (type: string) => first(event, type).note
  assert.deepEqual(notes('ServiceRequest'), [{ text: 'of the order' }, { text: 'of the request' }])
  const writer = first(event, 'Practitioner')
  assert.deepEqual(notes('Observation'), [
    {
      authorReference: { reference: `Practitioner/${writer.id}` },
      time: '2026-03-01',
      text: 'one\ntwo',
    },
  ])
  assert.deepEqual(notes('Specimen'), [{ text: 'of the specimen' }])
})

test('a specimen: what SPM says, and OBR where SPM is silent', () => {
  const [event] = events(
    pid,
    obr({ 7: '202603010800', 10: '^DRAWER^DAN', 14: '202603010900' }),
    obx({ 3: 'A' }),
    'SPM|1|P7&HIS^F7&LAB||BLD^Blood^HL70487||EDTA|VENIP|ARM||||2^mL||pale||||||Y||||HEM',
    obx({ 3: 'PH', 5: '7.1' }),
  )
  const specimen = first(event, 'Specimen')
  const names = (specimen.identifier as { value: string }[]).map(({ value }) => value)
  assert.deepEqual(names, ['F7', 'P7'])
  assert.equal(specimen.status, 'available')
  assert.equal(specimen.receivedTime, '2026-03-01T09:00:00-06:00')
  const collection = specimen.collection as Record<string, unknown>
  assert.equal(collection.collectedDateTime, '2026-03-01T08:00:00-06:00')
  assert.deepEqual(collection.quantity, { value: 2, unit: 'mL' })
  assert.deepEqual(collection.collector, { reference: '#practitioner-1' })
  const reference = [{ reference: `Specimen/${specimen.id}` }]
  assert.deepEqual(first(event, 'DiagnosticReport').specimen, reference)
  const [answer, ofSpecimen] = only(event, 'Observation')
  assert.deepEqual(answer?.specimen, reference[0])
  assert.deepEqual(ofSpecimen?.focus, reference)
  assert.equal((first(event, 'DiagnosticReport').result as unknown[]).length, 1)
})

test('a specimen that stands before its results takes none of them from the report', () => {
  const [event] = events(pid, obr(), 'SPM|1|S1||BLD', obx({ 3: 'A' }), obx({ 3: 'B' }))
  assert.equal((first(event, 'DiagnosticReport').result as unknown[]).length, 2)
  assert.equal(first(event, 'Observation').focus, undefined)
})

test('an order without SPM has a specimen where OBR tells of one', () => {
  const [event] = events(pid, obr({ 15: 'SER&Serum&L^^drawn cold^ARM' }), obx())
  const specimen = first(event, 'Specimen')
  assert.deepEqual(specimen.type, concept('SER', 'Serum'))
  assert.deepEqual(specimen.note, [{ text: 'drawn cold' }])
  assert.equal(only(events(pid, obr({ 7: '20260301' }), obx())[0], 'Specimen').length, 0)
})

test('performers: who observed, which laboratory, under whose direction', () => {
  const [event] = events(
    pid,
    obr({ 32: '9&READER&RITA^20260301', 34: '8&HANDS&HUGO' }),
    obx({ 15: 'L1^Main Lab^L', 16: '7^WATCH^WENDY', 23: 'Quay Lab^^Q1', 25: '6^HEAD^HANNA' }),
    obx({ 3: 'B', 16: '7^WATCH^WENDY' }),
  )
  const people = only(event, 'Practitioner').map(({ name }) => JSON.stringify(name))
  assert.equal(people.length, 4, 'each of them once')
  const observed = first(event, 'Observation')
  const types = (observed.performer as { reference: string }[]).map(
    ({ reference }) => reference.split('/')[0],
  )
  assert.deepEqual(types, ['Practitioner', 'Organization', 'PractitionerRole'])
  const report = first(event, 'DiagnosticReport')
  assert.match(JSON.stringify(report.performer), /SPRF/)
  assert.match(JSON.stringify(report.resultsInterpreter), /PractitionerRole\//)
})

test('PRT tells of performers, devices and places, and of who left nothing', () => {
  const [event] = events(
    pid,
    obr(),
    obx(),
    'PRT|1|AD||PO^Performer^HL70912|5^ACTOR^AMOS|||LAB NINE^^N9|WARD^1^A|DEV1^LAB|20260301',
    'PRT|2|DE||PO^Performer^HL70912|4^GONE^GUS',
    'PRT|3|D||PO^Performer^HL70912|3^GONE^GUS',
  )
  const made = first(event, 'Observation')
  assert.match(JSON.stringify(made.performer), /^\[{"reference":"PractitionerRole\/\w+"}\]$/)
  assert.match(JSON.stringify(made.device), /Device\//)
  const places = (made.contained as Resource[]).map(({ name }) => name)
  assert.deepEqual(places, ['WARD', '1', 'A'])
})

test('a later order follows from a result of an earlier one (OBR-26, OBR-29)', () => {
  const made = events(
    pid,
    obr({ 3: 'F1^LAB' }),
    obx({ 2: 'CE', 3: 'ORG^Organism^L', 4: '1', 5: 'ECO^E. coli^L' }),
    obr({ 3: 'F2^LAB', 4: 'SUS^Susceptibility^L', 26: 'ORG&Organism&L^1', 29: '^F1&LAB' }),
    obx({ 3: 'AMP', 5: '8' }),
  )
  const parent = first(made[0], 'Observation')
  const child = first(made[1], 'Observation')
  const identifier = { system: 'urn:firth:resource', value: parent.id }
  assert.deepEqual(child.derivedFrom, [{ type: 'Observation', identifier }])
  const order = first(made[1], 'ServiceRequest')
  assert.match(JSON.stringify(order.basedOn), /"value":"F1"/)
})

test('a reference range keeps its text, with limits where it is one of numbers', () => {
  const range = (text: string, type = 'NM') =>
    result({ 2: type, 5: '5', 6: 'mg', 7: text }).referenceRange
  const mg = (value: number) => ({ value, unit: 'mg' })
  assert.deepEqual(range('3.5-5.1'), [{ low: mg(3.5), high: mg(5.1), text: '3.5-5.1' }])
  assert.deepEqual(range('-5 - 5'), [{ low: mg(-5), high: mg(5), text: '-5 - 5' }])
  assert.deepEqual(range('<5'), [{ high: mg(5), text: '<5' }])
  assert.deepEqual(range('>= 10'), [{ low: mg(10), text: '>= 10' }])
  assert.deepEqual(range('9-1'), [{ text: '9-1' }])
  assert.deepEqual(range('negative'), [{ text: 'negative' }])
  assert.deepEqual(range('1-2', 'ST'), [{ text: '1-2' }])
})

test('repeated values are components, repeated text is one text', () => {
  const made = result({ 2: 'CE', 5: 'A^a^L~B^b^L' })
  assert.equal(made.valueCodeableConcept, undefined)
  assert.deepEqual(
    (made.component as Resource[]).map(({ valueCodeableConcept }) => valueCodeableConcept),
    [concept('A', 'a'), concept('B', 'b')],
  )
})

test('a sub-id and the time of the analysis stand in extensions', () => {
  const made = result({ 4: '1.2^1^2^abc', 19: '20260301' }).extension as Resource[]
  assert.deepEqual(
    made.map(({ url, ...rest }) => [String(url).split('/').at(-1), rest]),
    [
      [
        'observation-v2-subid',
        {
          extension: [
            { url: 'original-sub-identifier', valueString: '1.2' },
            { url: 'group', valueDecimal: 1 },
            { url: 'sequence', valueDecimal: 2 },
            { url: 'identifier', valueString: 'abc' },
          ],
        },
      ],
      ['observation-analysis-date-time', { valueDateTime: '2026-03-01' }],
    ],
  )
})

test('questions of an order are its supporting information, not results', () => {
  const [event] = events(pid, obr(), obx({ 3: 'A' }), obx({ 3: 'Q', 29: 'QST' }))
  assert.equal((first(event, 'DiagnosticReport').result as unknown[]).length, 1)
  assert.equal((first(event, 'ServiceRequest').supportingInfo as unknown[]).length, 1)
})

test('a document may be in hexadecimal, plain, or elsewhere', () => {
  const form = (type: string, value: string) =>
    first(events(pid, obr(), obx({ 2: type, 5: value }))[0], 'DiagnosticReport').presentedForm
  const [hex] = form('ED', 'LAB^TEXT^PLAIN^Hex^4869') as Record<string, unknown>[]
  assert.deepEqual([hex?.contentType, hex?.data], ['text/plain', 'SGk='])
  const [plain] = form('ED', 'LAB^TEXT^PLAIN^A^Hi') as Record<string, unknown>[]
  assert.equal(plain?.data, 'SGk=')
  const [pointer] = form('RP', 'https://lab.example/7^LAB^IM^JPEG') as Record<string, unknown>[]
  assert.deepEqual([pointer?.url, pointer?.contentType], ['https://lab.example/7', 'image/jpeg'])
})

test('tells the parts of the message itself in its header', () => {
  const header = first(events(pid, obr(), obx())[0], 'MessageHeader')
  assert.deepEqual(header.eventCoding, {
    system: 'http://terminology.hl7.org/CodeSystem/v2-0003',
    code: 'R01',
    display: 'ORU^R01',
  })
  assert.equal((header.source as { name: string }).name, 'LAB')
  assert.equal((header.destination as { name: string }[])[0]?.name, 'FIRTH')
  assert.equal((header.contained as unknown[]).length, 2)
})

test('a tenant changes what a result feed makes, at the step of each resource', () => {
  const seen: string[] = []
  const tailored = oru.extend({
    codes: { observationStatus: parseCodeTable('code,target\nF,amended\n', 'status.csv') },
    observation(draft, _message, at) {
      draft.category.push({ text: at.segment?.text(3, 2) })
    },
    diagnosticReport(draft) {
      draft.conclusion = 'seen'
    },
    serviceRequest(draft, message) {
      draft.note.push({ text: message.text('ZLB-1') ?? '' })
    },
    specimen(draft, _message, at) {
      draft.note.push({ text: at.segments.map(({ name }) => name).join() })
    },
    practitioner(draft) {
      seen.push(draft.id)
      draft.qualification.push({ code: { text: 'sworn' } })
    },
    event(event) {
      event.kind = 'result.preliminary'
    },
  })
  const raw = lines(msh, pid, obr(), obx({ 16: '7^WATCH^WENDY' }), 'SPM|1|S1', 'ZLB|own')
  const [event] = tailored.map(readMessage(raw), { facts, report: () => {} })
  assert.equal(event?.kind, 'result.preliminary')
  const made = first(event, 'Observation')
  assert.deepEqual([made.status, made.category], ['amended', [{ text: 'Glucose' }]])
  assert.equal(first(event, 'DiagnosticReport').conclusion, 'seen')
  assert.deepEqual(first(event, 'ServiceRequest').note, [{ text: 'own' }])
  assert.deepEqual(first(event, 'Specimen').note, [{ text: 'SPM,OBR' }])
  assert.deepEqual(first(event, 'Practitioner').qualification, [{ code: { text: 'sworn' } }])
  assert.equal(seen.length, 1)
})
