// Gaps of code tables, counted: by tenant, channel and slot, and never by what a message says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from '../../src/model/log.ts'
import type { Signals } from '../../src/model/signals.ts'
import type { Transformed } from '../../src/path/3_transform.ts'
import { Misses } from '../../src/path/misses.ts'

const record = {} as LogRecord
const mapped = (...slots: readonly (string | undefined)[]): Transformed => ({
  record,
  fate: 'mapped',
  mark: undefined,
  made: { records: [] },
  findings: slots.map(slot => ({
    code: 'code_unmapped',
    place: 'PV1-2',
    text: 'A text.',
    ...(slot === undefined ? {} : { slot }),
  })),
})

function misses() {
  const told: string[] = []
  const signals: Signals = {
    say: () => {},
    count: (name, { tenant, channel, slot }, by) =>
      void told.push(`${name} ${tenant} ${channel} ${slot} ${by}`),
  }
  const kept = new Misses({ tenant: 'harbor', channel: 'adt_in' }, signals)
  return { told, count: (batch: readonly Transformed[]) => kept.count(batch) }
}

test('counts each slot once a batch, over its messages', () => {
  const { told, count } = misses()
  const batch = [mapped('patientClass', 'gender', undefined), mapped('patientClass')]
  count([...batch, { record, fate: 'filtered' }])
  assert.deepEqual(told, [
    'codes_unmapped harbor adt_in patientClass 2',
    'codes_unmapped harbor adt_in gender 1',
  ])
})

test('takes only names for labels, and counts the rest under one', () => {
  const { told, count } = misses()
  count([mapped('SYNTHETIC AVERY', 'x'.repeat(81), '')])
  assert.deepEqual(told, ['codes_unmapped harbor adt_in (others) 3'])
})

test('takes only so many names, over all batches', () => {
  const { told, count } = misses()
  for (let i = 0; i < 200; i++) count([mapped(`./t${i}.csv`)])
  count([mapped('./t0.csv', './t199.csv')])
  const names = new Set(told.map(line => line.split(' ')[3]))
  assert.equal(names.size, 65)
  assert.deepEqual(told.slice(-2), [
    'codes_unmapped harbor adt_in ./t0.csv 1',
    'codes_unmapped harbor adt_in (others) 1',
  ])
})
