// Readiness, part by part: whoever is not ready says which part is not.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Engine } from '../../src/operate/engine.ts'
import { readinessOf } from '../../src/operate/health.ts'
import { channelPlan, tenantPlan } from '../path/toy.ts'

const plan = channelPlan()
const engine = (change: object = {}) =>
  ({
    plan: { tenants: [tenantPlan({ channels: [plan] })] },
    ...{ log: { trouble: undefined }, store: { trouble: undefined }, channels: [{ plan }] },
    ...change,
  }) as unknown as Engine
const disk = { isWritable: () => true, freeBytes: () => 1 }
const well = { data: '/data', disk, draining: false }
const wrong = (of: Engine, context = well) =>
  Object.entries(readinessOf(of, context).parts).filter(([, word]) => word !== 'ok')

it('is ready when all of its parts are', () => {
  assert.equal(readinessOf(engine(), well).ready, true)
  assert.deepEqual(wrong(engine()), [])
})

it('names the part that is not, and what is wrong with it', () => {
  const name = `listener ${plan.tenant}/${plan.channel}`
  assert.deepEqual(wrong(engine({ log: { trouble: 'log_disk_full' } })), [['log', 'log_disk_full']])
  assert.deepEqual(wrong(engine({ store: { trouble: 'store_io' } })), [['store', 'store_io']])
  assert.deepEqual(wrong(engine({ channels: [] })), [[name, 'not open']])
  assert.deepEqual(wrong(engine(), { ...well, draining: true }), [['engine', 'draining']])
  const readOnly = { ...disk, isWritable: () => false }
  assert.deepEqual(wrong(engine(), { ...well, disk: readOnly }), [['disk', 'not writable']])
  const full = { ...disk, freeBytes: () => 0 }
  assert.deepEqual(wrong(engine(), { ...well, disk: full }), [['disk', 'full']])
  assert.equal(readinessOf(engine({ channels: [] }), well).ready, false)
})
