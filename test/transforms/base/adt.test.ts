// ADT: what the base decides where the tables leave it open, and what it refuses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/model/errors.ts'
import type { MappedEvent, Resource } from '../../../src/model/event.ts'
import { kindsByType } from '../../../src/model/kinds_of_types.ts'
import { adt } from '../../../transforms/base/adt.ts'
import { facts, lines, mapped } from './mapped.ts'

const header = (type: string, facility = 'HARBOR') =>
  `MSH|^~\\&|HIS|${facility}|FIRTH|FIRTH|20260301101500||${type}|C1|P|2.5.1`
const pid = 'PID|||4711^^^HARBOR^MR||SYNTHETIC^AVERY||19700115|F'

/** A segment by field numbers. */
function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  return [name, ...Array.from({ length: last }, (_, i) => fields[i + 1] ?? '')].join('|')
}

function one(...text: readonly string[]): MappedEvent {
  const { events } = mapped(lines(...text))
  assert.equal(events.length, 1)
  return events[0] as MappedEvent
}

function resourceOf(event: MappedEvent, type: string): Resource {
  const found = event.resources.find(({ resourceType }) => resourceType === type)
  assert(found !== undefined, `a ${type}`)
  return found
}

const patientOf = (line: string, facility?: string) =>
  resourceOf(one(header('ADT^A08', facility), line), 'Patient')
const visitOf = (
  fields: Readonly<Record<number, string>>,
  type = 'ADT^A01',
  evn = 'EVN|A01|20260301',
) => resourceOf(one(header(type), evn, pid, segment('PV1', fields)), 'Encounter')

test('each trigger event has its kind, as the table of kinds says', () => {
  const pv1 = segment('PV1', { 2: 'I', 19: 'V1' })
  const mrg = 'MRG|9^^^HARBOR^MR'
  for (const type of adt.types) {
    const made = mapped(lines(header(type), pid, mrg, pv1)).events
    assert.deepEqual(
      [type, ...new Set(made.map(({ kind }) => kind))],
      [type, ...(kindsByType[type] ?? [])],
    )
  }
  assert(adt.types.length > 40)
})

test('the subject is the visit of an admission and the patient of an update', () => {
  const pv1 = segment('PV1', { 2: 'I', 19: 'V1^^^HARBOR' })
  const system = 'urn:oid:1.2.840.99.1'
  const admitted = one(header('ADT^A01'), pid, pv1)
  assert.deepEqual(admitted.subject, { system, value: 'V1' })
  assert.deepEqual(admitted.visit, { system, value: 'V1' })
  const updated = one(header('ADT^A08'), pid, pv1)
  assert.deepEqual(updated.subject, { system, value: '4711' })
  assert.deepEqual(updated.patient, { system, value: '4711' })
})

test('refuses a message only where no patient and no visit can be meant', () => {
  const refusal = (...text: readonly string[]) => {
    try {
      return mapped(lines(...text)).findings.map(({ code, place }) => `${code} ${place}`)
    } catch (thrown) {
      assert(thrown instanceof Failure)
      return `${thrown.code} ${thrown.facts.segment ?? thrown.facts.type}`
    }
  }
  assert.equal(refusal(header('ADT^A01')), 'segment_missing PID')
  assert.equal(refusal(header('ADT^A01'), 'EVN|A01', 'DG1|1'), 'segment_missing PID')
  assert.equal(refusal(header('ADT^A99'), pid), 'message_type_unmapped ADT^A99')
  assert.deepEqual(refusal(header('ADT^A01'), 'PV1||I|||||||||||||||||V1'), ['segment_missing PID'])
  assert.deepEqual(refusal(header('ADT^A01'), pid), ['segment_missing PV1'])
  assert.deepEqual(refusal(header('ADT^A40'), pid), ['segment_missing MRG'])
  assert.deepEqual(refusal(header('ADT^A08'), pid), [])
})

test('the event is EVN-1 where MSH-9 leaves it out', () => {
  assert.equal(one(header('ADT'), 'EVN|A03', pid, 'PV1||I').kind, 'patient.discharged')
})

