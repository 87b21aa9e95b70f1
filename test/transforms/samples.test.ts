// The sample tenants: each passes its own tests, and they differ in whatever a house can differ in,
// so that one of them is always the nearer one to copy.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { adapters } from '../../adapters/index.ts'
import { loadProject } from '../../src/channel/load.ts'
import { present } from '../../src/kit/assert.ts'
import { logs } from '../../src/logs/index.ts'
import { runChannelTests } from '../../src/operate/channel_tests.ts'
import { sources } from '../../src/sources/index.ts'
import { stores } from '../../src/stores/index.ts'
import { transports } from '../../src/transports/index.ts'

const tables = { adapters, logs, sources, stores, transports }
const root = join(import.meta.dirname, '../..')
const { plan, findings } = await loadProject(root, tables, { env: {}, sets: [] })
const samples = present(plan, 'the samples have no errors')
const tenantOf = (name: string) =>
  present(
    samples.tenants.find(({ tenant }) => tenant === name),
    name,
  )
const [harbor, riverside] = [tenantOf('harbor_clinic'), tenantOf('riverside')]

test('the samples have neither errors nor warnings', () => {
  assert.deepEqual(findings, [])
})

test('every test and golden case of the samples passes, and every channel has one', async () => {
  const ran = await runChannelTests({ plan: samples, tables })
  const failed = ran.results.filter(one => one.mismatches.length > 0)
  assert.deepEqual(
    failed.map(({ of, name, mismatches }) => [of, name, mismatches.map(({ what }) => what)]),
    [],
  )
  assert.deepEqual(ran.findings, [])
  assert.deepEqual(ran.untested, [])
  assert.ok(ran.results.some(({ of }) => of.endsWith('.cases')))
})

test('they differ in every way that the design allows', () => {
  const differ = <T>(read: (tenant: typeof harbor) => T) =>
    assert.notDeepEqual(read(harbor), read(riverside))
  const channels = (tenant: typeof harbor) => tenant.channels
  differ(tenant => tenant.time_zone)
  differ(tenant => tenant.environment)
  differ(tenant => Object.keys(tenant.assigning_authorities).length)
  differ(tenant => tenant.targets.length)
  differ(tenant => tenant.targets.map(({ policy }) => policy !== undefined))
  differ(tenant => tenant.targets.map(({ on_unknown }) => on_unknown))
  differ(tenant => tenant.targets.map(({ rate_per_second }) => rate_per_second))
  differ(tenant => channels(tenant).map(({ charset }) => charset))
  differ(tenant => channels(tenant).map(({ match }) => match))
  differ(tenant => channels(tenant).map(({ accept }) => accept?.when !== undefined))
  differ(tenant => channels(tenant).map(({ on_failure }) => on_failure))
  differ(tenant => channels(tenant).flatMap(({ routes }) => routes.map(({ write }) => write)))
})
