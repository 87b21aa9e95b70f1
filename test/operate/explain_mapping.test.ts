// Which field became which element, by which line: of a tenant's module, a code table, and the
// base.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASE } from '../../src/operate/base_plan.ts'
import { explainMessage } from '../../src/operate/explain_mapping.ts'
import { message } from '../path/mapping/tenant.ts'
import { TWO_FIELDS, tenantDryRun } from './tenant_dry_run.ts'

const bytes = Buffer.from('MSH|^~\\&|A|B|||20260301||ADT^A01|C1|P|2.5\rPID|1||4711||FIR^ADA')

test('a field of a tenant’s own module leads to its elements and its line', async t => {
  const files = { 'adt.ts': TWO_FIELDS }
  const dry = await tenantDryRun(t, files)
  const explaining = await tenantDryRun(t, files, true)
  const { rows } = await explainMessage(bytes, { of: BASE, dry, explaining })
  const row = (place: string) => rows.find(one => one.place === place)
  assert.deepEqual(row('PID-3'), {
    place: 'PID-3',
    name: 'Patient Identifier List',
    elements: ['event.patient.value'],
    rules: ['transforms/harbor/adt.ts:6'],
  })
  assert.deepEqual(row('PID-5.1')?.elements, ['Patient.name[0].family'])
  assert.deepEqual(row('PID-5.1')?.rules, ['transforms/harbor/adt.ts:7'])
  assert.deepEqual(row('PID-5.2')?.elements, [])
})

test('a code that a table turned leads to the row of the table', async t => {
  const files = {
    'adt.ts': `
      import { adt } from '#base/adt'
      import { codes } from '#sdk'
      export default adt.extend({ codes: { patientClass: codes('./patient_class.csv') } })`,
    'patient_class.csv': 'code,target\nX,AMB\nI,EMER\n',
  }
  const dry = await tenantDryRun(t, files)
  const explaining = await tenantDryRun(t, files, true)
  const { rows, result } = await explainMessage(message('C1'), { of: BASE, dry, explaining })
  assert.equal(result.fate, 'mapped', result.dead?.code)
  const row = rows.find(one => one.place === 'PV1-2')
  assert(row?.elements.includes('Encounter.class.code'), String(row?.elements))
  assert(
    row?.rules.some(rule => /^transforms\/[^/]+\/patient_class\.csv:3$/.test(rule)),
    String(row?.rules),
  )
  assert(row?.rules.some(rule => /^transforms\/base\/.*\.ts:\d+( ← |$)/.test(rule)))
})

test('a message that is not mapped has no rows', async t => {
  const files = { 'adt.ts': TWO_FIELDS }
  const dry = await tenantDryRun(t, files)
  const explained = await explainMessage(Buffer.from('rubbish'), {
    of: BASE,
    dry,
    explaining: dry,
  })
  assert.equal(explained.result.refused, 'frame_not_hl7')
  assert.deepEqual(explained.rows, [])
})
