// Variables in values: filled in, typed by the schema, never told.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in YAML are tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveVariables } from '../../src/channel/variables.ts'
import { briefly, load, SMALLEST } from './toy.ts'

const schema = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    share: { type: 'number' },
    on: { type: 'boolean' },
    url: { type: 'string' },
    token: { type: 'string', writeOnly: true },
    hosts: { type: 'array', items: { type: 'string' } },
  },
}
const resolve = (value: object, env: Record<string, string> = {}) =>
  resolveVariables(value, schema, env)

test('a variable is filled in wherever it stands in a text', () => {
  const { value } = resolve(
    { url: 'http://${HOST}:${PORT}/', hosts: ['${HOST}'] },
    {
      HOST: 'chart.example',
      PORT: '80',
    },
  )
  assert.deepEqual(value, { url: 'http://chart.example:80/', hosts: ['chart.example'] })
})

test('the default stands where the variable is unset or empty', () => {
  const given = { url: '${URL:-http://a:1}' }
  assert.deepEqual(resolve(given).value, { url: 'http://a:1' })
  assert.deepEqual(resolve(given, { URL: '' }).value, { url: 'http://a:1' })
  assert.deepEqual(resolve(given, { URL: 'b' }).value, { url: 'b' })
  assert.deepEqual(resolve({ url: '${URL:-}' }).value, { url: '' })
})

test('a value that is one variable takes the type that its schema wants', () => {
  const env = { PORT: '2575', SHARE: '0.5', ON: 'true' }
  const { value } = resolve(
    { port: '${PORT}', share: '${SHARE}', on: '${ON}', url: '${PORT}' },
    env,
  )
  assert.deepEqual(value, { port: 2575, share: 0.5, on: true, url: '2575' })
})

test('text that is no number stays text, for the schema to refuse', () => {
  for (const PORT of ['2575x', '', ' 1', '1e3', '0x10', '9'.repeat(20)]) {
    assert.deepEqual(resolve({ port: '${PORT}' }, { PORT }).value, { port: PORT })
  }
})

test('a missing variable and a malformed one are named with their place', () => {
  const { missing } = resolve({ url: '${NOT_SET}', hosts: ['a', '${1x}', '${open'] })
  assert.deepEqual(
    missing.map(one => [one.path, /NOT_SET/.test(one.what)]),
    [
      [['url'], true],
      [['hosts', '1'], false],
      [['hosts', '2'], false],
    ],
  )
})

test('a secret is in the clear when something of it stands in the file, be it a default', () => {
  const isClear = (token: string) => resolve({ token }).clear.length === 1
  assert.equal(isClear('abc'), true)
  assert.equal(isClear('Bearer ${TOKEN}'), true)
  assert.equal(isClear('${TOKEN:-abc}'), true)
  assert.equal(isClear('${TOKEN}'), false)
  assert.equal(isClear('${TOKEN:-}'), false)
  assert.equal(isClear('/etc/firth/server.key'), false, 'the path of a file tells nothing')
  assert.equal(isClear('/not+a/path=='), true)
})

test('what the environment holds is never repeated in a finding', async t => {
  const text = SMALLEST.replace('2575', '${PORT}')
  const loaded = await load(t, { 'channels/harbor/adt_in.yaml': text }, { env: { PORT: 'geheim' } })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:6:11 error wrong_value'])
  assert.doesNotMatch(JSON.stringify(loaded.findings), /geheim/)
})

test('a missing variable is one finding, not also a wrong value', async t => {
  const text = SMALLEST.replace('2575', '${PORT}')
  const loaded = await load(t, { 'channels/harbor/adt_in.yaml': text })
  assert.deepEqual(briefly(loaded), ['channels/harbor/adt_in.yaml:6:11 error variable_missing'])
})
