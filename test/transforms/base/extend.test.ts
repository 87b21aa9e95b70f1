// What tenants put over the base: functions at steps and code tables in slots, and what is refused.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseCodeTable } from '../../../src/codecs/code_table.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { Failure } from '../../../src/model/errors.ts'
import type { Finding, Resource } from '../../../src/model/event.ts'
import { adt } from '../../../transforms/base/adt.ts'
import { slots } from '../../../transforms/base/codes.ts'
import type { Extensible } from '../../../transforms/base/extensible.ts'
import base from '../../../transforms/base/index.ts'
import { stepNames } from '../../../transforms/base/steps.ts'
import type { Extension } from '../../../transforms/base/tailoring.ts'
import { facts, lines } from './mapped.ts'

const golden = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../corpus/base', `${name}.hl7`))

const message = lines(
  'MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260301101500||ADT^A01|C1|P|2.5.1',
  'PID|||4711^^^HARBOR^MR||SYNTHETIC^AVERY||19700115|X',
  'PV1||Q|||||77^GROVE^PAT|||||||||||||V1',
  'ZPI|1|||BADGE-7',
)

function map(mapping: Extensible, raw = message) {
  const findings: Finding[] = []
  const report = (finding: Finding) => void findings.push(finding)
  const events = mapping.map(readMessage(raw), { facts, report })
  return { events, findings }
}

function madeOf(mapping: Extensible, type: string, raw = message): Resource {
  const made = map(mapping, raw).events[0]?.resources.find(one => one.resourceType === type)
  assert(made !== undefined, type)
  return made
}

test("a tenant's function pushes to lists that the message left empty", () => {
  const mapping = adt.extend({
    patient(patient, from) {
      patient.identifier.push({ system: 'urn:harbor:badge', value: from.text('ZPI-4') })
      patient.photo.push({})
    },
  })
  const patient = madeOf(mapping, 'Patient')
  assert.deepEqual((patient.identifier as unknown[]).at(-1), {
    system: 'urn:harbor:badge',
    value: 'BADGE-7',
  })
  assert.equal(patient.photo, undefined, 'what stays empty is left out')
  assert.equal(madeOf(adt, 'Patient').photo, undefined)
})

test('extend is chainable, keeps the order, and changes nothing in place', () => {
  const say = (text: string): Extension => ({
    patient: patient => void patient.name.push({ text }),
  })
  const first = adt.extend(say('first'))
  const both = first.extend(say('second'))
  const texts = (mapping: Extensible) =>
    (madeOf(mapping, 'Patient').name as { text?: string }[]).flatMap(({ text }) => text ?? [])
  assert.deepEqual(texts(both), ['first', 'second'])
  assert.deepEqual(texts(first), ['first'])
  assert.deepEqual(texts(adt), [])
})

test('each step of the base can be extended', () => {
  const seen = new Set<string>()
  const steps = Object.fromEntries(stepNames.map(name => [name, () => void seen.add(name)]))
  const mapping = base.extend(steps)
  for (const name of ['adt_a01_with_all_segments', 'adt_a28_person_registered', 'oru_r01_values']) {
    map(mapping, golden(name))
  }
  for (const name of ['oru_r01_microbiology', 'oru_r01_participations']) map(mapping, golden(name))
  assert.deepEqual([...seen].sort(), [...stepNames].sort())
})

test('type and id of a resource are not for a step to change', () => {
  const mapping = adt.extend({
    patient: patient => void Object.assign(patient, { id: 'x', resourceType: 'Group' }),
  })
  assert.equal(madeOf(mapping, 'Patient').id, madeOf(adt, 'Patient').id)
})

test('the event step changes kind and resources', () => {
  const mapping = adt.extend({
    event(event) {
      event.kind = 'patient.registered'
      event.resources = event.resources.filter(one => one.resourceType === 'Patient')
    },
  })
  const [event] = map(mapping).events
  assert.equal(event?.kind, 'patient.registered')
  assert.deepEqual(
    event?.resources.map(one => one.resourceType),
    ['Patient'],
  )
})

test('a step has its segments, the facts and the helpers of the base at hand', () => {
  const mapping = adt.extend({
    encounter(encounter, from, at) {
      const zpi = from.segment('ZPI')
      assert.equal(at.segment?.name, 'PV1')
      assert.equal(at.facts.tenant, 'harbor')
      const identifier = zpi && at.identifier(zpi.field(4))
      if (identifier !== undefined) encounter.identifier.push(identifier)
      at.report('badge_seen', 'ZPI-4', 'A badge.')
    },
  })
  const { events, findings } = map(mapping)
  assert.match(JSON.stringify(events), /BADGE-7/)
  assert(findings.some(({ code, place }) => code === 'badge_seen' && place === 'ZPI-4'))
})

