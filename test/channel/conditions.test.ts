// The `when`s of channels: stumbles at their own characters, conditions that never hold, routes
// that nothing reaches.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { conditionOf } from '../../src/channel/conditions.ts'
import { load, SMALLEST } from './toy.ts'

const FILE = 'channels/harbor/adt_in.yaml'
const TENANT = `tenant: harbor
time_zone: America/Chicago
targets:
  chart:
    fhir_r4: { base_url: http://x }
`

async function found(t: TestContext, channel: string) {
  const { findings } = await load(t, {
    [FILE]: `${SMALLEST}${channel}`,
    'channels/harbor/tenant.yaml': TENANT,
    'transforms/harbor/adt.ts': '',
  })
  return findings
    .filter(one => one.rule !== 'unused')
    .map(one => `${one.line}:${one.column} ${one.severity} ${one.rule}`)
}

/** A channel of the base with these conditions, in this order; routes begin on line 9. */
const routed = (whens: readonly string[], more = 'transform: base\naccept: {}\n') => {
  const routes = whens.map((when, i) => `  - name: r${i}\n    to: chart\n    when: ${when}\n`)
  return `${more}routes:\n${routes.join('')}`
}

describe('conditions of a channel', () => {
  it('are read where they are right, and nothing is said', async t => {
    const whens = ['event in [patient.admitted, result.final]', 'Encounter.class.code = IMP']
    assert.deepEqual(await found(t, routed(whens)), [])
    assert.deepEqual(await found(t, 'accept:\n  when: MSH-4 = "RIV" and PID-3[2].4 exists\n'), [])
  })

  it('are refused at the character where they stumble, however YAML writes them', async t => {
    assert.deepEqual(await found(t, 'accept:\n  when: MSH-4 == "RIV"\n'), ['8:16 error when_wrong'])
    assert.deepEqual(await found(t, 'accept:\n  when: \'MSH-4 == "RIV"\'\n'), [
      '8:17 error when_wrong',
    ])
    assert.deepEqual(
      await found(t, 'accept:\n  when: >\n    MSH-4 exists and\n    MSH-x exists\n'),
      ['10:9 error when_wrong'],
    )
    assert.deepEqual(await found(t, routed(['evnt = patient.admitted'])), [
      '12:11 error when_wrong',
    ])
  })

  it('may not ask a message for fields of an event, nor an event for HL7 paths', async t => {
    assert.deepEqual(await found(t, 'accept:\n  when: event = patient.admitted\n'), [
      '8:9 error when_wrong',
    ])
    assert.deepEqual(await found(t, routed(['MSH-4 = "RIV"'])), ['12:11 error when_wrong'])
  })

  it('may not ask for a kind of event that does not exist', async t => {
    assert.deepEqual(await found(t, routed(['event in [patient.admitted, patient.admited]'])), [
      '12:39 error kind_unknown',
    ])
    assert.deepEqual(await found(t, routed(['event matches "patent.*"'])), [
      '12:11 error kind_unknown',
    ])
    assert.deepEqual(await found(t, routed(['event matches "patient.*"'])), [])
  })

  it('may not ask for an element that FHIR does not have, and should ask for values', async t => {
    const whens = ['event exists and Encounter.clas.code = IMP', 'Encounter.class = IMP']
    assert.deepEqual(await found(t, routed(whens)), [
      '12:28 error element_unknown',
      '15:11 warning element_whole',
    ])
    assert.deepEqual(await found(t, routed(['Encounter.class exists', 'Task.status = x'])), [
      '15:11 warning element_unchecked',
    ])
  })

  it('that no message can answer filter everything', async t => {
    assert.deepEqual(await found(t, 'accept:\n  when: MSH-4 = "A" and MSH-4 = "B"\n'), [
      '8:9 error accepts_nothing',
    ])
    assert.deepEqual(await found(t, 'accept:\n  when: PID-3.4 = "A" and PID-3.4 = "B"\n'), [])
    const other = 'accept:\n  messages: [ADT^A01]\n  when: MSH-9.1 = ORU\n'
    assert.deepEqual(await found(t, other), ['9:9 error accepts_nothing'])
  })
})

describe('routes that nothing reaches', () => {
  const only = (...messages: string[]) =>
    `transform: base\naccept: { messages: [${messages.join(', ')}] }\n`

  it('ask for kinds that the accepted messages never become', async t => {
    const whens = ['event = patient.discharged', 'event = patient.admitted']
    assert.deepEqual(await found(t, routed(whens, only('ADT^A01'))), [
      '12:11 error route_unreachable',
    ])
    assert.deepEqual(await found(t, routed(whens, only('ADT'))), [])
    assert.deepEqual(await found(t, routed(['event = result.final'], only('ADT'))), [
      '12:11 error route_unreachable',
    ])
  })

  it('are only warned of where the tenant has a mapping of its own', async t => {
    const own = only('ADT^A01').replace('base', 'harbor/adt')
    assert.deepEqual(await found(t, routed(['event = patient.discharged'], own)), [
      '12:11 warning route_unreachable',
    ])
  })

  it('contradict themselves, or name another channel', async t => {
    for (const when of [
      'event = patient.admitted and event = patient.updated',
      'channel = other',
      'Encounter.status = x and not Encounter.status = x',
    ]) {
      assert.deepEqual(await found(t, routed([when])), ['12:11 error route_unreachable'], when)
    }
  })

  it('stand behind one that takes every event, where the first match counts', async t => {
    const whens = ['event matches "*.*"', 'channel = adt_in', 'event = patient.admitted']
    const first = 'transform: base\nmatch: first\n'
    assert.deepEqual(await found(t, routed(whens, first)), [
      '15:11 error route_unreachable',
      '18:11 error route_unreachable',
    ])
    assert.deepEqual(await found(t, routed(whens)), [])
  })
})

describe('conditionOf', () => {
  it('is undefined where nothing is asked, and the data of what was checked', () => {
    assert.equal(conditionOf(undefined, 'event'), undefined)
    assert.deepEqual(conditionOf('MSH-4 exists', 'message'), { is: 'exists', name: 'MSH-4' })
  })
})
