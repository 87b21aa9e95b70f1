// Rules across files: each reference that ends nowhere, each name or address taken twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { briefly, load, SMALLEST } from './toy.ts'

const TENANT = `tenant: harbor
time_zone: Europe/Berlin
targets: { chart: { fhir_r4: { base_url: x } } }
`
const other = (text: string) => text.replace('adt_in', 'oru_in')
const withHost = (host: string, port: number) =>
  SMALLEST.replace('port: 2575', `port: ${port}\n    host: "${host}"`)
const ROUTED = `${SMALLEST}transform: harbor/adt\nroutes:\n  - name: chart\n    to: chart\n`

test('a channel whose name the tenant uses already is refused', async t => {
  const loaded = await load(t, {
    'channels/adt_in.yaml': SMALLEST,
    'channels/harbor/adt_in.yaml': SMALLEST.replace('2575', '2576'),
  })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:1:10 error duplicate_channel'])
  assert.match(loaded.findings[0]?.what ?? '', /channels\/adt_in\.yaml/)
})

test('a tenant that is described twice is refused', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': SMALLEST,
    'channels/harbor/tenant.yaml': 'tenant: harbor\n',
    'channels/tenant.yaml': 'tenant: harbor\n',
  })
  assert.deepEqual(briefly(loaded), ['channels/harbor/tenant.yaml:1:9 error duplicate_tenant'])
})

test('two listeners on one address are refused, also across tenants', async t => {
  const clash = async (one: string, two: string) => {
    const loaded = await load(t, {
      'channels/harbor/adt_in.yaml': one,
      'channels/other/oru_in.yaml': other(two).replace('harbor', 'other'),
    })
    return loaded.findings.some(found => found.rule === 'address_clash')
  }
  assert.equal(await clash(SMALLEST, SMALLEST), true)
  assert.equal(await clash(withHost('localhost', 2575), SMALLEST), true)
  assert.equal(await clash(withHost('0.0.0.0', 2575), withHost('10.0.0.1', 2575)), true)
  assert.equal(await clash(withHost('::', 2575), withHost('10.0.0.1', 2575)), true)
  assert.equal(await clash(withHost('10.0.0.1', 2575), withHost('10.0.0.2', 2575)), false)
  assert.equal(await clash(withHost('0.0.0.0', 2575), withHost('::1', 2575)), false)
  assert.equal(await clash(SMALLEST, SMALLEST.replace('2575', '2576')), false)
  assert.equal(await clash(SMALLEST.replace('2575', '0'), SMALLEST.replace('2575', '0')), false)
})

test('a route to an unknown target is refused with the target that was meant', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': ROUTED.replace('to: chart', 'to: chrt'),
    'channels/harbor/tenant.yaml': TENANT,
    'transforms/harbor/adt.ts': '',
  })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:10:9 error unknown_target'])
  assert.match(loaded.findings[0]?.remedy ?? '', /`chart`/)
})

test('one broken route does not hide what is wrong with another', async t => {
  const text = ROUTED.replace('to: chart', 'to: nowhere\n  - name: second\n    too: chart')
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': text,
    'channels/harbor/tenant.yaml': TENANT,
    'transforms/harbor/adt.ts': '',
  })
  assert.deepEqual(
    loaded.findings.map(one => one.rule).sort(),
    ['missing_key', 'unknown_key', 'unknown_target'].sort(),
  )
})

test('a channel that transforms needs the time zone of its tenant and a module', async t => {
  const text = `${SMALLEST}transform: harbor/adt\n`
  const loaded = await load(t, { 'channels/harbor/adt_in.yaml': text })
  assert.deepEqual(briefly(loaded), [
    'channels/harbor/adt_in.yaml:7:12 error time_zone_missing',
    'channels/harbor/adt_in.yaml:7:12 error module_missing',
  ])
})

test('base is the module that comes with the engine, and its absence is said', async t => {
  const files = {
    'channels/harbor/adt_in.yaml': `${SMALLEST}transform: base\n`,
    'channels/harbor/tenant.yaml': TENANT,
  }
  const loaded = await load(t, files, { engine: '/nowhere' })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:7:12 error module_missing'])
})

test('references into a tenant.yaml that cannot be read are left until it can', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': ROUTED,
    'channels/harbor/tenant.yaml': 'tenant: [\n',
    'transforms/harbor/adt.ts': '',
  })
  assert.deepEqual(
    [...new Set(loaded.findings.map(one => one.file))],
    ['channels/harbor/tenant.yaml'],
  )
})

test('a secret in the clear is an error in production and a warning elsewhere', async t => {
  const secret = `${SMALLEST}    tls: { certificate: a.pem, password: geheim }\n`
  const found = async (environment: string) => {
    const tenant = `tenant: harbor\n${environment}`
    return load(t, { 'channels/harbor/adt_in.yaml': secret, 'channels/harbor/tenant.yaml': tenant })
  }
  const refused = await found('environment: production\n')
  assert.deepEqual(briefly(refused), ['channels/harbor/adt_in.yaml:7:42 error secret_in_the_clear'])
  assert.doesNotMatch(JSON.stringify(refused.findings), /geheim/)
  assert.equal((await found('')).plan, undefined, 'a tenant that does not say is in production')
  const warned = await found('environment: test\n')
  assert.equal(warned.findings[0]?.severity, 'warning')
  assert.notEqual(warned.plan, undefined)
})

test('a mapping module that is not there is told with the one that was meant', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yaml': `${SMALLEST}transform: harbor/adtt\n`,
    'channels/harbor/tenant.yaml': 'tenant: harbor\ntime_zone: Europe/Berlin\n',
    'transforms/harbor/adt.ts': '',
  })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:7:12 error module_missing'])
  assert.equal(loaded.findings[0]?.remedy, 'Did you mean `harbor/adt`?')
})