test('a step that throws costs the message, and is told by its name and place only', () => {
  const mapping = adt.extend({
    patient(_patient, from) {
      throw new TypeError(from.text('PID-5.1'))
    },
  })
  assert.throws(
    () => map(mapping),
    (thrown: unknown) => {
      assert(thrown instanceof Failure)
      assert.equal(thrown.code, 'mapping_failed')
      assert.equal(thrown.facts.step, 'patient')
      assert.equal(thrown.facts.error, 'TypeError')
      assert.match(String(thrown.facts.at), /^extend\.test\.ts:\d+$/)
      assert.doesNotMatch(JSON.stringify(thrown.facts), /SYNTHETIC/)
      return true
    },
  )
})

test('a step that answers with a promise is refused: it would change what is gone', () => {
  const mapping = adt.extend({ patient: (async () => {}) as () => void })
  assert.throws(() => map(mapping), { code: 'mapping_failed' })
})

test("a tenant's codes come first, then the official map, and a miss is told with its slot", () => {
  const misses = (mapping: Extensible) =>
    map(mapping).findings.flatMap(({ code, place, slot }) =>
      code === 'code_unmapped' ? [`${place} ${slot}`] : [],
    )
  assert.deepEqual(misses(adt), ['PID-8 gender', 'PV1-2 patientClass'])
  const mapping = adt.extend({
    codes: {
      gender: parseCodeTable('code,target\nX,other\n', './gender.csv'),
      patientClass: parseCodeTable('code,target\nQ,OBSENC\n', './patient_class.csv'),
    },
  })
  assert.deepEqual(misses(mapping), [])
  assert.equal(madeOf(mapping, 'Patient').gender, 'other')
  assert.deepEqual(madeOf(mapping, 'Encounter').class, {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    code: 'OBSENC',
  })
})

test('a row may name a system and a display of its own, or that a code means nothing', () => {
  const table = 'code,target,system,display\nQ,Q1,urn:harbor:class,Quarantine\n'
  const own = adt.extend({ codes: { patientClass: parseCodeTable(table, './c.csv') } })
  assert.deepEqual(madeOf(own, 'Encounter').class, {
    system: 'urn:harbor:class',
    code: 'Q1',
    display: 'Quarantine',
  })
  const none = adt.extend({ codes: { gender: parseCodeTable('code,target\nX,\n', './g.csv') } })
  const { findings } = map(none)
  assert(!findings.some(({ slot }) => slot === 'gender'))
})

function refusal(extension: unknown): string {
  try {
    adt.extend(extension as Extension)
  } catch (thrown) {
    assert(thrown instanceof Failure)
    const { name, file, line, column, what } = thrown.facts
    return `${thrown.code}: ${name ?? `${file}:${line}:${column}`}: ${what}`
  }
  return 'taken'
}

test('an unknown step or slot is refused when the module is loaded, with what was meant', () => {
  assert.equal(
    refusal({ pateint: () => {} }),
    'extension_invalid: pateint: no step of the base; did you mean patient?',
  )
  assert.equal(
    refusal({ codes: { patientClas: parseCodeTable('code,target\n', './x.csv') } }),
    'extension_invalid: patientClas: no code slot of the base; did you mean patientClass?',
  )
  assert.equal(refusal({ patient: 7 }), 'extension_invalid: patient: a step is a function')
  assert.match(refusal({ codes: { gender: {} } }), /a code slot takes codes/)
})

test('a target outside of a required value set is refused with its place', () => {
  const gender = parseCodeTable('code,target\nM,male\nF,femal\n', './gender.csv')
  assert.equal(
    refusal({ codes: { gender } }),
    'code_table_invalid: ./gender.csv:3:3: no code that gender may take; did you mean female?',
  )
})

test('README.md of the base names every step and every slot', () => {
  const readme = readFileSync(
    join(import.meta.dirname, '../../../transforms/base/README.md'),
    'utf8',
  )
  const missing = [...stepNames, ...Object.keys(slots)].filter(
    name => !readme.includes(`\`${name}\``),
  )
  assert.deepEqual(missing, [])
})
