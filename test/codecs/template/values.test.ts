// What stands at the paths of a template, for whole events and for single resources.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTemplate } from '../../../src/codecs/template/parse.ts'
import {
  fieldOf,
  plainFields,
  type Subject,
  templateFields,
  valueFor,
} from '../../../src/codecs/template/values.ts'
import { Failure } from '../../../src/model/errors.ts'
import { bundle, canonicalEvent, encounter, patient, writeIntent } from '../../path/toy.ts'
import { intentOf } from '../hl7v2/outbound/samples.ts'

const event = canonicalEvent({
  resources: bundle([
    patient('M1', { birthDate: '1980-02', name: [{ given: ['A', 'B'] }, { family: 'C' }] }),
    { ...encounter(), period: { start: '2026-01-05T08:09:10.5-06:00', end: '' } },
    { ...encounter('V2'), status: 'finished' },
  ]),
})
const whole: Subject = { intent: intentOf(event, 'event'), known: {}, target_id: '7' }
const single: Subject = {
  intent: writeIntent({ resource: encounter() }),
  known: { 'Patient/p-M1': 'there' },
  target_id: undefined,
}

function value(text: string, subject = whole): unknown {
  const parsed = parseTemplate(`{${text}}`)
  const [expression] = 'template' in parsed ? parsed.template : []
  assert.ok(typeof expression === 'object', text)
  return valueFor(expression, subject)
}

const fails = (code: string, path: string) => (cause: unknown) =>
  cause instanceof Failure && cause.code === code && cause.facts.path === path

describe('a path of a template', () => {
  it('means the facts of the event, by the names that `when` knows, and more', () => {
    assert.equal(value('event'), 'patient.admitted')
    assert.equal(value('patient.value'), 'M1')
    assert.equal(value('visit.system'), 'urn:oid:2.999.1')
    assert.equal(value('message_type'), 'ADT^A01')
    assert.equal(value('target_id'), '7')
    for (const name of Object.keys(templateFields)) {
      if (name !== 'resource') assert.notEqual(value(name), undefined, name)
    }
  })

  it('means the first of a list, unless it counts', () => {
    assert.deepEqual(value('Patient.name.given'), ['A', 'B'])
    assert.equal(value('Patient.name.given[0]'), 'A')
    assert.equal(value('Patient.name[0].given[1]'), 'B')
    assert.equal(value('Patient.name[1].family'), 'C')
    assert.equal(value('Encounter.status'), 'in-progress')
    assert.equal(value('Encounter[1].status'), 'finished')
  })

  it('means the first of a list in which something stands, where it says so', () => {
    assert.equal(value('Encounter[status="finished"].identifier.value'), 'V2')
    assert.equal(value('Patient.identifier[system="urn:oid:2.999.1"].value'), 'M1')
    const none = 'Patient.identifier[system="urn:x"].value'
    assert.throws(() => value(none), fails('template_value_missing', none))
  })

  it('means the resource of the write where the target takes resources', () => {
    assert.equal(value('resource.status', single), 'in-progress')
    assert.equal(value('Encounter.status', single), 'in-progress')
    assert.equal(value('Encounter.subject.reference | target_id', single), 'there')
    assert.throws(() => value('Patient.id', single), fails('template_value_missing', 'Patient.id'))
  })

  it('that leads nowhere is named; a default or omit says what then', () => {
    for (const path of ['Patient.name[2].family', 'Encounter.period.end', 'Patient.__proto__.x']) {
      assert.throws(() => value(path), fails('template_value_missing', path))
    }
    assert.equal(value('Encounter.period.end | "open"'), 'open')
    assert.equal(value('Encounter.period.end | ""'), '')
    assert.equal(value('Encounter.period.end | omit'), undefined)
  })

  it('is written as a date in its own words, as far as it says them', () => {
    assert.equal(value('Encounter.period.start | date'), '2026-01-05')
    assert.equal(
      value('Encounter.period.start | date("DD.MM.YYYY HH:mm:ss")'),
      '05.01.2026 08:09:10',
    )
    assert.equal(value('Patient.birthDate | date("MM/YYYY")'), '02/1980')
    const unfit = fails('template_value_unfit', 'Patient.birthDate')
    assert.throws(() => value('Patient.birthDate | date'), unfit)
    assert.throws(
      () => value('patient.value | date'),
      fails('template_value_unfit', 'patient.value'),
    )
  })

  it('is JSON or part of a URL where a filter says so', () => {
    assert.equal(value('Patient.name[0].given | json'), '["A","B"]')
    assert.equal(value('patient.system | url'), 'urn%3Aoid%3A2.999.1')
    const markup = valueFor(
      {
        path: 'x',
        steps: ['Patient', 'note'],
        filters: [{ is: 'markup' }],
        omits: false,
        at: 0,
        fallback: undefined,
      },
      { ...single, intent: writeIntent({ resource: patient('M1', { note: '<!all> & more' }) }) },
    )
    assert.equal(markup, '&lt;!all&gt; &amp; more')
    const path = 'Encounter.subject.reference'
    assert.throws(() => value(`${path} | target_id`), fails('target_reference_missing', path))
  })

  it('says of each field whether a URL may show it', () => {
    assert.equal(fieldOf({ steps: ['patient', 'value'] }), 'patient.value')
    assert.equal(fieldOf({ steps: ['Patient', 'id'] }), undefined)
    assert.ok(plainFields.has('intent_id') && !plainFields.has('patient.value'))
  })
})
