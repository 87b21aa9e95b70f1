// What is derived from the declarations: right for toys, and fresh on disk for the real rooms.
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { adapters } from '../../adapters/index.ts'
import { generated } from '../../src/declare/docs.ts'
import { channelExample, tenantExample } from '../../src/declare/docs_files.ts'
import { jsonText, published } from '../../src/declare/docs_schema.ts'
import type { Tables } from '../../src/declare/room.ts'
import { compile } from '../../src/declare/schema.ts'
import { channelSchema, engineSchema, tenantSchema } from '../../src/declare/schema_documents.ts'
import { readBytes } from '../../src/kit/files.ts'
import { logs } from '../../src/logs/index.ts'
import { catalogue } from '../../src/model/errors.ts'
import { moves } from '../../src/model/state.ts'
import { sources } from '../../src/sources/index.ts'
import { stores } from '../../src/stores/index.ts'
import { transports } from '../../src/transports/index.ts'
import { toyTables } from '../channel/toy.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const real: Tables = { sources, transports, adapters, logs, stores }
const textOf = async (tables: Tables, path: string) =>
  (await generated(tables)).find(file => file.path === path)?.text ?? ''

test('generated files on disk are those that the declarations make', async () => {
  const files = await generated(real)
  assert.ok(files.length > 5)
  for (const { path, text } of files) {
    const held = (await readBytes(join(ROOT, path)))?.toString('utf8')
    assert.ok(held === text, `${path} is stale; run: npm run generate`)
  }
})

test('what is generated depends on the declarations alone', async () => {
  assert.deepEqual(await generated(toyTables), await generated(toyTables))
})

test('the examples in the docs pass their own schemas, with real rooms and with toys', () => {
  for (const tables of [real, toyTables]) {
    assert.deepEqual(compile(channelSchema(tables)).check(channelExample(tables)), [])
    assert.deepEqual(compile(tenantSchema(tables)).check(tenantExample(tables)), [])
    assert.deepEqual(compile(engineSchema(tables)).check({}), [])
  }
})

test("an editor's schema takes variables where the engine's wants numbers, and nothing else", () => {
  const shape = compile(published(channelSchema(toyTables)))
  const channel = (port: unknown, ack: unknown = 'commit') => ({
    ...channelExample(toyTables),
    source: { mllp: { port, ack } },
  })
  const variable = ['$', '{PORT}'].join('')
  assert.equal(shape.check(channel(2575)).length, 0)
  assert.equal(shape.check(channel(variable)).length, 0)
  assert.equal(shape.check(channel(2575, variable)).length, 0)
  assert.equal(shape.check({ ...channel(2575), channel: variable }).length, 0)
  assert.notEqual(shape.check(channel('2575')).length, 0)
  assert.notEqual(shape.check(channel(70_000)).length, 0)
  assert.notEqual(shape.check(channel(2575, 'comit')).length, 0)
})

test('a README shows every setting and an example that is YAML', async () => {
  const text = await textOf(toyTables, 'src/sources/mllp/README.md')
  for (const key of ['`port`', '`host`', '`tls.certificate`', '`tls.password`']) {
    assert.ok(text.includes(key), key)
  }
  assert.match(text, /`tls\.password` .* a secret, from the environment/)
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? []
  assert.deepEqual(parse(yaml), { source: { mllp: { port: 2575 } } })
})

test("an adapter's README shows what it may write", async () => {
  const text = await textOf(toyTables, 'adapters/fhir_r4/README.md')
  assert.match(text, /\| `Patient` \| create, update \| observed \| a test, 2026-11-21 \|/)
})

test('the README of the model documents every error code and every move', async () => {
  const text = await textOf(toyTables, 'src/model/README.md')
  for (const code of Object.keys(catalogue)) assert.ok(text.includes(`| \`${code}\` |`), code)
  for (const [state, to] of Object.entries(moves)) {
    const row = text
      .split('\n')
      .find(line => line.startsWith(`| \`${state}\` | `) && line.split('|').length === 5)
    for (const next of to) assert.ok(row?.includes(`\`${next}\``), `${state} to ${next}`)
  }
})

test('JSON is written in the formatting that the checks of this repository want', () => {
  const value = { short: [1, 'a'], none: [], empty: {}, long: ['x'.repeat(60), 'y'.repeat(60)] }
  const text = jsonText(value)
  assert.deepEqual(JSON.parse(text), value)
  assert.match(text, /"short": \[1, "a"\],\n/)
  assert.ok(text.split('\n').every(line => line.length <= 100))
})
