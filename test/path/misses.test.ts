// Gaps of code tables, counted: by tenant, channel and slot, and never by what a message says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from '../../src/model/log.ts'
import type { Signals } from '../../src/model/signals.ts'
import type { Transformed } from '../../src/path/3_transform.ts'
import { countMisses } from '../../src/path/misses.ts'

const record = {} as LogRecord
const mapped = (...slots: readonly (string | undefined)[]): Transformed => ({
  record,
  fate: 'mapped',
  mark: undefined,
  events: [],
  findings: slots.map(slot => ({
    code: 'code_unmapped',
    place: 'PV1-2',
    text: 'A text.',
    ...(slot === undefined ? {} : { slot }),
  })),
})

function counted(batch: readonly Transformed[]): readonly string[] {
  const told: string[] = []
  const signals: Signals = {
    say: () => {},
    count: (name, { tenant, channel, slot }, by) =>
      void told.push(`${name} ${tenant} ${channel} ${slot} ${by}`),
  }
  countMisses(batch, { tenant: 'harbor', channel: 'adt_in' }, signals)
  return told
}

test('counts each slot once a batch, over its messages', () => {
  const batch = [mapped('patientClass', 'gender', undefined), mapped('patientClass')]
  assert.deepEqual(counted([...batch, { record, fate: 'filtered' }]), [
    'codes_unmapped harbor adt_in patientClass 2',
    'codes_unmapped harbor adt_in gender 1',
  ])
})

test('takes only names for labels, and only so many', () => {
  assert.deepEqual(counted([mapped('SYNTHETIC AVERY', 'x'.repeat(81), '')]), [])
  const flood = Array.from({ length: 200 }, (_, i) => `./t${i}.csv`)
  assert.equal(counted([mapped(...flood)]).length, 64)
})
