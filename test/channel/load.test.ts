// A whole project in, findings or a frozen plan out.
import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadProject } from '../../src/channel/load.ts'
import { briefly, load, project, SMALLEST, toyTables } from './toy.ts'

const TENANT = `tenant: harbor
name: Harbor Clinic
time_zone: America/Chicago
environment: production
assigning_authorities: { HARBOR: urn:oid:1.2.3 }
targets:
  chart:
    fhir_r4:
      base_url: \${CHART:-http://127.0.0.1:8103/fhir}
      token: \${TOKEN}
    limits:
      in_flight: 2
`
const FULL = `${SMALLEST}accept:
  messages: [ADT^A01, ORU]
transform: harbor/adt
routes:
  - name: chart
    to: chart
`

test('a channel of only channel, tenant, about and source is a plan without tenant.yaml', async t => {
  const { plan, findings } = await load(t, { 'channels/harbor/adt_in.yaml': SMALLEST })
  assert.deepEqual(findings, [])
  const tenant = plan?.tenants[0]
  assert.equal(tenant?.name, 'harbor')
  assert.equal(tenant?.time_zone, undefined)
  assert.deepEqual(tenant?.channels[0]?.source, {
    kind: 'mllp',
    config: { port: 2575, host: '127.0.0.1', ack: 'commit', verbose: false },
  })
  assert.equal(tenant?.channels[0]?.transform, undefined)
  assert.deepEqual(tenant?.channels[0]?.routes, [])
})

test('a whole project becomes a plan with its variables filled in', async t => {
  const folder = await project(t, {
    'channels/harbor/adt_in.yaml': FULL,
    'channels/harbor/tenant.yaml': TENANT,
    'transforms/harbor/adt.ts': 'export default {}',
  })
  const options = { env: { TOKEN: 'geheim' }, sets: [] }
  const { plan, findings } = await loadProject(folder, toyTables, options)
  assert.deepEqual(findings, [])
  const [tenant] = plan?.tenants ?? []
  assert.deepEqual(tenant?.targets, [
    {
      name: 'chart',
      adapter: 'fhir_r4',
      config: { base_url: 'http://127.0.0.1:8103/fhir', token: 'geheim' },
      environment: 'production',
      takes: 'resource',
      in_flight_max: 2,
      rate_per_second: undefined,
      on_unknown: 'verify',
      policy: undefined,
    },
  ])
  assert.equal(tenant?.transforms, `${folder}/transforms/harbor`)
  const [channel] = tenant?.channels ?? []
  assert.deepEqual(channel?.accept, { messages: ['ADT^A01', 'ORU'], when: undefined })
  assert.deepEqual(channel?.transform, {
    name: 'harbor/adt',
    module: `${folder}/transforms/harbor/adt.ts`,
  })
  const usual = {
    retry: { wait_ms_min: 1_000, wait_ms_max: 300_000, for_ms: 86_400_000 },
    order: 'patient',
    on_dead: 'continue',
  }
  assert.deepEqual(channel?.on_failure, usual)
  assert.deepEqual(channel?.routes, [
    { name: 'chart', to: 'chart', when: undefined, write: undefined, on_failure: usual },
  ])
})

test('a plan cannot be changed', async t => {
  const { plan } = await load(t, { 'channels/harbor/adt_in.yaml': SMALLEST })
  assert.throws(() => {
    Object.assign(plan?.tenants[0]?.channels[0]?.source.config ?? {}, { port: 1 })
  }, TypeError)
})

test('findings of all files are told at once, by file and place', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': SMALLEST.replace('2575', '70000').replace('about', 'abuot'),
    'channels/harbor/tenant.yaml': 'tenant: harbor\ntime_zone: Mars/Phobos\n',
    'firth.yaml': 'limits:\n  mapping_ms_max: soon\n',
  })
  assert.equal(loaded.plan, undefined)
  assert.deepEqual(briefly(loaded), [
    'channels/harbor/adt_in.yaml:1:10 warning about_missing',
    'channels/harbor/adt_in.yaml:3:1 error unknown_key',
    'channels/harbor/adt_in.yaml:6:11 error wrong_value',
    'channels/harbor/tenant.yaml:2:12 error time_zone_unknown',
    'firth.yaml:2:19 error wrong_value',
  ])
})

test('a warning alone does not keep a project from running', async t => {
  const text = SMALLEST.replace('about: Admissions.\n', '')
  const { plan, findings } = await load(t, { 'channels/harbor/adt_in.yaml': text })
  assert.equal(findings[0]?.severity, 'warning')
  assert.notEqual(plan, undefined)
})

test('files in channels/ itself belong to the tenant that they name', async t => {
  const { plan } = await load(t, {
    'channels/adt_in.yaml': SMALLEST,
    'channels/tenant.yaml': 'tenant: harbor\nname: Harbor Clinic\n',
    'channels/other/feed.yaml': 'channel: feed\ntenant: other\nabout: X.\nsource: { timer: {} }\n',
  })
  assert.deepEqual(
    plan?.tenants.map(one => [one.name, one.channels.map(({ file }) => file)]),
    [
      ['Harbor Clinic', ['channels/adt_in.yaml']],
      ['other', ['channels/other/feed.yaml']],
    ],
  )
})

test('a folder without channels/ is said to be none', async t => {
  const folder = await project(t, {})
  const loaded = await loadProject(`${folder}/nowhere`, toyTables, { env: {}, sets: [] })
  assert.deepEqual(briefly(loaded), ['channels:1:1 error project_missing'])
})

test('a file that was saved by half is findings in words, wherever it was cut', async t => {
  const whole = `${FULL.replace('    to: chart', '    when: event = patient.admitted\n    to: chart')}on_failure:\n  retry: { backoff: 1s..5m }\n`
  const folder = await project(t, {
    'channels/harbor/tenant.yaml': TENANT,
    'transforms/harbor/adt.ts': '',
  })
  for (let end = 1; end < whole.length; end += 5) {
    for (const [file, text] of [
      ['adt_in.yaml', whole.slice(0, end)],
      ['tenant.yaml', TENANT.slice(0, end)],
    ] as const) {
      await writeFile(join(folder, 'channels/harbor', file), text)
      const { findings, plan } = await loadProject(folder, toyTables, { env: {}, sets: [] })
      assert.ok(plan !== undefined || findings.length > 0)
      for (const one of findings) assert.ok(one.line > 0 && one.column > 0 && one.remedy !== '')
    }
  }
})

test('a link that leads nowhere, or round in a circle, is told and hides nothing else', async t => {
  const folder = await project(t, { 'channels/harbor/adt_in.yaml': SMALLEST })
  await symlink(join(folder, 'nowhere'), join(folder, 'channels/harbor/lost.yaml'))
  const lost = await loadProject(folder, toyTables, { env: {}, sets: [] })
  assert.deepEqual(briefly(lost), ['channels/harbor/lost.yaml:1:1 error file_unreadable'])
  await symlink('round', join(folder, 'channels/round'))
  const round = await loadProject(folder, toyTables, { env: {}, sets: [] })
  assert.equal(round.findings.at(-1)?.rule, 'file_unreadable')
})
