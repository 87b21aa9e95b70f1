// The repository's own sample tenant, as the plan that would run.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { adapters } from '../../adapters/index.ts'
import { loadProject } from '../../src/channel/load.ts'
import { sources } from '../../src/sources/index.ts'
import { toyTables } from './toy.ts'

const ROOT = resolve(import.meta.dirname, '../..')

test('the sample tenant is a plan without a finding, and its far end may be set', async () => {
  const tables = { ...toyTables, sources, adapters }
  const env = { HARBOR_FHIR_URL: 'http://127.0.0.1:9/fhir' }
  const { plan, findings } = await loadProject(ROOT, tables, { env, sets: [] })
  assert.deepEqual(findings, [])
  const tenant = plan?.tenants.find(one => one.tenant === 'harbor_clinic')
  const [channel] = tenant?.channels ?? []
  assert.equal(channel?.channel, 'adt_in')
  assert.equal(channel?.source.config.port, 2575)
  assert.ok(channel?.transform?.module.startsWith(`${ROOT}/transforms/`))
  assert.equal(tenant?.targets[0]?.adapter, 'fhir_r4')
  assert.equal(tenant?.targets[0]?.config.base_url, env.HARBOR_FHIR_URL)
  assert.equal(tenant?.targets[0]?.in_flight_max, 4)
})
