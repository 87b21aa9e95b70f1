// firth.yaml and --set.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/model/limits.ts'
import { briefly, load, SMALLEST } from './toy.ts'

const CHANNEL = { 'channels/harbor/adt_in.yaml': SMALLEST }

test('without firth.yaml every setting has its default', async t => {
  const { plan } = await load(t, CHANNEL)
  assert.deepEqual(plan?.engine.log, {
    kind: 'embedded',
    config: { segment_bytes: 268_435_456, fast: false },
  })
  assert.deepEqual(plan?.engine.store, { kind: 'sqlite', config: {} })
  assert.equal(plan?.engine.limits.mapping_ms_max, limits.mapping_ms_max)
})

test('a firth.yaml of comments alone is one without settings', async t => {
  const { plan } = await load(t, { ...CHANNEL, 'firth.yaml': '# nothing yet\n' })
  assert.equal(plan?.engine.log.kind, 'embedded')
})

test('a set lies over the file, with its kind or without, and the last one counts', async t => {
  const files = {
    ...CHANNEL,
    'firth.yaml': 'log: { embedded: { segment_bytes: 4096, fast: true } }\n',
  }
  const sets = ['log.segment_bytes=5000', 'log.embedded.segment_bytes=6000']
  const { plan } = await load(t, files, { sets })
  assert.deepEqual(plan?.engine.log.config, { segment_bytes: 6000, fast: true })
})

test('a set chooses the kind where the file names none', async t => {
  const { plan } = await load(t, CHANNEL, { sets: ['log.kafka.brokers=one:9092'] })
  assert.deepEqual(plan?.engine.log, { kind: 'kafka', config: { brokers: 'one:9092' } })
})

test('a set without its kind goes to the one that the file chose', async t => {
  const files = { ...CHANNEL, 'firth.yaml': 'log: { kafka: { brokers: a } }\n' }
  const { plan } = await load(t, files, { sets: ['log.brokers=b=c'] })
  assert.deepEqual(plan?.engine.log.config, { brokers: 'b=c' })
})

test('a wrong set is refused by its own name, as a wrong file would be', async t => {
  const sets = [
    'log.segment_bytes=soon',
    'log.segmnt_bytes=1',
    'nonsense',
    '__proto__.x=1',
    'lgo.a=1',
  ]
  const loaded = await load(t, CHANNEL, { sets })
  assert.deepEqual(briefly(loaded), [
    '--set __proto__.x:1:1 error set_malformed',
    '--set lgo.a:1:1 error unknown_key',
    '--set log.segment_bytes:1:1 error wrong_value',
    '--set log.segmnt_bytes:1:1 error unknown_key',
    '--set nonsense:1:1 error set_malformed',
  ])
  assert.match(loaded.findings[3]?.remedy ?? '', /segment_bytes/)
})

test('a set of another kind than the file is two kinds', async t => {
  const files = { ...CHANNEL, 'firth.yaml': 'log: { embedded: {} }\n' }
  const loaded = await load(t, files, { sets: ['log.kafka.brokers=a'] })
  assert.deepEqual(briefly(loaded), ['firth.yaml:1:1 error wrong_kind'])
})

test('a firth.yaml that is no group of keys is a finding', async t => {
  const loaded = await load(t, { ...CHANNEL, 'firth.yaml': '- a\n' }, { sets: ['log.fast=true'] })
  assert.deepEqual(briefly(loaded), ['firth.yaml:1:1 error wrong_value'])
})

test('a secret in firth.yaml is an error when a tenant is in production', async t => {
  const files = { ...CHANNEL, 'firth.yaml': 'log: { kafka: { brokers: a, password: geheim } }\n' }
  const warned = await load(t, files)
  assert.deepEqual(briefly(warned), ['firth.yaml:1:39 warning secret_in_the_clear'])
  const tenant = 'tenant: harbor\nenvironment: production\n'
  const refused = await load(t, { ...files, 'channels/harbor/tenant.yaml': tenant })
  assert.deepEqual(briefly(refused), ['firth.yaml:1:39 error secret_in_the_clear'])
})
