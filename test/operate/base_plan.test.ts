// The plan behind `firth map` where there is no project.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASE, basePlan } from '../../src/operate/base_plan.ts'
import { openDryRun } from '../../src/operate/dry_run.ts'
import { message } from '../path/mapping/tenant.ts'

test('maps by the base mappings, in UTC, and names the engine as its deployment', async () => {
  const tables = { sources: {}, transports: {}, adapters: {}, logs: {}, stores: {} }
  const plan = await basePlan()
  const dry = openDryRun(plan, tables)
  try {
    const { fate, events } = await dry.run({ ...BASE, bytes: message('C1') })
    assert.equal(fate, 'mapped')
    assert.equal(events[0]?.recorded_at, '2026-03-01T10:15:00.000Z')
    assert.match(events[0]?.deployment ?? '', /^[0-9a-f]{16}$/)
    assert.equal((await basePlan()).tenants[0]?.deployment, plan.tenants[0]?.deployment)
  } finally {
    await dry.close()
  }
})
