// firth.yaml alone, whatever the channels beside it are like.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '../../src/channel/engine_settings.ts'
import { project, toyTables } from './toy.ts'

const options = { env: {}, sets: [] }

test('is read although a channel is broken', async t => {
  const folder = await project(t, {
    'channels/harbor/adt_in.yaml': 'channel: [',
    'firth.yaml': 'limits: { mapping_ms_max: 1234 }\n',
  })
  const { engine, findings } = await loadSettings(folder, toyTables, options)
  assert.equal(engine?.limits.mapping_ms_max, 1234)
  assert.deepEqual(findings, [])
})

test('has its defaults where there is none, with what the command line sets over them', async t => {
  const folder = await project(t, {})
  const { engine } = await loadSettings(folder, toyTables, {
    ...options,
    sets: ['limits.mapping_ms_max=77'],
  })
  assert.equal(engine?.limits.mapping_ms_max, 77)
})

test('is no engine where it has errors, each with its place', async t => {
  const folder = await project(t, { 'firth.yaml': 'limits: { mapping_ms_max: soon }\n' })
  const { engine, findings } = await loadSettings(folder, toyTables, options)
  assert.equal(engine, undefined)
  assert.equal(findings[0]?.file, 'firth.yaml')
})
