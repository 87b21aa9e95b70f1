// Golden cases of mappings: what is compared, and what is left out of the file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type GoldenCase,
  goldenResult,
  goldenText,
} from '../../src/operate/channel_tests_golden.ts'
import type { DryResult } from '../../src/operate/dry_run.ts'

const event = {
  id: 'e',
  kind: 'patient.admitted',
  occurred_at: '2026-01-05',
  patient: { system: 's', value: 'M1' },
  visit: null,
  resources: { entry: [{ fullUrl: '', resource: { resourceType: 'Patient', id: 'p' } }] },
  deployment: 'd1',
}

const result = (change: object = {}) =>
  ({ dead: undefined, findings: [], events: [{ ...event, ...change }] }) as unknown as DryResult

const golden = (text: string | undefined): GoldenCase => ({
  of: 'harbor/adt.cases',
  name: '01',
  tenant: 'harbor',
  channel: 'adt.cases',
  bytes: Buffer.alloc(0),
  file: 'transforms/harbor/adt.cases/01.json',
  golden: text,
})

test('a golden file does not depend on the deployment', () => {
  assert.equal(goldenText(result()), goldenText(result({ deployment: 'd2', id: 'f' })))
})

test('names each path that differs, and would write what was made', () => {
  const { mismatches, mend } = goldenResult(
    golden(goldenText(result())),
    result({ occurred_at: '2026-01-06' }),
  )
  assert.deepEqual(
    mismatches.map(({ what, expected, actual }) => [what, expected, actual]),
    [['events[0].occurred_at', '"2026-01-05"', '"2026-01-06"']],
  )
  const text = goldenText(result({ occurred_at: '2026-01-06' }))
  assert.deepEqual(mend, { kind: 'text', text })
})

test('a file that is missing, broken, or laid out otherwise fails', () => {
  const whole = (text: string | undefined) => goldenResult(golden(text), result()).mismatches.length
  assert.equal(whole(undefined), 1)
  assert.equal(whole('{'), 1)
  assert.equal(whole(JSON.stringify(JSON.parse(goldenText(result())))), 1)
  assert.equal(whole(goldenText(result())), 0)
})