test('identifiers carry their authority: the own table, an OID, a UUID, a namespace, the sender', () => {
  const systems = (cx: string, facility?: string) =>
    (patientOf(`PID|||${cx}`, facility).identifier as { system: string }[])[0]?.system
  assert.equal(systems('1^^^HARBOR'), 'urn:oid:1.2.840.99.1')
  assert.equal(systems('1^^^HARBOR&9.9.9.9&ISO'), 'urn:oid:1.2.840.99.1')
  assert.equal(systems('1^^^X&1.2.840.99.7&ISO'), 'urn:oid:1.2.840.99.7')
  assert.equal(systems('1^^^&1.2.840.99.7&ISO'), 'urn:oid:1.2.840.99.7')
  assert.equal(systems('1^^^X&not an oid&ISO'), 'urn:id:X')
  assert.equal(
    systems('1^^^&6F9619FF-8B86-D011-B42D-00CF4FC964FF&UUID'),
    'urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff',
  )
  assert.equal(systems('1^^^A B/C'), 'urn:id:A%20B%2FC')
  assert.equal(systems('1'), 'urn:oid:1.2.840.99.1')
  assert.equal(systems('1', 'ELSEWHERE'), 'urn:id:ELSEWHERE')
  assert.equal(systems('1', ''), 'urn:id:harbor')
  assert.equal(systems('1^^^constructor'), 'urn:id:constructor')
})

test('the patient is known by the medical record number, wherever it stands in PID-3', () => {
  const event = one(header('ADT^A08'), 'PID||77|9^^^SSA^SS~4711^^^HARBOR^MR~8^^^HARBOR^PI')
  assert.deepEqual(event.patient, { system: 'urn:oid:1.2.840.99.1', value: '4711' })
  const values = (resourceOf(event, 'Patient').identifier as { value: string }[]).map(
    ({ value }) => value,
  )
  assert.deepEqual(values, ['4711', '9', '8', '77'])
})

test('ids are the same for the same names and differ between tenants, types and authorities', () => {
  const idOf = (line: string, tenant = 'harbor') =>
    mapped(lines(header('ADT^A08'), line), { ...facts, tenant }).events[0]?.resources.find(
      ({ resourceType }) => resourceType === 'Patient',
    )?.id
  const id = idOf('PID|||4711^^^HARBOR^MR||A')
  assert.equal(idOf('PID|||4711^^^HARBOR||B'), id)
  assert.notEqual(idOf('PID|||4711^^^HARBOR^MR||A', 'lakeside'), id)
  assert.notEqual(idOf('PID|||4711^^^OTHER^MR||A'), id)
  assert.notEqual(idOf('PID|||4712^^^HARBOR^MR||A'), id)
})

test('a patient without any identifier keeps the message and says so', () => {
  const { events, findings } = mapped(lines(header('ADT^A08'), 'PID|||||SYNTHETIC^AVERY'))
  assert.equal(events[0]?.patient, null)
  assert.equal(events[0]?.subject, undefined)
  assert(findings.some(({ code }) => code === 'patient_unidentified'))
})

test('what is deleted is left out', () => {
  const patient = patientOf('PID|||1||A^""||""|""|||""||""')
  for (const element of ['birthDate', 'gender', 'address', 'telecom']) {
    assert.equal(patient[element], undefined, element)
  }
  assert.deepEqual(patient.name, [{ family: 'A' }])
})

test('a birth time needs more than a date; an odd birth date is left out and said', () => {
  assert.equal(patientOf('PID|||1||||19700115')._birthDate, undefined)
  assert.notEqual(patientOf('PID|||1||||197001150830')._birthDate, undefined)
  assert.equal(patientOf('PID|||1||||1970').birthDate, '1970')
  const { events, findings } = mapped(lines(header('ADT^A08'), 'PID|||1||||15.01.1970'))
  assert.equal(resourceOf(events[0] as MappedEvent, 'Patient').birthDate, undefined)
  assert(findings.some(({ code, place }) => code === 'time_invalid' && place === 'PID-7'))
})

