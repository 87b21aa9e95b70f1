// What a canonical event must be, and that a refusal names the place and never the content.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventFinding, type EventToWrite, eventText } from '../../src/declare/event_text.ts'
import type { Resource } from '../../src/model/event.ts'
import { canonical, lines, mapped } from '../transforms/base/mapped.ts'

const SECRET = 'AVERYSYNTHETIC'

function sound(): EventToWrite {
  const { events } = mapped(
    lines(
      'MSH|^~\\&|LAB|HARBOR|||20260301150000||ORU^R01|C1|P|2.5.1',
      `PID|||4711^^^HARBOR^MR||${SECRET}^A||19700115|F|||1 Quay Street||5550100`,
      'PV1||I|||||||||||||||||V1',
      'OBR|1||F1|GLU^Glucose^L|||20260301',
      'OBX|1|NM|GLU^Glucose^L||5.4|mg|||||F',
    ),
  )
  const [event] = events
  assert(event !== undefined)
  const { resources } = event
  return JSON.parse(JSON.stringify({ ...canonical(event), resources }))
}

/** Undefined where it is written. */
function refusal(event: EventToWrite): EventFinding | undefined {
  const written = eventText(event)
  return 'text' in written ? undefined : written
}

/** An event with the value at a pointer replaced; `undefined` removes it. */
function changed(pointer: string, value: unknown): EventToWrite {
  const event = sound()
  // The Bundle is made when it is written.
  const given = pointer.replace(/^\/resources\/entry\/(\d+)\/resource/, '/resources/$1')
  const steps = given.split('/').slice(1)
  const last = steps.pop() ?? ''
  let place = event as unknown as Record<string, unknown>
  for (const step of steps) place = place[step] as Record<string, unknown>
  if (value === undefined) delete place[last]
  else place[last] = value
  return event
}

test('takes a sound event', () => assert.equal(refusal(sound()), undefined))

/** Where the first resource of a type stands, whatever else the mapping makes beside it. */
function pointerOf(resourceType: string): string {
  const { resources } = sound()
  const i = resources.findIndex(one => one.resourceType === resourceType)
  assert.ok(i >= 0, `the event has a ${resourceType}`)
  return `/resources/entry/${i}/resource`
}

const patient = pointerOf('Patient')
const encounter = pointerOf('Encounter')
const observation = pointerOf('Observation')
const report = pointerOf('DiagnosticReport')

/** Pointer, what is put there, and the pointer of the finding where it is another. */
const wrong: readonly (readonly [string, unknown, string?])[] = [
  ['/id', 'short'],
  ['/kind', 'patient.eaten'],
  ['/schema_version', 2],
  ['/tenant', 'Not Snake'],
  ['/occurred_at', ''],
  ['/occurred_at', '20260301'],
  ['/recorded_at', '2026-03-01'],
  ['/recorded_at', undefined, ''],
  ['/surprise', 1, ''],
  ['/patient', undefined, ''],
  ['/patient', { system: 'urn:x:y' }],
  ['/patient/system', 'with space'],
  ['/source/sha256', 'x'],
  ['/source/index', -1],
  ['/resources', [], '/resources/entry'],
  [`${patient}/resourceType`, 'patient'],
  [`${patient}/id`, 'an id with spaces'],
  [`${patient}/gender`, 'F'],
  [`${patient}/birthDate`, '1970-1-5'],
  [`${patient}/birthDate`, '1970-01-15T00:00:00Z'],
  [`${patient}/name`, SECRET],
  [`${patient}/name`, []],
  [`${patient}/name/0/use`, 'L'],
  [`${patient}/identifier/0/system`, ''],
  [`${patient}/photo`, []],
  [`${patient}/photo`, null],
  [`${patient}/photo`, {}],
  [
    `${patient}/extension`,
    [{ url: 'urn:x:y', valueString: 'a', valueCode: 'b' }],
    `${patient}/extension/0`,
  ],
  [`${patient}/${SECRET} with space`, 1, patient],
  [
    `${patient}/managingOrganization`,
    { reference: 'Organization/none' },
    `${patient}/managingOrganization/reference`,
  ],
  [
    `${patient}/managingOrganization`,
    { reference: '#none' },
    `${patient}/managingOrganization/reference`,
  ],
  [`${encounter}/status`, undefined, encounter],
  [`${encounter}/status`, 'discharged'],
  [`${encounter}/class`, undefined, encounter],
  [`${encounter}/class`, { system: 'urn:x:y' }],
  [`${encounter}/subject/reference`, `Patient/${SECRET}`],
  [`${observation}/status`, 'F'],
  [`${observation}/code`, undefined, observation],
  [`${observation}/valueQuantity/value`, '5.4'],
  [`${observation}/valueString`, 'too', observation],
  [`${report}/issued`, '2026-03-01'],
  [`${report}/result/0/reference`, 'Observation/none'],
]
for (const [pointer, value, at = pointer] of wrong) {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 30)
  test(`refuses ${shown} at ${pointer}`, () => {
    const finding = refusal(changed(pointer, value))
    assert.equal(finding?.path, at)
    assert(!JSON.stringify(finding).includes(SECRET), 'and tells no content')
  })
}

test('refuses the same resource twice', () => {
  const event = sound()
  const [first] = event.resources
  const twice = [...event.resources, first as Resource]
  const finding = refusal({ ...event, resources: twice })
  assert.equal(finding?.path, `/resources/entry/${twice.length - 1}/resource`)
})

test('takes references to the outside, to what is contained, and resources of other types', () => {
  for (const reference of ['http://ehr.example/Patient/1', 'urn:uuid:1', '#inside']) {
    const basic = {
      resourceType: 'Basic',
      id: 'b1',
      contained: [{ resourceType: 'Patient', id: 'inside' }],
      subject: { reference },
    }
    assert.equal(refusal(changed('/resources/4', basic)), undefined)
  }
})

test('ends on what is nested without end', () => {
  let deep: unknown = 'x'
  for (let i = 0; i < 5_000; i++) deep = { inner: deep }
  assert.match(refusal(changed(`${patient}/deep`, deep))?.what ?? '', /nested/)
})
