// What a check says of HTTP targets before anything is sent, each at its place.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { http } from '../../../adapters/http/http.ts'
import { settingsOf, type Told, tickets } from './settings.ts'

const findings = (told: Told) => http.lint?.(settingsOf(told)) ?? []

/** The one finding of a request that is otherwise sound. */
function only(request: Told, more: Told = {}) {
  const all = findings({ request: { path: '/x', body: {}, ...request }, ...more })
  const [first] = all
  assert.ok(first !== undefined && all.length === 1, JSON.stringify(all))
  return first
}

describe('a check of an HTTP target', () => {
  it('finds nothing wrong with a sound one', () => {
    assert.deepEqual(findings(tickets), [])
  })

  it('names elements that FHIR does not have, fields that there are not, and what was meant', () => {
    const birth = only({ body: { a: { b: 'born {Patient.birthdate}' } } })
    assert.deepEqual([birth.path, birth.at, birth.severity], ['/request/body/a/b', 5, 'error'])
    assert.match(birth.remedy, /`birthDate`/)
    const chosen = only({ body: ['{Patient.telecom[sistem="email"].value}'] })
    assert.match(chosen.remedy, /`system`/)
    assert.match(only({ body: ['{Patiant.id}'] }).remedy, /`Patient`/)
    assert.match(only({ body: ['{visit.number}'] }).what, /names nothing of an event/)
  })

  it('stumbles over braces and filters at their character', () => {
    const open = only({ body: { text: 'a {event' } })
    assert.deepEqual([open.path, open.at], ['/request/body/text', 2])
    assert.match(only({ headers: { 'x-a': '{event | big}' } }).what, /no filter `big`/)
    assert.match(only({ body: { a: 'x {event | omit}' } }).what, /`omit` leaves out/)
  })

  it('refuses an element where a value is meant, and takes it as a whole', () => {
    const name = only({ body: { a: 'for {Patient.name[0]}' } })
    assert.deepEqual([name.at, name.remedy.includes('{Patient.name[0].family}')], [4, true])
    const whole = { a: '{Patient.name[0]}', b: ['x {Patient.name | json}'] }
    assert.deepEqual(findings({ request: { path: '/x', body: whole } }), [])
  })

  it('knows what YAML makes of a template without quotes', () => {
    assert.match(only({ body: { a: { 'Patient.birthDate': null } } }).remedy, /into quotes/)
  })

  it('warns of the patient in a URL, unless the settings say that it has to be', () => {
    const path = '/x?number={patient.value}'
    const warned = only({ path })
    assert.deepEqual([warned.severity, warned.path, warned.at], ['warning', '/request/path', 10])
    assert.deepEqual(findings({ request: { path, patient_in_url: true } }), [])
    assert.deepEqual(findings({ request: { path: '/x/{intent_id}?kind={event}' } }), [])
  })

  it('refuses paths that leave base_url or are none', () => {
    for (const path of ['/a/../b', '/a b', '/a#b', '/a//b', '/ä']) {
      assert.match(only({ path }).what, /no path below base_url/, path)
    }
  })

  it('refuses headers that are not to be set here', () => {
    assert.match(only({ headers: { Host: 'a' } }).what, /belongs to the connection/)
    assert.match(only({ headers: { Authorization: 'a' } }).remedy, /`auth`/)
    assert.match(only({ headers: { 'a b': 'a' } }).what, /no name of a header/)
    assert.match(only({ headers: { 'x-a': 'a\nb' } }).what, /one line/)
    const keyed = { idempotency_key: 'X-Key' }
    assert.match(only({ headers: { 'x-key': 'a' } }, keyed).what, /idempotency_key is set here/)
  })

  it('refuses a body that no encoding is known for', () => {
    const as = (type: string, body: unknown) => only({ headers: { 'content-type': type }, body })
    assert.match(as('application/octet-stream', 'x').what, /not known how values are encoded/)
    assert.match(as('application/xml', { a: 1 }).what, /becomes JSON/)
    const linked = { headers: { 'Content-Type': 'application/ld+json' }, path: '/x', body: {} }
    assert.deepEqual(findings({ request: linked }), [])
  })

  it('knows what is not known: the id in a first request, the message of a single resource', () => {
    assert.match(only({ path: '/x/{target_id}' }).what, /not known here/)
    const single = { takes: 'resource' }
    const reference = '{Encounter.subject.reference | target_id}'
    assert.match(only({ body: [reference] }).what, /knows no ids/)
    assert.deepEqual(findings({ ...single, request: { path: '/x', body: [reference] } }), [])
    assert.match(only({ body: ['{message_type}'] }, single).what, /takes resources/)
    assert.match(only({ body: ['{resource.id}'] }).what, /takes events/)
    assert.deepEqual(findings({ ...single, request: { path: '/x', body: '{resource.id}' } }), [])
  })

  it('stumbles over a rule at its character', () => {
    const rule = only({}, { outcomes: [{ when: 'status = 200 and state = 1', outcome: 'ok' }] })
    assert.deepEqual([rule.path, rule.at], ['/outcomes/0/when', 17])
  })

  it('asks for the id where something needs it, and for a mark that finds', () => {
    const { id: _, ...without } = tickets
    const places = findings(without).map(({ path }) => path)
    assert.deepEqual(places, ['/update', '/retract', '/find', '/verify'])
    const find = { path: '/x', where: {}, id: 'id' }
    const marked = only({}, { id: 'body.id', find, update: { path: '/x' } })
    assert.match(marked.what, /tells ours from others/)
    const warned = only({}, { id: 'body.id', takes: 'resource' })
    assert.deepEqual([warned.path, warned.severity], ['/id', 'warning'])
  })
})