test('telecom: formatted, in parts, e-mail in either place, mobile', () => {
  const telecom = (xtn: string) => patientOf(segment('PID', { 3: '1', 13: xtn })).telecom
  const phone = (value: string, use = 'home') => [{ system: 'phone', value, use }]
  const parts = (...named: readonly (readonly [string, string])[]) => ({
    extension: named.map(([name, valueString]) => ({
      url: `http://hl7.org/fhir/StructureDefinition/contactpoint-${name}`,
      valueString,
    })),
  })
  assert.deepEqual(telecom('(555) 0100'), phone('(555) 0100'))
  assert.deepEqual(telecom('x^PRN^PH^^1^555^0100^7'), [
    {
      ...phone('+1 555 0100 X7')[0],
      ...parts(['country', '1'], ['area', '555'], ['local', '0100'], ['extension', '7']),
    },
  ])
  assert.deepEqual(telecom('x^PRN^PH^^^^^^^^^+1-555-0100'), phone('+1-555-0100'))
  assert.deepEqual(telecom('5550100^PRS^CP'), phone('5550100', 'mobile'))
  assert.deepEqual(telecom('^NET^Internet^a@example.org'), [
    { system: 'email', value: 'a@example.org' },
  ])
  assert.deepEqual(telecom('a@example.org'), [
    { system: 'email', value: 'a@example.org', use: 'home' },
  ])
  assert.equal(telecom('^PRN^PH'), undefined)
})

test('the status of a visit: the event decides, then its end, then its class', () => {
  assert.equal(visitOf({ 2: 'I', 19: 'V1' }).status, 'in-progress')
  assert.equal(visitOf({ 2: 'I', 19: 'V1' }, 'ADT^A03').status, 'finished')
  assert.equal(visitOf({ 2: 'I', 19: 'V1', 45: '20260302' }, 'ADT^A08').status, 'finished')
  assert.equal(visitOf({ 2: 'P', 19: 'V1', 45: '20260302' }, 'ADT^A05').status, 'planned')
  assert.equal(visitOf({ 2: 'I', 19: 'V1' }, 'ADT^A11').status, 'cancelled')
  const updated = (patientClass: string) => visitOf({ 2: patientClass, 19: 'V1' }, 'ADT^A08').status
  assert.deepEqual(['I', 'P', 'U', 'Q', ''].map(updated), [
    'in-progress',
    'planned',
    'unknown',
    'unknown',
    'unknown',
  ])
})

test('Encounter.class is always there: mapped, else of unknown class', () => {
  const code = (patientClass: string) =>
    (visitOf({ 2: patientClass, 19: 'V1' }).class as { code: string }).code
  assert.deepEqual(['E', 'I', 'O', 'P', 'R', 'X', ''].map(code), [
    'EMER',
    'IMP',
    'AMB',
    'PRENC',
    'R',
    'UNK',
    'UNK',
  ])
})

test("a visit's period begins and ends with the event where PV1 does not say", () => {
  const evn = 'EVN|X|20260301||||202603010930'
  assert.deepEqual(visitOf({ 2: 'I', 19: 'V1' }, 'ADT^A01', evn).period, {
    start: '2026-03-01T09:30:00-06:00',
  })
  assert.deepEqual(visitOf({ 2: 'I', 19: 'V1', 44: '20260228' }, 'ADT^A03', evn).period, {
    start: '2026-02-28',
    end: '2026-03-01T09:30:00-06:00',
  })
  assert.equal(visitOf({ 2: 'I', 19: 'V1' }, 'ADT^A08', evn).period, undefined)
})

test('a visit is known by its number, else by its account, else by patient and start', () => {
  const ids = (fields: Readonly<Record<number, string>>, account = '') => {
    const event = one(
      header('ADT^A01'),
      segment('PID', { 3: '4711^^^HARBOR^MR', 18: account }),
      segment('PV1', { 2: 'I', ...fields }),
    )
    return { id: resourceOf(event, 'Encounter').id, visit: event.visit?.value }
  }
  assert.equal(ids({ 19: 'V1' }, 'A1').visit, 'V1')
  assert.equal(ids({ 50: 'ALT1' }, 'A1').visit, 'ALT1')
  assert.equal(ids({}, 'A1').visit, 'A1')
  assert.equal(ids({}).visit, undefined)
  assert.equal(ids({ 44: '20260301' }).id, ids({ 44: '20260301', 3: 'moved' }).id)
  assert.notEqual(ids({ 44: '20260301' }).id, ids({ 44: '20260302' }).id)
})

test('what the mapping does not read is named, without what a sender wrote for a name', () => {
  const { findings } = mapped(lines(header('ADT^A08'), pid, 'ZPI|1', 'ZPI|2', 'AVERY SYNTHETIC|1'))
  assert.deepEqual(
    findings.map(({ code, place }) => `${code} ${place}`),
    ['segment_unmapped ZPI', 'segment_unmapped a segment without a name'],
  )
})

