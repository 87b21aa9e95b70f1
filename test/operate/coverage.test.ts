// What is not carried, found by blanking: on messages of which it is known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASE } from '../../src/operate/base_plan.ts'
import { CoverageTally } from '../../src/operate/coverage.ts'
import { TWO_FIELDS, tenantDryRun } from './tenant_dry_run.ts'

const MESSAGE = 'MSH|^~\\&|A|B|||20260301||ADT^A01|C1|P|2.5\rPID|1||4711^^^H||FIR^ADA|X\rZPI|1|a'

test('names what is not carried by the shortest path, once a message', async t => {
  const dry = await tenantDryRun(t, { 'adt.ts': TWO_FIELDS })
  const tally = new CoverageTally()
  const file = { name: 'a.hl7', bytes: Buffer.from(`${MESSAGE}\rZPI|2|b\r${MESSAGE}`) }
  await tally.add(file, BASE, dry)
  const found = tally.summary(false)
  assert.equal(found.messages, 2)
  assert.equal(found.not_examined, 0)
  // MSH-9 in two parts, MSH-10, MSH-12, PID-3.1 and PID-5.1 of each message.
  assert.equal(found.carried, 12)
  assert.deepEqual(
    found.not_carried.map(({ path, messages }) => `${path} ${messages}`),
    [
      'MSH-3 2',
      'MSH-4 2',
      'MSH-7 2',
      'MSH-11 2',
      'PID-1 2',
      'PID-3.4 2',
      'PID-5.2 2',
      'PID-6 2',
      'ZPI 2',
    ],
  )
  assert.equal(found.not_carried.find(({ path }) => path === 'PID-5.2')?.name, 'Patient Name')
})

test('shows no values unless they are asked for', async t => {
  const dry = await tenantDryRun(t, { 'adt.ts': TWO_FIELDS })
  const tally = new CoverageTally()
  await tally.add({ name: 'a.hl7', bytes: Buffer.from(MESSAGE) }, BASE, dry)
  assert(!JSON.stringify(tally.summary(false)).includes('ADA'))
  const row = tally.summary(true).not_carried.find(({ path }) => path === 'PID-5.2')
  assert.deepEqual(row?.values, ['ADA'])
})

test('a message that is not mapped is counted apart', async t => {
  const dry = await tenantDryRun(t, { 'adt.ts': 'export default { types: [], map() { throw 1 } }' })
  const tally = new CoverageTally()
  await tally.add({ name: 'a.hl7', bytes: Buffer.from(MESSAGE) }, BASE, dry)
  assert.deepEqual(tally.summary(false), {
    messages: 0,
    not_mapped: 1,
    values: 0,
    carried: 0,
    not_examined: 0,
    not_carried: [],
  })
})
