// Rules of one file, by the line and column that a person is sent to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { briefly, load, SMALLEST } from './toy.ts'

const FILE = 'channels/harbor/adt_in.yaml'
const ZONE = { 'channels/harbor/tenant.yaml': 'tenant: harbor\ntime_zone: Europe/Berlin\n' }
const rulesOf = async (...given: Parameters<typeof load>) =>
  briefly(await load(...given)).map(line => line.replace('channels/harbor/', ''))

test('names must be those of the file and the folder', async t => {
  const text = SMALLEST.replace('adt_in', 'adt_out').replace('harbor', 'harbour')
  assert.deepEqual(await rulesOf(t, { [FILE]: text }), [
    'adt_in.yaml:1:10 error name_differs',
    'adt_in.yaml:2:9 error name_differs',
  ])
})

test('names that could not be topics are refused', async t => {
  for (const name of ['ADT', 'adt-in', 'a.b', '1a', 'a'.repeat(61), '../x']) {
    const text = SMALLEST.replace('adt_in', `"${name}"`)
    assert.deepEqual(await rulesOf(t, { [FILE]: text }), ['adt_in.yaml:1:10 error wrong_value'])
  }
})

test('unknown keys are refused with the key that was meant', async t => {
  const { findings } = await load(t, { [FILE]: SMALLEST.replace('port', 'portt') })
  assert.deepEqual(
    findings.map(one => [one.line, one.rule]),
    [
      [5, 'missing_key'],
      [6, 'unknown_key'],
    ],
  )
  assert.match(findings[1]?.remedy ?? '', /`port`/)
})

test('a source is exactly one known kind', async t => {
  const two = SMALLEST.replace('  mllp:', '  timer: {}\n  mllp:')
  assert.deepEqual(await rulesOf(t, { [FILE]: two }), ['adt_in.yaml:4:1 error wrong_kind'])
  const none = SMALLEST.replace('mllp', 'mlp')
  const { findings } = await load(t, { [FILE]: none })
  assert.equal(findings[0]?.remedy, 'Did you mean `mllp`?')
})

test("the room's own lint points into the file", async t => {
  const text = `${SMALLEST}    host: 0.0.0.0\n`
  assert.deepEqual(await rulesOf(t, { [FILE]: text }), ['adt_in.yaml:7:11 warning room_setting'])
})

test('an empty list of messages lets nothing in, and is refused', async t => {
  const text = `${SMALLEST}accept:\n  messages: []\n`
  assert.deepEqual(await rulesOf(t, { [FILE]: text }), ['adt_in.yaml:8:13 error accepts_nothing'])
})

test('a message type is three letters, alone or with its event', async t => {
  const text = `${SMALLEST}accept:\n  messages: [ADT, ADT^A01, ZZZ^Z99, adt, ADT_A01, ADT^A01^ADT_A01]\n`
  assert.deepEqual(await rulesOf(t, { [FILE]: text }), [
    'adt_in.yaml:8:37 error wrong_value',
    'adt_in.yaml:8:42 error wrong_value',
    'adt_in.yaml:8:51 error wrong_value',
  ])
})

test('the mapping of another tenant may not be used', async t => {
  const files = {
    ...ZONE,
    [FILE]: `${SMALLEST}transform: other/adt\n`,
    'transforms/other/adt.ts': '',
  }
  assert.deepEqual(await rulesOf(t, files), ['adt_in.yaml:7:12 error foreign_transform'])
})

test('a transform cannot leave the folder of transforms', async t => {
  for (const name of ['harbor/../other/adt', '../../etc/x', '/etc/x', 'harbor', 'harbor/a/b']) {
    const text = `${SMALLEST}transform: ${name}\n`
    const found = await rulesOf(t, { ...ZONE, [FILE]: text })
    assert.deepEqual(found, ['adt_in.yaml:7:12 error wrong_value'])
  }
})

test('routes without a transform, and two of one name, are refused', async t => {
  const routes = 'routes:\n  - name: a\n    to: chart\n  - name: a\n    to: chart\n'
  const target = 'targets: { chart: { fhir_r4: { base_url: x } } }\n'
  const tenant = { 'channels/harbor/tenant.yaml': `tenant: harbor\n${target}` }
  assert.deepEqual(await rulesOf(t, { ...tenant, [FILE]: SMALLEST + routes }), [
    'adt_in.yaml:7:1 error route_without_transform',
    'adt_in.yaml:10:11 error duplicate_route',
  ])
})

test('a target is exactly one known adapter, with sound limits', async t => {
  const tenant = `tenant: harbor
targets:
  none: {}
  wrong: { fhir_r5: {} }
  much: { fhir_r4: { base_url: x }, limits: { in_flight: 0 } }
  Upper: { fhir_r4: { base_url: x } }
  both: { fhir_r4: { base_url: x }, hl7v2: { base_url: y } }
`
  const files = { [FILE]: SMALLEST, 'channels/harbor/tenant.yaml': tenant }
  assert.deepEqual(await rulesOf(t, files), [
    'tenant.yaml:3:3 error wrong_kind',
    'tenant.yaml:4:12 error unknown_key',
    'tenant.yaml:5:58 error wrong_value',
    'tenant.yaml:6:3 error wrong_value',
    'tenant.yaml:7:3 error wrong_kind',
  ])
})

test('a time zone is an IANA name', async t => {
  for (const zone of ['Mars/Phobos', '+05:00', 'CET+1']) {
    const files = {
      [FILE]: SMALLEST,
      'channels/harbor/tenant.yaml': `tenant: harbor\ntime_zone: "${zone}"\n`,
    }
    assert.deepEqual(await rulesOf(t, files), ['tenant.yaml:2:12 error time_zone_unknown'])
  }
})

test('a tenant may not be named base', async t => {
  const loaded = await load(t, {
    'channels/base/adt_in.yaml': SMALLEST.replace('harbor', 'base'),
    'channels/base/tenant.yaml': 'tenant: base\n',
  })
  assert.deepEqual(briefly(loaded), ['channels/base/tenant.yaml:1:9 error name_reserved'])
})

test('a rule does not speak of what the shape has refused already', async t => {
  const text =
    'channel: adt_in\ntenant: harbor\nabout: X.\nsource: 5\nroutes: none\ntransform: [1]\naccept:\n'
  const found = await rulesOf(t, { [FILE]: text, 'channels/harbor/tenant.yaml': '- a\n- b\n' })
  assert.deepEqual(found, [
    'adt_in.yaml:4:9 error wrong_value',
    'adt_in.yaml:5:9 error wrong_value',
    'adt_in.yaml:6:12 error wrong_value',
    'adt_in.yaml:7:8 error wrong_value',
    'tenant.yaml:1:1 error wrong_value',
  ])
})

test('message types that the base does not know are warned of, for a channel of the base', async t => {
  const text = (transform: string) =>
    `${SMALLEST}transform: ${transform}\naccept: { messages: [ADT, ADT^A01, SIU^S12, ADT^A99] }\n`
  const tenant = { 'channels/harbor/tenant.yaml': 'tenant: harbor\ntime_zone: Europe/Berlin\n' }
  assert.deepEqual(await rulesOf(t, { [FILE]: text('base'), ...tenant }), [
    'adt_in.yaml:8:36 warning type_unmapped',
    'adt_in.yaml:8:45 warning type_unmapped',
  ])
  const own = { [FILE]: text('harbor/adt'), ...tenant, 'transforms/harbor/adt.ts': '' }
  assert.deepEqual(await rulesOf(t, own), [])
})