test('codes of a site stay out of the tables of the standard', () => {
  const typeOf = (code: string) =>
    JSON.stringify((patientOf(`PID|||1^^^HARBOR^${code}`).identifier as unknown[])[0])
  assert(typeOf('MR').includes('CodeSystem/v2-0203'))
  assert(typeOf('MRN').includes('urn:id:HARBOR:HL70203'))
})

test('what is deleted is told at its place', () => {
  const { findings } = mapped(lines(header('ADT^A08'), 'PID|||1||A^""||""|||||~""'))
  assert.deepEqual(
    findings.filter(({ code }) => code === 'value_deleted').map(({ place }) => place),
    ['PID-5.2', 'PID-7', 'PID-12'],
  )
})

test('a merge names who goes and who stays, and only one refers to the other', () => {
  const event = one(header('ADT^A40'), pid, 'MRG|9^^^HARBOR^MR||||||OLD^NAME')
  assert.deepEqual(event.patient, { system: 'urn:oid:1.2.840.99.1', value: '4711' })
  assert.deepEqual(event.subject, { system: 'urn:oid:1.2.840.99.1', value: '9' })
  const [stays, goes] = event.resources.filter(({ resourceType }) => resourceType === 'Patient')
  assert.deepEqual(stays?.link, [
    {
      other: { type: 'Patient', identifier: { system: 'urn:oid:1.2.840.99.1', value: '9' } },
      type: 'replaces',
    },
  ])
  assert.equal(goes?.active, false)
  assert.deepEqual(goes?.link, [
    { other: { reference: `Patient/${stays?.id}` }, type: 'replaced-by' },
  ])
})

test('several merges in one message are events of their own, each with the same ids', () => {
  const { events } = mapped(lines(header('ADT^A40'), pid, 'MRG|9^^^HARBOR', 'MRG|8^^^HARBOR'))
  assert.deepEqual(
    events.map(({ subject }) => subject?.value),
    ['9', '8'],
  )
  const ids = events.map(event => resourceOf(event, 'Patient').id)
  assert.equal(ids[0], ids[1])
})

test('a patient merged with himself is a finding, and no link', () => {
  const { events, findings } = mapped(lines(header('ADT^A40'), pid, 'MRG|4711^^^HARBOR^MR'))
  const found = events[0]?.resources.filter(({ resourceType }) => resourceType === 'Patient')
  assert.equal(found?.length, 1)
  assert.equal(found?.[0]?.link, undefined)
  assert(findings.some(({ code }) => code === 'merge_with_itself'))
})

test('relatives are contacts and related persons; employers and insurers only contacts', () => {
  const event = one(
    header('ADT^A08'),
    pid,
    'NK1|1|A^B|SPO',
    'NK1|2|C^D|EMR',
    'NK1|3|E^F|C^Emergency^HL70131',
  )
  assert.equal((resourceOf(event, 'Patient').contact as unknown[]).length, 3)
  const related = event.resources.filter(({ resourceType }) => resourceType === 'RelatedPerson')
  assert.deepEqual(
    related.map(({ name }) => (name as { family: string }[])[0]?.family),
    ['A', 'E'],
  )
})

test('severity is of the reaction where one is named, else of the allergy', () => {
  const allergies = one(header('ADT^A08'), pid, 'AL1|1|DA|A^A^L|SV|Rash', 'AL1|2|FA|B^B^L|SV')
    .resources.filter(({ resourceType }) => resourceType === 'AllergyIntolerance')
    .map(({ criticality, reaction }) => [criticality, reaction])
  assert.deepEqual(allergies, [
    [undefined, [{ manifestation: [{ text: 'Rash' }], severity: 'severe' }]],
    ['high', undefined],
  ])
})

test('a coverage always has a payor, unknown where none is named', () => {
  const payor = (in1: string) =>
    JSON.stringify(resourceOf(one(header('ADT^A08'), pid, in1), 'Coverage').payor)
  assert.match(payor('IN1|1|P'), /unknown/)
  assert.match(payor('IN1|1|P||Company'), /organization-1/)
})

test('the operator stays inside the provenance, and nobody becomes a resource by it', () => {
  const event = one(header('ADT^A08'), 'EVN|A08|20260301||01|7^CLERK^CASEY^^^^^^HARBOR', pid)
  const said = resourceOf(event, 'Provenance')
  assert.match(JSON.stringify(said.contained), /CLERK/)
  assert(!event.resources.some(({ resourceType }) => resourceType === 'Practitioner'))
})
