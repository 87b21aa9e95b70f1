// Files into events, Bundles and counts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CanonicalEvent, Resource } from '../../src/model/event.ts'
import type { DryResult } from '../../src/operate/dry_run.ts'
import { bundleOf, failureOfFile, MapTally } from '../../src/operate/map.ts'

const nothing: DryResult = {
  raw_id: 'r',
  control_id: 'C',
  message_type: 'ADT^A01',
  refused: undefined,
  ack: { code: 'AA', text: '' },
  fate: 'mapped',
  findings: [],
  events: [],
  routed: [],
  intents: [],
  dead: undefined,
  reads: [],
}

const result = (change: Partial<DryResult>): DryResult => ({ ...nothing, ...change })

/** Only what a Bundle is made of. */
const event = (...resources: Resource[]) =>
  ({
    resources: {
      entry: resources.map(resource => ({ fullUrl: `u/${resource.id}`, resource })),
    },
  }) as unknown as CanonicalEvent

test('a Bundle holds each resource once, in its fullest form and in the place of the first', () => {
  const patient = { resourceType: 'Patient', id: 'p' }
  const fuller = { ...patient, gender: 'female' }
  const report = { resourceType: 'DiagnosticReport', id: 'd' }
  const file = {
    name: 'a.hl7',
    results: [result({ events: [event(patient, report), event(fuller)] }), result({})],
  }
  const { entry } = bundleOf(file)
  assert.deepEqual(
    entry.map(({ resource }) => resource),
    [fuller, report],
  )
})

test('a file fails by its dead message before its filtered one', () => {
  const dead = { code: 'segment_missing', facts: { segment: 'PID' } } as const
  const filtered = result({ fate: 'filtered' })
  const of = (...results: DryResult[]) => failureOfFile({ name: 'a', results })?.code
  assert.equal(of(filtered, result({ fate: 'dead', dead })), 'segment_missing')
  assert.equal(of(filtered), 'filtered')
  assert.equal(of(nothing), undefined)
})

test('reasons are counted by code and detail, with the files where they first came', () => {
  const tally = new MapTally()
  const dead = { code: 'segment_missing', facts: { segment: 'PID' } } as const
  for (let i = 0; i < 5; i++)
    tally.add({ name: `${i}.hl7`, results: [result({ fate: 'dead', dead }), nothing] })
  const place = (i: number) => ({ code: 'code_unmapped', place: `OBX[${i}]-5`, text: 'x' })
  tally.add({ name: 'last.hl7', results: [result({ findings: [place(2), place(3)] })] })
  assert.deepEqual(tally.summary(), {
    files: 6,
    messages: 11,
    mapped: 6,
    events: 0,
    not_mapped: [
      {
        code: 'segment_missing',
        detail: 'segment: PID',
        messages: 5,
        examples: ['0.hl7', '1.hl7', '2.hl7'],
      },
    ],
    findings: [{ code: 'code_unmapped', detail: 'OBX-5', messages: 1, examples: ['last.hl7'] }],
  })
})
