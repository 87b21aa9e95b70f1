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
  const [tenant] = plan?.tenants ?? []
  assert.equal(tenant?.tenant, 'harbor_clinic')
  assert.deepEqual(
    tenant?.channels.map(one => [one.channel, one.source.config.port, one.transform?.module]),
    [
      ['adt_in', 2575, `${ROOT}/transforms/base/index.ts`],
      ['oru_in', 2576, `${ROOT}/transforms/base/index.ts`],
    ],
  )
  assert.equal(tenant?.targets[0]?.adapter, 'fhir_r4')
  assert.equal(tenant?.targets[0]?.config.base_url, env.HARBOR_FHIR_URL)
  assert.equal(tenant?.targets[0]?.in_flight_max, 4)
  assert.equal(tenant?.transforms, undefined)
})
